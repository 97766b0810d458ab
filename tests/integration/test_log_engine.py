"""Engines: the journal mode follows the SQLite version, one writer, readers that cannot write."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api.db.engine import DatabaseUnsuitable, create_engines, sqlite_journal


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 35, 0), ("TRUNCATE", "EXTRA")),
        ((3, 40, 1), ("TRUNCATE", "EXTRA")),
        ((3, 51, 2), ("TRUNCATE", "EXTRA")),  # the WAL-reset race is in all versions before 3.51.3
        ((3, 51, 3), ("WAL", "FULL")),
        ((3, 53, 0), ("WAL", "FULL")),
    ],
)
def test_journal_mode_follows_the_version(version: tuple[int, ...], expected: tuple[str, str]) -> None:
    assert sqlite_journal(version) == expected


def test_too_old_a_library_is_refused() -> None:
    with pytest.raises(DatabaseUnsuitable, match=r"SQLite 3\.35"):
        sqlite_journal((3, 34, 1))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite+aiosqlite://", "SQLite file is needed"),
        ("sqlite+aiosqlite:///:memory:", "SQLite file is needed"),
        ("sqlite:///a.db", "URL is needed"),
        ("postgresql+psycopg://u:secret@h/d", "URL is needed"),
        ("postgresql+asyncpg://u:secret@h", "names no database"),
        ("postgresql+asyncpg://u:secret@h:port/d", "cannot be read"),
        ("secret", "cannot be read"),
    ],
)
def test_unsuitable_databases_are_refused(url: str, reason: str) -> None:
    with pytest.raises(DatabaseUnsuitable, match=reason) as caught:
        create_engines(url)
    assert "secret" not in str(caught.value)


async def test_pragmas_arrive_and_writers_queue_up(tmp_path: Path) -> None:
    engines = create_engines(f"sqlite+aiosqlite:///{tmp_path}/log.db")
    async with engines.writer.begin() as conn:
        mode = (await conn.execute(text("PRAGMA journal_mode"))).scalar_one()
        level = (await conn.execute(text("PRAGMA synchronous"))).scalar_one()
        await conn.execute(text("CREATE TABLE t (n INTEGER)"))
    wal = sqlite3.sqlite_version_info >= (3, 51, 3)
    assert (mode, level) == (("wal", 2) if wal else ("truncate", 3))

    async def write(n: int) -> None:
        async with engines.writer.begin() as conn:
            (count,) = (await conn.execute(text("SELECT count(*) FROM t"))).one()
            await asyncio.sleep(0.005)
            await conn.execute(text("INSERT INTO t VALUES (:n)"), {"n": count})

    await asyncio.gather(*(write(n) for n in range(10)))
    async with engines.reader.begin() as conn:
        rows = (await conn.execute(text("SELECT n FROM t ORDER BY n"))).scalars().all()
        assert rows == list(range(10))  # each saw what the one before it had committed
        with pytest.raises(OperationalError, match="readonly"):
            await conn.execute(text("DELETE FROM t"))
    await engines.dispose()
