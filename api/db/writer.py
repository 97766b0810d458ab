"""One writer for a log, on whatever machine: the lock that a service holds as long as it runs.

    SQLite       a lock file beside the database file
    PostgreSQL   a session-level advisory lock on a connection of its own

The server frees the lock when the connection dies, and the process need not notice at once. Two things follow. While
the lock is not held, the log's units of work are refused (`check`); it is taken again by itself, as after a restart of
the server. And the lock alone does not protect the log: whoever takes the writer's role raises `head.epoch`, and an
append under an older number loses for good (LostSwap). The lock is what keeps it from coming to that.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from api.db.faults import CONNECTING, DatabaseUnsuitable, refused
from api.db.migrate import database_path
from api.db.pools import Timeouts
from api.db.postgres import session
from api.errors import Unavailable
from chain.errors import AlreadyLocked
from chain.filelock import FileLock

BEAT: Final = 5.0  # seconds between two questions whether the connection still lives
AGAIN: Final = 0.5  # seconds between two attempts to take the lock back
ASK: Final = "SELECT 1"

Check = Callable[[], int]


def lock_key(origin: str) -> int:
    """The advisory lock's number, 64 bits signed, for a log's origin."""
    return int.from_bytes(hashlib.sha256(b"mz-log-writer\x00" + origin.encode()).digest()[:8], "big", signed=True)


@asynccontextmanager
async def writer_lock(url: str, origin: str) -> AsyncIterator[Check]:
    """Hold the lock for the length of the block; gives a function that raises Unavailable whenever it is not held, and
    else counts how often it was taken.

    Raises AlreadyLocked if another service writes this log, Unavailable, DatabaseUnsuitable.
    """
    path = database_path(url)
    if path is not None:
        with FileLock(path.with_name(path.name + "-writer")):
            yield lambda: 1
        return
    lock = AdvisoryLock(url, lock_key(origin))
    await lock.acquire()
    try:
        yield lock.check
    finally:
        await lock.release()


class AdvisoryLock:
    """`acquire` once; from then on a task watches the connection and takes the lock back when it was lost."""

    def __init__(self, url: str, key: int, *, beat: float = BEAT, again: float = AGAIN) -> None:
        arguments = session(Timeouts(idle=0))
        arguments["server_settings"] |= {"application_name": "mzt writer", "idle_session_timeout": "0"}
        self._engine = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True, connect_args=arguments
        )
        self._key, self._beat, self._again = key, beat, again
        self._connection: AsyncConnection | None = None
        self._watching: asyncio.Task[None] | None = None
        self._taken = 0
        self.lost = asyncio.Event()
        self.held = asyncio.Event()

    async def acquire(self) -> None:
        """Raises AlreadyLocked, Unavailable, DatabaseUnsuitable."""
        await self._take()
        self._watching = asyncio.create_task(self._watch())

    def check(self) -> int:
        """How often the lock was taken. Raises Unavailable while it is not known to be held."""
        if not self.held.is_set():
            raise Unavailable("the connection that held the log's lock was lost")
        return self._taken

    async def release(self) -> None:
        """Give the lock back. Returns when the server has it, so that a successor need not wait."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        if self._connection is not None and self.held.is_set():
            with suppress(DBAPIError, *CONNECTING):
                await self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self._key})
        await self._drop()
        await self._engine.dispose()

    async def _take(self) -> None:
        try:
            connection = await self._engine.connect()
        except (DBAPIError, *CONNECTING) as error:
            raise refused(error) from None
        try:
            await self._lock(connection)
        except (DBAPIError, *CONNECTING) as error:
            await connection.close()
            raise refused(error) from None
        except BaseException:
            await connection.close()
            raise
        self._connection = connection

    async def _lock(self, connection: AsyncConnection) -> None:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        query = text("SELECT pg_backend_pid(), pg_try_advisory_lock(:key)")
        pid, locked = (await connection.execute(query, {"key": self._key})).one()
        if pid != driver.get_server_pid():  # a pooler: the lock would belong to whoever is served next
            raise DatabaseUnsuitable("a connection pooler stands before PostgreSQL; connect to the server itself")
        if not locked:
            raise AlreadyLocked("another service is the writer of this log")
        self._taken += 1
        self.lost.clear()
        driver.add_termination_listener(self._on_end)
        self.held.set()

    def _on_end(self, _connection: object = None) -> None:
        self.held.clear()
        self.lost.set()

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._beat):
                    await self.lost.wait()
            except TimeoutError:
                if await self._alive():
                    continue
            await self._drop()
            while not self.held.is_set():
                with suppress(AlreadyLocked, Unavailable, DatabaseUnsuitable):
                    await self._take()
                    break
                await asyncio.sleep(self._again)

    async def _alive(self) -> bool:
        """A network that swallows packets ends no connection: only an answer in time proves one."""
        assert self._connection is not None
        try:
            async with asyncio.timeout(self._beat):
                await self._connection.execute(text(ASK))
        except (DBAPIError, *CONNECTING):
            return False
        return True

    async def _drop(self) -> None:
        """Forget the connection. `held` goes first: what the server does with the lock from here on is unknown."""
        self._on_end()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            with suppress(DBAPIError, *CONNECTING):
                await connection.close()
