"""Single donations: nothing personal in clear, found by random id, by keyed number, or by their place on the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import find_rows, insert_rows
from api.db.charity_tables import charity_donation, charity_line_in
from certs.errors import StoreConflict
from certs.ports import Sealed

_COLUMNS: Final = (
    "donation_id", "book_id", "idx", "position", "amount", "day", "commitment", "number_tag", "bank_tag", "donor_tag",
    "published", "recorded_at", "sealed_key", "sealed_body",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DonationRow:
    """One donation. `idx`: its leaf, of a member its group's, None while it waits for one; `position`: in its group.
    `sealed` is None once erased."""

    donation_id: bytes
    book_id: bytes
    idx: int | None
    position: int | None
    amount: int
    day: int
    commitment: bytes
    number_tag: bytes
    bank_tag: bytes | None
    donor_tag: bytes | None
    published: bool
    recorded_at: int
    sealed: Sealed | None


class CharityDonationRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, rows: Sequence[DonationRow]) -> None:
        """Raises StoreConflict if a number or a bank reference is taken."""
        try:
            await insert_rows(self._connection, charity_donation, _COLUMNS, [_values(row) for row in rows])
        except IntegrityError:
            raise StoreConflict("a donation of this number or bank reference exists") from None

    async def by_numbers(self, tags: Sequence[bytes]) -> dict[bytes, DonationRow]:
        """Donations by their number's tag."""
        found = await find_rows(self._connection, charity_donation, _COLUMNS, {}, "number_tag", tags)
        return {bytes(row.number_tag): _row(row) for row in found}

    async def banked(self, tags: Sequence[bytes]) -> set[bytes]:
        """Those of the bank references' tags that a donation has already."""
        found = await find_rows(self._connection, charity_donation, ("bank_tag",), {}, "bank_tag", tags)
        return {bytes(row.bank_tag) for row in found}

    async def get(self, donation_id: bytes) -> DonationRow | None:
        rows = await self._rows(_query().where(charity_donation.c.donation_id == donation_id))
        return rows[0] if rows else None

    async def at(self, book_id: bytes, idx: int) -> list[DonationRow]:
        """The donation of a leaf, or the members of a group in order of position."""
        t = charity_donation.c
        return await self._rows(_query().where(t.book_id == book_id, t.idx == idx).order_by(t.position))

    async def entered(self, book_id: bytes, day: int) -> list[DonationRow]:
        """Donations whose leaf, or whose group's leaf, is of that day, in order of the line."""
        d, leaf = charity_donation.c, charity_line_in.c
        joined = charity_donation.join(charity_line_in, (leaf.book_id == d.book_id) & (leaf.idx == d.idx))
        query = _query().select_from(joined).where(d.book_id == book_id, leaf.day == day)
        return await self._rows(query.order_by(d.idx, d.position))

    async def waiting_books(self, least: int) -> list[bytes]:
        """Books in which at least so many donations wait for a group."""
        t = charity_donation.c
        query = select(t.book_id).where(text("idx is null")).group_by(t.book_id).having(func.count() >= least)
        return list((await self._connection.execute(query)).scalars())

    async def waiting(self, book_id: bytes | None = None) -> list[DonationRow]:
        """Those that wait for a group, oldest first."""
        t = charity_donation.c
        query = _query().where(t.idx.is_(None)).order_by(t.recorded_at, t.donation_id)
        return await self._rows(query if book_id is None else query.where(t.book_id == book_id))

    async def place(self, members: Sequence[tuple[bytes, int, int, int, bytes]]) -> None:
        """(donation, idx, position, day, commitment) of those that a group took up: it shows its own day, so what they
        commit to is made anew. Raises StoreConflict if one is placed already."""
        t = charity_donation.c
        free = update(charity_donation).where(t.donation_id == bindparam("row"), t.idx.is_(None))
        columns = ("idx", "position", "day", "commitment")
        change = free.values({name: bindparam(f"{name}_") for name in columns})
        names = ("row", *(f"{name}_" for name in columns))
        for member in members:
            done = await self._connection.execute(change, dict(zip(names, member, strict=True)))
            if done.rowcount != 1:
                raise StoreConflict("this donation is in a group already")

    async def published(self, book_id: bytes, before: int, start: int, limit: int) -> list[DonationRow]:
        """Donations among the first `before` in-leaves whose donors let their names be shown, from the one numbered
        `start` on, in order of their random ids: any order by place would say whose a leaf is, and what a name gave."""
        t = charity_donation.c
        query = _query().where(t.book_id == book_id, text("published = 1"), t.idx < before, t.position.is_(None))
        return await self._rows(query.order_by(t.donation_id).offset(start).limit(limit))

    async def unpublish(self, donation_id: bytes, sealed: Sealed) -> None:
        """The donor's name is shown no more, as the record now says."""
        t = charity_donation.c
        values = {"published": 0, "sealed_key": sealed.key, "sealed_body": sealed.body}
        await self._connection.execute(update(charity_donation).where(t.donation_id == donation_id).values(**values))

    async def count(self, book_id: bytes) -> int:
        """Donations of a book, waiting ones too."""
        query = select(func.count()).where(charity_donation.c.book_id == book_id)
        return int(await self._connection.scalar(query) or 0)

    async def _rows(self, query: Select[Any]) -> list[DonationRow]:
        return [_row(row) for row in await self._connection.execute(query)]


def _query() -> Select[Any]:
    return select(*(charity_donation.c[name] for name in _COLUMNS))


def _values(row: DonationRow) -> tuple[Any, ...]:
    key, body = (None, b"") if row.sealed is None else (row.sealed.key, row.sealed.body)
    return (
        row.donation_id, row.book_id, row.idx, row.position, row.amount, row.day, row.commitment, row.number_tag,
        row.bank_tag, row.donor_tag, int(row.published), row.recorded_at, key, body,
    )  # fmt: skip


def _row(row: Any) -> DonationRow:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return DonationRow(
        row.donation_id, row.book_id, row.idx, row.position, row.amount, row.day, row.commitment, row.number_tag,
        row.bank_tag, row.donor_tag, bool(row.published), row.recorded_at, sealed,
    )  # fmt: skip
