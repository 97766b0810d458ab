"""Moves staged entries into the log, in batches.

A batch is one transaction: look up keys, give indices, write entries and full tiles, swap the head. The
next batch starts as soon as the last commit returned, so the batch size follows the load by itself and no
timer adds latency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chain.log.store import LogStore, LogUnitOfWork
from chain.log.writer import LogWriter

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


class Sequencer:
    """Drains the queue of what finished transactions staged."""

    def __init__(self, writer: LogWriter, *, max_batch: int = MAX_BATCH) -> None:
        self._writer = writer
        self._max_batch = max_batch

    async def drain(self, work: LogUnitOfWork) -> list[Batch]:
        """Batches, one transaction each, until nothing is staged. Concurrent callers queue up behind each
        other. Raises LostSwap, and then for ever.
        """
        batches: list[Batch] = []
        async with self._writer.turn(work):
            while True:
                async with work() as store:
                    batch = await self._run_batch(store)
                if batch is None:
                    return batches
                batches.append(batch)
                if batch.taken < self._max_batch:
                    return batches

    async def _run_batch(self, store: LogStore) -> Batch | None:
        staged = await store.staged(self._max_batch)
        if not staged:
            return None
        plan, old, new = await self._writer.write(store, staged, queued=True)
        return Batch(old.size, new.size, plan.known, len(plan.parked), len(staged))
