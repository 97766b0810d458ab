"""Case files: one certificate's whole evidence for a court, in one package that the issuer signed.

    manifest.cose            COSE_Sign1, typ "mz-case+cwt", by a key of the issuer for the certificate's kind:
                             {1: iss, 6: iat, 7: cti, -65600: {1: [[name, length, SM3 of the member], …]}}, file order
    certificate.mzc          the holder's file with every disclosure and receipt
    record.json              what was registered, labelled in Chinese and English
    registrations/001.cbor   what the registry's log commits to: {1: salt, 2: bytes, 3: [receipt, …], 4: [note, …]}
    status/001.cbor          the same of the signed status event, if the certificate was ended
    custody.json             who made, logged, ended and exported it, when, with which keys and software; every digest
    anchors/<size>.cbor, .proof.cbor, status-lists/<n>.cbor, trust-bundle.cbor, README.zh.txt, README.en.txt

What the check trusts is the trust bundle that the CALLER brings; the one inside is a copy for reading. A certificate
that was ended since can be good evidence: the case file shows it and the event that ended it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import cbor, package
from .anchor import AnchorObservation
from .assess import Verifier
from .cose import Sign1, encode_sign1
from .credential import MAX_CHECKPOINTS, MAX_RECEIPTS, Certificate, Claims, HolderFile
from .errors import Malformed, VerifierError
from .fields import CLOCK_SKEW, MAX_TIME
from .hazmat.sm3 import sm3
from .labels import CWT_CTI, CWT_IAT, CWT_ISS, CWT_MZ, TYP_CASE, TYP_STATUS_EVENT
from .levels import read_receipts
from .policy import IssuerKey, TrustBundle
from .receipt import entry_body, entry_commitment
from .report import Outcome, Reason, Report, outcome_of

FORMAT: Final = "case-file"
MANIFEST: Final = "manifest.cose"
CERTIFICATE: Final = "certificate.mzc"
RECORD: Final = "record.json"
CUSTODY: Final = "custody.json"
_REGISTRATION: Final = re.compile(r"registrations/[0-9]{3}\.cbor")
_STATUS_EVENT: Final = re.compile(r"status/[0-9]{3}\.cbor")
_ANCHOR: Final = re.compile(r"anchors/[0-9]{1,19}\.cbor")
_PROOF: Final = re.compile(r"anchors/[0-9]{1,19}\.proof\.cbor")
_LIST: Final = re.compile(r"status-lists/[0-9]{1,7}\.cbor")
_STATUS_STEP: Final = 7
_NOT_IN_CUSTODY: Final = frozenset({MANIFEST, CUSTODY})


@dataclass(frozen=True, slots=True)
class Manifest:
    """`members`: (name, length, SM3) of every other member, in file order. `iat`: when it was exported."""

    iss: str
    iat: int
    cti: bytes
    members: tuple[tuple[str, int, bytes], ...]
    sign1: Sign1 | None = None

    def payload(self) -> bytes:
        """What is signed."""
        listed = [list(member) for member in self.members]
        return cbor.encode({CWT_ISS: self.iss, CWT_IAT: self.iat, CWT_CTI: self.cti, CWT_MZ: {1: listed}})

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_CASE)
        value = cbor.decode(sign1.payload or b"")
        try:
            if value.keys() != {CWT_ISS, CWT_IAT, CWT_CTI, CWT_MZ} or value[CWT_MZ].keys() != {1} or sign1.unprotected:
                raise Malformed(FORMAT, "manifest")
            if type(value[CWT_MZ][1]) is not list:
                raise Malformed(FORMAT, "manifest")
            members = tuple((name, length, digest) for name, length, digest in value[CWT_MZ][1])
            found = cls(value[CWT_ISS], value[CWT_IAT], value[CWT_CTI], members, sign1)
        except (AttributeError, TypeError, ValueError):
            raise Malformed(FORMAT, "manifest") from None
        typed = all(type(n) is str and type(size) is int and type(d) is bytes for n, size, d in members)
        if not typed or type(found.iss) is not str or type(found.iat) is not int or type(found.cti) is not bytes:
            raise Malformed(FORMAT, "manifest")
        if not 0 <= found.iat <= MAX_TIME:
            raise Malformed(FORMAT, "time")
        return found


@dataclass(frozen=True, slots=True)
class Logged:
    """Bytes that the log commits to, with what opens and proves the commitment."""

    salt: bytes
    content: bytes
    receipts: tuple[bytes, ...]
    notes: tuple[bytes, ...]

    def encode(self) -> bytes:
        return cbor.encode({1: self.salt, 2: self.content, 3: list(self.receipts), 4: list(self.notes)})

    @classmethod
    def parse(cls, data: bytes) -> Logged:
        """Raises Malformed."""
        value = cbor.decode(data)
        if type(value) is not dict or value.keys() != {1, 2, 3, 4} or {type(value[3]), type(value[4])} != {list}:
            raise Malformed(FORMAT, "logged")  # bytes or a map would make tuples, too
        found = cls(value[1], value[2], tuple(value[3]), tuple(value[4]))
        octets = (found.salt, found.content, *found.receipts, *found.notes)
        if len(found.receipts) > MAX_RECEIPTS or len(found.notes) > MAX_CHECKPOINTS:
            raise Malformed(FORMAT, "logged")
        if not all(type(item) is bytes for item in octets) or len(found.salt) != 32:
            raise Malformed(FORMAT, "logged")
        return found


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """One thing that was looked at. `part` is a member's name, or "package". `code` is stable."""

    part: str
    outcome: Outcome
    code: str


