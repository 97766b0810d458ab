"""Appends for those who have no transaction of their own: the answer means "durable, at this index".

Adaptive group commit. One transaction at a time; whoever comes while it runs waits for the next, which starts as soon
as it returned, with all of them. The batch follows the load by itself: a lone submitter pays one commit, 256 of them
share one, and no timer adds latency.

    append ──► waiting ──► batch (one transaction) ──► index
                 │ full: QueueFull, nothing was taken
                          │ failed: OutcomeUnknown to this batch's waiters and nobody else

A key makes repeating safe: the same key and body give the first index again, whatever became of the attempt before.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chain.errors import ChainFault, Conflict, OutcomeUnknown, QueueFull
from chain.log.model import LogIdentity, Staged
from chain.log.plan import check_entry
from chain.log.store import LogUnitOfWork
from chain.log.writer import LogWriter

MAX_QUEUE: Final = 8192
MAX_BATCH: Final = 4096


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an entry stands for ever. `duplicate`: it stood there before this call."""

    index: int
    leaf_hash: bytes
    duplicate: bool


@dataclass(frozen=True, slots=True)
class _Waiter:
    idem: bytes
    body: bytes
    done: asyncio.Future[Appended]


class GroupCommitter:
    """Direct appends to one log. `work` opens write transactions, `writer` is the sequencer's as well."""

    def __init__(
        self,
        identity: LogIdentity,
        work: LogUnitOfWork,
        writer: LogWriter,
        *,
        max_queue: int = MAX_QUEUE,
        max_batch: int = MAX_BATCH,
    ) -> None:
        self._hash, self._work, self._writer = identity.hash, work, writer
        self._max_queue, self._max_batch = max_queue, max_batch
        self._waiting: deque[_Waiter] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._closed = False

    async def append(self, idem: bytes, body: bytes) -> Appended:
        """Append one entry, durably. The same key and body again: the first index.

        Cancelling takes nothing back: what was accepted is written. Raises Malformed (bounds), QueueFull (nothing was
        taken), Conflict (the key stands for another body), OutcomeUnknown (repeat it), LostSwap (for ever).
        """
        check_entry(idem, body)
        if self._closed:
            raise QueueFull("the log is closing")
        if len(self._waiting) >= self._max_queue:
            raise QueueFull(f"{self._max_queue} appends are waiting already")
        waiter = _Waiter(idem, body, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())
        return await waiter.done

    async def close(self) -> None:
        """Take no more, and return when every append that was taken has its answer."""
        self._closed = True
        if self._pump is not None:
            await asyncio.wait({self._pump})

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_batch))]
                await self._settle(batch)
                await asyncio.sleep(0)  # those who just got their answer may be back with the next entry
        finally:
            self._pump = None
            for waiter in self._waiting:  # only where this task was cancelled: none of them was begun
                _answer(waiter, QueueFull("the log is closing"))
            self._waiting.clear()

    async def _settle(self, batch: list[_Waiter]) -> None:
        """Write the batch and answer every waiter of it, one way or the other."""
        answers: Sequence[Appended | Exception] = [OutcomeUnknown()] * len(batch)
        try:
            answers = await self._write(batch)
        except ChainFault as fault:  # LostSwap, Corrupt: nothing was written, and it says why
            answers = [fault] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever the database raised, these waiters and nobody else get it
            answers = [OutcomeUnknown(type(error).__name__)] * len(batch)
        finally:
            for waiter, answer in zip(batch, answers, strict=True):
                _answer(waiter, answer)

    async def _write(self, batch: list[_Waiter]) -> list[Appended | Exception]:
        staged = [Staged(ticket, waiter.idem, waiter.body) for ticket, waiter in enumerate(batch)]
        async with self._writer.turn(self._work), self._work() as store:
            plan, old, _ = await self._writer.write(store, staged, queued=False)
        parked, fresh = set(plan.parked), old.size
        answers: list[Appended | Exception] = []
        for ticket, waiter in enumerate(batch):
            index = plan.known[waiter.idem]
            if ticket in parked:
                answers.append(Conflict(index))
                continue
            leaf = plan.leaves[index - old.size] if index >= old.size else self._hash.leaf(waiter.body)
            answers.append(Appended(index, leaf, duplicate=index != fresh))
            fresh += index == fresh
        return answers


def _answer(waiter: _Waiter, answer: Appended | Exception) -> None:
    if waiter.done.done():  # cancelled meanwhile
        return
    if isinstance(answer, Appended):
        waiter.done.set_result(answer)
    else:
        waiter.done.set_exception(answer)
