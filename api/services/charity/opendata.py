"""What anybody gets of a fund: its overview, its payments, the leaves of both lines. All as of the last signed epoch.

Nothing newer is shown: what a stranger sees can be held against a signature, and a figure that changes between two
requests cannot tell when to the second a donation came. The overview is a fold over public events; it is kept and goes
on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.db.repositories.charity_books import FUND, BookRow
from api.db.repositories.charity_epochs import EpochRow
from api.db.repositories.charity_lines import InRow, OutRow
from api.db.repositories.parties import Party
from api.db.uow import Database, Work
from api.errors import NotFound
from certs.charity.overview import CLASSES, Overview, Payment, iso
from certs.civilday import DAY, UTC_OFFSET
from verifier.charity.events import parse_event
from verifier.charity.line import SETTLEMENT_BYTES, In, Out, Settlement

KEPT: Final = 64  # books whose fold stays in memory
CHUNK: Final = 2000  # events or rows of one transaction: a writer never waits long for a reader
IN_KINDS: Final = {kind.value: kind.name.lower() for kind in In}
OUT_KINDS: Final = {kind.value: kind.name.lower() for kind in Out}


@dataclass(frozen=True, slots=True)
class Frozen:
    """A fund as of its last epoch."""

    book: BookRow
    epoch: EpochRow

    @property
    def tag(self) -> str:
        """Names what was answered from: it changes with the epoch only."""
        return f"{self.book.book_id.hex()}-{self.epoch.epoch}"


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments, the newest first, each with the out-leaves that it owns. `next`: `before` of the next page."""

    frozen: Frozen
    items: Sequence[tuple[Payment, Sequence[OutRow]]]
    next: int | None


class OpenData:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._folds: OrderedDict[bytes, Overview] = OrderedDict()
        self._lock = asyncio.Lock()  # two requests must not fold the same events twice

    async def frozen(self, work: Work, book_id: bytes) -> Frozen:
        """Raises NotFound for what is no fund, and before its first epoch."""
        book = await work.charity.books.get(book_id)
        epoch = await work.charity.epochs.last(book_id)
        if book is None or book.kind != FUND or epoch is None:
            raise NotFound
        return Frozen(book, epoch)

    async def overview(self, book_id: bytes) -> tuple[Frozen, dict[str, Any]]:
        """Everything but the payments. Raises NotFound."""
        async with self._lock, self._database.read() as work:
            frozen, overview = await self._folded(work, book_id)
            party = await work.parties.get(frozen.book.charity)
            head = {
                "book": book_id.hex(),
                "charity": {"uscc": frozen.book.charity, **_names(party)},
                "tree": frozen.book.tree,
                "epoch": {
                    "number": frozen.epoch.epoch,
                    "at": frozen.epoch.at,
                    "day": iso((frozen.epoch.at + UTC_OFFSET) // DAY),
                },
            }
            return frozen, head | overview.shown()

    async def taken_back(self, book_id: bytes) -> dict[int, int]:
        """Of in-leaves, by index: what was returned or reversed by the last epoch. Raises NotFound."""
        async with self._lock, self._database.read() as work:
            _, overview = await self._folded(work, book_id)
            return dict(overview.taken_back)

    async def payments(self, book_id: bytes, *, before: int | None, limit: int, project: str | None) -> Payments:
        """At most `limit` payments with numbers below `before`, of one project or of all. Raises NotFound."""
        async with self._lock, self._database.read() as work:
            frozen, overview = await self._folded(work, book_id)
            numbers = sorted(
                (
                    payment.no
                    for payment in overview.payments.values()
                    if (before is None or payment.no < before) and project in (None, payment.project)
                ),
                reverse=True,
            )
            chosen = [overview.payments[no] for no in numbers[:limit]]
            segments = await self._segments(work, frozen, {p.no for p in chosen if p.paid is not None})
            following = numbers[limit - 1] if len(numbers) > limit else None
            return Payments(frozen, [(payment, segments.get(payment.no, ())) for payment in chosen], following)

    async def _segments(self, work: Work, frozen: Frozen, numbers: set[int]) -> dict[int, list[OutRow]]:
        found: dict[int, list[OutRow]] = {}
        for row in await work.charity.lines.segments_of(frozen.book.book_id, numbers, frozen.epoch.outflows):
            found.setdefault(row.disbursement, []).append(row)
        return found

    async def flows(self, book_id: bytes, line: str, start: int, limit: int) -> tuple[Frozen, list[dict[str, Any]]]:
        """Leaves [start, start + limit) of the line "in" or "out", as they are shown. Raises NotFound."""
        async with self._database.read() as work:
            frozen = await self.frozen(work, book_id)
            if line == "in":
                stop = min(start + limit, frozen.epoch.inflows)
                return frozen, [_inflow(row) for row in await work.charity.lines.inflows(book_id, start, stop)]
            stop = min(start + limit, frozen.epoch.outflows)
            rows = await work.charity.lines.outflows(book_id, start, stop)
            settled = await work.charity.books.settlement(book_id)
        return frozen, [_outflow(row, _settlement(settled, row.idx)) for row in rows]

    async def every(self, book_id: bytes, line: str) -> AsyncIterator[list[dict[str, Any]]]:
        """All leaves of a line as of now, by thousands, each in a transaction of its own: lines only ever grow. Raises
        NotFound, at the first."""
        start, stop = 0, None
        while stop is None or start < stop:
            frozen, rows = await self.flows(book_id, line, start, CHUNK if stop is None else min(CHUNK, stop - start))
            stop = stop or (frozen.epoch.inflows if line == "in" else frozen.epoch.outflows)
            yield rows
            start += CHUNK

    async def _folded(self, work: Work, book_id: bytes) -> tuple[Frozen, Overview]:
        frozen = await self.frozen(work, book_id)
        overview = self._folds.pop(book_id, None) or Overview()
        if overview.seq > frozen.epoch.events:  # another transaction has seen a newer epoch, and ours is older
            overview = Overview()
        while overview.seq < frozen.epoch.events:
            stop = min(overview.seq + CHUNK, frozen.epoch.events)
            bodies = await work.charity.books.bodies(book_id, overview.seq, stop)
            await asyncio.to_thread(_fold, overview, bodies)
        self._folds[book_id] = overview
        while len(self._folds) > KEPT:
            self._folds.popitem(last=False)
        return frozen, overview


def _names(party: Party | None) -> dict[str, str | None]:
    return {"name": None, "name_en": None} if party is None else {"name": party.name_zh, "name_en": party.name_en}


def _inflow(row: InRow) -> dict[str, Any]:
    return {
        "line": "in", "index": row.idx, "kind": IN_KINDS[row.kind], "day": iso(row.day), "first_serial": row.start,
        "amount": row.amount, "ref": row.ref.hex(),
    }  # fmt: skip


def _outflow(row: OutRow, settled: Settlement) -> dict[str, Any]:
    return {
        "line": "out", "index": row.idx, "kind": OUT_KINDS[row.kind], "day": iso(row.day), "first_serial": row.start,
        "amount": row.amount, "ref": row.ref.hex(), "payment": row.disbursement or None,
        "allocation": row.allocation or None, "class": CLASSES[row.cost_class - 1] if row.cost_class else None,
        "acknowledged": settled.acknowledged, "returned": settled.returned, "settlement": settled.digest.hex(),
    }  # fmt: skip


def _fold(overview: Overview, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        overview.add(parse_event(body))


def _settlement(leaves: bytes, idx: int) -> Settlement:
    return Settlement.parse(leaves[idx * SETTLEMENT_BYTES : (idx + 1) * SETTLEMENT_BYTES])
