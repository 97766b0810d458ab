"""The tree of salted claims, and what is sealed so that it can be opened again.

Every certificate of a kind has 2^depth leaves. A slot in use is SM3(0x00 || dCBOR([salt, name, value])), an unused one
is 32 random bytes: nobody can tell how many fields are filled, or which. One draw of 32 bytes per slot serves both,
so neither the amount of randomness nor the size of the sealed record's random part depends on it.

Sealed record (dCBOR, encrypted):

    {1: entry salt 32, 2: random bytes, 32 for each slot, 3: [[slot, value], …]}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from verifier import cbor
from verifier.credential import Disclosure
from verifier.errors import Malformed
from verifier.hazmat.sm3 import leaf_hash, node_hash
from verifier.merkle import TreeHash, fixed_levels, fixed_path

from .errors import SealBroken
from .kinds import kind_by_number
from .kinds.base import Claim, ClaimValue

SALT: Final = 16
SLOT: Final = 32
ENTRY_SALT: Final = 32
_LEAF_HEAD: Final = b"\x83\x50"  # array of three, byte string of 16: the constant start of every claim's leaf
_PAIR_HEADS: Final = tuple(b"\x82" + cbor.encode(slot) for slot in range(64))  # array of two, slot number


@lru_cache(maxsize=1024)
def _encoded_name(name: str) -> bytes:
    return cbor.encode(name)


def encode_values(claims: Iterable[Claim]) -> list[bytes]:
    """dCBOR of each claim's value, in order: made once, for the leaf and for the sealed record."""
    encode = cbor.encode
    return [encode(value) for _, _, value in claims]


def leaves(random: bytes, claims: Iterable[Claim], values: Iterable[bytes]) -> list[bytes]:
    """Leaf hashes of all slots. `random` has 32 bytes a slot: the first 16 are the salt of a slot in use."""
    result = [random[i : i + SLOT] for i in range(0, len(random), SLOT)]
    for (slot, name, _), value in zip(claims, values, strict=True):
        result[slot] = leaf_hash(_LEAF_HEAD + result[slot][:SALT] + _encoded_name(name) + value)
    return result


def commitment_root(random: bytes, claims: Iterable[Claim], values: Iterable[bytes]) -> bytes:
    """The root that the certificate carries. The same as `fixed_levels`, whose inner levels issuing does not need."""
    row = leaves(random, claims, values)
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record in the clear, for the moment of use only: never stored, never shown by `repr`."""

    kind: int
    entry_salt: bytes = field(repr=False)
    random: bytes = field(repr=False)
    claims: Sequence[Claim] = field(repr=False)

    def values(self) -> Mapping[str, ClaimValue]:
        """Claims by name."""
        return {name: value for _, name, value in self.claims}

    def disclosures(self, names: Iterable[str] | None = None) -> tuple[Disclosure, ...]:
        """Disclosures of the named claims, all of them by default, ascending by slot. Unknown names give nothing."""
        wanted = None if names is None else frozenset(names)
        levels = fixed_levels(TreeHash.SM3, leaves(self.random, self.claims, encode_values(self.claims)))
        salts = [self.random[i : i + SALT] for i in range(0, len(self.random), SLOT)]
        return tuple(
            Disclosure(slot, salts[slot], name, value, tuple(fixed_path(levels, slot)))
            for slot, name, value in self.claims
            if wanted is None or name in wanted
        )


def encode_record(entry_salt: bytes, random: bytes, claims: Sequence[Claim], values: Sequence[bytes]) -> bytes:
    """Plaintext of the sealed record, put together from values that are encoded already."""
    pairs = [_PAIR_HEADS[slot] + value for (slot, _, _), value in zip(claims, values, strict=True)]
    head = b"\xa3\x01" + cbor.encode(entry_salt) + b"\x02" + cbor.encode(random) + b"\x03"
    return head + _array_head(len(pairs)) + b"".join(pairs)


@lru_cache(maxsize=64)
def _array_head(count: int) -> bytes:
    return cbor.encode([None] * count)[:-count] if count else cbor.encode([])


def decode_record(kind: int, plaintext: bytes) -> OpenRecord:
    """Inverse of `encode_record`; names come from the kind. Raises SealBroken for bytes that are not a record."""
    slots = kind_by_number(kind).info.slots
    try:
        m: dict[int, Any] = cbor.decode(plaintext)
        claims = [(slot, slots[slot].name, value) for slot, value in m[3]]
        return OpenRecord(kind, m[1], m[2], claims)
    except (Malformed, KeyError, IndexError, TypeError, ValueError):
        raise SealBroken("the sealed record has another format") from None


def record_aad(cti: bytes) -> bytes:
    """What binds a sealed record to its certificate."""
    return b"mz-record/1\x00" + cti


def event_aad(cti: bytes) -> bytes:
    """What binds a sealed status event to its certificate."""
    return b"mz-event/1\x00" + cti


def rendition_aad(digest: bytes) -> bytes:
    """What binds the sealed salt of a rendition's entry to the rendered bytes. `digest`: their SM3."""
    return b"mz-rendition/1\x00" + digest
