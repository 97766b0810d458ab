"""A charity's books held against its bank's statements whenever somebody asks: nothing is stored and gets stale.

What must have moved money at the bank: donations that name a bank reference, platform files with a settlement, and of a
fund's events income, payments, what came back of them, donations given back, and a surplus handed on. An event meets a
statement's line if the charity's own number of it is the bank's reference; else by amount and day. Funds of goods move
no money. A donation that was reversed never came: it is expected for what is left of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from api.db.repositories.charity_imports import BankRow, BookedDonation, BookedEvent, ImportRow
from api.db.uow import Database, Work
from api.errors import BadRequest
from certs.charity.bankrows import open_reference
from certs.charity.keyed import event_key
from certs.charity.layouts import CREDIT, DEBIT
from certs.charity.reconcile import FINE, Finding, Item, Row, merged, reconcile
from certs.errors import Erased
from certs.ports import LookupKey, Sealer
from verifier.charity.events import (
    DonationReturned,
    DonationReversed,
    Income,
    Opened,
    Paid,
    PaymentReturned,
    SurplusDisposed,
    parse_event,
)

LEEWAY: Final = 5
"""Days that a booking and its movement may lie apart, where nobody says otherwise: a weekend and a holiday."""
MAX_LEEWAY: Final = 31
MAX_MOVES: Final = 100_000
"""Lines and donations of one span. Who has more asks for a month."""
MOVING: Final = (Income, PaymentReturned, Paid, DonationReturned, SurplusDisposed)
_KINDS: Final = tuple(event.KIND for event in (Opened, DonationReversed, *MOVING))


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The findings of the days [first, last]; `covered`: spans that statements are there for."""

    charity: str
    first: int
    last: int
    covered: tuple[tuple[int, int], ...]
    findings: tuple[Finding, ...]

    def gaps(self) -> list[Finding]:
        """What is to be looked into."""
        return [finding for finding in self.findings if finding.code not in FINE]


class Reconciliation:
    def __init__(self, database: Database, lookup: LookupKey, sealer: Sealer) -> None:
        self._database, self._lookup, self._sealer = database, lookup, sealer

    async def of(self, charity: str, first: int, last: int, *, leeway: int = LEEWAY) -> Reconciled:
        """What the days [first, last] (days since 1970-01-01) show. A partner on another day counts as found. Raises
        BadRequest for a span of more than MAX_MOVES lines or donations, SealBroken, Unavailable."""
        async with self._database.read() as work:
            covered = merged(await work.charity.imports.spans(charity))
            # an event at the edge may have its line some days outside
            rows, donations = await _moved(work, charity, first - MAX_LEEWAY, last + MAX_LEEWAY)
            events = await work.charity.imports.events(charity, _KINDS)
            payments = await work.charity.imports.payments(charity)
            settlements = await work.charity.imports.settlements(charity)
            undone = await _undone(work, events)
        items = [*_donated(donations, undone), *map(_settled, settlements)]
        booked = _moving(events, payments)

        def compare() -> tuple[Finding, ...]:  # a second for a hundred thousand lines: not on the loop
            resolved = self._resolved(charity, rows, items, booked)
            found = reconcile(map(_row, rows), [*items, *resolved], covered, leeway=leeway)
            return tuple(f for f in found if _within(f, first, last))

        return Reconciled(charity, first, last, tuple(covered), await asyncio.to_thread(compare))

    def _resolved(self, charity: str, rows: Sequence[BankRow], items: Sequence[Item], booked: _Booked) -> list[Item]:
        """Events with the tag of the row whose reference is the charity's own number of them."""
        taken = {item.tag for item in items}
        by_key = dict(booked)
        books = {item.place[0] for item in by_key.values()}
        for row in rows:
            if row.reference in taken or not books:
                continue
            try:
                reference = open_reference(row.reference, row.sealed, self._sealer)
            except Erased:
                continue
            for book in books:
                key = event_key(self._lookup, charity, book, reference)
                if key in by_key:
                    by_key[key] = replace(by_key[key], tag=row.reference)
        return list(by_key.values())


_Booked = dict[bytes, Item]
"""Item by its event's key."""


