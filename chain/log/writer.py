"""The writer role of one log, shared by everything in the process that appends: the sequencer and the committer.

It remembers its epoch and whether it lost a swap, and nothing else. A commit whose outcome is unknown therefore needs
no repair: the next batch reads the head and finds each key either in the log or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from chain.errors import LostSwap
from chain.log.model import TILE_WIDTH, Append, Head, LogIdentity, Staged, Tile
from chain.log.plan import Plan, advance, cut_tiles, plan_entries
from chain.log.store import LogReader, LogStore, LogUnitOfWork
from verifier.merkle import TreeHash


class LogWriter:
    """One for each log and process. Whoever appends takes turns here."""

    def __init__(self, identity: LogIdentity) -> None:
        self._identity = identity
        self._lock = asyncio.Lock()
        self._epoch: int | None = None
        self._lost: LostSwap | None = None

    @asynccontextmanager
    async def turn(self, work: LogUnitOfWork) -> AsyncIterator[None]:
        """Be the only one who appends, for the length of the block. Takes the role when first asked.

        Raises LostSwap, once a swap was lost, for ever: whoever else is writing must be found first.
        """
        async with self._lock:
            if self._lost is not None:
                raise LostSwap(self._lost.expected_size)
            if self._epoch is None:
                async with work() as store:
                    epoch = await store.take_role()
                self._epoch = epoch  # only now: a commit that failed may have left the old number
            yield

    async def confirm(self, store: LogStore) -> None:
        """Inside the caller's turn and transaction, before something is signed that no append is part of. Raises
        LostSwap if another writer took the role meanwhile: what this one signs is not to be seen any more."""
        if await store.epoch() != self._epoch:
            self._lost = LostSwap((await store.head()).size)
            raise self._lost

    async def write(self, store: LogStore, staged: Sequence[Staged], *, queued: bool) -> tuple[Plan, Head, Head]:
        """One batch, inside the caller's turn and transaction: (plan, head before, head after).

        Nothing counts before the caller's commit. `queued`: tickets name rows of the store's queue. Raises LostSwap.
        """
        if self._epoch is None:
            raise RuntimeError("write() belongs inside turn()")
        h = self._identity.hash
        head = await store.head()
        plan = plan_entries(h, head.size, staged, await store.find_idem([item.idem for item in staged]))
        tiles = await complete_tiles(store, h, head.size, plan.leaves)
        new = advance(head, plan.leaves)
        consumed, parked = (plan.consumed, plan.parked) if queued else ((), ())
        if plan.entries or queued:
            try:
                await store.append(Append(self._epoch, head.size, plan.entries, tuple(tiles), new, consumed, parked))
            except LostSwap as lost:
                self._lost = lost
                raise
        return plan, head, new


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
