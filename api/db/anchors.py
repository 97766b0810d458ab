"""Reading which checkpoints are anchored. Writing anchors is the anchorer's store."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.log_tables import anchor


async def anchored_size_covering(connection: AsyncConnection, log_id: int, index: int) -> int | None:
    """The smallest finally anchored size that covers entry `index`; None while there is none."""
    mine = (anchor.c.log_id == log_id) & (anchor.c.state == "final") & (anchor.c.size > index)
    found: int | None = await connection.scalar(select(func.min(anchor.c.size)).where(mine))
    return found


async def largest_anchored_size(connection: AsyncConnection, log_id: int) -> int:
    """0 before the first anchor."""
    mine = (anchor.c.log_id == log_id) & (anchor.c.state == "final")
    return await connection.scalar(select(func.max(anchor.c.size)).where(mine)) or 0
