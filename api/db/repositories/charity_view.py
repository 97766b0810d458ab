"""What traces read of a book, one look-up at a time, inside `AsyncConnection.run_sync`: which rows a trace needs turns
out while it is made."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from api.db.charity_tables import charity_event, charity_settling, charity_tile
from api.db.charity_tables import charity_line_in as line_in

DONATION = 1


class CharityReader:
    """Bound to one transaction and one book."""

    def __init__(self, connection: Connection, book_id: bytes) -> None:
        self._connection, self._book = connection, book_id

    def inflow(self, index: int) -> Any:
        """(kind, day, ref, amount, start) of an in-leaf, or None."""
        t = line_in.c
        query = select(t.kind, t.day, t.ref, t.amount, t.start).where(t.book_id == self._book, t.idx == index)
        return self._connection.execute(query).one_or_none()

    def arrived(self, kind: int, ref: bytes) -> int | None:
        """Index of the in-leaf of this kind, no donation, that names this event."""
        t = line_in.c
        query = select(t.idx, t.kind).where(t.book_id == self._book, t.ref == ref, t.kind != DONATION)
        return next((int(row.idx) for row in self._connection.execute(query) if row.kind == kind), None)

    def steps(self, index: int, before: int) -> list[Any]:
        """(op, amount, ref) of an out-leaf's steps that events before `before` made, in order."""
        t = charity_settling.c
        query = select(t.op, t.amount, t.ref).where(t.book_id == self._book, t.idx == index, t.seq < before)
        return list(self._connection.execute(query.order_by(t.step)))

    def body(self, seq: int) -> bytes:
        """Body of an event."""
        t = charity_event.c
        query = select(t.body).where(t.book_id == self._book, t.seq == seq)
        return bytes(self._connection.execute(query).scalar_one())

    def tile(self, tree: int, level: int, n: int) -> bytes:
        """Nodes of a full tile."""
        t = charity_tile.c
        query = select(t.nodes).where(t.book_id == self._book, t.tree == tree, t.level == level, t.n == n)
        return bytes(self._connection.execute(query).scalar_one())