@dataclass(frozen=True, slots=True)
class CaseReport:
    """`certificate` is the report on the certificate inside, None if it could not be read. `ended`: an event inside
    says that the certificate was made not valid."""

    outcome: Outcome
    findings: tuple[CaseFinding, ...]
    certificate: Report | None = None
    issuer: str | None = None
    exported_at: int | None = None
    ended: bool = False

    def to_json(self) -> dict[str, Any]:
        """JSON form; the member order is fixed."""
        found = [{"part": f.part, "outcome": f.outcome.value, "code": f.code} for f in self.findings]
        return {
            "outcome": self.outcome.value,
            "issuer": self.issuer,
            "exported_at": self.exported_at,
            "ended": self.ended,
            "findings": found,
            "certificate": None if self.certificate is None else self.certificate.to_json(),
        }


def write_case(members: Mapping[str, bytes], manifest: bytes) -> bytes:
    """The package: the manifest first, then the members in their order. Raises Malformed for a name or size."""
    return package.write({MANIFEST: manifest, **members})


def manifest_of(members: Mapping[str, bytes], *, iss: str, iat: int, cti: bytes) -> Manifest:
    """What the issuer is to sign."""
    return Manifest(iss, iat, cti, tuple((name, len(data), sm3(data)) for name, data in members.items()))


def sealed_manifest(manifest: Manifest, protected: bytes, signature: bytes) -> bytes:
    """The manifest's member."""
    return encode_sign1(protected, {}, manifest.payload(), signature)


def is_case(data: bytes) -> bool:
    """Whether the first member of the package is a case file's."""
    return data[:4] == b"PK\x03\x04" and data[30 : 30 + len(MANIFEST)] == MANIFEST.encode()


def check_case(data: bytes, verifier: Verifier, *, at: int) -> CaseReport:
    """Check everything in a case file at time `at` (seconds UTC), with the trust material of `verifier`. Never raises
    on bad input. What cannot be checked makes it INDETERMINATE, what contradicts FAILED."""
    return _Check(verifier, at).report(data)


