"""Errors of the X.509 side.

PkiError(CertsError)
├── CertificateMalformed   not DER, not X.509 v3, not of the algorithm or form that is written here
├── CertificateNotAllowed  the authority may not certify this: not one, out of time, too deep
└── ChainRefused           a chain that does not hold; `code` says which rule
"""

from __future__ import annotations

from certs.errors import CertsError


class PkiError(CertsError):
    """Root of the X.509 side."""


class CertificateMalformed(PkiError):
    """A certificate, list or request that is not strict DER of the form this product writes."""


class CertificateNotAllowed(PkiError):
    """What was asked for would not verify: the authority is none, is out of time, or may not certify that."""


class ChainRefused(PkiError):
    """A chain that does not hold. `code` is stable, e.g. "expired"; nothing of it is to be believed."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
