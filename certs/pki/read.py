"""Reading certificates, strictly: DER, v3, SM2 with SM3, the extensions that are written here and no critical other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asn1crypto import x509  # type: ignore[import-untyped]

from verifier.cose import CoseKey

from . import forms
from .errors import CertificateMalformed
from .names import SM2_WITH_SM3

MAX_BYTES: Final = 4096
MAX_SERIAL_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed, *unverified* certificate. Times are the first and last second of its validity, UTC.

    `issuer`, `subject`: DER of the names. `serial`: its INTEGER's content bytes. `path_len` None: no
    limit, or no authority.
    """

    der: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    key: CoseKey
    not_before: int
    not_after: int
    is_authority: bool
    path_len: int | None
    usage: frozenset[str]
    policies: tuple[str, ...]
    subject_key_id: bytes
    authority_key_id: bytes
    signed: bytes
    signature: bytes
    unknown_critical: tuple[str, ...]

    def signed_by(self, key: CoseKey) -> bool:
        """Whether `key` signed it, under the identifier 1234567812345678."""
        return key.verify(self.signature, self.signed)


def read_certificate(data: bytes) -> Certificate:
    """Raises CertificateMalformed."""
    with forms.parsing("certificate"):
        return _read(data)


@lru_cache(maxsize=64)  # a hundredth of a second each, and a service reads its dozen whenever it states whom it trusts
def _read(data: bytes) -> Certificate:
    parsed = forms.strict(x509.Certificate, data, MAX_BYTES, "certificate")
    tbs = parsed["tbs_certificate"]
    algorithms = (tbs["signature"], parsed["signature_algorithm"])
    if tbs["version"].native != "v3" or any(a["algorithm"].dotted != SM2_WITH_SM3 for a in algorithms):
        raise CertificateMalformed("certificate: not v3 signed by SM2 with SM3")
    if any(a["parameters"].dump() not in (b"", b"\x05\x00") for a in algorithms):
        raise CertificateMalformed("certificate: parameters of the algorithm")
    serial = tbs["serial_number"].contents
    if not 1 <= len(serial) <= MAX_SERIAL_BYTES or serial[0] & 0x80 or serial == b"\x00":
        raise CertificateMalformed("certificate: serial number")
    times = [forms.strict_time(tbs["validity"][name]) for name in ("not_before", "not_after")]
    if times[1] < times[0] or not tbs["issuer"].chosen or not tbs["subject"].chosen:
        raise CertificateMalformed("certificate: validity or names")
    found = _extensions(tbs["extensions"])
    constraints, usage, policies = (found.get(name) for name in ("basic_constraints", "key_usage", _POLICIES))
    authority = found.get("authority_key_identifier")
    own = found.get("key_identifier")
    return Certificate(
        der=data,
        serial=bytes(serial),
        issuer=tbs["issuer"].dump(),
        subject=tbs["subject"].dump(),
        key=forms.public_key_of(tbs["subject_public_key_info"]),
        not_before=times[0],
        not_after=times[1],
        is_authority=constraints is not None and bool(constraints["ca"].native),
        path_len=None if constraints is None else constraints["path_len_constraint"].native,
        usage=frozenset() if usage is None else frozenset(usage.native),
        policies=() if policies is None else tuple(p["policy_identifier"].dotted for p in policies),
        subject_key_id=b"" if own is None else own.native,
        authority_key_id=b"" if authority is None else authority["key_identifier"].native or b"",
        signed=tbs.dump(),
        signature=forms.raw_signature(parsed["signature_value"].native),
        unknown_critical=tuple(
            e["extn_id"].dotted for e in tbs["extensions"] if e["critical"].native and e["extn_id"].native not in _KNOWN
        ),
    )


_POLICIES: Final = "certificate_policies"
_READ: Final = frozenset({"basic_constraints", "key_usage", _POLICIES, "key_identifier", "authority_key_identifier"})
_KNOWN: Final = frozenset({"basic_constraints", "key_usage", _POLICIES})


def _extensions(extensions: forms.Asn1) -> dict[str, forms.Asn1]:
    """Values by name. One extension twice has two meanings, and readers choose differently."""
    names = [extension["extn_id"].native for extension in extensions]
    if len(set(names)) != len(names):
        raise CertificateMalformed("certificate: an extension twice")
    return {n: e["extn_value"].parsed for n, e in zip(names, extensions, strict=True) if n in _READ}


def organisation_of(certificate: Certificate) -> str:
    """organizationIdentifier of the subject: a unified social credit code; "" without one."""
    return str(x509.Name.load(certificate.subject).native.get("organization_identifier", ""))
