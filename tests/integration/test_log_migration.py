"""Entries survive the move to rows without leaf hashes, and the way back."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text

from api.db import migrate
from api.db.engine import create_engines
from tests.support.log_lab import item
from verifier.merkle import TreeHash

DATABASES = ("sqlite", "postgresql")
LOGS = {1: TreeHash.SM3, 2: TreeHash.SHA256}
COUNT = 5000  # more than one page of the copy


def insert(url: str, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    names = columns.split(", ")
    statement = text(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(':' + name for name in names)})")

    async def run() -> None:
        engines = create_engines(url)
        async with engines.writer.begin() as connection:
            await connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])
        await engines.dispose()

    asyncio.run(run())


def entries(url: str, columns: str) -> list[tuple[Any, ...]]:
    async def run() -> list[tuple[Any, ...]]:
        engines = create_engines(url)
        async with engines.reader.begin() as connection:
            found = await connection.execute(text(f"SELECT {columns} FROM entry ORDER BY log_id, idx"))
            rows = [tuple(row) for row in found]
        await engines.dispose()
        return rows

    return asyncio.run(run())


def test_entries_are_kept_both_ways(database_url: str) -> None:
    migrate.upgrade(database_url, "0002")
    wide = [(log, n, h.leaf(item(n)[1]), item(n)[1], item(n)[0]) for log, h in LOGS.items() for n in range(COUNT)]
    logs = [(log, f"log.example/{log}", h.value, 0) for log, h in LOGS.items()]
    insert(database_url, "log", "log_id, origin, hash_alg, created_at", logs)
    insert(database_url, "entry", "log_id, idx, leaf_hash, body, idem", wide)
    migrate.upgrade(database_url)
    narrow = [(log, int.from_bytes(leaf[:4], "big", signed=True), n, body, idem) for log, n, leaf, body, idem in wide]
    assert entries(database_url, "log_id, leaf_key, idx, body, idem") == narrow
    migrate.downgrade(database_url, "0002")
    assert entries(database_url, "log_id, idx, leaf_hash, body, idem") == wide
