"""Moves staged entries into the log, in batches, as its only writer.

A batch is one transaction: look up keys, give indices, write entries and full tiles, swap the head. The
next batch starts as soon as the last commit returned, so the batch size follows the load by itself and no
timer adds latency.

The sequencer remembers nothing between batches but whether it lost a swap. A commit whose outcome is
unknown therefore needs no repair: the next batch reads the head and finds the entries either staged or
sequenced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chain.errors import LostSwap
from chain.log.model import TILE_WIDTH, Append, LogIdentity, Tile
from chain.log.plan import advance, cut_tiles, plan_entries
from chain.log.store import LogReader, LogStore, LogUnitOfWork
from verifier.merkle import TreeHash

MAX_BATCH: Final = 4096


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch did. `indices` maps each staged key to its place in the log; `parked` counts conflicting
    rows.
    """

    old_size: int
    new_size: int
    indices: Mapping[bytes, int]
    parked: int
    taken: int


async def complete_tiles(reader: LogReader, h: TreeHash, old_size: int, leaves: Sequence[bytes]) -> list[Tile]:
    """The tiles, of every level, that become full when `leaves` are appended at `old_size`."""
    tiles: list[Tile] = []
    level, count, fresh = 0, old_size, list(leaves)
    while (count + len(fresh)) // TILE_WIDTH > count // TILE_WIDTH:
        start = count - count % TILE_WIDTH
        tail = await reader.hashes(level, start, count) if start < count else ()
        made = cut_tiles(h, level, start, [*tail, *fresh])
        tiles += made
        level, count, fresh = level + 1, count // TILE_WIDTH, [tile.root for tile in made]
    return tiles


class Sequencer:
    """The one writer of one log."""

    def __init__(self, identity: LogIdentity, *, max_batch: int = MAX_BATCH) -> None:
        self._identity = identity
        self._max_batch = max_batch
        self._lock = asyncio.Lock()
        self._epoch: int | None = None
        self._lost: LostSwap | None = None

    async def _run_batch(self, store: LogStore, epoch: int) -> Batch:
        """One batch inside the caller's transaction. Nothing counts before the caller's commit."""
        h = self._identity.hash
        head = await store.head()
        staged = await store.staged(self._max_batch)
        if not staged:
            return Batch(head.size, head.size, {}, 0, 0)
        known = await store.find_idem([item.idem for item in staged])
        plan = plan_entries(h, head.size, staged, known)
        tiles = await complete_tiles(store, h, head.size, plan.leaves)
        new_head = advance(head, plan.leaves)
        try:
            await store.append(
                Append(epoch, head.size, plan.entries, tuple(tiles), new_head, plan.consumed, plan.parked)
            )
        except LostSwap as lost:
            self._lost = lost
            raise
        return Batch(head.size, new_head.size, plan.known, len(plan.parked), len(staged))

    async def drain(self, work: LogUnitOfWork) -> list[Batch]:
        """Batches, one transaction each, until nothing is staged. Concurrent callers queue up behind each
        other.

        Raises LostSwap, and then for ever: whoever else is writing must be found first.
        """
        batches: list[Batch] = []
        async with self._lock:
            if self._lost is not None:
                raise LostSwap(self._lost.expected_size)
            epoch = await self._role(work)
            while True:
                async with work() as store:
                    batch = await self._run_batch(store, epoch)
                if batch.taken == 0:
                    return batches
                batches.append(batch)
                if batch.taken < self._max_batch:
                    return batches

    async def _role(self, work: LogUnitOfWork) -> int:
        """The epoch that this process took, once. Remembered only after its commit returned."""
        if self._epoch is None:
            async with work() as store:
                epoch = await store.take_role()
            self._epoch = epoch
        return self._epoch
