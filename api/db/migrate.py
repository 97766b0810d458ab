"""Bring a database to the schema of this release. Synchronous: run once, before anything else opens it, and from a
thread where an event loop runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from api.db.faults import CONNECTING, Judgement, judge, refused
from api.db.log_tables import log
from api.db.pools import Timeouts
from api.db.postgres import WRITERS_TURN, session
from api.errors import Unavailable

_SCRIPTS = Path(__file__).parent / "migrations"
_UNHURRIED = Timeouts(statement=0, answer=0, idle=0)  # copying a table of ten years takes what it takes
T = TypeVar("T")


def database_path(url: str) -> Path | None:
    """The database's file; None for one behind a server."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade, in one transaction. Raises Unavailable, DatabaseUnsuitable."""
    _run(url, lambda connection: command.upgrade(_config(connection), revision), write=True)


def downgrade(url: str, revision: str) -> None:
    """Downgrade, in one transaction. Loses the data of what it drops. Raises Unavailable, DatabaseUnsuitable."""
    _run(url, lambda connection: command.downgrade(_config(connection), revision), write=True)


@cache  # a release's scripts do not change under a process, and reading them takes as long as opening a service
def newest() -> str:
    """The newest schema that this release knows, e.g. "0002"."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def is_current(url: str) -> bool:
    """Whether the database is at the newest schema. Raises Unavailable, DatabaseUnsuitable."""
    return _run(url, lambda c: MigrationContext.configure(c).get_current_revision(), write=False) == newest()


def holds_log(url: str, origin: str) -> bool:
    """Whether the database has this log, in whatever schema. An empty one, or another's, has not.

    Raises Unavailable, DatabaseUnsuitable.
    """

    def look(connection: Connection) -> bool:
        if not inspect(connection).has_table("log"):
            return False
        return connection.scalar(select(log.c.log_id).where(log.c.origin == origin)) is not None

    return _run(url, look, write=False)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _run(url: str, action: Callable[[Connection], T], *, write: bool) -> T:
    """`action` in one transaction, which is alone if it writes."""
    with _told_apart():
        if database_path(url) is None:
            return asyncio.run(_on_postgres(url, action, write))
        return _on_sqlite(url, action, write)


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except CONNECTING as error:
        raise refused(error) from None
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_ERROR":  # the statement's fault, not the file's
            raise
        match judge(error):
            case Judgement.OUTAGE:
                raise refused(error) from None
            case Judgement.DAMAGE:
                raise Unavailable("the database is damaged") from None
            case None:
                raise


async def _on_postgres(url: str, action: Callable[[Connection], T], write: bool) -> T:
    arguments = session(_UNHURRIED)
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    try:
        async with engine.begin() as connection:
            if write:
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_TURN})")
            return await connection.run_sync(action)
    finally:
        await engine.dispose()


def _on_sqlite(url: str, action: Callable[[Connection], T], write: bool) -> T:
    """The standard library's driver, told not to commit behind our back before every DDL statement."""
    engine = create_engine(make_url(url).set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=EXTRA")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    try:
        with engine.begin() as connection:
            return action(connection)
    finally:
        engine.dispose()
