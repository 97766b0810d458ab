"""Values of the log. Hashes are 32 bytes, idempotency keys 16, times whole UTC seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from verifier.merkle import Frontier, TreeHash

IDEM_BYTES: Final = 16
MAX_BODY_BYTES: Final = 0xFFFF  # an entry bundle prefixes each entry with its length in 16 bits (C2SP tlog-tiles)
TILE_WIDTH: Final = 256


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """What makes a log this log: its origin line and its tree hash. Neither ever changes.

    Sample origin: `log.minzheng.example/sm3-2026`.
    """

    origin: str
    hash: TreeHash


@dataclass(frozen=True, slots=True)
class Head:
    """The compare-and-swap row: size, root and compact range of everything sequenced so far."""

    frontier: Frontier
    root: bytes

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class Staged:
    """An entry that a finished transaction wants in the log. `ticket` is the store's own name for the row."""

    ticket: int
    idem: bytes
    body: bytes


def leaf_key(leaf_hash: bytes) -> int:
    """The first four bytes of a leaf hash, as a signed number: what entries are found by, a ninth of the bytes. Two
    leaves in four thousand million share one. Sample: ffffffff… -> -1.
    """
    return int.from_bytes(leaf_hash[:4], "big", signed=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """One sequenced entry, as stored. `leaf_key`: see `leaf_key`."""

    index: int
    leaf_key: int
    body: bytes
    idem: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """Where an idempotency key already stands in the log, and for what."""

    index: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile: 256 hashes of tile level `level`, 8,192 bytes, and the root over them."""

    level: int
    n: int
    data: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class Append:
    """Everything one batch writes. The store applies all of it or none of it.

    `epoch` is the number that its writer took with the role: a writer that was replaced in the meantime loses the swap.
    `consumed` are tickets that are in the log now (new or again), `parked` tickets whose key is taken by another entry:
    they leave the queue, or one bad row would block the log for ever, but stay on record.
    """

    epoch: int
    old_size: int
    entries: tuple[Entry, ...]
    tiles: tuple[Tile, ...]
    head: Head
    consumed: tuple[int, ...]
    parked: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed checkpoint and the one receipt signature of its size, bytes verbatim as signed.

    Every receipt for this size reuses `receipt_protected` and `receipt_signature`; only the path differs.
    """

    size: int
    root: bytes
    note: bytes
    receipt_protected: bytes
    receipt_signature: bytes
    signed_at: int
