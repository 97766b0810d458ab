"""What the log needs from a database: bound to ONE log and ONE transaction, which the caller owns.

Contract for every implementation
- The caller opens the transaction, hands the store in, commits or rolls back. No method commits.
- Nothing written here is durable, and nothing may be shown to anybody, before that commit returned. A
  commit that raised may or may not have happened: the next reader of `head()` finds out; nobody needs to
  remember anything.
- Rows of entries, tiles and checkpoints are only ever inserted. An implementation lets the database enforce
  it.
- Reads see the transaction's own writes.
- Broken rows (wrong length, missing, two for one place) raise `Corrupt`; a failing database raises whatever
  the driver raises, untouched, and rolls back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from chain.log.model import Append, Entry, Head, Known, Staged, StoredCheckpoint


class LogReader(Protocol):
    """Reading side. Enough for tiles, proofs, receipts and re-derivation."""

    async def head(self) -> Head:
        """The head; that of the empty tree for a log without entries. Raises UnknownLog."""

    async def entries(self, start: int, stop: int) -> Sequence[Entry]:
        """Entries [start, stop) in order; fewer if the log ends before. Raises Corrupt for a gap."""

    async def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        """Hashes [start, stop) of tile level `level`: leaf hashes, computed from the bodies, at 0; stored roots of
        full tiles of `level - 1` above.

        Exactly stop - start hashes, or raises Corrupt.
        """

    async def tile(self, level: int, n: int) -> bytes | None:
        """The 8,192 bytes of a full tile, None while it is not full. Raises Corrupt for another length."""

    async def find_leaf(self, leaf_hash: bytes) -> int | None:
        """First index with this leaf hash."""

    async def find_idem(self, idems: Sequence[bytes]) -> Mapping[bytes, Known]:
        """Those of the keys that are in the log."""

    async def checkpoint(self, size: int | None = None) -> StoredCheckpoint | None:
        """The checkpoint of exactly this size, or the latest one for None."""


class LogStore(LogReader, Protocol):
    """Writing side, used by the one sequencer and the one checkpointer of a log."""

    async def staged(self, limit: int) -> Sequence[Staged]:
        """The oldest staged entries in the order they were staged, at most `limit`."""

    async def take_role(self) -> int:
        """Become the log's writer: raise the head's epoch and give the new one. Whoever had the role before loses
        every swap from this transaction's commit on. Raises UnknownLog.
        """

    async def epoch(self) -> int:
        """How often the role was taken so far. Raises UnknownLog."""

    async def append(self, batch: Append) -> None:
        """Write the batch and move the head by compare-and-swap on its size and epoch.

        Raises LostSwap if the head is not at `batch.old_size` and `batch.epoch`: the caller must roll back and stop
        for good.
        """

    async def insert_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        """Insert, together with a note for the anchorer that there is news.

        A checkpoint of this size that is already there and equal is fine; a different one raises Corrupt.
        """


LogUnitOfWork = Callable[[], AbstractAsyncContextManager[LogStore]]
"""Opens a write transaction; commits when the block ends, rolls back when it raises."""
