"""Both lines of a fund: where its money came in and went out, in order of serials, and what settled each outflow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import find_rows, insert_rows
from api.db.charity_tables import charity_line_in as line_in
from api.db.charity_tables import charity_line_out as line_out
from api.db.charity_tables import charity_settling as settling
from certs.errors import StoreConflict
from verifier.charity.state import At

_IN: Final = ("book_id", "idx", "kind", "day", "ref", "amount", "start", "seq")
_OUT: Final = (
    "book_id", "idx", "kind", "day", "allocation", "cost_class", "ref", "amount", "start", "seq", "disbursement",
    "acknowledged", "returned", "digest",
)  # fmt: skip
_STEP: Final = ("book_id", "idx", "step", "op", "amount", "ref", "seq")
NO_DIGEST: Final = bytes(32)
DONATION: Final = 1
"""Kind of the in-leaves that are donations; of the others there are few."""


@dataclass(frozen=True, slots=True)
class InRow:
    """Leaf `idx` of the in-line: serials [start, start + amount), posted by event `seq`."""

    idx: int
    kind: int
    day: int
    ref: bytes
    amount: int
    start: int
    seq: int


@dataclass(frozen=True, slots=True)
class OutRow:
    """Leaf `idx` of the out-line, and what settled it so far. `disbursement`: 0 for what is no payment."""

    idx: int
    kind: int
    day: int
    allocation: int
    cost_class: int
    ref: bytes
    amount: int
    start: int
    seq: int
    disbursement: int
    acknowledged: int = 0
    returned: int = 0
    digest: bytes = NO_DIGEST


@dataclass(frozen=True, slots=True)
class StepRow:
    """Step number `step` in the settlement of out-leaf `idx`. `op` as `verifier.charity.line.Operation` has it."""

    idx: int
    step: int
    op: int
    amount: int
    ref: bytes
    seq: int


class CharityLineRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_inflows(self, rows: Sequence[tuple[bytes, int, int, int, bytes, int, int, int]]) -> None:
        """Rows of (book, idx, kind, day, ref, amount, start, seq). Raises StoreConflict if an index is taken."""
        await self._insert(line_in, _IN, rows)

    async def add_outflows(self, book_id: bytes, rows: Sequence[OutRow]) -> None:
        """Raises StoreConflict if an index is taken."""
        values = [(book_id, *(getattr(row, name) for name in _OUT[1:])) for row in rows]
        await self._insert(line_out, _OUT, values)

    async def _insert(self, table: Any, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        try:
            await insert_rows(self._connection, table, columns, rows)
        except IntegrityError:
            raise StoreConflict("the line has gone on meanwhile") from None

    async def settle(self, book_id: bytes, rows: Sequence[tuple[int, int, int, bytes]]) -> None:
        """(idx, acknowledged, returned, digest): what stands of outflows from now on. Raises StoreConflict."""
        if not rows:
            return
        t = line_out.c
        names = ("row", "acknowledged_", "returned_", "digest_")
        mine = (t.book_id == book_id) & (t.idx == bindparam("row"))
        change = update(line_out).where(mine).values(
            acknowledged=bindparam("acknowledged_"), returned=bindparam("returned_"), digest=bindparam("digest_")
        )  # fmt: skip
        try:
            await self._connection.execute(change, [dict(zip(names, row, strict=True)) for row in rows])
        except IntegrityError:
            raise StoreConflict("an outflow would be settled twice") from None

    async def add_steps(self, book_id: bytes, rows: Sequence[tuple[int, int, int, bytes, int]]) -> None:
        """(idx, op, amount, ref, seq): the next step of each out-leaf."""
        t = settling.c
        wanted = list(dict.fromkeys(row[0] for row in rows))
        query = select(t.idx, func.count()).where(t.book_id == book_id, t.idx.in_(wanted)).group_by(t.idx)
        known = {row[0]: row[1] for row in await self._connection.execute(query)} if wanted else {}
        values = []
        for idx, op, amount, ref, seq in rows:
            values.append((book_id, idx, known.get(idx, 0), op, amount, ref, seq))
            known[idx] = known.get(idx, 0) + 1
        await self._insert(settling, _STEP, values)

    async def steps(self, book_id: bytes, start: int, stop: int) -> list[StepRow]:
        """Steps of out-leaves [start, stop), each leaf's in order."""
        t = settling.c
        query = select(t.idx, t.step, t.op, t.amount, t.ref, t.seq)
        query = query.where(t.book_id == book_id, t.idx >= start, t.idx < stop).order_by(t.idx, t.step)
        return [StepRow(*row) for row in await self._connection.execute(query)]

    async def inflow(self, book_id: bytes, idx: int) -> InRow | None:
        rows = await self.inflows(book_id, idx, idx + 1)
        return rows[0] if rows else None

    async def located(self, book_id: bytes, indices: Sequence[int]) -> dict[int, At]:
        """Where in-leaves lie, by their index."""
        columns = ("idx", "kind", "start", "amount")
        mine: dict[str, Any] = {"book_id": book_id}
        found = await find_rows(self._connection, line_in, columns, mine, "idx", indices)
        return {row.idx: At(row.idx, row.kind, row.start, row.amount) for row in found}

    async def inflows(self, book_id: bytes, start: int, stop: int) -> list[InRow]:
        """Leaves [start, stop) in order."""
        t = line_in.c
        query = _in_query().where(t.book_id == book_id, t.idx >= start, t.idx < stop).order_by(t.idx)
        return [InRow(*row) for row in await self._connection.execute(query)]

    async def raw_inflows(self, book_id: bytes, start: int, stop: int) -> Sequence[Any]:
        """(kind, day, ref, amount) of leaves [start, stop) in order, as the driver has them: for a million of them."""
        t = line_in.c
        query = select(t.kind, t.day, t.ref, t.amount)
        query = query.where(t.book_id == book_id, t.idx >= start, t.idx < stop).order_by(t.idx)
        return (await self._connection.execute(query)).all()

    async def arrived(self, book_id: bytes, kind: int, ref: bytes) -> InRow | None:
        """The leaf of this kind, no donation, that names this event."""
        t = line_in.c
        query = _in_query().where(t.book_id == book_id, t.ref == ref, t.kind != DONATION)
        return next((r for r in (InRow(*row) for row in await self._connection.execute(query)) if r.kind == kind), None)

    async def outflows(self, book_id: bytes, start: int, stop: int) -> list[OutRow]:
        """Leaves [start, stop) in order."""
        t = line_out.c
        query = _out_query().where(t.book_id == book_id, t.idx >= start, t.idx < stop).order_by(t.idx)
        return [OutRow(*row) for row in await self._connection.execute(query)]

    async def first_reaching(self, book_id: bytes, serial: int) -> int | None:
        """Index of the outflow that `serial` is in; None if nothing went out so far along the line."""
        t = line_out.c
        query = select(t.idx, t.start, t.amount).where(t.book_id == book_id, t.start <= serial)
        row = (await self._connection.execute(query.order_by(t.start.desc()).limit(1))).one_or_none()
        return None if row is None or row.start + row.amount <= serial else int(row.idx)

    async def segments(self, book_id: bytes, disbursement: int) -> list[OutRow]:
        """Out-leaves of one payment, in order."""
        t = line_out.c
        query = _out_query().where(t.book_id == book_id, t.disbursement == disbursement).order_by(t.idx)
        return [OutRow(*row) for row in await self._connection.execute(query)]

    async def segments_of(self, book_id: bytes, disbursements: Collection[int], stop: int) -> list[OutRow]:
        """Out-leaves below index `stop` of some payments, in order."""
        t = line_out.c
        mine = (t.book_id == book_id) & (t.idx < stop) & t.disbursement.in_(list(disbursements))
        return [OutRow(*row) for row in await self._connection.execute(_out_query().where(mine).order_by(t.idx))]

    async def donation_days(self, book_id: bytes, start: int, stop: int) -> tuple[int | None, int | None]:
        """(first, last) day of the donations and groups among in-leaves [start, stop); None without any."""
        t = line_in.c
        query = select(func.min(t.day), func.max(t.day)).where(
            t.book_id == book_id, t.idx >= start, t.idx < stop, t.kind.in_((1, 2))
        )
        first, last = (await self._connection.execute(query)).one()
        return first, last

    async def sizes(self, book_id: bytes) -> tuple[int, int]:
        """(leaves of the in-line, of the out-line)."""
        return await self._size(line_in, book_id), await self._size(line_out, book_id)

    async def _size(self, table: Any, book_id: bytes) -> int:
        last = await self._connection.scalar(select(func.max(table.c.idx)).where(table.c.book_id == book_id))
        return 0 if last is None else int(last) + 1


def _in_query() -> Select[Any]:
    t = line_in.c
    return select(t.idx, t.kind, t.day, t.ref, t.amount, t.start, t.seq)


def _out_query() -> Select[Any]:
    return select(*(line_out.c[name] for name in _OUT[1:]))
