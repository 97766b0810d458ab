"""THE verification procedure: the only path by which anything here is called PASSED.

    1  read the input: code text, statement or holder's file
    2  is the trust bundle in force at the time of checking?
    3  issuer and key: known to the bundle?
    4  signature, with the algorithm that the key fixes
    5  claims: kind known, key allowed for it, key valid when it signed, validity period
    6  disclosures: each leads to the signed commitment root
    7  status: a fresh list, signed by the issuer, says valid
    8  receipts: at least one known log has the statement in a signed tree (L2, L3)
    9  witnesses (L4) and anchor (L5), as far as the caller asks for them; a contradiction counts in any case

Steps 1 to 4 stop at the first fault, for nothing behind an unproven signature means anything. Any FAILED finding makes
the report FAILED; otherwise anything *required* that could not be checked makes it INDETERMINATE.

What the caller still owes: the time of checking, a trust bundle whose root he pinned, fresh status lists, and, for L5,
an anchor's proof, or an observation of it read through a node that he trusts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .anchor import AnchorObservation
from .code import parse_code
from .credential import Certificate, HolderFile
from .documents import Document, check_document, check_document_seal, is_document, read_document
from .errors import Malformed, VerificationFailed, VerifierError
from .fields import CLOCK_SKEW, MAX_TIME
from .labels import ALGORITHMS
from .levels import Answer, Evidence, ProvenTree, read_notes, read_receipts
from .policy import IssuerKey, TrustBundle
from .receipt import entry_body, entry_commitment
from .report import DocumentSeen, Finding, Need, Outcome, Reason, Report, StatusSeen, outcome_of
from .status_list import StatusList
from .statuses import StatusLists

LEVELS: Final = ("L1", "L2", "L3", "L4", "L5")
DEFAULT_LEVEL_CODE: Final = "L1"  # a printed code carries no receipt
DEFAULT_LEVEL_FILE: Final = "L3"

_CLAUSE: Final = {
    1: "docs/formats/minzheng-code.md, certificate.md",
    2: "docs/formats/trust-bundle.md",
    3: "docs/formats/trust-bundle.md",
    4: "RFC 9052 4.4; GB/T 32918.2 clause 7",
    5: "RFC 8392 3; docs/formats/certificate.md",
    6: "docs/formats/certificate.md (disclosure)",
    7: "draft-ietf-oauth-status-list 8.3",
    8: "RFC 9942 5.2; RFC 9162 2.1.3.2",
    9: "docs/formats/cosignature.md, witness-policy.md, anchor-registry.md",
    10: "docs/formats/rendition.md",
    11: "GB/T 38540-2020 7.3; docs/formats/e-seal.md",
}


class _Stop(Exception):
    """A step after which nothing further can be said."""


class Verifier:
    """Trust material read once, to check many certificates with.

    Every status list's signature is checked here, once. The object is immutable after construction and safe to share
    between threads. `statuses` are list bytes; `checkpoints` are notes, beside those that a holder's file carries; one
    that cannot be read shows nothing. `proofs` are anchor proofs, each checked here, once. `crls`: DER
    revocation lists of the authorities behind e-seals; without them the bundle alone says what is revoked.
    """

    __slots__ = ("crls", "evidence", "statuses", "trust")

    def __init__(
        self,
        trust: TrustBundle,
        statuses: Iterable[bytes] = (),
        anchors: Iterable[AnchorObservation] = (),
        *,
        checkpoints: Iterable[bytes] = (),
        proofs: Iterable[bytes] = (),
        crls: Iterable[bytes] = (),
    ) -> None:
        self.trust = trust
        self.crls = tuple(crls)
        self.evidence = Evidence(trust, anchors, checkpoints, proofs)
        self.statuses = StatusLists(trust, statuses)

    def with_evidence(
        self,
        anchors: Iterable[AnchorObservation] = (),
        *,
        checkpoints: Iterable[bytes] = (),
        proofs: Iterable[bytes] = (),
    ) -> Verifier:
        """The same trust and status lists with other evidence: nothing that was checked here is checked again."""
        other = object.__new__(Verifier)
        other.trust, other.statuses, other.crls = self.trust, self.statuses, self.crls
        other.evidence = Evidence(self.trust, anchors, checkpoints, proofs, self.evidence)
        return other

    def assess(self, data: bytes | str, *, at: int, level: str | None = None) -> Report:
        """Check a code (str), a statement, a holder's file or a document (PDF, OFD; bytes) at time `at` (seconds UTC).

        `level`: what the caller requires, "L1" … "L5"; by default L1 for a code and L3 for a file. Requiring L5
        requires L1 to L3, not L4: witnesses and chain are independent. Never raises on bad input; ValueError if `level`
        or `at` is none at all, for these come from the caller.
        """
        if level is not None and level not in LEVELS:
            raise ValueError("level: expected one of L1 to L5")
        if type(at) is not int or not 0 <= at <= MAX_TIME:
            raise ValueError("at: expected whole seconds from 1970 to 9999")
        return _Run(self, at, level).report(data)


class _Run:
    """State of one assessment."""

    __slots__ = ("at", "cert", "document", "file", "findings", "level", "levels", "needs", "seen", "status", "v")

    def __init__(self, verifier: Verifier, at: int, level: str | None) -> None:
        self.v = verifier
        self.at = at
        self.level = level
        self.cert: Certificate | None = None
        self.file: HolderFile | None = None
        self.findings: list[Finding] = []
        self.needs: list[Need] = []
        self.levels: dict[str, Reason] = {}
        self.status: StatusSeen | None = None
        self.document: Document | None = None
        self.seen: DocumentSeen | None = None

    def report(self, data: bytes | str) -> Report:
        try:
            cert = self._read(data)
            self._trust_in_force()
            key = self._issuer_key(cert)
            self._signature(cert, key)
            self._claims(cert, key)
            self._disclosures(cert)
            self._status(cert)
            good = self._receipts(cert, key)
            self._witnesses_and_anchor(good)
            self._document(cert)
        except _Stop:
            pass
        return self._conclude()

    def note(self, step: int, reason: Reason, detail: str = "") -> None:
        self.findings.append(Finding(step, reason, _CLAUSE[step], detail))

    def stop(self, step: int, reason: Reason, detail: str = "") -> _Stop:
        self.note(step, reason, detail)
        return _Stop()

    # 1 -----------------------------------------------------------------------------------------------------------
    def _read(self, data: bytes | str) -> Certificate:
        if isinstance(data, str):
            self.level = self.level or DEFAULT_LEVEL_CODE
            try:
                raw = parse_code(data)
            except Malformed as e:
                raise self.stop(1, Reason.MALFORMED_CODE, str(e)) from None
            try:
                self.cert = Certificate.parse(raw)
            except VerifierError as e:
                raise self.stop(1, Reason.MALFORMED_CREDENTIAL, str(e)) from None
        else:
            self.level = self.level or DEFAULT_LEVEL_FILE
            try:
                self.file = HolderFile.parse(self._holder_file(data))
            except VerifierError as e:
                raise self.stop(1, Reason.MALFORMED_FILE, str(e)) from None
            self.cert = self.file.certificate
        return self.cert

    def _holder_file(self, data: bytes) -> bytes:
        """The file itself, or the one inside a document."""
        if not is_document(data):
            return data
        self.document = read_document(data)
        if self.document.holder_file is None:
            raise Malformed("document", "holder-file", "no certificate inside")
        return self.document.holder_file

    # 2 -----------------------------------------------------------------------------------------------------------
    def _trust_in_force(self) -> None:
        trust = self.v.trust
        if not trust.issued_at - CLOCK_SKEW <= self.at < trust.expires:
            self.needs.append(Need("trust-bundle", "newer than the one given"))
            self.note(2, Reason.TRUST_EXPIRED)

    # 3 -----------------------------------------------------------------------------------------------------------
    def _issuer_key(self, cert: Certificate) -> IssuerKey:
        trust = self.v.trust
        iss, kid = cert.claims.iss, cert.sign1.kid
        key = trust.issuer_key(iss, kid)
        if key is not None:
            return key
        self.needs.append(Need("issuer-key", f"{iss}/{kid.hex()}"))
        if trust.issuer(iss) is None:
            raise self.stop(3, Reason.ISSUER_UNKNOWN)
        # Only without the key: a key that the bundle does name fixes its algorithm, and any other is a mismatch.
        raise self.stop(3, Reason.KEY_UNKNOWN if cert.sign1.alg in ALGORITHMS else Reason.ALGORITHM_UNSUPPORTED)

    # 4 -----------------------------------------------------------------------------------------------------------
    def _signature(self, cert: Certificate, key: IssuerKey) -> None:
        if cert.sign1.alg != key.key.alg:
            raise self.stop(4, Reason.ALGORITHM_MISMATCH, "the key does not allow this algorithm")
        if not cert.sign1.verify(key.key):
            raise self.stop(4, Reason.SIGNATURE_INVALID)
        self.note(4, Reason.OK)
        self.levels["L1"] = Reason.OK

    # 5 -----------------------------------------------------------------------------------------------------------
    def _claims(self, cert: Certificate, key: IssuerKey) -> None:
        c = cert.claims
        if (c.kind, c.kind_version) not in self.v.trust.depths:
            self.note(5, Reason.KIND_UNKNOWN)
        if c.kind not in key.kinds:
            self.note(5, Reason.KEY_NOT_ALLOWED_FOR_KIND)
        if not key.not_before <= c.iat < key.not_after:
            self.note(5, Reason.KEY_NOT_VALID_AT_ISSUE)
        if key.revoked_from is not None and c.iat >= key.revoked_from:
            self.note(5, Reason.KEY_NOT_VALID_AT_ISSUE, "issued after the key was revoked")
        if c.iat > self.at + CLOCK_SKEW or (c.nbf is not None and c.nbf > self.at + CLOCK_SKEW):
            self.note(5, Reason.NOT_YET_VALID)
        if c.exp is not None and self.at >= c.exp:
            self.note(5, Reason.EXPIRED)

    # 6 -----------------------------------------------------------------------------------------------------------
    def _disclosures(self, cert: Certificate) -> None:
        if self.file is None or not self.file.disclosures:
            return
        c = cert.claims
        depth = self.v.trust.depths.get((c.kind, c.kind_version))
        if depth is None:  # a kind of later days, as step 5 said: its fields are neither proven nor refuted
            return
        manifest = self.v.trust.manifest(c.kind, c.kind_version)
        for d in self.file.disclosures:
            try:
                good = len(d.path) == depth and d.root() == c.root
            except Malformed:
                good = False
            if good and manifest is not None:
                good = d.slot < len(manifest.slots) and manifest.slots[d.slot].name == d.name
            if not good:
                self.note(6, Reason.DISCLOSURE_INVALID, f"slot {d.slot}")
                return
        self.note(6, Reason.OK)

    # 7 -----------------------------------------------------------------------------------------------------------
    def _status(self, cert: Certificate) -> None:
        c = cert.claims
        found = self.v.statuses.find(c.iss, c.status.uri, self.at)
        if isinstance(found, Reason):
            reason = found
        else:  # of lists issued in the same second the one that says "not valid" counts, then one that cannot tell
            answers = [self._status_bit(s, c.status.idx) for s in found]
            doubts = [r for r in answers if r is not Reason.OK]
            reason = Reason.STATUS_NOT_VALID if Reason.STATUS_NOT_VALID in doubts else (doubts or answers)[0]
        self.note(7, reason)
        if outcome_of(reason) is Outcome.INDETERMINATE:
            self.needs.append(Need("status-list", c.status.uri))

    def _status_bit(self, found: StatusList, idx: int) -> Reason:
        self.status = StatusSeen(found.iat, found.exp, max(0, self.at - found.iat))
        if not found.iat - CLOCK_SKEW <= self.at < found.exp:
            return Reason.STATUS_STALE
        try:
            return Reason.OK if found.is_valid(idx) else Reason.STATUS_NOT_VALID
        except Malformed:
            return Reason.STATUS_OUT_OF_RANGE

    # 8 -----------------------------------------------------------------------------------------------------------
    def _receipts(self, cert: Certificate, key: IssuerKey) -> list[ProvenTree]:
        receipts: tuple[bytes, ...] = ()
        body = b""
        if self.file is not None and self.file.entry_salt is not None:
            receipts = self.file.receipts
            body = entry_body(entry_commitment(self.file.entry_salt, cert.statement)) if receipts else b""
        good, reason = read_receipts(self.v.trust, receipts, body, cert.claims.iat, self.at)
        self.levels["L2"] = self.levels["L3"] = reason
        if outcome_of(reason) is not Outcome.INDETERMINATE or reason is Reason.NOT_YET_VALID:
            self.note(8, reason)
        elif self.level != "L1":
            self.needs.append(Need("receipt", "of a log that the trust bundle names"))
            self.note(8, reason)
        if reason is not Reason.RECEIPT_INVALID:
            self._revoked_key(key, good)
        return good

    def _revoked_key(self, key: IssuerKey, good: Iterable[ProvenTree]) -> None:
        """A compromised key can back-date at will: only a log's time proves that a signature is older than that."""
        if key.revoked_from is not None and not any(tree.iat < key.revoked_from for tree in good):
            self.needs.append(Need("receipt", "older than the revocation of the issuer's key"))
            self.note(5, Reason.KEY_REVOKED)

    # 9 -----------------------------------------------------------------------------------------------------------
    def _witnesses_and_anchor(self, good: list[ProvenTree]) -> None:
        carried = read_notes(self.file.checkpoints) if self.file is not None else ()
        self._independent("L4", self.v.evidence.witnessed(good, carried, self.at))
        self._independent("L5", self.v.evidence.anchored(good))

    def _independent(self, level: str, answer: Answer) -> None:
        """Whoever did not ask for the level need not hear that it was not reached; a contradiction he must hear."""
        self.levels[level] = answer.reason
        if outcome_of(answer.reason) is not Outcome.INDETERMINATE:
            self.note(9, answer.reason)
        elif self.level == level:
            self.needs.extend(answer.needs)
            self.note(9, answer.reason)

    # 10 ----------------------------------------------------------------------------------------------------------
    def _document(self, cert: Certificate) -> None:
        if self.document is None:
            return
        checked = check_document(self.document, cert.claims, self.v.trust, self.at, self.level or DEFAULT_LEVEL_FILE)
        for reason, detail in checked.reasons:
            self.note(10, reason, detail)
        self.needs += checked.needs
        sealed = check_document_seal(self.document, cert.claims, self.v.trust, self.at, self.v.crls, checked)
        if sealed is not None:
            self.note(11, *sealed)
        self.seen = checked.seen

    # ---------------------------------------------------------------------------------------------------------------
    def _conclude(self) -> Report:
        faults = [f for f in self.findings if f.reason is not Reason.OK]
        failed = next((f for f in faults if f.outcome is Outcome.FAILED), None)
        decisive = failed or (faults[0] if faults else None)
        reason = decisive.reason if decisive else Reason.OK
        trust = self.v.trust
        signed = self.levels.get("L1") is Reason.OK
        claims = self.cert.claims if self.cert is not None else None
        issuer = trust.issuer(claims.iss) if claims is not None else None
        if not signed and claims is not None:
            self.levels["L1"] = reason
        return Report(
            outcome=outcome_of(reason),
            reason=reason,
            checked_at=self.at,
            findings=tuple(self.findings),
            levels=self.levels,
            needs=tuple(self.needs),
            kind=claims.kind if claims else None,
            issuer=claims.iss if claims else None,
            issuer_name={"zh": issuer.name_zh, "en": issuer.name_en} if issuer else {},
            issued_at=claims.iat if claims else None,
            disclosed=self._disclosed() if signed else {},
            public=claims.public_members() if signed and claims is not None else {},
            status=self.status,
            trust_sequence=trust.sequence,
            trust_root=trust.root_fingerprint,
            document=self.seen,
            manifest=None if claims is None else trust.manifest(claims.kind, claims.kind_version),
        )

    def _disclosed(self) -> Mapping[str, str | int | bool]:
        """Disclosed fields, only when every one of them was proven."""
        proven = any(f.step == 6 and f.reason is Reason.OK for f in self.findings)
        return {d.name: d.value for d in self.file.disclosures} if self.file is not None and proven else {}


def assess(
    data: bytes | str,
    *,
    trust: TrustBundle,
    at: int,
    statuses: Iterable[bytes] = (),
    anchors: Iterable[AnchorObservation] = (),
    checkpoints: Iterable[bytes] = (),
    proofs: Iterable[bytes] = (),
    level: str | None = None,
) -> Report:
    """Check one certificate; see `Verifier.assess`, which is faster for many."""
    return Verifier(trust, statuses, anchors, checkpoints=checkpoints, proofs=proofs).assess(data, at=at, level=level)


def verify(
    data: bytes | str,
    *,
    trust: TrustBundle,
    at: int,
    statuses: Iterable[bytes] = (),
    anchors: Iterable[AnchorObservation] = (),
    checkpoints: Iterable[bytes] = (),
    proofs: Iterable[bytes] = (),
    level: str | None = None,
) -> Report:
    """Like `assess`, but raises VerificationFailed (with the report) unless the outcome is PASSED."""
    verifier = Verifier(trust, statuses, anchors, checkpoints=checkpoints, proofs=proofs)
    report = verifier.assess(data, at=at, level=level)
    if report.outcome is not Outcome.PASSED:
        raise VerificationFailed(report)
    return report
