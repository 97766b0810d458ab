"""The status store of `certs.ports` on SQL, and what publishing needs beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import find_rows, insert_rows
from api.db.tables import status_entry, status_list, status_publication
from certs.errors import StoreConflict
from certs.ports import StatusListState


@dataclass(frozen=True, slots=True)
class Publication:
    """A signed status list as it was published. Times are UTC seconds."""

    number: int
    sequence: int
    signed: bytes
    issued_at: int
    expires_at: int


class StatusRepository:
    """`ended`: whether this unit of work has made a certificate not valid."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.ended = False

    async def current(self, issuer: str) -> StatusListState | None:
        mine = select(status_list).where(status_list.c.issuer == issuer)
        row = (await self._connection.execute(mine.order_by(status_list.c.number.desc()).limit(1))).one_or_none()
        if row is None:
            return None
        return StatusListState(row.number, row.issuer, row.size, row.used)

    async def open_list(self, issuer: str, size: int) -> StatusListState:
        last = await self._connection.scalar(select(func.max(status_list.c.number)))
        number = (last or 0) + 1
        try:
            await self._connection.execute(insert(status_list).values(number=number, issuer=issuer, size=size))
        except IntegrityError:
            raise StoreConflict("this list number was taken") from None
        return StatusListState(number, issuer, size, 0)

    async def claim(self, number: int, indices: Sequence[int]) -> Sequence[int]:
        asked = list(dict.fromkeys(indices))
        rows = await find_rows(self._connection, status_entry, ("idx",), {"number": number}, "idx", asked)
        given_out = {row.idx for row in rows}
        free = [index for index in asked if index not in given_out]
        try:
            await insert_rows(self._connection, status_entry, ("number", "idx"), [(number, index) for index in free])
        except IntegrityError:  # one writer at a time: only somebody who does not keep to that gets here
            raise StoreConflict("a status index was taken meanwhile") from None
        if free:
            count = update(status_list).where(status_list.c.number == number)
            await self._connection.execute(count.values(used=status_list.c.used + len(free)))
        return free

    async def lists(self) -> Sequence[StatusListState]:
        rows = (await self._connection.execute(select(status_list).order_by(status_list.c.number))).all()
        return [StatusListState(r.number, r.issuer, r.size, r.used) for r in rows]

    async def set_invalid(self, number: int, index: int) -> None:
        """Only a claimed index can change. Raises StoreConflict."""
        change = update(status_entry).where(status_entry.c.number == number, status_entry.c.idx == index)
        if (await self._connection.execute(change.values(invalid=1))).rowcount != 1:
            raise StoreConflict("this status index was never given out")
        self.ended = True

    async def invalid(self, number: int) -> Sequence[int]:
        table = status_entry
        rows = select(table.c.idx).where(table.c.number == number, table.c.invalid == 1).order_by(table.c.idx)
        return list(await self._connection.scalars(rows))

    async def save(self, number: int, token: bytes, published_at: int, expires: int) -> None:
        table = status_publication
        last = await self._connection.scalar(select(func.max(table.c.sequence)).where(table.c.number == number))
        values = {"number": number, "sequence": (last or 0) + 1, "signed": token}
        await self._connection.execute(insert(table).values(**values, issued_at=published_at, expires_at=expires))

    async def token(self, number: int) -> bytes | None:
        found = await self.publication(number)
        return None if found is None else found.signed

    async def publication(self, number: int) -> Publication | None:
        """The latest signed list of that number."""
        table = status_publication
        newest = select(table).where(table.c.number == number).order_by(table.c.sequence.desc()).limit(1)
        row = (await self._connection.execute(newest)).one_or_none()
        if row is None:
            return None
        return Publication(row.number, row.sequence, row.signed, row.issued_at, row.expires_at)
