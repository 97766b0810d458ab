"""Public totals per fundraising plan, kept by addition in the transaction that issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.tables import donation_total


@dataclass(frozen=True, slots=True)
class PlanTotal:
    """`amount_fen` is the sum of `count` donations under one plan filing number."""

    issuer: str
    plan: str
    count: int
    amount_fen: int


class DonationRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, issuer: str, plan: str, amount_fen: int) -> None:
        table = donation_total
        change = update(table).where(table.c.issuer == issuer, table.c.plan == plan)
        changed = await self._connection.execute(
            change.values(count=table.c.count + 1, amount_fen=table.c.amount_fen + amount_fen)
        )
        if changed.rowcount == 0:
            values = {"issuer": issuer, "plan": plan, "count": 1, "amount_fen": amount_fen}
            await self._connection.execute(insert(table).values(**values))

    async def totals(self) -> Sequence[PlanTotal]:
        rows = await self._connection.execute(select(donation_total).order_by(donation_total.c.plan))
        return [PlanTotal(row.issuer, row.plan, row.count, row.amount_fen) for row in rows]
