"""Signed epochs of books, and the full tiles of their trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import insert_rows
from api.db.charity_tables import charity_epoch, charity_tile
from certs.errors import StoreConflict

INFLOWS: Final = 1
OUTFLOWS: Final = 2
EVENTS: Final = 3
WIDTH: Final = 256
_TILE: Final = ("book_id", "tree", "level", "n", "nodes")


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One signed epoch: sizes of the three append-only trees, the bare statement, its log entry and public salt."""

    book_id: bytes
    epoch: int
    at: int
    events: int
    inflows: int
    outflows: int
    statement: bytes
    entry: bytes
    salt: bytes


class CharityEpochRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: EpochRow) -> None:
        """Raises StoreConflict if the book has this epoch."""
        values = {name: getattr(row, name) for name in EpochRow.__slots__}
        try:
            await self._connection.execute(insert(charity_epoch).values(**values))
        except IntegrityError:
            raise StoreConflict("this epoch was signed already") from None

    async def last(self, book_id: bytes) -> EpochRow | None:
        t = charity_epoch.c
        rows = await self._rows(_query().where(t.book_id == book_id).order_by(t.epoch.desc()).limit(1))
        return rows[0] if rows else None

    async def lasts(self) -> dict[bytes, EpochRow]:
        """The last epoch of every book that has one."""
        t = charity_epoch.c
        newest = select(t.book_id, func.max(t.epoch).label("epoch")).group_by(t.book_id).subquery()
        query = _query().join(newest, (newest.c.book_id == t.book_id) & (newest.c.epoch == t.epoch))
        return {row.book_id: row for row in await self._rows(query)}

    async def every(self, book_id: bytes, after: int = 0) -> list[EpochRow]:
        """Epochs of a book behind `after`, in order."""
        t = charity_epoch.c
        return await self._rows(_query().where(t.book_id == book_id, t.epoch > after).order_by(t.epoch))

    async def _rows(self, query: Select[Any]) -> list[EpochRow]:
        return [EpochRow(*row) for row in await self._connection.execute(query)]

    # -- tiles

    async def add_tiles(self, rows: Sequence[tuple[bytes, int, int, int, bytes]]) -> None:
        """(book, tree, level, n, nodes) of full tiles; one that is known is left as it is, for it cannot differ."""
        await insert_rows(self._connection, charity_tile, _TILE, rows, skip_known=True)

    async def tile(self, book_id: bytes, tree: int, level: int, n: int) -> bytes | None:
        """Nodes of a full tile."""
        t = charity_tile.c
        query = select(t.nodes).where(t.book_id == book_id, t.tree == tree, t.level == level, t.n == n)
        found = await self._connection.scalar(query)
        return None if found is None else bytes(found)

    async def tiles(self, book_id: bytes, tree: int, level: int, start: int, stop: int) -> list[bytes]:
        """Nodes of full tiles [start, stop) of a level, in order."""
        t = charity_tile.c
        mine = (t.book_id == book_id) & (t.tree == tree) & (t.level == level)
        query = select(t.nodes).where(mine, t.n >= start, t.n < stop).order_by(t.n)
        return [bytes(row.nodes) for row in await self._connection.execute(query)]


def _query() -> Select[Any]:
    return select(*(charity_epoch.c[name] for name in EpochRow.__slots__))