async def _moved(work: Work, charity: str, first: int, last: int) -> tuple[list[BankRow], list[BookedDonation]]:
    """Rows and donations of these days, each with its partner by reference on whatever day."""
    store = work.charity.imports
    rows = {row.reference: row for row in await store.rows_between(charity, first, last, MAX_MOVES + 1)}
    gifts = {gift.bank_tag: gift for gift in await store.donations_between(charity, first, last, MAX_MOVES + 1)}
    if max(len(rows), len(gifts)) > MAX_MOVES:
        raise BadRequest("bad-parameter", "from", f"more than {MAX_MOVES} movements: ask for fewer days")
    partners = await store.donations_by_tags([tag for tag in rows if tag not in gifts])
    gifts |= {gift.bank_tag: gift for gift in partners}
    rows |= await store.rows_by_tags([tag for tag in gifts if tag not in rows])
    return list(rows.values()), list(gifts.values())


async def _undone(work: Work, events: Iterable[BookedEvent]) -> dict[tuple[bytes, int, int | None], int]:
    """(fund, leaf, position in its group) -> fen of a donation that never came."""
    found: dict[tuple[bytes, int, int | None], int] = {}
    for event in events:
        if event.kind == DonationReversed.KIND:
            said: Any = parse_event(event.body)
            member = await work.charity.imports.member_at(event.book_id, said.idx, said.start)
            place = event.book_id, said.idx, member
            found[place] = found.get(place, 0) + said.amount
    return found


def _donated(gifts: Iterable[BookedDonation], undone: dict[tuple[bytes, int, int | None], int]) -> Iterable[Item]:
    for gift in gifts:
        idx = -1 if gift.idx is None else gift.idx
        left = gift.amount - undone.get((gift.book_id, idx, gift.position), 0)
        if left > 0:
            yield Item(gift.bank_tag, "donation", (gift.book_id, idx), gift.day, CREDIT, left)


def _settled(row: ImportRow) -> Item:
    assert row.last_day is not None  # a settlement has donations, see `imports`
    assert row.amount is not None
    return Item(row.settlement, "settlement", (row.import_id, 0), row.last_day, CREDIT, row.amount)


def _moving(events: Sequence[BookedEvent], payments: dict[tuple[bytes, int], int]) -> _Booked:
    goods = _goods(events)
    found: _Booked = {}
    for row in events:
        event = parse_event(row.body)
        if row.book_id not in goods and isinstance(event, MOVING):
            amount = payments[row.book_id, event.no] if isinstance(event, Paid) else event.amount
            direction = CREDIT if isinstance(event, Income | PaymentReturned) else DEBIT
            found[row.idem] = Item(None, "event", (row.book_id, row.seq), event.happened, direction, amount)
    return found


async def booked_days(work: Work, charity: str, first: int, last: int) -> dict[int, tuple[int, int]]:
    """(received, paid) in fen by day, of all funds of money: by the day that a gift was received, and that an event
    happened. A reversed donation counts as paid: it was counted as received."""
    events = await work.charity.imports.events(charity, _KINDS)
    payments = await work.charity.imports.payments(charity)
    goods = _goods(events)
    found = {
        day: (amount, 0) for day, amount in await work.charity.imports.received_by_day(charity, goods, first, last)
    }
    for row in events:
        event = parse_event(row.body)
        day = event.happened
        if row.book_id in goods or isinstance(event, Opened) or not first <= day <= last:
            continue
        amount = payments[row.book_id, event.no] if isinstance(event, Paid) else event.amount  # type: ignore[attr-defined]
        received, paid = found.get(day, (0, 0))
        came = isinstance(event, Income | PaymentReturned)
        found[day] = (received + amount, paid) if came else (received, paid + amount)
    return found


def _goods(events: Sequence[BookedEvent]) -> set[bytes]:
    """Funds that hold things and not money."""
    opened = ((row.book_id, parse_event(row.body)) for row in events if row.kind == Opened.KIND)
    return {book for book, event in opened if isinstance(event, Opened) and event.unit is not None}


def _row(row: BankRow) -> Row:
    return Row(row.reference, (row.import_id, row.line), row.day, row.direction, row.amount)


def _within(finding: Finding, first: int, last: int) -> bool:
    """Whether one of its sides lies in the days that were asked for."""
    return any(side is not None and first <= side.day <= last for side in (finding.row, finding.item))
