"""Quotas and alarms on SQL: how much each party asked on each day, and what looked like a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.party_tables import alarm, party_usage


@dataclass(frozen=True, slots=True)
class Alarm:
    """`kind`: the pattern; `seen`: what was counted. Nothing says about whom."""

    alarm_id: int
    at: int
    uscc: str
    kind: str
    seen: int
    acknowledged_at: int | None


class WatchRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def count(self, questions: Mapping[tuple[str, int], int]) -> None:
        """Add to what each (party, day since 1970 in China) asked."""
        make = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
        for (uscc, day), number in sorted(questions.items()):
            new = make(party_usage).values(uscc=uscc, day=day, questions=number)
            more = {"questions": party_usage.c.questions + number}
            await self._connection.execute(new.on_conflict_do_update(index_elements=["uscc", "day"], set_=more))

    async def asked(self, uscc: str, day: int) -> int:
        """Questions of a party on a day."""
        c = party_usage.c
        query = select(c.questions).where(c.uscc == uscc, c.day == day)
        return (await self._connection.scalar(query)) or 0

    async def raise_alarm(self, uscc: str, kind: str, seen: int, at: int) -> None:
        await self._connection.execute(insert(alarm).values(at=at, uscc=uscc, kind=kind, seen=seen))

    async def alarms(self, *, still_open: bool, limit: int = 200) -> list[Alarm]:
        """The newest first."""
        query = select(alarm).order_by(alarm.c.alarm_id.desc()).limit(limit)
        if still_open:
            query = query.where(alarm.c.acknowledged_at.is_(None))
        return [_alarm(row) for row in await self._connection.execute(query)]

    async def acknowledge(self, alarm_id: int, at: int) -> bool:
        """False if there is none of that number that is open."""
        c = alarm.c
        change = update(alarm).where(c.alarm_id == alarm_id, c.acknowledged_at.is_(None)).values(acknowledged_at=at)
        return (await self._connection.execute(change)).rowcount == 1

    async def forget(self, *, usage_before: int, alarms_before: int) -> int:
        """Drop days before `usage_before` and acknowledged alarms from before `alarms_before` (seconds)."""
        days = await self._connection.execute(delete(party_usage).where(party_usage.c.day < usage_before))
        c = alarm.c
        old = (c.at < alarms_before) & c.acknowledged_at.is_not(None)
        return days.rowcount + (await self._connection.execute(delete(alarm).where(old))).rowcount


def _alarm(row: Any) -> Alarm:
    return Alarm(row.alarm_id, row.at, row.uscc, row.kind, row.seen, row.acknowledged_at)
