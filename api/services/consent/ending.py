"""What time does: transactions that nobody decided expire, codes are forgotten, old questions lose their data keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.services.consent.opening import open_one
from api.services.makers import Makers
from api.services.webhooks import Event, Notice, enqueue_in
from certs.consent.machine import State

BATCH: Final = 200  # rows in one transaction
CODES_KEPT: Final = 86400  # seconds after a code's end
KEPT: Final = 3 * 365 * 86400
"""Seconds for which what was asked and agreed is kept after its end: records of sensitive processing and of provision
to others are kept three years at least (PIPL art. 56)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How many transactions expired, codes were forgotten, questions lost their keys."""

    expired: int
    codes: int
    forgotten: int


class EndService:
    def __init__(self, makers: Makers) -> None:
        self._makers = makers

    async def step(self) -> Ended:
        """One round of a job; what is left over the next one takes."""
        now, sealer = self._makers.clock(), self._makers.registry.sealer
        async with self._makers.database.write() as work:
            overdue = await work.consents.overdue(now, BATCH)
            for row in overdue:
                found = await open_one(work, row.trx, sealer)
                if found.state(now) is not State.EXPIRED:
                    continue
                await work.consents.move(row, State.EXPIRED, now, row.expires_at)
                await enqueue_in(work, row.uscc, Event.CONSENT_EXPIRED, Notice(now, row.trx, "expired"))
            codes = await work.holders.forget_codes(now - CODES_KEPT)
            forgotten = await work.consents.forget(now - KEPT, BATCH)
        return Ended(len(overdue), codes, forgotten)
