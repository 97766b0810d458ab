"""One consistent state of a database for as long as an audit takes, beside a service that goes on writing.

SQLite: a private copy by the backup interface. A reader that stayed inside a transaction for minutes would keep the
writer from committing where the journal is not a WAL (see engine.py). PostgreSQL: one REPEATABLE READ transaction.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from api.db.engine import create_engines
from api.db.migrate import database_path
from api.errors import NotInitialised
from chain.errors import Corrupt

T = TypeVar("T")


class Run(Protocol):
    """Runs synchronous work on the snapshot."""

    def __call__(self, work: Callable[[Connection], T]) -> Awaitable[T]: ...


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Run]:
    """The state at the moment of entering. Raises NotInitialised for an absent file, Corrupt for a broken one."""
    path = database_path(url)
    if path is None:
        async with _postgres(url) as run:
            yield run
        return
    if not path.is_file():
        raise NotInitialised(f"{path.name} is not there")
    with tempfile.TemporaryDirectory(prefix="mzt-audit-") as directory:  # 0700
        copy = Path(directory) / "snapshot.db"
        copy_sqlite(path, copy)
        engine = create_engine(f"sqlite:///{copy}", hide_parameters=True)
        try:
            with engine.connect() as connection:
                connection.execute(text("PRAGMA query_only=ON"))

                async def run(work: Callable[[Connection], T]) -> T:
                    return work(connection)

                yield run
        finally:
            engine.dispose()


@asynccontextmanager
async def brief(url: str) -> AsyncIterator[Run]:
    """The database itself, read only, for a question that is answered at once. Raises NotInitialised."""
    path = database_path(url)
    if path is None:
        async with _postgres(url) as run:
            yield run
        return
    if not path.is_file():
        raise NotInitialised(f"{path.name} is not there")
    engine = create_engine(f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true", hide_parameters=True)
    try:
        with engine.connect() as connection:

            async def run(work: Callable[[Connection], T]) -> T:
                return work(connection)

            yield run
    finally:
        engine.dispose()


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that may be in use. Nothing is written to the source, not even a lock file that stays."""
    try:
        origin = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        try:
            with sqlite3.connect(target) as copy:
                origin.backup(copy)
            copy.close()
        finally:
            origin.close()
    except sqlite3.DatabaseError as error:
        raise Corrupt("database", source.name, f"cannot be read ({type(error).__name__})") from None


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Run]:
    engines = create_engines(make_url(url).render_as_string(hide_password=False), readers=1)
    try:
        async with engines.reader.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            await connection.execute(
                text("SELECT count(*) FROM alembic_version")
            )  # the first statement fixes the state

            async def run(work: Callable[[Connection], T]) -> T:
                return await connection.run_sync(work)

            yield run
    finally:
        await engines.dispose()
