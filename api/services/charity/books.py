"""Funds' books in memory, and the one way in which anything gets into them.

A book is folded once and kept: what it holds is what its events in the database lead to. Changes are made inside one
transaction, in memory first (`Book.plan` decides, `Book.commit` takes over), in the tables at its end. Whatever goes
wrong from the first touch to the commit, the touched books are forgotten and folded again when next asked for; so no
state survives a transaction that did not. One writer at a time in the whole database makes concurrent requests to one
book follow each other.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from api.db.repositories.charity_books import FUND, EventRow, PostingRow
from api.db.repositories.charity_lines import OutRow
from api.db.uow import Database, Work
from api.errors import NotFound
from api.services.parties import Principal
from certs.charity.keyed import event_key, own_event_key
from certs.civilday import DAY, UTC_OFFSET
from certs.ports import Clock, LookupKey, Sealed
from verifier.charity.accounts import RECEIVED
from verifier.charity.book import Book, wants
from verifier.charity.events import Event, Received, parse_event
from verifier.charity.state import At, Batch, Effects

KEPT: Final = 256  # books in memory; one of 15,000 payments takes some 30 MB, most a few kB
InLeaf = tuple[bytes, int, int, int, bytes, int, int, int]
"""A row of the in-line: (book, idx, kind, day, ref, amount, start, seq)."""


@dataclass(slots=True)
class _Pending:
    """Rows of one transaction that wait for its end, where each table is written once."""

    events: list[EventRow] = field(default_factory=list)
    inflows: list[InLeaf] = field(default_factory=list)
    outflows: dict[bytes, list[OutRow]] = field(default_factory=dict)
    steps: dict[bytes, list[tuple[int, int, int, bytes, int]]] = field(default_factory=dict)
    postings: list[PostingRow] = field(default_factory=list)
    changes: dict[tuple[bytes, str], int] = field(default_factory=dict)
    allocations: dict[tuple[bytes, int], tuple[Any, ...]] = field(default_factory=dict)
    disbursements: dict[tuple[bytes, int], dict[str, Any]] = field(default_factory=dict)


class Change:
    """One transaction on one or several books. Made by `Books.change`."""

    def __init__(self, work: Work, books: Books, now: int) -> None:
        self.work, self.now, self.day = work, now, civil_day_number(now)
        self._books, self._pending = books, _Pending()
        self.touched: set[bytes] = set()

    async def book(self, book_id: bytes) -> Book:
        """The book as it stands in this transaction. Raises NotFound."""
        self.touched.add(book_id)
        return await self._books.current(self.work, book_id)

    def record(
        self,
        book: Book,
        event: Event,
        idem: bytes | None = None,
        *,
        batch: Batch | None = None,
        at: At | None = None,
        sealed: Sealed | None = None,
    ) -> Effects:
        """Apply the event, which must be the book's next, and note its rows. Raises LedgerRefused, and then nothing was
        changed by it. `idem`: `event_key`; without, the event is one that the service adds by itself."""
        start, body = book.in_total, event.encode()  # what cannot be written is refused before the book changes
        effects = book.apply(event, batch, at)
        key = idem or own_event_key(self._books.lookup, book.book, event.seq)
        rows, mine = self._pending, book.book
        rows.events.append(EventRow(mine, event.seq, event.KIND, event.day, self.now, body, key, sealed))
        for line, posting in enumerate(effects.postings):
            rows.postings.append(PostingRow(mine, event.seq, line, posting.debit, posting.credit, posting.amount))
            for account, debited in ((posting.debit, True), (posting.credit, False)):
                difference = posting.amount if debited is not account.startswith(RECEIVED) else -posting.amount
                rows.changes[mine, account] = rows.changes.get((mine, account), 0) + difference
        if effects.inflow is not None:
            leaf = effects.inflow
            idx = book.in_count - 1
            rows.inflows.append((mine, idx, leaf.kind, leaf.day, leaf.ref, leaf.amount, start, event.seq))
        self._note_outflows(mine, effects)
        self._note_numbers(mine, effects)
        return effects

    def add_leaves(self, rows: Sequence[InLeaf]) -> None:
        """The leaves of a `Received` that was recorded."""
        self._pending.inflows.extend(rows)

    def _note_outflows(self, mine: bytes, effects: Effects) -> None:
        rows = self._pending
        for out in effects.outflows:
            leaf = out.leaf
            rows.outflows.setdefault(mine, []).append(
                OutRow(
                    out.idx, leaf.kind, leaf.day, leaf.allocation, leaf.cost_class, leaf.ref, leaf.amount, out.start,
                    out.seq, out.disbursement,
                )
            )  # fmt: skip
        for idx, step in effects.settled:
            rows.steps.setdefault(mine, []).append((idx, step.op, step.amount, step.ref, effects.seq))

    def _note_numbers(self, mine: bytes, effects: Effects) -> None:
        rows, made, paid = self._pending, effects.allocation, effects.disbursement
        if made is not None:
            rows.allocations[mine, made.no] = (made.project, made.amount, made.used)
        if paid is not None:
            rows.disbursements[mine, paid.no] = {
                "allocation": paid.allocation,
                "cost_class": paid.cost_class,
                "amount": paid.amount,
                "state": paid.state.value,
                "acknowledged": paid.acknowledged,
                "returned": paid.returned,
            }

    async def flush(self) -> None:
        """Write every noted row. Raises StoreConflict where a constraint of the database refuses."""
        rows, stores = self._pending, self.work.charity
        self._pending = _Pending()
        await stores.books.add_events(rows.events)
        await stores.lines.add_inflows(rows.inflows)
        for mine, made in rows.outflows.items():
            await stores.lines.add_outflows(mine, made)
        for mine, steps in rows.steps.items():
            await stores.lines.add_steps(mine, steps)
            book = await self.book(mine)
            settled = ((idx, book.settlements[idx]) for idx in dict.fromkeys(step[0] for step in steps))
            await stores.lines.settle(mine, [(idx, s.acknowledged, s.returned, s.digest) for idx, s in settled])
        await stores.books.post(rows.postings, rows.changes)
        for (mine, number), values in rows.allocations.items():
            await stores.books.put_allocation(mine, number, *values)
        for (mine, number), columns in rows.disbursements.items():
            await stores.books.put_disbursement(mine, number, columns)


class Books:
    def __init__(self, database: Database, lookup: LookupKey, clock: Clock) -> None:
        self.database, self.lookup, self.clock = database, lookup, clock
        self._kept: OrderedDict[bytes, Book] = OrderedDict()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        """One transaction; committed at the end of the block, undone and forgotten if anything raises."""
        change: Change | None = None
        try:
            async with self.database.write() as work:
                change = Change(work, self, self.clock())
                yield change
                await change.flush()
        except BaseException:  # also a cancelled request: whether it was committed, only the database knows
            for book_id in change.touched if change is not None else ():
                self._kept.pop(book_id, None)
            raise

    async def current(self, work: Work, book_id: bytes) -> Book:
        """The book's state in this transaction, which must be a writing one. Raises NotFound."""
        size = await work.charity.books.next_seq(book_id)
        book = self._kept.get(book_id)
        if book is None or book.size > size:
            self._kept.pop(book_id, None)
            row = await work.charity.books.get(book_id)
            if row is None or row.kind != FUND:
                raise NotFound
            book = Book(book_id)
        if book.size < size:
            await self._fold(work, book, size)
        self._kept[book_id] = book
        self._kept.move_to_end(book_id)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return book

    async def _fold(self, work: Work, book: Book, size: int) -> None:
        """Bring a book up to `size` events. The leaves of donations are taken on trust: they were checked when they
        were written, and are again by every audit."""
        bodies = await work.charity.books.bodies(book.book, book.size, size)
        events = await asyncio.to_thread(lambda: [parse_event(body) for body in bodies])
        named = {idx for event in events if (idx := wants(event)) is not None}
        places = await work.charity.lines.located(book.book, sorted(named))

        def fold() -> None:
            for event in events:
                idx = wants(event)
                batch = Batch(event.count, event.amount, event.day) if isinstance(event, Received) else None
                book.apply(event, batch, None if idx is None else places[idx])

        await asyncio.to_thread(fold)

    async def own(self, work: Work, party: Principal, book_id: bytes) -> str:
        """The charity whose book this is, if the party acts for it. Raises NotFound, for "unknown" and "not yours"
        alike."""
        row = await work.charity.books.get(book_id)
        if row is None or not party.acts_for(row.charity):
            raise NotFound
        return row.charity

    def key(self, charity: str, book_id: bytes, reference: str) -> bytes:
        """Under which an event with the charity's own number is recorded once."""
        return event_key(self.lookup, charity, book_id, reference)


def civil_day_number(now: int) -> int:
    """Days since 1970-01-01 in China. `now`: seconds UTC."""
    return (now + UTC_OFFSET) // DAY
