"""Imported statements and platform files, the rows of statements, and what of the books they are held against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import find_rows, insert_rows
from api.db.charity_tables import (
    charity_bank_row,
    charity_book,
    charity_disbursement,
    charity_donation,
    charity_event,
    charity_import,
    charity_line_in,
)
from certs.errors import StoreConflict
from certs.ports import Sealed

BANK: Final = "bank"
PLATFORM: Final = "platform"
_FIELDS: Final = (
    "import_id", "charity", "source", "digest", "recorded_at", "rows", "first_day", "last_day", "book_id", "settlement",
    "amount", "report",
)  # fmt: skip
_ROW: Final = (
    "charity", "import_id", "line", "reference", "day", "direction", "amount", "sealed_key", "sealed_body",
)  # fmt: skip
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of `charity_import`. `report` is JSON: numbers, line numbers, codes."""

    import_id: bytes
    charity: str
    source: str
    digest: bytes
    recorded_at: int
    rows: int
    first_day: int | None
    last_day: int | None
    book_id: bytes | None
    settlement: bytes | None
    amount: int | None
    report: bytes


@dataclass(frozen=True, slots=True)
class BankRow:
    """A line of a statement. `reference` is its keyed tag; `sealed` is None once erased."""

    charity: str
    import_id: bytes
    line: int
    reference: bytes
    day: int
    direction: int
    amount: int
    sealed: Sealed | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class BookedDonation:
    """A donation that names a bank reference. `idx`, `position`: its place on the line, None while it waits."""

    book_id: bytes
    idx: int | None
    position: int | None
    day: int
    amount: int
    bank_tag: bytes


@dataclass(frozen=True, slots=True)
class BookedEvent:
    """An event of a fund's book, with the number that the charity gave it, keyed."""

    book_id: bytes
    seq: int
    kind: int
    day: int
    body: bytes
    idem: bytes


class CharityImportRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # -- files

    async def add(self, row: ImportRow) -> None:
        """Raises StoreConflict: the same file was imported meanwhile, or its settlement is another file's."""
        try:
            await self._connection.execute(insert(charity_import).values(**{f: getattr(row, f) for f in _FIELDS}))
        except IntegrityError:
            raise StoreConflict("this file, or its settlement, is known") from None

    async def get(self, import_id: bytes) -> ImportRow | None:
        return await self._one(_imports().where(charity_import.c.import_id == import_id))

    async def by_digest(self, charity: str, digest: bytes) -> ImportRow | None:
        t = charity_import.c
        return await self._one(_imports().where(t.charity == charity, t.digest == digest))

    async def by_settlement(self, tag: bytes) -> ImportRow | None:
        return await self._one(_imports().where(charity_import.c.settlement == tag))

    async def newest(self, charity: str) -> list[ImportRow]:
        """The last PAGE of them, the newest first."""
        t = charity_import.c
        query = _imports().where(t.charity == charity).order_by(t.recorded_at.desc(), t.import_id).limit(PAGE)
        return [ImportRow(*row) for row in await self._connection.execute(query)]

    async def spans(self, charity: str) -> list[tuple[int, int]]:
        """Days that its statements cover, a span each."""
        t = charity_import.c
        query = select(t.first_day, t.last_day).where(t.charity == charity, t.source == BANK, t.first_day.is_not(None))
        return [(row.first_day, row.last_day) for row in await self._connection.execute(query)]

    async def settlements(self, charity: str) -> list[ImportRow]:
        """Platform files that one credit of the bank pays for."""
        t = charity_import.c
        query = _imports().where(t.charity == charity, t.settlement.is_not(None)).order_by(t.recorded_at, t.import_id)
        return [ImportRow(*row) for row in await self._connection.execute(query)]

    async def _one(self, query: Select[Any]) -> ImportRow | None:
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else ImportRow(*row)

    # -- rows of statements

    async def add_rows(self, rows: Sequence[BankRow]) -> None:
        """Raises StoreConflict if a reference is known."""
        try:
            await insert_rows(self._connection, charity_bank_row, _ROW, [_values(row) for row in rows])
        except IntegrityError:
            raise StoreConflict("a row of this reference exists") from None

    async def rows_by_tags(self, tags: Sequence[bytes]) -> dict[bytes, BankRow]:
        """Rows by their reference's tag."""
        found = await find_rows(self._connection, charity_bank_row, _ROW, {}, "reference", tags)
        return {bytes(row.reference): _row(row) for row in found}

    async def rows_between(self, charity: str, first: int, last: int, limit: int) -> list[BankRow]:
        """Rows of the days [first, last], at most `limit`, in order."""
        t = charity_bank_row.c
        query = select(*(t[name] for name in _ROW)).where(t.charity == charity, t.day.between(first, last))
        return [_row(row) for row in await self._connection.execute(query.order_by(t.day, t.ordinal).limit(limit))]

    # -- what the books have

    async def donations_between(self, charity: str, first: int, last: int, limit: int) -> list[BookedDonation]:
        """Donations of the days [first, last] that name a bank reference, at most `limit`."""
        d = charity_donation.c
        query = _donations().where(
            charity_book.c.charity == charity, d.bank_tag.is_not(None), d.day.between(first, last)
        )
        ordered = query.order_by(d.day, d.donation_id).limit(limit)
        return [BookedDonation(*row) for row in await self._connection.execute(ordered)]

    async def donations_by_tags(self, tags: Sequence[bytes]) -> list[BookedDonation]:
        """Donations by their bank reference's tag."""
        names = ("book_id", "idx", "position", "day", "amount", "bank_tag")
        found = await find_rows(self._connection, charity_donation, names, {}, "bank_tag", tags)
        return [BookedDonation(*(getattr(row, name) for name in names)) for row in found]

    async def events(self, charity: str, kinds: Sequence[int]) -> list[BookedEvent]:
        """Events of some kinds in the charity's funds, in order."""
        t = charity_event.c
        query = (
            select(t.book_id, t.seq, t.kind, t.day, t.body, t.idem)
            .select_from(charity_event.join(charity_book, charity_book.c.book_id == t.book_id))
            .where(charity_book.c.charity == charity, charity_book.c.kind == 2, t.kind.in_(list(kinds)))
            .order_by(t.book_id, t.seq)
        )
        return [BookedEvent(*row) for row in await self._connection.execute(query)]

    async def received_by_day(
        self, charity: str, without: Collection[bytes], first: int, last: int
    ) -> list[tuple[int, int]]:
        """(day, fen) of the gifts on the lines of a charity's funds, but for some. Reads all of their lines."""
        t = charity_line_in.c
        joined = charity_line_in.join(charity_book, charity_book.c.book_id == t.book_id)
        query = (
            select(t.day, func.sum(t.amount))
            .select_from(joined)
            .where(charity_book.c.charity == charity, t.kind.in_([1, 2]), t.day.between(first, last))
            .where(t.book_id.not_in(list(without)))
            .group_by(t.day)
        )
        return [(day, int(amount)) for day, amount in await self._connection.execute(query)]

    async def payments(self, charity: str) -> dict[tuple[bytes, int], int]:
        """(fund, number) -> amount of every disbursement."""
        t = charity_disbursement.c
        query = (
            select(t.book_id, t.number, t.amount)
            .select_from(charity_disbursement.join(charity_book, charity_book.c.book_id == t.book_id))
            .where(charity_book.c.charity == charity)
        )
        return {(bytes(row.book_id), row.number): row.amount for row in await self._connection.execute(query)}

    async def member_at(self, book_id: bytes, idx: int, serial: int) -> int | None:
        """Position of the group member whose own fen begin at or before a serial; None where the leaf is no group's."""
        t = charity_line_in.c
        start = await self._connection.scalar(select(t.start).where(t.book_id == book_id, t.idx == idx))
        d = charity_donation.c
        query = select(d.position, d.amount).where(d.book_id == book_id, d.idx == idx, d.position.is_not(None))
        for row in await self._connection.execute(query.order_by(d.position)):
            start += row.amount
            if serial < start:
                return int(row.position)
        return None


def _imports() -> Select[Any]:
    return select(*(charity_import.c[name] for name in _FIELDS))


def _donations() -> Select[Any]:
    d = charity_donation.c
    joined = charity_donation.join(charity_book, charity_book.c.book_id == d.book_id)
    return select(d.book_id, d.idx, d.position, d.day, d.amount, d.bank_tag).select_from(joined)


def _values(row: BankRow) -> tuple[Any, ...]:
    key, body = (None, b"") if row.sealed is None else (row.sealed.key, row.sealed.body)
    return (
        row.charity, row.import_id, row.line, row.reference, row.day, row.direction, row.amount, key, body,
    )  # fmt: skip


def _row(row: Any) -> BankRow:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return BankRow(
        row.charity, row.import_id, row.line, row.reference, row.day, row.direction, row.amount, sealed
    )  # fmt: skip
