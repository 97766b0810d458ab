"""SQLite statements: one visit to the thread of the driver each, results as SQLAlchemy expects them, no lock left."""

from __future__ import annotations

import sqlite3
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
