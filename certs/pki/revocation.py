"""Revocation lists (RFC 5280 clause 5): v2, numbered, with reasons and the next update."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from asn1crypto import core, crl, x509  # type: ignore[import-untyped]

from certs.ports import Signer
from verifier.cose import CoseKey

from . import forms
from .errors import CertificateMalformed, CertificateNotAllowed
from .names import CRL_SIGN, SM2_WITH_SM3
from .read import Certificate

MAX_BYTES: Final = 1 << 20


class Reason(IntEnum):
    """CRLReason, those that are given here."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION = 5


_NAMES: Final = {
    Reason.UNSPECIFIED: "unspecified",
    Reason.KEY_COMPROMISE: "key_compromise",
    Reason.CA_COMPROMISE: "ca_compromise",
    Reason.AFFILIATION_CHANGED: "affiliation_changed",
    Reason.SUPERSEDED: "superseded",
    Reason.CESSATION: "cessation_of_operation",
}
_REASONS: Final = {name: reason for reason, name in _NAMES.items()}


@dataclass(frozen=True, slots=True)
class Revoked:
    """`serial`: content bytes of the INTEGER. `since` (invalidityDate): from when on the key is not believed."""

    serial: bytes
    at: int
    reason: Reason
    since: int | None = None


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A parsed, *unverified* list. `issuer`: DER of the name."""

    der: bytes
    issuer: bytes
    authority_key_id: bytes
    number: int
    this_update: int
    next_update: int
    entries: Mapping[bytes, Revoked]
    signed: bytes
    signature: bytes

    def signed_by(self, key: CoseKey) -> bool:
        return key.verify(self.signature, self.signed)


def make_crl(
    authority: Certificate, signer: Signer, number: int, this_update: int, next_update: int, revoked: Iterable[Revoked]
) -> bytes:
    """Raises CertificateNotAllowed, KeyStoreError."""
    if authority.key.public != signer.public_key or CRL_SIGN not in authority.usage:
        raise CertificateNotAllowed("not signed by a key that may sign lists")
    entries = [_entry(one) for one in sorted(revoked, key=lambda one: one.serial)]
    parts: dict[str, Any] = {
        "version": "v2",
        "signature": forms.algorithm(),
        "issuer": x509.Name.load(authority.subject),
        "this_update": forms.time_of(this_update),
        "next_update": forms.time_of(next_update),
        "crl_extensions": [
            {"extn_id": "authority_key_identifier", "extn_value": {"key_identifier": authority.subject_key_id}},
            {"extn_id": "crl_number", "extn_value": number},
        ],
    }
    if entries:  # an empty list of them is no DER of RFC 5280
        parts["revoked_certificates"] = entries
    to_be_signed = crl.TbsCertList(parts)
    signature = forms.sign(signer, to_be_signed.dump())
    made: bytes = crl.CertificateList(
        {"tbs_cert_list": to_be_signed, "signature_algorithm": forms.algorithm(), "signature": signature}
    ).dump()
    read_crl(made)
    return made


def _entry(one: Revoked) -> dict[str, Any]:
    extensions: list[dict[str, Any]] = []
    if one.reason is not Reason.UNSPECIFIED:  # clause 5.3.1: absent rather than 0
        extensions.append({"extn_id": "crl_reason", "extn_value": _NAMES[one.reason]})
    if one.since is not None:
        value = x509.Time("general_time", forms.time_of(one.since).native).chosen
        extensions.append({"extn_id": "invalidity_date", "extn_value": value})
    entry: dict[str, Any] = {
        "user_certificate": int.from_bytes(one.serial, "big"),
        "revocation_date": forms.time_of(one.at),
    }
    return entry | {"crl_entry_extensions": extensions} if extensions else entry


def read_crl(data: bytes) -> RevocationList:
    """Raises CertificateMalformed: another form, a critical extension, a serial number twice."""
    with forms.parsing("revocation list"):
        return _read(data)


def _read(data: bytes) -> RevocationList:
    parsed = forms.strict(crl.CertificateList, data, MAX_BYTES, "revocation list")
    tbs = parsed["tbs_cert_list"]
    algorithms = (tbs["signature"], parsed["signature_algorithm"])
    if tbs["version"].native != "v2" or any(a["algorithm"].dotted != SM2_WITH_SM3 for a in algorithms):
        raise CertificateMalformed("revocation list: not v2 signed by SM2 with SM3")
    said = {e["extn_id"].native: e["extn_value"].parsed for e in tbs["crl_extensions"]}
    critical = any(e["critical"].native for e in tbs["crl_extensions"])
    if critical or set(said) != {"authority_key_identifier", "crl_number"} or len(said) != len(tbs["crl_extensions"]):
        raise CertificateMalformed("revocation list: extensions")
    if isinstance(tbs["next_update"], core.Void) or tbs["next_update"].native is None:
        raise CertificateMalformed("revocation list: no next update")
    rows = tbs["revoked_certificates"]
    entries = [] if isinstance(rows, core.Void) or rows.native is None else [_revoked(row) for row in rows]
    if len({one.serial for one in entries}) != len(entries):
        raise CertificateMalformed("revocation list: a serial number twice")
    return RevocationList(
        der=data,
        issuer=tbs["issuer"].dump(),
        authority_key_id=said["authority_key_identifier"]["key_identifier"].native or b"",
        number=said["crl_number"].native,
        this_update=forms.strict_time(tbs["this_update"]),
        next_update=forms.strict_time(tbs["next_update"]),
        entries={one.serial: one for one in entries},
        signed=tbs.dump(),
        signature=forms.raw_signature(parsed["signature"].native),
    )


def _revoked(row: forms.Asn1) -> Revoked:
    reason, since = Reason.UNSPECIFIED, None
    listed = row["crl_entry_extensions"]
    for extension in () if isinstance(listed, core.Void) or listed.native is None else listed:
        name, value = extension["extn_id"].native, extension["extn_value"].parsed
        if name == "crl_reason" and value.native in _REASONS:
            reason = _REASONS[value.native]
        elif name == "invalidity_date":
            since = int(value.native.timestamp())
        else:  # another reason, or what we cannot read: the entry might mean less than "revoked"
            raise CertificateMalformed("revocation list: an entry's extension")
    return Revoked(bytes(row["user_certificate"].contents), forms.strict_time(row["revocation_date"]), reason, since)
