"""What became of one donation, as a file that proves it (docs/formats/donor-trace.md), from the last signed epochs."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import Connection

from api.db.repositories.charity_donations import DonationRow
from api.db.uow import Database, Work
from api.errors import NotFound
from api.services.charity.evidence import Evidence
from api.services.charity.grouping import details_of, leaves_of
from api.services.charity.views import EpochState, TableView, Views
from certs.charity.records import open_donation
from certs.ports import Sealer
from verifier.charity.events import Opened, parse_event
from verifier.charity.group import Member, member_of
from verifier.charity.opening import Details
from verifier.charity.tracefile import MAX_HOPS, Trace
from verifier.charity.tracemaker import BookView, make_trace

GROUP: Final = "group"
EPOCH: Final = "epoch"


class _Unloaded(Exception):
    """A trace goes on into a book whose state is not at hand yet."""

    def __init__(self, book_id: bytes) -> None:
        super().__init__()
        self.book_id = book_id


@dataclass(frozen=True, slots=True)
class Traced:
    """`file` is None while the donation waits: for a GROUP, or for the fund's next EPOCH. `details`: dCBOR of what the
    secret opens; `unit`: of a fund of goods (item, unit)."""

    donation: bytes
    file: bytes | None = field(repr=False)
    details: bytes | None = field(repr=False)
    waiting: str | None
    unit: tuple[str, str] | None


class TraceService:
    def __init__(self, database: Database, views: Views, evidence: Evidence, sealer: Sealer) -> None:
        self._database, self._views = database, views
        self._evidence, self._sealer = evidence, sealer
        self._funds: dict[bytes, tuple[str, tuple[str, str] | None]] = {}

    async def trace(self, donation_id: bytes, secret: bytes | None = None) -> Traced:
        """The donation's file as of now. With the secret of its receipt code, details and secret are inside; without,
        the donor puts them in, and nobody else was told the secret. Raises NotFound, also for a wrong secret."""
        async with self._database.read() as work:
            row = await work.charity.donations.get(donation_id)
            if row is None:
                raise NotFound
            charity, unit = await self._about(work, row.book_id)
            details, own = self._opening(row, charity)
            if secret is not None and (own is None or not hmac.compare_digest(secret, own)):
                raise NotFound
            shown = None if details is None else details.encode()
            if row.idx is None:
                return Traced(donation_id, None, shown, GROUP, unit)
            state = await self._views.state(work, row.book_id)
            if state is None or row.idx >= state.row.inflows:
                return Traced(donation_id, None, shown, EPOCH, unit)
            bare, states = await self._made(work, row, state)
        epochs = {book: await self._evidence.attached(states[book]) for book in bare.epochs}
        opening = (None, None) if secret is None else (details, secret)
        made = replace(bare, epochs=epochs, details=opening[0], secret=opening[1])
        return Traced(donation_id, made.encode(), shown, None, unit)

    async def _about(self, work: Work, book_id: bytes) -> tuple[str, tuple[str, str] | None]:
        """(charity, unit) of a fund: its first event says them for good."""
        known = self._funds.get(book_id)
        if known is None:
            opened = parse_event((await work.charity.books.bodies(book_id, 0, 1))[0])
            assert isinstance(opened, Opened)
            unit = None if opened.unit is None else (opened.unit.item, opened.unit.unit)
            known = self._funds[book_id] = opened.charity, unit
        return known

    def _opening(self, row: DonationRow, charity: str) -> tuple[Details | None, bytes | None]:
        """Details and secret; nothing once the record was erased."""
        if row.sealed is None:
            return None, None
        record = open_donation(row.donation_id, row.sealed, self._sealer)
        return details_of(row, record, charity), record.secret

    async def _made(self, work: Work, row: DonationRow, state: EpochState) -> tuple[Trace, Mapping[bytes, EpochState]]:
        """The trace with bare epochs, and the states that it was made of."""
        idx = row.idx
        assert idx is not None
        member = await self._member(work, row, state)
        states: dict[bytes, EpochState | None] = {row.book_id: state}
        for _ in range(MAX_HOPS + 1):

            def make(connection: Connection) -> Trace:
                def view(book_id: bytes) -> BookView | None:
                    if book_id not in states:
                        raise _Unloaded(book_id)
                    known = states[book_id]
                    return None if known is None else TableView(known, connection, self._views.tiles)

                return make_trace(view, row.book_id, idx, member=member)

            try:
                trace = await work.connection.run_sync(make)
            except _Unloaded as unloaded:
                states[unloaded.book_id] = await self._views.state(work, unloaded.book_id)
            else:
                return trace, {book: found for book, found in states.items() if found is not None}
        raise NotFound  # never: each turn loads one book more, and a trace has at most MAX_HOPS

    async def _member(self, work: Work, row: DonationRow, state: EpochState) -> Member | None:
        if row.position is None or row.idx is None:
            return None
        members = await work.charity.donations.at(row.book_id, row.idx)
        leaf = await work.charity.lines.inflow(row.book_id, row.idx)
        assert leaf is not None
        event = await work.charity.books.event(row.book_id, leaf.seq)
        assert event is not None
        return member_of(state.epoch.claims.tree, leaves_of(members), row.position, event.body)
