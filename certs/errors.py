"""Errors of the makers' side.

    CertsError
    ├── InvalidField          a value breaks a rule: names the field and the rule, never the value
    ├── UnknownKind           no such certificate kind
    ├── Conflict              the same business id was issued with other content
    ├── NotIssued             no certificate under that id
    ├── Erased                the record's data key was destroyed: its content is gone for good
    ├── RegistrationKept      a registration's file, unlike a certificate's record, is not erased on request
    ├── SealBroken            a sealed record was altered, swapped, or belongs to another key
    │   └── SealingKeyMissing its key-encryption key is not at hand
    ├── SelfCheckFailed       what would have been handed out did not verify: nothing was released
    ├── AuthorityUnknown      no issuing authority of that code is configured here
    ├── StoreConflict         another transaction won: run the same call again
    ├── AmountOverflow        a sum of money left the range in which sums are exact
    ├── CatalogueInvalid      a catalogue of purposes cannot be read, or allows what the law does not
    └── KeyStoreError
        ├── KeyFileUnsafe     the key file's owner, mode or type lets others read or change it
        ├── KeyFileMalformed  truncated, of another format, or with parameters out of bounds
        ├── KeyFileLocked     wrong passphrase or altered file
        ├── KeyOutOfTime      the key ran out or is not valid yet: it signs nothing
        ├── SignerUnavailable the machine's libcrypto cannot do SM2, or no such signer scheme
        ├── TokenUnavailable  a hardware token, or its module, is not there or does not answer as it must
        ├── TokenKeyMissing   the token has no such key, or came back with another one
        ├── PinRefused        the token refused its PIN: not tried again before the service is started again
        └── SigningFailed     the library refused; nothing was signed

Messages may reach logs and problem details: no message carries a value that a row, file or person brought in.
"""

from __future__ import annotations


class CertsError(Exception):
    """Root of everything that this package raises on purpose."""


class InvalidField(CertsError):
    """`field` is a column or claim name, `rule` a stable code such as CHECK_CHARACTER (see certs/kinds/messages.py)."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class UnknownKind(CertsError):
    """A kind number or name that no module of certs/kinds defines."""


class Conflict(CertsError):
    """A business id that was already used for other content: the first certificate stands, nothing was issued."""


class NotIssued(CertsError):
    """No certificate under that identifier."""


class Erased(CertsError):
    """The record's data key has been destroyed on request; nobody can open it any more."""


class RegistrationKept(CertsError):
    """Registration files are kept by law: erasing one takes a statutory order, and the caller's word that there is."""


class SealBroken(CertsError):
    """Authenticated decryption failed: altered, truncated, moved to another record, or sealed under another key."""


class SealingKeyMissing(SealBroken):
    """The record's key-encryption key is not in the ring: a key file is missing, or was destroyed too early.

    `kek` is the key's public id of 4 bytes, by which its file is called.
    """

    def __init__(self, kek: bytes) -> None:
        super().__init__(f"sealed under key-encryption key {kek.hex()}, which is not here")
        self.kek = kek


class SelfCheckFailed(CertsError):
    """The verifier did not pass our own output. `reason` is the verifier's reason code; nothing was released."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"own output did not verify: {reason}")
        self.reason = reason


class AuthorityUnknown(CertsError):
    """No issuing authority of that social credit code is configured here."""


class StoreConflict(CertsError):
    """A concurrent transaction took the same business id or status index. The caller repeats: issuing is idempotent."""


class ActRefused(CertsError):
    """An act upon the registers of parties and administrators that cannot be taken as they stand. `rule` is a stable
    code: "party-known", "key-known", "no-key-waits", "validity" …"""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class AmountOverflow(CertsError):
    """An amount or total in fen is negative or above 2^53 - 1, the largest integer that every reader keeps exact."""


class CatalogueInvalid(CertsError):
    """A catalogue of purposes is not of its format, contradicts itself, or allows what no catalogue may. It holds
    nothing of a person, so that place and rule may be told."""

    def __init__(self, place: str, rule: str) -> None:
        super().__init__(f"{place}: {rule}")
        self.place, self.rule = place, rule


class KeyStoreError(CertsError):
    """Root of private-key troubles. Never carries key material or a passphrase."""


class KeyFileUnsafe(KeyStoreError):
    """The key file is a link, not a regular file, of another owner, or readable by group or others."""


class KeyFileMalformed(KeyStoreError):
    """Not a key file, truncated, or with derivation parameters outside the accepted bounds."""


class KeyFileLocked(KeyStoreError):
    """The passphrase is wrong or the file was altered; authenticated encryption cannot tell which."""


class KeyOutOfTime(KeyStoreError):
    """The key's time is over or has not come. Nothing was signed; the message names the key id, which is public."""


class SignerUnavailable(KeyStoreError):
    """No usable SM2 in this machine's libcrypto, or a signer URI of an unknown scheme."""


class TokenUnavailable(KeyStoreError):
    """The PKCS#11 module cannot be loaded, the token is not there, or a call was answered with an error."""


class TokenKeyMissing(KeyStoreError):
    """The token has no key, or several, of the URI's name; or another one than when it was opened."""


class PinRefused(KeyStoreError):
    """The token refused its PIN. Tokens lock after a few tries, so this process makes no second one."""


class SigningFailed(KeyStoreError):
    """The library refused to sign."""


class DecryptionFailed(CertsError):
    """An envelope does not open: another key's, or altered. Which of the two is not told."""
