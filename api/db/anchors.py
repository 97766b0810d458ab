"""Reading which checkpoints are anchored, and what keeps others from it. Writing is the anchorer's store."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.log_tables import anchor, outbox


async def anchored_size_covering(connection: AsyncConnection, log_id: int, index: int) -> int | None:
    """The smallest finally anchored size that covers entry `index`; None while there is none."""
    mine = (anchor.c.log_id == log_id) & (anchor.c.state == "final") & (anchor.c.size > index)
    found: int | None = await connection.scalar(select(func.min(anchor.c.size)).where(mine))
    return found


async def failures_since(connection: AsyncConnection, log_id: int) -> int:
    """Transactions that failed since the last final anchor."""
    t = anchor.c
    last = select(func.coalesce(func.max(t.anchor_id), 0)).where(t.log_id == log_id, t.state == "final")
    failed = (t.log_id == log_id) & (t.state == "failed") & (t.anchor_id > last.scalar_subquery())
    return await connection.scalar(select(func.count()).select_from(anchor).where(failed)) or 0


async def parked_entries(connection: AsyncConnection, log_id: int) -> int:
    """Staged entries whose idempotency key stands for another entry of the log: they wait for a person."""
    mine = (outbox.c.log_id == log_id) & (outbox.c.kind == "log") & (outbox.c.state == "parked")
    return await connection.scalar(select(func.count()).select_from(outbox).where(mine)) or 0


async def largest_anchored_size(connection: AsyncConnection, log_id: int) -> int:
    """0 before the first anchor."""
    mine = (anchor.c.log_id == log_id) & (anchor.c.state == "final")
    return await connection.scalar(select(func.max(anchor.c.size)).where(mine)) or 0
