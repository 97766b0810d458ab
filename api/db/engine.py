"""Database engines: one writer connection, a few readers, and what SQLite must be told to be durable.

SQLite before 3.51.3 can lose committed transactions in WAL mode when several connections are open (a race
while the WAL is reset). Debian 12 ships 3.40. So the journal mode follows the version of the library:

    SQLite >= 3.51.3   journal_mode=WAL       synchronous=FULL
    older              journal_mode=TRUNCATE  synchronous=EXTRA   (EXTRA also syncs the directory)

The writer is a pool of exactly one connection that begins with BEGIN IMMEDIATE: two units of work queue up
for it instead of failing half-way with "database is locked". A second process is kept out by the
lock on the data directory (api/bootstrap.py). PostgreSQL is given the same manners in `postgres`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.db.faults import DatabaseUnsuitable
from api.db.pools import Engines, Timeouts
from api.db.postgres import postgres_engines
from api.db.sqlite_driver import BEGIN, connect

__all__ = ["DatabaseUnsuitable", "Engines", "Timeouts", "create_engines", "sqlite_journal"]

WAL_SAFE_SINCE: Final = (3, 51, 3)
OLDEST_SQLITE: Final = (3, 35, 0)  # upsert and RETURNING


def sqlite_journal(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> tuple[str, str]:
    """(journal_mode, synchronous) that is durable with this SQLite. Raises DatabaseUnsuitable."""
    if version < OLDEST_SQLITE:
        raise DatabaseUnsuitable("SQLite 3.35 or later is needed")
    return ("WAL", "FULL") if version >= WAL_SAFE_SINCE else ("TRUNCATE", "EXTRA")


def create_engines(url: str, *, readers: int = 4, timeouts: Timeouts | None = None) -> Engines:
    """Engines for `sqlite+aiosqlite:///path` or `postgresql+asyncpg://user@host/database`. Opens nothing yet.

    Raises DatabaseUnsuitable. Memory databases are refused: each connection would see its own.
    """
    limits = timeouts or Timeouts()
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnsuitable("the database URL cannot be read") from None  # its text may hold a password
    if parsed.drivername == "postgresql+asyncpg":
        return postgres_engines(parsed, readers, limits)
    if parsed.drivername != "sqlite+aiosqlite":
        raise DatabaseUnsuitable("a sqlite+aiosqlite or postgresql+asyncpg URL is needed")
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseUnsuitable("an SQLite file is needed, not a memory database")
    journal, synchronous = sqlite_journal()
    # The log's two indexes are written all over: what does not fit the cache is written before its time, with a sync.
    # Freed space is zeroed, always: what moved from page to page would else lie where no erasure looks.
    pragmas = (f"journal_mode={journal}", f"synchronous={synchronous}", "cache_size=-65536", "secure_delete=ON")
    write = tuple(f"PRAGMA {pragma}" for pragma in pragmas)
    return Engines(
        _sqlite_engine(parsed, 1, "BEGIN IMMEDIATE", write, limits),
        _sqlite_engine(parsed, readers, BEGIN, ("PRAGMA query_only=ON",), limits),
    )


def _sqlite_engine(url: URL, connections: int, begin: str, pragmas: Sequence[str], limits: Timeouts) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=limits.pool,
        hide_parameters=True,
        connect_args={"async_creator_fn": connect},
    )

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late to be IMMEDIATE
        cursor = connection.cursor()
        for pragma in (f"PRAGMA busy_timeout={limits.lock * 1000:.0f}", "PRAGMA foreign_keys=ON", *pragmas):
            cursor.execute(pragma)
        cursor.close()

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
