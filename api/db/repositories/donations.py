"""Public totals per fundraising plan, kept by addition in the transaction that issues."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.tables import donation_total
from certs.charity.totals import PlanTotal


class DonationRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, issuer: str, plan: str, amounts: Sequence[int]) -> None:
        """Add donations in fen. Raises AmountOverflow, which undoes the issuing too."""
        table = donation_total
        mine = (table.c.issuer == issuer) & (table.c.plan == plan)
        row = (await self._connection.execute(select(table).where(mine))).one_or_none()
        total = PlanTotal(plan) if row is None else PlanTotal(plan, row.donations, row.amount_fen)
        for amount in amounts:
            total = total.with_donation(amount)
        values = {"donations": total.count, "amount_fen": total.amount_fen}
        if row is None:
            await self._connection.execute(insert(table).values(issuer=issuer, plan=plan, **values))
        else:
            await self._connection.execute(update(table).where(mine).values(**values))

    async def totals(self) -> Sequence[tuple[str, PlanTotal]]:
        """(issuer, total) by plan filing number."""
        rows = await self._connection.execute(select(donation_total).order_by(donation_total.c.plan))
        return [(row.issuer, PlanTotal(row.plan, row.donations, row.amount_fen)) for row in rows]
