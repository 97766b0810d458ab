"""Errors of the verifier.

    VerifierError
    ├── Malformed            the bytes are not of the format they claim to be
    ├── Unsupported          well-formed, but of a version or algorithm that this verifier does not know
    ├── ProofInvalid         well-formed, but does not prove what it says
    └── VerificationFailed   `verify()` did not reach PASSED; carries the whole report

Messages name what was expected, never the value found: values may be personal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Report


class VerifierError(Exception):
    """Root of everything that this package raises on purpose."""


class Malformed(VerifierError):
    """Bytes that are not of their format. `format` names the format, `reason` is a stable short code."""

    def __init__(self, format: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{format}: {reason}" + (f" ({detail})" if detail else ""))
        self.format = format
        self.reason = reason
        self.detail = detail


class Unsupported(VerifierError):
    """Well-formed data of a version, algorithm or kind that this verifier does not know."""


class ProofInvalid(VerifierError):
    """A well-formed proof that does not prove what it says. `reason` is a stable short code."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"proof: {reason}" + (f" ({detail})" if detail else ""))
        self.reason = reason
        self.detail = detail


class VerificationFailed(VerifierError):
    """Raised by `verify()` for every outcome but PASSED. The report says why."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.outcome.value}: {report.reason.value}")
        self.report = report
