"""py-evm's state on disk, so that a start need not run every transaction again. A cache: the journal is the
truth.

One SQLite file beside the journal. What a block changes and the journal position it stands for are one
transaction, so after a kill the file is at the end of some block. A file that does not open, or whose
position the journal does not confirm, is deleted and built again by a full replay; losing it costs time,
nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth.db.backends.base import BaseDB

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID; CREATE TABLE IF NOT
EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), lines INTEGER NOT NULL, checksum TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (block INTEGER NOT NULL, address BLOB NOT NULL, topic BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS event_place ON event (address, topic, block);
"""


@dataclass(frozen=True, slots=True)
class Position:
    """How much of the journal the state contains: number of lines, and checksum of the last of them."""

    lines: int
    checksum: str


class StateFile(BaseDB):
    """Key-value store for py-evm, with an index of events by address and topic. One thread, one process."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            # one connection only, so WAL is safe in every version; NORMAL keeps the file whole through a
            # power cut
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
            self._db.execute("BEGIN")
        except sqlite3.DatabaseError:
            self._db.close()
            raise

    def position(self) -> Position | None:
        """Where the state stands, None for a new file."""
        row = self._db.execute("SELECT lines, checksum FROM position").fetchone()
        return None if row is None else Position(*row)

    def commit(self, position: Position) -> None:
        """Make everything since the last call permanent, as the state after that line of the journal."""
        self._db.execute("REPLACE INTO position VALUES (1, ?, ?)", (position.lines, position.checksum))
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def rollback(self) -> None:
        """Forget everything since the last commit."""
        self._db.execute("ROLLBACK")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Close; what was not committed is gone."""
        self._db.close()

    def add_events(self, block: int, events: Iterable[tuple[bytes, Sequence[int]]]) -> None:
        """Index events of a block: (address, topics)."""
        rows = [(block, address, topic.to_bytes(32, "big")) for address, topics in events for topic in topics]
        self._db.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)

    def blocks_with(self, address: bytes, topic: bytes, first: int) -> list[int]:
        """Numbers of the blocks, from `first`, with an event of this address and topic, in order."""
        query = "SELECT DISTINCT block FROM event WHERE address = ? AND topic = ? AND block >= ? ORDER BY block"
        return [row[0] for row in self._db.execute(query, (address, topic, first))]

    def __getitem__(self, key: bytes) -> bytes:
        row = self._db.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._db.execute("REPLACE INTO kv VALUES (?, ?)", (key, value))

    def __delitem__(self, key: bytes) -> None:
        if self._db.execute("DELETE FROM kv WHERE key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return self._db.execute("SELECT 1 FROM kv WHERE key = ?", (key,)).fetchone() is not None


def open_state(path: Path, confirmed: Sequence[str]) -> StateFile:
    """The state file, emptied if the journal (checksum of each line, in order) does not confirm it."""
    try:
        state = StateFile(path)
        at = state.position()
        if at is None or (0 < at.lines <= len(confirmed) and confirmed[at.lines - 1] == at.checksum):
            return state
        state.close()
    except sqlite3.DatabaseError:
        pass  # damaged: it is a cache
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return StateFile(path)
