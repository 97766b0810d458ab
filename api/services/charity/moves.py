"""What became of one donation's own fen, as a digest: it changes when something of them moved, and not else.

dCBOR [[outflow index, kind, fen of this donation in it, of these acknowledged, returned] …] in order, hashed with SM3.
A payment is shared by many donations: what is acknowledged of another's part moves nothing here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from api.db.repositories.charity_donations import DonationRow
from api.db.repositories.charity_lines import OutRow
from api.db.uow import Database, Work
from verifier import cbor
from verifier.hazmat.sm3 import sm3

_PAGE: Final = 500  # outflows


class Moves:
    """`api.services.charity.watching.StateOf`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, donation_id: bytes) -> bytes | None:
        async with self._database.read() as work:
            donation = await work.charity.donations.get(donation_id)
            own = None if donation is None else await _range(work, donation)
            if donation is None or own is None:
                return None
            found = [_part(row, *own) async for row in _over(work, donation.book_id, *own)]
        return sm3(cbor.encode(found))


async def _range(work: Work, donation: DonationRow) -> tuple[int, int] | None:
    """Serials [start, end) of the donation; None while it waits for its group."""
    if donation.idx is None:
        return None
    leaf = await work.charity.lines.inflow(donation.book_id, donation.idx)
    if leaf is None:
        return None
    start = leaf.start
    if donation.position is not None:
        members = await work.charity.donations.at(donation.book_id, donation.idx)
        start += sum(m.amount for m in members if m.position is not None and m.position < donation.position)
    return start, start + donation.amount


async def _over(work: Work, book_id: bytes, start: int, end: int) -> AsyncIterator[OutRow]:
    """Outflows that took fen of [start, end), in order."""
    first = await work.charity.lines.first_reaching(book_id, start)
    while first is not None:
        rows = await work.charity.lines.outflows(book_id, first, first + _PAGE)
        for row in rows:
            if row.start >= end:
                return
            yield row
        first = first + _PAGE if len(rows) == _PAGE else None


def _part(row: OutRow, start: int, end: int) -> list[int]:
    """Acknowledged fen fill an outflow from its start, returned ones are taken from its end."""
    low, high = max(start, row.start), min(end, row.start + row.amount)
    acknowledged = max(0, min(high, row.start + row.acknowledged) - low)
    returned = max(0, high - max(low, row.start + row.amount - row.returned))
    return [row.idx, row.kind, high - low, acknowledged, returned]
