"""Why an electronic seal, or a certificate behind it, is not accepted.

FAILED is what contradicts itself or the trust bundle; INDETERMINATE is what the checker lacks something to know. The
names are stable: reports, tests and other implementations use them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .errors import VerifierError


class SealFault(StrEnum):
    """What is wrong, in the order of the check; `failed` tells a contradiction from a lack."""

    MALFORMED = "SEAL_MALFORMED"
    NOT_SEALED = "NOT_SEALED"
    SEVERAL_SIGNATURES = "SEVERAL_SIGNATURES"
    SEAL_DIFFERS = "SEAL_DIFFERS"
    TIME_DIFFERS = "SEAL_TIME_DIFFERS"
    MAKER_SIGNATURE_INVALID = "MAKER_SIGNATURE_INVALID"
    MAKER_NOT_PERMITTED = "MAKER_NOT_PERMITTED"
    SEAL_NOT_VALID_AT_SIGNING = "SEAL_NOT_VALID_AT_SIGNING"
    SIGNER_NOT_LISTED = "SIGNER_NOT_LISTED"
    CERTIFICATE_SIGNATURE_INVALID = "CERTIFICATE_SIGNATURE_INVALID"
    CERTIFICATE_NOT_VALID_AT_SIGNING = "CERTIFICATE_NOT_VALID_AT_SIGNING"
    CERTIFICATE_NOT_FOR_THIS = "CERTIFICATE_NOT_FOR_THIS"
    CERTIFICATE_PATH_INVALID = "CERTIFICATE_PATH_INVALID"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    KEY_NOT_FOR_SEALS = "KEY_NOT_FOR_SEALS"
    KEY_NOT_VALID_AT_SIGNING = "KEY_NOT_VALID_AT_SIGNING"
    SIGNATURE_FILE_ALTERED = "SIGNATURE_FILE_ALTERED"
    MEMBER_ALTERED = "MEMBER_ALTERED"
    MEMBER_MISSING = "MEMBER_MISSING"
    MEMBER_NOT_COVERED = "MEMBER_NOT_COVERED"
    SIGNATURE_INVALID = "SEAL_SIGNATURE_INVALID"
    UNSUPPORTED = "SEAL_UNSUPPORTED"
    SIGNED_IN_FUTURE = "SEAL_SIGNED_IN_FUTURE"
    AUTHORITY_UNKNOWN = "AUTHORITY_UNKNOWN"
    KEY_UNKNOWN = "SEAL_KEY_UNKNOWN"
    TIME_NOT_ATTESTED = "SEAL_TIME_NOT_ATTESTED"
    REVOCATIONS_UNUSABLE = "REVOCATIONS_UNUSABLE"

    @property
    def failed(self) -> bool:
        """True: a contradiction, the outcome is FAILED. False: something is not known, INDETERMINATE."""
        return self not in _UNKNOWN


_UNKNOWN: Final = frozenset(list(SealFault)[list(SealFault).index(SealFault.UNSUPPORTED) :])


class SealRefused(VerifierError):
    """A seal or certificate that is not accepted. `detail` says what was expected and holds nothing personal."""

    def __init__(self, fault: SealFault, detail: str = "") -> None:
        super().__init__(f"seal: {fault.value}" + (f" ({detail})" if detail else ""))
        self.fault = fault
        self.detail = detail
