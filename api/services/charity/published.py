"""Donors who agreed, each on its own, that their name, and perhaps also day and amount, be shown; and taking it back.

A name without an amount is shown without its day too, in no order but the alphabet's: beside the public line, the day
or the place would give the amount away. Members of a group are never shown, whatever they ticked.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from api.db.repositories.charity_donations import DonationRow
from api.db.uow import Database
from api.errors import NotFound
from api.services.charity.opendata import Frozen, OpenData
from certs.charity.records import open_donation, seal_withdrawn
from certs.ports import Clock, Sealer
from verifier.charity.opening import ReceiptCode
from verifier.errors import Malformed

PAGE: Final = 200
"""Donors of one answer: opening their records is what it costs."""


@dataclass(frozen=True, slots=True)
class Donor:
    """`day` and `amount` are both there or both None."""

    name: str = field(repr=False)
    day: int | None = None
    amount: int | None = None


class PublishedDonors:
    def __init__(self, database: Database, open_data: OpenData, sealer: Sealer, clock: Clock) -> None:
        self._database, self._open_data, self._sealer, self._clock = database, open_data, sealer, clock

    async def page(self, book_id: bytes, start: int) -> tuple[Frozen, list[Donor], int | None]:
        """At most PAGE donors of the last epoch, those with amounts first; and the `start` of the next page. Which of
        them a page has is by chance. Raises NotFound."""
        back = await self._open_data.taken_back(book_id)
        async with self._database.read() as work:
            frozen = await self._open_data.frozen(work, book_id)
            rows = await work.charity.donations.published(book_id, frozen.epoch.inflows, start, PAGE + 1)
        donors = [donor for row in rows[:PAGE] if (donor := self._shown(row, back)) is not None]
        following = start + PAGE if len(rows) > PAGE else None
        donors.sort(key=lambda d: (d.day is None, -(d.day or 0), d.name))
        return frozen, donors, following

    def _shown(self, row: DonationRow, back: Mapping[int, int]) -> Donor | None:
        """None unless the sealed record agrees: a flag that somebody sets in the database publishes nobody. Nor is
        anybody named for a gift that went back whole, or never was one."""
        if row.sealed is None or row.idx is None or back.get(row.idx, 0) >= row.amount:
            return None
        record = open_donation(row.donation_id, row.sealed, self._sealer)
        if not record.published or record["donor_name"] is None:
            return None
        if not record["publish_amount"]:
            return Donor(record["donor_name"])
        return Donor(record["donor_name"], row.day, row.amount)

    async def withdraw(self, code: str) -> None:
        """Show this donor no more, from now on and for good. Doing it again changes nothing. Raises NotFound for
        whatever is no receipt code of a donation here, without saying why."""
        try:
            said = ReceiptCode.parse(code)
        except Malformed:
            raise NotFound from None
        async with self._database.write() as work:
            row = await work.charity.donations.get(said.donation)
            if row is None or row.sealed is None:
                raise NotFound
            record = open_donation(row.donation_id, row.sealed, self._sealer)
            if not hmac.compare_digest(record.secret, said.secret):
                raise NotFound
            if record.withdrawn_at is None:
                sealed = seal_withdrawn(said.donation, record, self._clock(), self._sealer)
                await work.charity.donations.unpublish(said.donation, sealed)
