"""One leaf of a fund and its way to the root that the last epoch signed: for who wants a row of the data proven."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from api.db.repositories.charity_books import FUND
from api.db.uow import Database, Work
from api.errors import NotFound
from api.services.charity.evidence import Evidence
from api.services.charity.views import EpochState, TableView, Views
from verifier.charity.line import OUTFLOW_BYTES, Inflow, settled_leaf
from verifier.charity.sumtree import inclusion_path, root_from_path


@dataclass(frozen=True, slots=True)
class LeafProof:
    """`leaf`: 45 bytes of the in-line, 98 of the settled tree; `path`: nodes of 40 bytes, leaf side first; `start`: the
    leaf's first serial; `root`: 40 bytes, as the epoch states it (hash 32, sum 8)."""

    epoch: int
    index: int
    size: int
    start: int
    leaf: bytes
    path: bytes
    root: bytes


class LeafProofs:
    def __init__(self, database: Database, views: Views, evidence: Evidence) -> None:
        self._database, self._views, self._evidence = database, views, evidence

    async def of(self, book_id: bytes, line: str, index: int) -> LeafProof:
        """Of leaf `index` of the line "in" or "out". Raises NotFound."""
        async with self._database.read() as work:
            state = await self._state(work, book_id)
            claims = state.epoch.claims
            head = claims.inflows if line == "in" else claims.outflows
            if index >= head.size:
                raise NotFound
            leaf = await _inflow(work, book_id, index) if line == "in" else _settled(state, index)

            def path_of(connection: Connection) -> bytes:
                view = TableView(state, connection, self._views.tiles)
                return inclusion_path(
                    claims.tree, index, head.size, view.in_node if line == "in" else view.settled_node
                )

            path = await work.connection.run_sync(path_of)
        root, start = root_from_path(claims.tree, leaf, index, head.size, path)
        return LeafProof(claims.epoch, index, head.size, start, leaf, path, root.encode())

    async def statement(self, book_id: bytes) -> bytes:
        """The last epoch's statement with its way into the log, COSE. Raises NotFound."""
        async with self._database.read() as work:
            state = await self._state(work, book_id)
        return (await self._evidence.attached(state)).encode()

    async def _state(self, work: Work, book_id: bytes) -> EpochState:
        state = await self._views.state(work, book_id)
        if state is None or state.book.kind != FUND:
            raise NotFound
        return state


async def _inflow(work: Work, book_id: bytes, index: int) -> bytes:
    row = await work.charity.lines.inflow(book_id, index)
    if row is None:
        raise NotFound
    return Inflow(row.kind, row.day, row.ref, row.amount).encode()


def _settled(state: EpochState, index: int) -> bytes:
    line = state.settled
    return settled_leaf(line.settlement(index), line.outflows[OUTFLOW_BYTES * index : OUTFLOW_BYTES * (index + 1)])
