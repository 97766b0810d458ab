"""What a database hands out: two engines, and how long anybody waits for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.db.faults import CONNECTING, refused


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `answer` is the client's own limit, for a network that swallows packets; it exceeds `statement`, so that
    the server's cleaner refusal comes first."""

    pool: float = 60.0  # for a connection that other units of work hold
    connect: float = 10.0
    lock: float = 10.0  # for the turn to write
    statement: float = 60.0
    answer: float = 75.0
    idle: float = 120.0  # inside a transaction: a process that stands still must not keep everybody from writing


@dataclass(frozen=True, slots=True)
class Engines:
    """`writer` has one connection and serialises units of work; `reader` refuses to write."""

    writer: AsyncEngine
    reader: AsyncEngine

    async def check(self) -> None:
        """Connect once as the writer. Raises DatabaseUnsuitable for a database that may forget, Unavailable."""
        try:
            async with self.writer.connect():
                pass
        except (*CONNECTING, DBAPIError) as error:
            raise refused(error) from None

    async def dispose(self) -> None:
        """Close every connection."""
        await self.reader.dispose()
        await self.writer.dispose()
