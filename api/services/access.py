"""The log of accesses: nothing personal is answered before it is durable who was told it.

Adaptive group commit, as `chain.log.committer`: one transaction at a time, and whoever asks while it runs shares the
next one. A lone question pays one commit, 32 at once pay two or three.

    append ──► waiting ──► batch (one transaction: rows, tags, staged log entries) ──► answered
                 │ full, or the log stopped: Unavailable, and the caller answers nothing
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.db.repositories.access import PAGE, Wanted
from api.db.uow import Database, Work
from api.errors import ServiceError, Unavailable
from api.services.watching import day_of
from certs.access import AccessEvent, StoredAccess, make_access, open_access, subject_tag
from certs.errors import CertsError, Erased, StoreConflict
from certs.idem import access_idem
from certs.ports import Clock, Entropy, LookupKey, Sealer
from chain.errors import ChainFault

MAX_WAITING: Final = 4096
MAX_BATCH: Final = 256
OPERATOR: Final = "operator"
OFFICE: Final = "office"
"""Purpose of what a registry does with its own records: no question of the catalogue's."""


@dataclass(frozen=True, slots=True)
class Use:
    """One access as the person it is about sees it. No staff number, and nobody else's tag."""

    at: int
    uscc: str
    action: str
    purpose: str
    predicate: str
    result: str
    item_name: str
    item_code: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """One access as the audit administrator sees it: never whom it was about. `erased`: its retention ended."""

    ordinal: int
    at: int
    uscc: str
    event: AccessEvent | None

    @property
    def erased(self) -> bool:
        return self.event is None


@dataclass(frozen=True, slots=True)
class _Waiter:
    event: AccessEvent
    row: StoredAccess
    done: asyncio.Future[None]


class AccessLog:
    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        lookup: LookupKey,
        entropy: Entropy,
        clock: Clock,
        admit: Callable[[], Awaitable[None]],
    ) -> None:
        """`admit` raises if the log must not grow; see `LedgerService.admit`."""
        self._database, self._sealer, self._lookup = database, sealer, lookup
        self._entropy, self.clock, self._admit = entropy, clock, admit
        self._waiting: deque[_Waiter] = deque()
        self._pump: asyncio.Task[None] | None = None
        self.transactions = 0  # of appends, since this process began

    def tag(self, cert_type: str, nation: str, number: str) -> bytes:
        """Of somebody's document; see `certs.access.subject_tag`."""
        return subject_tag(self._lookup, cert_type, nation, number)

    async def office(
        self, uscc: str, user: str, action: str, reference: str = "", subjects: tuple[bytes, ...] = ()
    ) -> None:
        """Record what an office, or an administrator, does on its own authority. `user`: token or staff number;
        `reference`: what it was about, such as a certificate's cti in hex. Raises as `append`."""
        said = {"user": user, "reference": reference}
        context = {name: text for name, text in said.items() if text}
        who = uscc or OPERATOR
        event = AccessEvent(self._entropy(16), self.clock(), who, action, OFFICE, "", "answered", subjects, context)
        await self.append(event)

    async def append(self, event: AccessEvent) -> None:
        """Returns once the event is committed. Cancelling takes nothing back: what was accepted is written.

        Raises Unavailable (nothing may be answered then), StoreConflict if this request id is recorded already.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable("too many accesses wait to be recorded")
        row = make_access(event, self._sealer, self._entropy)
        waiter = _Waiter(event, row, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())
        await waiter.done

    async def record_in(self, work: Work, *events: AccessEvent) -> None:
        """Record in the caller's transaction, which it commits before it answers. Raises StoreConflict."""
        await self._write(work, [(event, make_access(event, self._sealer, self._entropy)) for event in events])

    async def uses_of(self, tag: bytes, *, before: int | None = None, limit: int = PAGE) -> list[tuple[int, Use]]:
        """(ordinal, access) about somebody, the newest first, for himself. `before`: ordinal to go on from."""
        async with self._database.read() as work:
            rows = await work.accesses.find(Wanted(tag=tag, before=before), limit)
        found = ((row.ordinal, self._opened(row)) for row in rows)
        return [(ordinal, _use(event)) for ordinal, event in found if event is not None]

    async def recall(self, wanted: Wanted, limit: int = PAGE) -> list[Recalled]:
        """Accesses for the audit administrator, the newest first."""
        async with self._database.read() as work:
            rows = await work.accesses.find(wanted, limit)
        return [Recalled(row.ordinal, row.at, row.uscc, self._opened(row)) for row in rows]

    async def close(self) -> None:
        """Return when every access that was taken is written or refused."""
        if self._pump is not None:
            await asyncio.wait({self._pump})

    def _opened(self, row: StoredAccess) -> AccessEvent | None:
        """None once erased. Raises SealBroken."""
        try:
            return open_access(row, self._sealer)
        except Erased:
            return None

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_BATCH))]
                await self._settle(batch)
                await asyncio.sleep(0)  # those who just got their answer may be back with the next question
        finally:
            self._pump = None
            for waiter in self._waiting:  # only where this task was cancelled
                _answer(waiter, Unavailable("the access log is closing"))
            self._waiting.clear()

    async def _settle(self, batch: list[_Waiter]) -> None:
        """Write the batch and answer every waiter of it, one way or the other."""
        outcome: Exception | None = Unavailable("the access could not be recorded")
        try:
            await self._admit()
            async with self._database.write() as work:
                await self._write(work, [(waiter.event, waiter.row) for waiter in batch])
            outcome = None
        except StoreConflict as error:
            outcome = error
            if len(batch) > 1:  # one of them is a repetition: the others are not made to suffer for it
                for waiter in batch:
                    await self._settle([waiter])
                return
        except (ServiceError, CertsError, ChainFault) as error:
            outcome = error
        finally:
            self.transactions += 1
            for waiter in batch:
                _answer(waiter, outcome)

    async def _write(self, work: Work, events: Sequence[tuple[AccessEvent, StoredAccess]]) -> None:
        """Rows, tags, entries, and what they take of the parties' quotas: questions only, not an office's own work."""
        await work.accesses.insert([row for _, row in events])
        await work.log.stage_many([(access_idem(row.request_id, row.at), row.entry) for _, row in events])
        questions = Counter((event.uscc, day_of(event.at)) for event, _ in events if event.purpose != OFFICE)
        await work.watch.count(questions)


def _answer(waiter: _Waiter, outcome: Exception | None) -> None:
    if waiter.done.done():  # its request was cancelled
        return
    if outcome is None:
        waiter.done.set_result(None)
    else:
        waiter.done.set_exception(outcome)


def _use(event: AccessEvent) -> Use:
    said = event.context
    return Use(
        event.at, event.uscc, event.action, event.purpose, event.predicate, event.result,
        said.get("item_name", ""), said.get("item_code", ""),
    )  # fmt: skip
