"""SQLite statements: one visit to the thread of the driver each, results as SQLAlchemy expects them, no lock left."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from api.db.engine import Engines, create_engines


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Engines]:
    made = create_engines(f"sqlite+aiosqlite:///{tmp_path / 'd.db'}")
    async with made.writer.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT)"))
    yield made
    await made.dispose()


async def test_rows_counts_and_returned_values(engines: Engines) -> None:
    async with engines.writer.begin() as connection:
        many = await connection.execute(
            text("INSERT INTO t VALUES (:n, :s)"), [{"n": n, "s": f"{n}"} for n in range(5)]
        )
        assert many.rowcount == 5
        one = await connection.execute(text("INSERT INTO t (s) VALUES ('x') RETURNING n"))
        assert one.scalar_one() == 5
        assert (await connection.execute(text("UPDATE t SET s = 'y' WHERE n > 3"))).rowcount == 2
        found = await connection.execute(text("SELECT n, s FROM t WHERE n > 2 ORDER BY n"))
        assert found.all() == [(3, "3"), (4, "y"), (5, "y")]
        assert (await connection.execute(text("SELECT n FROM t WHERE n > 99"))).all() == []


async def test_a_statement_is_one_visit(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Any] = []
    visit = aiosqlite.Connection._execute

    async def counted(connection: Any, run: Any, *arguments: Any, **named: Any) -> Any:
        visits.append(arguments)
        return await visit(connection, run, *arguments, **named)

    async with engines.writer.begin() as connection:
        monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
        await connection.execute(text("SELECT n FROM t"))
        await connection.execute(text("INSERT INTO t VALUES (1, 'a')"))
        assert len(visits) == 2


async def test_reading_a_row_is_two_visits_and_beginning_in_vain_none(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits: list[Any] = []
    visit = aiosqlite.Connection._execute

    async def counted(connection: Any, run: Any, *arguments: Any, **named: Any) -> Any:
        visits.append(arguments)
        return await visit(connection, run, *arguments, **named)

    async with engines.reader.begin() as connection:
        await connection.execute(text("SELECT 1"))
    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    async with engines.reader.begin() as connection:
        await connection.execute(text("SELECT n FROM t"))
    assert len(visits) == 2
    async with engines.reader.begin():
        pass
    assert len(visits) == 2


async def test_all_statements_of_a_reader_see_one_state(engines: Engines) -> None:
    async with engines.reader.begin() as connection:
        count = text("SELECT count(*) FROM t")
        before = await connection.scalar(count)
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        assert raw.driver_connection.in_transaction
        assert await connection.scalar(count) == before


async def test_who_was_cancelled_while_it_began_leaves_nothing_open(engines: Engines) -> None:
    """The thread carries out what nobody waits for any more."""
    async with engines.writer.connect() as connection:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        held = threading.Event()
        hold = asyncio.ensure_future(driver._execute(held.wait))
        beginning = asyncio.ensure_future(driver.cursor().execute("BEGIN IMMEDIATE"))
        await asyncio.sleep(0)
        beginning.cancel()
        held.set()
        await hold
    async with engines.writer.begin() as connection:
        await connection.execute(text("INSERT INTO t VALUES (7, 'g')"))


async def test_what_failed_says_so_and_holds_no_lock(engines: Engines, tmp_path: Path) -> None:
    async with engines.writer.begin() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1, 'a')"))
    async with engines.reader.begin() as connection:
        with pytest.raises(OperationalError, match="no such table"):
            await connection.execute(text("SELECT n FROM nowhere"))
        await connection.execute(text("SELECT n FROM t"))
    with pytest.raises(IntegrityError, match="UNIQUE"):
        async with engines.writer.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1, 'b')"))
    other = sqlite3.connect(tmp_path / "d.db", timeout=0)
    with other:
        other.execute("INSERT INTO t VALUES (2, 'c')")
    other.close()
