"""Entries survive the move to rows without leaf hashes, and the way back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from api.db import migrate
from tests.support.log_lab import item
from verifier.merkle import TreeHash

LOGS = {1: TreeHash.SM3, 2: TreeHash.SHA256}
COUNT = 5000  # more than one page of the copy


def rows(path: Path, columns: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"SELECT {columns} FROM entry ORDER BY log_id, idx").fetchall()  # noqa: S608
    finally:
        connection.close()


def test_entries_are_kept_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    url = f"sqlite+aiosqlite:///{path}"
    migrate.upgrade(url, "0002")
    wide = [(log, n, h.leaf(item(n)[1]), item(n)[1], item(n)[0]) for log, h in LOGS.items() for n in range(COUNT)]
    connection = sqlite3.connect(path)
    with connection:
        for log, h in LOGS.items():
            connection.execute("INSERT INTO log VALUES (?, ?, ?, 0)", (log, f"log.example/{log}", h.value))
        connection.executemany("INSERT INTO entry (log_id, idx, leaf_hash, body, idem) VALUES (?, ?, ?, ?, ?)", wide)
    connection.close()
    migrate.upgrade(url)
    narrow = [(log, int.from_bytes(leaf[:4], "big", signed=True), n, body, idem) for log, n, leaf, body, idem in wide]
    assert rows(path, "log_id, leaf_key, idx, body, idem") == narrow
    migrate.downgrade(url, "0002")
    assert rows(path, "log_id, idx, leaf_hash, body, idem") == wide
