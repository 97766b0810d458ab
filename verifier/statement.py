"""The judgement that every small signed statement shares: its key, its signature, and the time of both."""

from __future__ import annotations

from typing import Protocol

from .cose import CoseKey, Sign1
from .fields import CLOCK_SKEW
from .labels import ALGORITHMS
from .report import Reason


class DatedKey(Protocol):
    """A key of the trust bundle, valid in [not_before, not_after), seconds UTC."""

    @property
    def key(self) -> CoseKey: ...
    @property
    def not_before(self) -> int: ...
    @property
    def not_after(self) -> int: ...
    @property
    def revoked_from(self) -> int | None: ...


def judge(sign1: Sign1, key: DatedKey | None, made_at: int, at: int, *, signer_known: bool) -> Reason:
    """OK if `key` signed it and was good when it did; checked at `at` (both seconds UTC).

    A key that was revoked later still gives OK here: a stolen key can back-date at will, and whether a log proves that
    the statement is older than the theft only the caller knows. `signer_known`: whether the bundle has the signer at
    all, for `key` None.
    """
    if key is None:
        if not signer_known:
            return Reason.ISSUER_UNKNOWN
        return Reason.KEY_UNKNOWN if sign1.alg in ALGORITHMS else Reason.ALGORITHM_UNSUPPORTED
    if sign1.alg != key.key.alg:
        return Reason.ALGORITHM_MISMATCH
    if not sign1.verify(key.key):
        return Reason.SIGNATURE_INVALID
    revoked = key.revoked_from is not None and made_at >= key.revoked_from
    if revoked or not key.not_before <= made_at < key.not_after:
        return Reason.KEY_NOT_VALID_AT_ISSUE
    return Reason.NOT_YET_VALID if made_at > at + CLOCK_SKEW else Reason.OK
