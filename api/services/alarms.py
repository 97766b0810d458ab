"""Who asks too much, and who searches: quotas and rates that refuse, patterns that call a person.

    await guard.admit(caller.uscc)                     before anything is looked up; raises RateLimited
    await guard.observe(caller.uscc, result, asked)    when the answer is known, before it is given

An alarm refuses nothing: a security administrator suspends a party, and a counter with many customers on one morning
must not lose its service to a rule. Days are counted in the transaction of the access itself (`AccessLog`), so that a
restart gives nobody a new quota.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from api.db.repositories.watch import Alarm
from api.db.uow import Database
from api.errors import NotFound, RateLimited, Unavailable
from api.logs import log
from api.services.watching import CHINA, DAY, WINDOW, Asked, Pattern, Thresholds, Watched, asked_about, day_of
from api.settings import Quotas
from certs.ports import Clock, LookupKey

AGAIN: Final = 3600
"""Seconds until the same pattern of the same party is another alarm."""
PARTIES: Final = 4096
"""Parties watched at a time; the one silent for longest is forgotten."""
UNDETERMINED: Final = "UNDETERMINED"


class Guard:
    def __init__(self, database: Database, lookup: LookupKey, clock: Clock, quotas: Quotas) -> None:
        self._database, self._lookup, self._clock, self._quotas = database, lookup, clock, quotas
        self._thresholds = Thresholds(
            quotas.alarm_questions, quotas.alarm_subjects, quotas.alarm_undetermined,
            quotas.alarm_names, quotas.alarm_sequence,
        )  # fmt: skip
        self._watched: OrderedDict[str, Watched] = OrderedDict()
        self._levels: OrderedDict[str, tuple[float, int]] = OrderedDict()  # token buckets: (level, when)
        self._days: OrderedDict[str, tuple[int, int]] = OrderedDict()  # (day, questions on it)
        self._told: dict[tuple[str, Pattern], int] = {}

    def asked(self, cert_type: str, nation: str, number: str, name: str = "") -> Asked:
        """A person of a question, as it may be counted."""
        return asked_about(self._lookup, cert_type, nation, number, name)

    async def admit(self, uscc: str, questions: int = 1) -> None:
        """Raises RateLimited with the seconds to wait: for the rate's next place, or for the next day."""
        now = self._clock()
        self._take(uscc, now, questions)
        day = day_of(now)
        if self._days.get(uscc, (-1, 0))[0] != day:
            async with self._database.read() as work:
                stored = await work.watch.asked(uscc, day)
            if self._days.get(uscc, (-1, 0))[0] != day:  # nobody else read it meanwhile, and has counted on
                self._days[uscc] = day, stored
        asked = self._days.pop(uscc)[1]
        self._days[uscc] = day, asked + questions
        _bound(self._days)
        if asked + questions > self._quotas.per_day:
            self._days[uscc] = day, asked  # what was refused was not asked
            await self._alarm(uscc, Pattern.QUOTA, asked, now)
            raise RateLimited((day + 1) * DAY - CHINA - now)

    async def observe(self, uscc: str, result: str, people: Sequence[Asked] = ()) -> None:
        """Take in what was asked and what came of it, and raise what alarms follow."""
        now = self._clock()
        watched = self._watched.pop(uscc, None) or Watched()
        self._watched[uscc] = watched
        _bound(self._watched)
        for pattern, number in watched.add(now, result == UNDETERMINED, tuple(people), self._thresholds).items():
            await self._alarm(uscc, pattern, number, now)

    async def left_today(self, uscc: str) -> int:
        """Questions that the party may still ask today."""
        async with self._database.read() as work:
            asked = await work.watch.asked(uscc, day_of(self._clock()))
        return max(0, self._quotas.per_day - asked)

    async def alarms(self, *, still_open: bool = False) -> list[Alarm]:
        """The newest first."""
        async with self._database.read() as work:
            return await work.watch.alarms(still_open=still_open)

    async def acknowledge(self, alarm_id: int) -> None:
        """Somebody has looked into it. Raises NotFound."""
        async with self._database.write() as work:
            if not await work.watch.acknowledge(alarm_id, self._clock()):
                raise NotFound

    def tidy(self) -> None:
        """Forget what left the window, for parties that ask nothing any more."""
        now = self._clock()
        for uscc in [name for name, watched in self._watched.items() if watched.forget_before(now)]:
            del self._watched[uscc]
        self._told = {key: at for key, at in self._told.items() if at > now - AGAIN}

    def _take(self, uscc: str, now: int, questions: int) -> None:
        """A token bucket: `burst` at once, refilled by `per_minute`. More than a burst at once takes all there is."""
        burst, rate = float(self._quotas.burst), self._quotas.per_minute / 60.0
        level, then = self._levels.pop(uscc, (burst, now))
        level = min(burst, level + max(0, now - then) * rate)
        cost = min(float(questions), burst)
        allowed = level >= cost
        self._levels[uscc] = level - cost if allowed else level, now
        _bound(self._levels)
        if not allowed:
            raise RateLimited(max(1, math.ceil((cost - level) / rate)))

    async def _alarm(self, uscc: str, pattern: Pattern, seen: int, now: int) -> None:
        """Once for each pattern and hour. The log line comes first: a database that is down hides no alarm."""
        if self._told.get((uscc, pattern), -WINDOW) > now - AGAIN:
            return
        self._told[uscc, pattern] = now
        log("alarm", level=logging.WARNING, uscc=uscc, kind=pattern.value, seen=seen)
        try:
            async with self._database.write() as work:
                await work.watch.raise_alarm(uscc, pattern.value, seen, now)
        except Unavailable:
            del self._told[uscc, pattern]  # again with the next question


def _bound(kept: OrderedDict[str, Any]) -> None:
    if len(kept) > PARTIES:
        kept.popitem(last=False)
