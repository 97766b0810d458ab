"""What is kept for how long, and what ends it: one pass over every class of data that has an end.

    accesses     wrapped data keys and tags go, the log's entry stays and can be joined to nothing (PIPL 19, 56)
    usage        days of quotas; alarms that somebody looked into

Registrations and certificates have no end here: marriage files are kept, and what of a certificate may go is decided
one by one (`mzt erase`). Consents, codes and messages end with jobs of their own (docs/runbooks/retention.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.db.remains import settle
from api.db.uow import Database
from api.services.watching import day_of
from api.settings import Retention
from certs.ports import Clock

DAY: Final = 86400
BATCH: Final = 500
"""Events in one transaction, so that nobody waits long for his turn to write."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of each class reached their end."""

    accesses: int = 0
    usage: int = 0

    @property
    def anything(self) -> bool:
        return any((self.accesses, self.usage))


class RetentionService:
    def __init__(self, database: Database, keep: Retention, clock: Clock) -> None:
        self._database, self._keep, self._clock = database, keep, clock

    async def run(self) -> Ended:
        """One pass. To be run again if it was cut short; what is done stays done. Raises Unavailable."""
        now, keep = self._clock(), self._keep
        accesses = 0
        while True:
            async with self._database.write() as work:
                gone = await work.accesses.expire(now - keep.access_days * DAY, BATCH)
            accesses += gone
            if gone < BATCH:
                break
        async with self._database.write() as work:
            usage = await work.watch.forget(
                usage_before=day_of(now) - keep.usage_days, alarms_before=now - keep.access_days * DAY
            )
        if accesses:
            await settle(self._database.engines)
        return Ended(accesses, usage)
