"""Books of the charity ledger, their public events, and what adds up from them: postings, accounts, allocations,
disbursements.

A balance is changed by the difference, never set: the database adds up on its own and refuses what would go below zero,
whatever a domain that lost count believes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import insert_rows
from api.db.charity_tables import (
    charity_account,
    charity_allocation,
    charity_book,
    charity_disbursement,
    charity_event,
    charity_posting,
)
from certs.errors import StoreConflict
from certs.ports import Sealed

GENERAL: Final = 1
FUND: Final = 2
PAGE: Final = 1000
_EVENT: Final = ("book_id", "seq", "kind", "day", "recorded_at", "body", "idem", "sealed_key", "sealed_body")
_POSTING: Final = ("book_id", "seq", "line", "debit", "credit", "amount")


@dataclass(frozen=True, slots=True)
class BookRow:
    """A book. `kind`: GENERAL or FUND; `tree`: name of its hash, "sm3" or "sha-256"; `opened_at`: seconds UTC."""

    book_id: bytes
    charity: str
    kind: int
    tree: str
    opened_at: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """One public event. `idem`: 32 bytes, keyed; `sealed`: what is not public, if there is any."""

    book_id: bytes
    seq: int
    kind: int
    day: int
    recorded_at: int
    body: bytes
    idem: bytes
    sealed: Sealed | None = None


@dataclass(frozen=True, slots=True)
class PostingRow:
    """(debit, credit, amount) number `line` of event `seq`."""

    book_id: bytes
    seq: int
    line: int
    debit: str
    credit: str
    amount: int


class CharityBookRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, book: BookRow) -> None:
        """Raises StoreConflict if the charity has a general book already, or the book exists."""
        values = {"book_id": book.book_id, "charity": book.charity, "kind": book.kind, "tree": book.tree}
        try:
            await self._connection.execute(insert(charity_book).values(**values, opened_at=book.opened_at))
        except IntegrityError:
            raise StoreConflict("this book exists") from None

    async def get(self, book_id: bytes) -> BookRow | None:
        rows = await self._books(_book_query().where(charity_book.c.book_id == book_id))
        return rows[0] if rows else None

    async def general(self, charity: str) -> BookRow | None:
        """The charity's general book."""
        t = charity_book.c
        rows = await self._books(_book_query().where(t.charity == charity, t.kind == GENERAL))
        return rows[0] if rows else None

    async def every(self, charity: str | None = None) -> list[BookRow]:
        """All books, or a charity's, in order of opening."""
        query = _book_query().order_by(charity_book.c.opened_at, charity_book.c.book_id)
        return await self._books(query if charity is None else query.where(charity_book.c.charity == charity))

    async def _books(self, query: Select[Any]) -> list[BookRow]:
        return [BookRow(*row) for row in await self._connection.execute(query)]

    async def settlement(self, book_id: bytes) -> bytes:
        """Settlement leaves of 48 bytes as of the last epoch; b"" before the first."""
        query = select(charity_book.c.settlement).where(charity_book.c.book_id == book_id)
        return bytes(await self._connection.scalar(query) or b"")

    async def settle(self, book_id: bytes, leaves: bytes) -> None:
        """Keep the settlement leaves of an epoch."""
        t = charity_book
        await self._connection.execute(update(t).where(t.c.book_id == book_id).values(settlement=leaves))

    # -- events

    async def next_seq(self, book_id: bytes) -> int:
        """How many events the book has."""
        query = select(func.max(charity_event.c.seq)).where(charity_event.c.book_id == book_id)
        last = await self._connection.scalar(query)
        return 0 if last is None else int(last) + 1

    async def by_idem(self, idem: bytes) -> EventRow | None:
        rows = await self._connection.execute(_event_query().where(charity_event.c.idem == idem))
        return next((_event(row) for row in rows), None)

    async def event(self, book_id: bytes, seq: int) -> EventRow | None:
        t = charity_event.c
        rows = await self._connection.execute(_event_query().where(t.book_id == book_id, t.seq == seq))
        return next((_event(row) for row in rows), None)

    async def events(self, book_id: bytes, start: int, stop: int) -> list[EventRow]:
        """Events [start, stop) in order, with what is sealed."""
        t = charity_event.c
        query = _event_query().where(t.book_id == book_id, t.seq >= start, t.seq < stop).order_by(t.seq)
        return [_event(row) for row in await self._connection.execute(query)]

    async def bodies(self, book_id: bytes, start: int, stop: int) -> list[bytes]:
        """Bodies of events [start, stop) in order."""
        t = charity_event.c
        query = select(t.body).where(t.book_id == book_id, t.seq >= start, t.seq < stop).order_by(t.seq)
        return [bytes(row.body) for row in await self._connection.execute(query)]

    async def ordinal(self, book_id: bytes, seq: int) -> int:
        """The event's place among those of all books, in order of recording."""
        t = charity_event.c
        return int(await self._connection.scalar(select(t.ordinal).where(t.book_id == book_id, t.seq == seq)) or 0)

    async def holes(self, book_id: bytes, stop: int) -> list[bytes]:
        """Bodies of the events before `stop` that took serials out of a donation."""
        t = charity_event.c
        query = select(t.body).where(t.book_id == book_id, t.seq < stop, text("kind in (30, 31, 32)"))
        return [bytes(row.body) for row in await self._connection.execute(query.order_by(t.seq))]

    async def sizes(self) -> dict[bytes, int]:
        """Book -> how many events it has, of all books that have any."""
        t = charity_event.c
        query = select(t.book_id, func.max(t.seq) + 1).group_by(t.book_id)
        return {row[0]: int(row[1]) for row in await self._connection.execute(query)}

    async def of_kinds(self, book_id: bytes, kinds: Sequence[int]) -> list[EventRow]:
        """Events of some kinds, in order."""
        t = charity_event.c
        query = _event_query().where(t.book_id == book_id, t.kind.in_(list(kinds))).order_by(t.seq)
        return [_event(row) for row in await self._connection.execute(query)]

    async def add_events(self, rows: Sequence[EventRow]) -> None:
        """Raises StoreConflict: somebody wrote to the book meanwhile, or the charity's number is used."""
        values = [(r.book_id, r.seq, r.kind, r.day, r.recorded_at, r.body, r.idem, *_halves(r.sealed)) for r in rows]
        try:
            await insert_rows(self._connection, charity_event, _EVENT, values)
        except IntegrityError:
            raise StoreConflict("the book has gone on meanwhile") from None

    # -- what adds up

    async def post(self, rows: Sequence[PostingRow], changes: Mapping[tuple[bytes, str], int]) -> None:
        """Keep postings, and change balances by (book, account) -> difference. Raises StoreConflict below zero."""
        values = [(r.book_id, r.seq, r.line, r.debit, r.credit, r.amount) for r in rows]
        try:
            await insert_rows(self._connection, charity_posting, _POSTING, values)
            for (book_id, account), difference in changes.items():
                await self._move(book_id, account, difference)
        except IntegrityError:
            raise StoreConflict("an account would be overdrawn") from None

    async def _move(self, book_id: bytes, account: str, difference: int) -> None:
        t = charity_account.c
        change = update(charity_account).where(t.book_id == book_id, t.account == account)
        done = await self._connection.execute(change.values(balance=t.balance + difference))
        if done.rowcount == 0:
            values = {"book_id": book_id, "account": account, "balance": difference}
            await self._connection.execute(insert(charity_account).values(**values))

    async def balances(self, book_id: bytes) -> dict[str, int]:
        """Account -> balance."""
        t = charity_account.c
        query = select(t.account, t.balance).where(t.book_id == book_id).order_by(t.account)
        return {row.account: row.balance for row in await self._connection.execute(query)}

    async def put_allocation(self, book_id: bytes, number: int, project: str, amount: int, used: int) -> None:
        """Raises StoreConflict if more were used than there is."""
        await self._put(charity_allocation, book_id, number, {"project": project, "amount": amount, "used": used})

    async def put_disbursement(self, book_id: bytes, number: int, values: Mapping[str, Any]) -> None:
        """`values`: allocation, cost_class, amount, state, acknowledged, returned. Raises StoreConflict."""
        await self._put(charity_disbursement, book_id, number, values)

    async def _put(self, table: Any, book_id: bytes, number: int, values: Mapping[str, Any]) -> None:
        mine = (table.c.book_id == book_id) & (table.c.number == number)
        try:
            done = await self._connection.execute(update(table).where(mine).values(**values))
            if done.rowcount == 0:
                await self._connection.execute(insert(table).values(book_id=book_id, number=number, **values))
        except IntegrityError:
            raise StoreConflict(f"{table.name}: more than there is") from None

    async def allocations(self, book_id: bytes) -> list[Any]:
        """Rows of `charity_allocation` by number."""
        t = charity_allocation
        return list(await self._connection.execute(select(t).where(t.c.book_id == book_id).order_by(t.c.number)))

    async def disbursements(self, book_id: bytes) -> list[Any]:
        """Rows of `charity_disbursement` by number."""
        t = charity_disbursement
        return list(await self._connection.execute(select(t).where(t.c.book_id == book_id).order_by(t.c.number)))


def _book_query() -> Select[Any]:
    t = charity_book.c
    return select(t.book_id, t.charity, t.kind, t.tree, t.opened_at)


def _event_query() -> Select[Any]:
    t = charity_event.c
    return select(t.book_id, t.seq, t.kind, t.day, t.recorded_at, t.body, t.idem, t.sealed_key, t.sealed_body)


def _event(row: Any) -> EventRow:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return EventRow(row.book_id, row.seq, row.kind, row.day, row.recorded_at, row.body, row.idem, sealed)


def _halves(sealed: Sealed | None) -> tuple[bytes | None, bytes | None]:
    return (None, None) if sealed is None else (sealed.key, sealed.body)
