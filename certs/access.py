"""Who was told what about whom: the record of one access, what the log commits to, and the tag of a person.

    record      dCBOR {1: 1, 2: request id 16, 3: at, 4: uscc, 5: action, 6: purpose, 7: predicate, 8: result,
                       9: [subject tags 32, ascending], 10: {"user": "0017", "item_code": "…", …}}
    entry       entry_body(entry_commitment(salt, record)), as of a certificate
    sealed      {1: salt 32, 2: record}, under a data key of its own

Nobody's name or number is in the record: a person is a tag, a keyed hash in a space of its own, so that the log of
accesses is no second register. Destroying the data key leaves an entry that nothing can be joined to any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from certs.commitment import ENTRY_SALT
from certs.errors import Erased, SealBroken
from certs.ports import Entropy, LookupKey, Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed
from verifier.receipt import entry_body, entry_commitment

VERSION: Final = 1
REQUEST_ID: Final = 16
TAG: Final = 32
CONTEXT: Final = ("user", "item_name", "item_code", "business_code", "use_cause", "reference")
"""What a party says about its question (five elements less the name of the authenticated party itself, and the cause),
and a case's or consent's reference. No other word is kept."""
_TEXT: Final = 200
_TEMPORARY_ID, _CITIZEN_ID = "112", "111"


@dataclass(frozen=True, slots=True)
class AccessEvent:
    """One access. `action`: what was done, e.g. "match"; `purpose`: a code of the catalogue, or "office" for a
    registry's own work; `predicate`: its name or ""; `result`: a word ("TRUE", "UNDETERMINED", "answered", "refused"),
    never content. `subjects`: tags of those who may see it as theirs. For a shown code that is who showed it and never
    the spouse: an access log that tells where somebody was can endanger (domestic violence).
    """

    request_id: bytes
    at: int
    uscc: str
    action: str
    purpose: str
    predicate: str = ""
    result: str = "answered"
    subjects: tuple[bytes, ...] = field(default=(), repr=False)
    context: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for what has no place in the record; these are mistakes of ours, never of a caller's."""
        texts = (self.uscc, self.action, self.purpose, self.predicate, self.result, *self.context.values())
        if len(self.request_id) != REQUEST_ID or any(len(tag) != TAG for tag in self.subjects):
            raise ValueError("a request id has 16 bytes, a tag 32")
        if not set(self.context) <= set(CONTEXT) or any(len(text) > _TEXT for text in texts):
            raise ValueError("an access event holds these words and no longer ones")


@dataclass(frozen=True, slots=True)
class StoredAccess:
    """A row of the access log. `sealed` is None once its retention ended. `ordinal` is the database's, 0 before."""

    request_id: bytes
    at: int
    uscc: str
    entry: bytes
    sealed: Sealed | None
    subjects: tuple[bytes, ...] = field(default=(), repr=False)
    ordinal: int = 0


def subject_tag(lookup: LookupKey, cert_type: str, nation: str, number: str) -> bytes:
    """Under this key accesses about somebody are found. A temporary identity card has the number of the lasting one,
    and is one with it. 32 bytes."""
    kind = _CITIZEN_ID if cert_type == _TEMPORARY_ID else cert_type
    return lookup.hmac(f"access-subject\x1f{kind}:{nation}:{number}")


def access_aad(request_id: bytes) -> bytes:
    """What binds a sealed record to its event."""
    return b"mz-access/1\x00" + request_id


def encode_access(event: AccessEvent) -> bytes:
    """The record's bytes."""
    return cbor.encode({
        1: VERSION, 2: event.request_id, 3: event.at, 4: event.uscc, 5: event.action, 6: event.purpose,
        7: event.predicate, 8: event.result, 9: sorted(set(event.subjects)), 10: dict(event.context),
    })  # fmt: skip


def make_access(event: AccessEvent, sealer: Sealer, entropy: Entropy) -> StoredAccess:
    """The row of an event."""
    salt, record = entropy(ENTRY_SALT), encode_access(event)
    sealed = sealer.seal(cbor.encode({1: salt, 2: record}), access_aad(event.request_id))
    entry = entry_body(entry_commitment(salt, record))
    return StoredAccess(event.request_id, event.at, event.uscc, entry, sealed, tuple(sorted(set(event.subjects))))


def open_sealed_access(row: StoredAccess, sealer: Sealer) -> tuple[bytes, bytes]:
    """(salt, record bytes). Raises Erased or SealBroken."""
    if row.sealed is None:
        raise Erased("the event's data key was destroyed when its retention ended")
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(row.sealed, access_aad(row.request_id)))
        salt, record = m[1], m[2]
        if len(salt) != ENTRY_SALT or not isinstance(record, bytes):
            raise SealBroken("the sealed access has another format")
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed access has another format") from None
    return salt, record


def decode_access(record: bytes) -> AccessEvent:
    """Inverse of `encode_access`. Raises SealBroken for anything that is not such a record."""
    try:
        m: dict[int, Any] = cbor.decode(record)
        if m[1] != VERSION or m.keys() != set(range(1, 11)):
            raise SealBroken("the access record has another format")
        tags: Sequence[bytes] = m[9]
        return AccessEvent(m[2], m[3], m[4], m[5], m[6], m[7], m[8], tuple(tags), m[10])
    except (Malformed, KeyError, TypeError, ValueError, AttributeError):
        raise SealBroken("the access record has another format") from None


def open_access(row: StoredAccess, sealer: Sealer) -> AccessEvent:
    """What was asked and answered. Raises Erased or SealBroken."""
    return decode_access(open_sealed_access(row, sealer)[1])
