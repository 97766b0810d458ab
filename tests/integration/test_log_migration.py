"""Entries survive the move to rows without leaf hashes and to keys in order of time, and the way back."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text

from api.db import migrate
from api.db.engine import create_engines
from certs.idem import certificate_idem, event_idem
from tests.support.log_lab import item
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

DATABASES = ("sqlite", "postgresql")
LOGS = {1: TreeHash.SM3, 2: TreeHash.SHA256}
COUNT = 5000  # more than one page of the copy
ISSUED = 1767225600


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
    return table(url, "entry", columns, " ORDER BY log_id, idx")


def table(url: str, name: str, columns: str, order: str = "") -> list[tuple[Any, ...]]:
    async def run() -> list[tuple[Any, ...]]:
        engines = create_engines(url)
        async with engines.reader.begin() as connection:
            found = await connection.execute(text(f"SELECT {columns} FROM {name}{order}"))
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


def _issued(url: str, cti: bytes) -> None:
    """A certificate and its end, as far as the columns of the time demand."""
    columns = "cti, kind, role, issuer, issued_at, business, content, terms, list_number, list_index, statement, entry"
    row = (cti, 1, "man", "i" * 18, ISSUED, cti + cti, bytes(32), b"", 1, cti[0], b"s", b"e", b"sealed")
    insert(url, "certificate", columns + ", sealed_body", [row])
    insert(url, "status_event", "cti, at, statement, entry, sealed_body", [(cti, ISSUED + 1, b"s", b"e", b"sealed")])


def test_keys_of_records_become_what_the_auditor_derives_and_go_back(database_url: str) -> None:
    logged, waits, stranger = (bytes([n]) * 16 for n in (1, 2, 3))
    events = {cti: sm3(b"mz-status-event\x00" + cti)[:16] for cti in (logged, waits)}
    old = [logged, events[logged], stranger]
    new = [certificate_idem(logged, ISSUED), event_idem(logged, ISSUED + 1), stranger]
    migrate.upgrade(database_url, "0002")
    for cti in (logged, waits):
        _issued(database_url, cti)
    insert(database_url, "log", "log_id, origin, hash_alg, created_at", [(1, "log.example/1", "sm3", 0)])
    leaf = TreeHash.SM3.leaf(b"x")
    rows = [(1, n, leaf, b"x", idem) for n, idem in enumerate(old)]
    insert(database_url, "entry", "log_id, idx, leaf_hash, body, idem", rows)
    staged = [(1, "log", key, b"x") for key in (waits, events[waits])]
    insert(database_url, "outbox", "log_id, kind, key, payload", staged)
    migrate.upgrade(database_url)
    assert [idem for (idem,) in entries(database_url, "idem")] == new
    made = {certificate_idem(waits, ISSUED), event_idem(waits, ISSUED + 1)}
    assert {key for (key,) in table(database_url, "outbox", "key")} == made
    migrate.downgrade(database_url, "0002")
    assert [idem for (idem,) in entries(database_url, "idem")] == old
    assert {key for (key,) in table(database_url, "outbox", "key")} == {waits, events[waits]}
