"""What is told of funds: their list, a fund as its charity sees it now, and as everybody does, as of its epoch."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from api.db.repositories.charity_books import FUND
from api.db.repositories.charity_epochs import EpochRow
from api.db.uow import Database, Work
from api.errors import NotFound
from api.services.charity.books import Books, Change
from api.services.parties import Principal
from certs.charity.keyed import number_tag
from certs.charity.records import open_donation
from certs.civilday import DAY, UTC_OFFSET
from certs.ports import Sealer
from verifier.charity.accounts import RECEIVED, RETURNED, UNALLOCATED
from verifier.charity.book import Book
from verifier.charity.epoch import Epoch
from verifier.charity.eventform import Event
from verifier.charity.events import Closed, Opened, parse_event
from verifier.charity.line import CostClass
from verifier.charity.opening import ReceiptCode
from verifier.charity.state import Disbursement

_PREFIXES: Final = {
    "received": RECEIVED, "unallocated": UNALLOCATED, "allocated": "allocated:", "reserved": "reserved:",
    "paid": "paid:", "acknowledged": "acknowledged:", "returned": RETURNED, "out": "out:",
}  # fmt: skip


class FundService:
    def __init__(self, database: Database, books: Books, sealer: Sealer) -> None:
        self._database, self._books, self._sealer = database, books, sealer

    async def charities(self) -> list[dict[str, Any]]:
        """Charities that have funds, with those that an epoch covers."""
        found: dict[str, dict[str, Any]] = {}
        async with self._database.read() as work:
            epochs = await work.charity.epochs.lasts()
            for row in await work.charity.books.every():
                if row.kind != FUND or row.book_id not in epochs:
                    continue
                one = found.get(row.charity)
                if one is None:
                    party = await work.parties.get(row.charity)
                    names = {"name": party.name_zh, "name_en": party.name_en} if party else {"name": "", "name_en": ""}
                    one = found[row.charity] = {"uscc": row.charity, **names, "funds": []}
                opened, closed = await _ends(work, row.book_id, epochs[row.book_id].events)
                one["funds"].append(
                    {
                        "book": row.book_id.hex(),
                        "title_zh": opened.title[0],
                        "title_en": opened.title[1],
                        "closed": closed,
                    }
                )
        return list(found.values())

    async def public(self, book_id: bytes) -> dict[str, Any]:
        """A fund as of its last epoch. Raises NotFound, also before the first."""
        async with self._database.read() as work:
            row = await work.charity.books.get(book_id)
            last = await work.charity.epochs.last(book_id)
            if row is None or row.kind != FUND or last is None:
                raise NotFound
            opened, closed = await _ends(work, book_id, last.events)
        claims = Epoch.parse(last.statement).claims
        totals = {
            "received": claims.inflows.root.sum,
            "out": claims.outflows.root.sum,
            "acknowledged": claims.acknowledged,
            "returned": claims.returned,
        }
        return _fund(opened, book_id, closed, _epoch(last)) | {"totals": totals}

    async def own(self, party: Principal, book_id: bytes) -> dict[str, Any]:
        """A fund as it is now, for its charity. Raises NotFound."""
        async with self._books.change() as change:
            await self._books.own(change.work, party, book_id)
            return await self._now(change, book_id)

    async def every_own(self, party: Principal) -> list[dict[str, Any]]:
        """All funds of a charity as they are now, also those that no epoch covers yet."""
        async with self._books.change() as change:
            rows = await change.work.charity.books.every()
            mine = [row.book_id for row in rows if row.kind == FUND and party.acts_for(row.charity)]
            return [await self._now(change, book_id) for book_id in mine]

    async def _now(self, change: Change, book_id: bytes) -> dict[str, Any]:
        book = await change.book(book_id)
        last = await change.work.charity.epochs.last(book_id)
        assert book.opened is not None
        allocations = [
            {"no": a.no, "project": a.project, "purpose": a.purpose, "amount": a.amount, "used": a.used}
            for a in book.allocations.values()
        ]
        totals = {name: _total(book, prefix) for name, prefix in _PREFIXES.items()}
        head = _fund(book.opened, book_id, book.closed, None if last is None else _epoch(last))
        return head | {"totals": totals, "allocations": allocations}

    async def disbursements(
        self, party: Principal, book_id: bytes, state: str | None, before: int | None, limit: int
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Payments of one state or of all, the newest first, and where to go on. Raises NotFound."""
        async with self._books.change() as change:
            await self._books.own(change.work, party, book_id)
            book = await change.book(book_id)
            every = [d for d in book.disbursements.values() if state is None or d.state.value == state]
        chosen = sorted((d for d in every if before is None or d.no < before), key=lambda d: d.no, reverse=True)
        following = chosen[limit - 1].no if len(chosen) > limit else None
        return [_payment(book, d) for d in chosen[:limit]], following

    async def find(self, party: Principal, number: str) -> tuple[dict[str, Any], ReceiptCode]:
        """A donation by the charity's own number, with its receipt code again. Raises NotFound, Erased."""
        tag = number_tag(self._books.lookup, party.uscc, number)
        async with self._database.read() as work:
            row = (await work.charity.donations.by_numbers([tag])).get(tag)
        if row is None:
            raise NotFound
        record = open_donation(row.donation_id, row.sealed, self._sealer)
        shown = {
            "donation": row.donation_id.hex(),
            "book": row.book_id.hex(),
            "amount": row.amount,
            "day": record["received_on"],
            "state": "waiting" if row.idx is None else "recorded",
        }
        return shown, ReceiptCode(row.donation_id, record.secret)

    async def events(self, book_id: bytes, start: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        """Public events [start, start + limit) as of the last epoch, and where to go on. Raises NotFound."""
        async with self._database.read() as work:
            row = await work.charity.books.get(book_id)
            last = await work.charity.epochs.last(book_id)
            if row is None or last is None:
                raise NotFound
            stop = min(start + limit, last.events)
            bodies = await work.charity.books.bodies(book_id, start, stop)
        shown = [{"seq": seq, "body": body.hex(), **_event(row.kind, body)} for seq, body in enumerate(bodies, start)]
        return shown, stop if stop < last.events else None


async def _ends(work: Work, book_id: bytes, events: int) -> tuple[Opened, bool]:
    """The first event, and whether the fund is closed, as of so many events."""
    opened = parse_event((await work.charity.books.bodies(book_id, 0, 1))[0])
    assert isinstance(opened, Opened)
    ends = await work.charity.books.of_kinds(book_id, (Closed.KIND,))
    return opened, any(row.seq < events for row in ends)


def _fund(opened: Opened, book_id: bytes, closed: bool, epoch: dict[str, Any] | None) -> dict[str, Any]:
    unit = None if opened.unit is None else {"item": opened.unit.item, "unit": opened.unit.unit}
    return {
        "book": book_id.hex(),
        "charity": opened.charity,
        "title": {"zh": opened.title[0], "en": opened.title[1]},
        "restriction": {"project": opened.restriction.project, "purpose": opened.restriction.purpose},
        "unit": unit,
        "plan": opened.plan,
        "closed": closed,
        "epoch": epoch,
    }


def _epoch(row: EpochRow) -> dict[str, Any]:
    return {
        "epoch": row.epoch,
        "day": iso_day((row.at + UTC_OFFSET) // DAY),
        "at": row.at,
        "events": row.events,
        "inflows": row.inflows,
        "outflows": row.outflows,
    }


def _total(book: Book, prefix: str) -> int:
    return book.accounts.total(prefix) if prefix.endswith(":") else book.accounts[prefix]


def _payment(book: Book, d: Disbursement) -> dict[str, Any]:
    day = book.outflows[d.segments[0][0]].day if d.segments else None
    return {
        "no": d.no,
        "allocation": d.allocation,
        "cost_class": CostClass(d.cost_class).name.lower(),
        "amount": d.amount,
        "state": d.state.value,
        "acknowledged": d.acknowledged,
        "returned": d.returned,
        "day": None if day is None else iso_day(day),
    }


def _event(kind: int, body: bytes) -> dict[str, Any]:
    """Kind and day of an event; of a general book only the body is told here."""
    if kind != FUND:
        return {}
    event: Event = parse_event(body)
    return {"kind": event.NAME, "day": iso_day(event.day)}


def iso_day(day: int) -> str:
    """A day since 1970-01-01 as YYYY-MM-DD."""
    return date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()
