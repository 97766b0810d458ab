"""Certification requests (PKCS#10, RFC 2986): how a key that was made elsewhere shows that somebody holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asn1crypto import csr, x509  # type: ignore[import-untyped]

from certs.ports import Signer
from verifier.cose import CoseKey

from . import forms
from .errors import CertificateMalformed
from .make import Subject
from .names import SM2_WITH_SM3

MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A request whose own signature has been checked. `subject`: DER of the name that it asks for."""

    subject: bytes
    key: CoseKey

    @property
    def common_name(self) -> str:
        return str(x509.Name.load(self.subject).native.get("common_name", ""))


def make_request(subject: Subject, signer: Signer) -> bytes:
    """DER of a request for `signer`'s key. Raises KeyStoreError."""
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": subject.distinguished(),
            "subject_pk_info": forms.public_key_info(signer.public_key),
            "attributes": [],
        }
    )
    signature = forms.sign(signer, info.dump())
    parts = {"certification_request_info": info, "signature_algorithm": forms.algorithm(), "signature": signature}
    made: bytes = csr.CertificationRequest(parts).dump()
    return made


def read_request(data: bytes) -> SigningRequest:
    """Raises CertificateMalformed, also where the request is not signed by the key that it brings.

    Attributes are not read: what a certificate says the authority decides, not who asks for it.
    """
    with forms.parsing("request"):
        return _read(data)


def _read(data: bytes) -> SigningRequest:
    parsed = forms.strict(csr.CertificationRequest, data, MAX_BYTES, "request")
    info = parsed["certification_request_info"]
    if parsed["signature_algorithm"]["algorithm"].dotted != SM2_WITH_SM3 or info["version"].native != "v1":
        raise CertificateMalformed("request: not v1 signed by SM2 with SM3")
    key = forms.public_key_of(info["subject_pk_info"])
    if not key.verify(forms.raw_signature(parsed["signature"].native), info.dump()):
        raise CertificateMalformed("request: not signed by its own key")
    return SigningRequest(info["subject"].dump(), key)
