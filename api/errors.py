"""Errors of the service itself. What `certs`, `chain` and `verifier` raise keeps its own type.

No message here ever carries what a caller sent: a rejected value may be a name or an ID number, and messages end in
logs and in problem bodies. Messages name the field, the row and the rule.
"""

from __future__ import annotations


class ServiceError(Exception):
    """Root of everything `api` raises on purpose."""


class SettingsError(ServiceError):
    """An environment variable has no usable value. The message names the variable, never its content."""


class NotInitialised(ServiceError):
    """The data directory holds no instance yet: `mzt init` makes one."""


class InstanceDamaged(ServiceError):
    """Something that `mzt init` made is missing or contradicts the database. Never repaired by making it anew:
    a second key of the same name would be a fork of the institution."""


class ExportRefused(ServiceError):
    """The directory is not one that this log may go on in: another log's, a larger tree, another tree, other bytes."""


class KeyInUse(ServiceError):
    """A key-encryption key that must not be destroyed: it seals, or records are under it, or soon may be."""


class KeyRefused(ServiceError):
    """What was asked for a signing key would do harm, or nothing: the message says which, and what to do instead."""


class BundleMissing(ServiceError):
    """The verify page was not built: run `make web`."""


class Unauthenticated(ServiceError):
    """No access token, or one that is unknown, expired or withdrawn. Deliberately says no more."""


class SignatureRefused(ServiceError):
    """A signed request that is not taken. `detail` is a stable code of what it lacks; none of them tells whether a key
    exists: "signature-missing", "signature-malformed", "signature-expired", "signature-refused", "nonce-reused",
    "certificate-malformed"."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Forbidden(ServiceError):
    """The party is known and may not do this."""


class NotFound(ServiceError):
    """No such thing, or not this party's: the two look the same, so that nobody can probe for existence."""


class IdempotencyConflict(ServiceError):
    """The same Idempotency-Key came with another request."""


class RateLimited(ServiceError):
    """Too many open verifications from one address."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class PurposeRefused(ServiceError):
    """The catalogue of purposes does not let this party ask this. `code`: the catalogue's reason."""

    def __init__(self, code: str, zh: str = "", en: str = "") -> None:
        super().__init__(code)
        self.code, self.zh, self.en = code, zh, en


class BodyTooLarge(ServiceError):
    """The request body is larger than this path takes. Found before anything of it was parsed."""


class UnsupportedMedia(ServiceError):
    """The Content-Type is none that this path reads."""


class BadRequest(ServiceError):
    """The request cannot be read: `code` is the stable reason, `field` where (or "")."""

    def __init__(self, code: str, field: str = "", detail: str = "") -> None:
        super().__init__(f"{code}{': ' + field if field else ''}{' (' + detail + ')' if detail else ''}")
        self.code, self.field, self.detail = code, field, detail


class InvalidFields(ServiceError):
    """Fields are missing, unknown or of the wrong type. `errors` are pairs of field name and stable code."""

    def __init__(self, errors: tuple[tuple[str, str], ...]) -> None:
        super().__init__(f"{len(errors)} invalid fields")
        self.errors = errors


class BatchUnreadable(BadRequest):
    """The file of records as a whole cannot be read (encoding, header, size): no row of it was tried.

    `line` is where, from 1; 0 where no line is to blame.
    """

    def __init__(self, code: str, field: str = "", detail: str = "", line: int = 0) -> None:
        where = f"line {line}" if line else ""
        super().__init__(code, field, f"{where}: {detail}" if where and detail else where or detail)
        self.line = line


class Unavailable(ServiceError):
    """A part this answer needs is down. Never turned into a verdict about a certificate."""


class CodeRefused(ServiceError):
    """A scanned code that is not good: unknown, used, expired, or ended by a newer one. Which of them is not said."""


class ActivationRefused(ServiceError):
    """An activation code or its proof that is not good: wrong, used, expired, tried too often. Says no more."""


class StatementRefused(ServiceError):
    """A signed decision that does not fit: another key, party, transaction, text, time or decision."""


class CardRefused(ServiceError):
    """No such card, or not its PIN."""


class CardLocked(ServiceError):
    """A card that takes no PIN any more: too many were wrong, or it was revoked."""


class ConsentMissing(ServiceError):
    """The purpose takes the consent of whoever the question is about, and none is live. Why not is not said."""


class EncryptionKeyMissing(ServiceError):
    """An envelope was asked for, and the party has no key that answers may be encrypted to."""


class ChallengeRefused(ServiceError):
    """A nonce that this party does not hold: unknown, expired, used, or another party's. Which of them is not said."""