class _Check:
    def __init__(self, verifier: Verifier, at: int) -> None:
        self.verifier, self.at = verifier, at
        self.findings: list[CaseFinding] = []
        self.report_of: Report | None = None
        self.events = 0

    @property
    def trust(self) -> TrustBundle:
        return self.verifier.trust

    def note(self, part: str, code: str = "OK", outcome: Outcome = Outcome.FAILED) -> None:
        self.findings.append(CaseFinding(part, Outcome.PASSED if code == "OK" else outcome, code))

    def report(self, data: bytes) -> CaseReport:
        manifest: Manifest | None = None
        try:
            files = package.read(data).files
            manifest = Manifest.parse(files[MANIFEST])
        except (VerifierError, KeyError):
            self.note("package", "MALFORMED")
            return self._concluded(None)
        if self._members(files, manifest):
            self._certificate(files, manifest)
            self._registrations(files)
            self._events(files, manifest)
            self._record(files)
            self._custody(files, manifest)
            self._status()
        return self._concluded(manifest)

    def _concluded(self, manifest: Manifest | None) -> CaseReport:
        found = {finding.outcome for finding in self.findings}
        order = (Outcome.FAILED, Outcome.INDETERMINATE, Outcome.PASSED)
        outcome = next((o for o in order if o in found), Outcome.INDETERMINATE)
        if manifest is None:
            return CaseReport(outcome, tuple(self.findings))
        findings = tuple(self.findings)
        return CaseReport(outcome, findings, self.report_of, manifest.iss, manifest.iat, self.events > 0)

    def _members(self, files: Mapping[str, bytes], manifest: Manifest) -> bool:
        """Every member is listed, every listed one is there, and as it was."""
        listed = [name for name, _, _ in manifest.members]
        if listed != [name for name in files if name != MANIFEST] or CERTIFICATE not in files:
            self.note("package", "MEMBERS_DIFFER")
            return False
        for name, length, digest in manifest.members:
            if len(files[name]) != length or sm3(files[name]) != digest:
                self.note(name, "ALTERED")
        if any(finding.code == "ALTERED" for finding in self.findings):
            return False
        self.note("package")
        return True

    def _certificate(self, files: Mapping[str, bytes], manifest: Manifest) -> None:
        try:
            file = HolderFile.parse(files[CERTIFICATE])
        except VerifierError:
            self.note(CERTIFICATE, "MALFORMED")
            return
        claims = file.certificate.claims
        if (claims.iss, claims.cti) != (manifest.iss, manifest.cti):
            self.note(CERTIFICATE, "OTHER_CERTIFICATE")
            return
        self._manifest(manifest, file.certificate)
        verifier = self._with_evidence(files, claims)
        report = self.report_of = verifier.assess(files[CERTIFICATE], at=self.at, level="L3")
        # Its status is another matter: see `_status`
        bad = [f for f in report.findings if f.step != _STATUS_STEP and f.outcome is not Outcome.PASSED]
        bad.sort(key=lambda f: f.outcome is not Outcome.FAILED)
        reason = bad[0].reason if bad else Reason.OK
        self.note(CERTIFICATE, reason.value, outcome_of(reason))

    def _manifest(self, manifest: Manifest, certificate: Certificate) -> None:
        sign1 = manifest.sign1
        key = None if sign1 is None else self.trust.issuer_key(manifest.iss, sign1.kid)
        if sign1 is None or key is None:
            self.note(MANIFEST, "KEY_UNKNOWN", Outcome.INDETERMINATE)
        elif not _signed(sign1, key):
            self.note(MANIFEST, "SIGNATURE_INVALID")
        elif certificate.claims.kind not in key.kinds:
            self.note(MANIFEST, "KEY_NOT_ALLOWED_FOR_KIND")
        elif not key.not_before <= manifest.iat < key.not_after:
            self.note(MANIFEST, "KEY_NOT_VALID")
        elif key.revoked_from is not None:  # no log tells when the manifest was signed
            self.note(MANIFEST, "KEY_REVOKED", Outcome.INDETERMINATE)
        elif manifest.iat > self.at + CLOCK_SKEW:
            self.note(MANIFEST, "NOT_YET_VALID", Outcome.INDETERMINATE)
        else:
            self.note(MANIFEST)

    def _with_evidence(self, files: Mapping[str, bytes], claims: Claims) -> Verifier:
        """The caller's trust with the case file's anchors, and its status lists if the caller has none: all of them are
        signed, or compared with what is."""
        anchors = []
        for name in _matching(files, _ANCHOR):
            try:
                anchors.append(AnchorObservation.parse(files[name]))
            except VerifierError:
                self.note(name, "MALFORMED")
        proofs = [files[name] for name in _matching(files, _PROOF)]
        if self.verifier.statuses.find(claims.iss, claims.status.uri, self.at) is not Reason.STATUS_MISSING:
            return self.verifier.with_evidence(anchors, proofs=proofs)
        return Verifier(self.trust, [files[name] for name in _matching(files, _LIST)], anchors, proofs=proofs)

    def _registrations(self, files: Mapping[str, bytes]) -> None:
        for name in _matching(files, _REGISTRATION):
            self._logged(name, files[name], 0)

    def _logged(self, name: str, data: bytes, since: int) -> Logged | None:
        """What the log commits to; None, after saying so, if the log does not."""
        try:
            found = Logged.parse(data)
        except Malformed:
            self.note(name, "MALFORMED")
            return None
        body = entry_body(entry_commitment(found.salt, found.content))
        _, reason = read_receipts(self.trust, found.receipts, body, since, self.at)
        self.note(name, reason.value, outcome_of(reason))
        return found if outcome_of(reason) is not Outcome.FAILED else None

    def _events(self, files: Mapping[str, bytes], manifest: Manifest) -> None:
        for name in _matching(files, _STATUS_EVENT):
            found = self._logged(name, files[name], 0)
            if found is not None:
                code = self._event(found.content, manifest)
                self.events += code == "OK"
                self.note(name, code, Outcome.INDETERMINATE if code == "KEY_UNKNOWN" else Outcome.FAILED)

    def _event(self, content: bytes, manifest: Manifest) -> str:
        try:
            sign1 = Sign1.parse(content, typ=TYP_STATUS_EVENT)
            value = cbor.decode(sign1.payload or b"")
            same = (value[CWT_ISS], value[CWT_CTI]) == (manifest.iss, manifest.cti)
        except (VerifierError, LookupError, TypeError):
            return "MALFORMED"
        key = self.trust.issuer_key(manifest.iss, sign1.kid)
        if key is None:
            return "KEY_UNKNOWN"
        if not same:
            return "OTHER_CERTIFICATE"
        return "OK" if _signed(sign1, key) else "SIGNATURE_INVALID"

    def _status(self) -> None:
        """What the status list says must be what the events say."""
        report = self.report_of
        if report is None:
            return
        for reason in [finding.reason for finding in report.findings if finding.step == _STATUS_STEP]:
            if reason is Reason.STATUS_NOT_VALID and not self.events:  # after the export: ask for a new case file
                self.note("status", "ENDED_SINCE", Outcome.INDETERMINATE)
            elif reason is Reason.OK and self.events:  # a list from before the event
                self.note("status", "STILL_VALID_BY_LIST", Outcome.INDETERMINATE)
            else:
                self.note("status", "OK" if reason is Reason.STATUS_NOT_VALID else reason.value, outcome_of(reason))

    def _record(self, files: Mapping[str, bytes]) -> None:
        """The readable record says what the certificate and the logged registrations say."""
        report = self.report_of
        try:
            value = json.loads(files[RECORD])
            claims = {claim["name"]: claim["value"] for claim in value["certificate"]["claims"]}
            told = {r["member"]: {f["key"]: f["value"] for f in r["fields"]} for r in value["registrations"]}
            logged = {n: cbor.decode(Logged.parse(files[n]).content) for n in _matching(files, _REGISTRATION)}
        except (ValueError, KeyError, TypeError, VerifierError, RecursionError):
            self.note(RECORD, "MALFORMED")
            return
        if report is None or report.levels.get("L1") is not Reason.OK:  # what the certificate says is not proven
            self.note(RECORD, "NOT_CHECKED", Outcome.INDETERMINATE)
            return
        same = claims == dict(report.disclosed) and told == logged
        self.note(RECORD, "OK" if same else "SAYS_OTHERWISE")

    def _custody(self, files: Mapping[str, bytes], manifest: Manifest) -> None:
        """The report of custody lists the same members with the same digests."""
        try:
            told = {(m["name"], m["bytes"], m["sm3"]) for m in json.loads(files[CUSTODY])["members"]}
        except (ValueError, KeyError, TypeError, RecursionError):
            self.note(CUSTODY, "MALFORMED")
            return
        wanted = {(n, size, digest.hex()) for n, size, digest in manifest.members if n not in _NOT_IN_CUSTODY}
        self.note(CUSTODY, "OK" if told == wanted else "SAYS_OTHERWISE")


def _signed(sign1: Sign1, key: IssuerKey) -> bool:
    return sign1.alg == key.key.alg and sign1.verify(key.key)


def _matching(files: Mapping[str, bytes], pattern: re.Pattern[str]) -> Iterator[str]:
    return (name for name in files if pattern.fullmatch(name))
