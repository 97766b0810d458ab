"""Logs to measure on: an SQLite file and a real PostgreSQL server, both on the disk and with fsync on."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.db.engine import create_engines, sqlite_journal
from api.db.log_store import SqlLogStore, create_log
from api.db.log_tables import metadata
from api.db.pools import Engines
from chain.log.committer import GroupCommitter
from chain.log.model import LogIdentity, Staged
from chain.log.writer import LogWriter
from tests.support import postgres
from verifier.merkle import TreeHash
from verifier.receipt import entry_body

SM3 = LogIdentity("log.example/bench", TreeHash.SM3)
BULK = 4096
Entry = tuple[bytes, bytes]


_ticks = itertools.count(4 * (time.time_ns() // 1_000_000))


def entries(count: int, *, ordered: bool = True) -> list[Entry]:
    """Random commitments. Keys like UUIDs of version 7, time first and four in a millisecond, or all random."""
    heads = [(next(_ticks) // 4).to_bytes(6, "big") if ordered else os.urandom(6) for _ in range(count)]
    return [(head + os.urandom(10), entry_body(os.urandom(32))) for head in heads]


@dataclass(frozen=True, slots=True)
class Rig:
    """One log in one database."""

    name: str
    engines: Engines
    log_id: int
    writer: LogWriter

    @asynccontextmanager
    async def work(self) -> AsyncIterator[SqlLogStore]:
        async with self.engines.writer.begin() as connection:
            yield SqlLogStore(connection, SM3, self.log_id)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqlLogStore]:
        async with self.engines.reader.begin() as connection:
            yield SqlLogStore(connection, SM3, self.log_id)

    async def bulk(self, items: Sequence[Entry]) -> None:
        """In batches of 4,096, a transaction each."""
        for at in range(0, len(items), BULK):
            staged = [Staged(n, *item) for n, item in enumerate(items[at : at + BULK])]
            async with self.writer.turn(self.work), self.work() as store:
                await self.writer.write(store, staged, queued=False)

    async def crowd(self, items: Sequence[Entry], submitters: int) -> tuple[float, list[float]]:
        """(appends a second, each one's seconds in order) of so many who each append as soon as they are answered."""
        committer, left = GroupCommitter(SM3, self.work, self.writer), iter(items)
        seconds: list[float] = []

        async def submit() -> None:
            for idem, body in left:
                start = time.perf_counter()
                await committer.append(idem, body)
                seconds.append(time.perf_counter() - start)

        start = time.perf_counter()
        await asyncio.gather(*(submit() for _ in range(submitters)))
        return len(items) / (time.perf_counter() - start), sorted(seconds)

    async def stored(self) -> int:
        """Bytes on the disk, indexes, tiles and free space included."""
        async with self.read() as store:
            if self.name == "SQLite":
                pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
                return int((await store._conn.execute(text(pages))).scalar_one())
            tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
            return int((await store._conn.execute(text(tables + "'public'::regnamespace"))).scalar_one())

    async def written(self) -> int:
        """Bytes that the database has written so far: SQLite's to its file and journal, PostgreSQL's to its WAL.

        Only differences mean anything, and they say more than seconds where the machine is shared.
        """
        if self.name == "SQLite":
            counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
            return int(counted["wchar"])
        async with self.read() as store:
            asked = text("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
            return int((await store._conn.execute(asked)).scalar_one())

    async def durable(self, on: bool) -> None:
        """Whether commits wait for the disk. Off is for filling what is only measured later."""
        async with self.engines.writer.connect() as connection:
            if self.name == "SQLite":
                raw: Any = (await connection.get_raw_connection()).driver_connection
                await raw.execute(f"PRAGMA synchronous={sqlite_journal()[1] if on else 'OFF'}")
            else:
                await connection.execute(text(f"SET synchronous_commit = {'on' if on else 'off'}"))
                await connection.commit()


@asynccontextmanager
async def rig(name: str, url: str) -> AsyncIterator[Rig]:
    """An empty log at this URL."""
    engines = create_engines(url)
    try:
        async with engines.writer.begin() as connection:
            await connection.run_sync(metadata.create_all)
            log_id = (await create_log(connection, SM3, 0)).log_id
        yield Rig(name, engines, log_id, LogWriter(SM3))
    finally:
        await engines.dispose()


@asynccontextmanager
async def sqlite_rig() -> AsyncIterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="mz-bench-") as directory:
        async with rig("SQLite", f"sqlite+aiosqlite:///{Path(directory) / 'log.db'}") as made:
            yield made


@contextmanager
def postgres_server() -> Iterator[postgres.Server | None]:
    """A server of our own on the disk, with an operator's settings; None where there are no binaries."""
    found = postgres.binaries()
    if found is None:
        yield None
        return
    directory = Path(tempfile.mkdtemp(prefix="mz-bench-pg-"))
    server = postgres.Server(found, directory)
    try:
        server.initialise().start(shared_buffers="256MB", max_wal_size="4GB", autovacuum="on")
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def fsync_seconds(count: int = 400) -> list[float]:
    """Seconds of each fdatasync after 4 KiB more in a file on the same disk, in order of length."""
    with tempfile.NamedTemporaryFile(prefix="mz-bench-") as file:
        found = []
        for _ in range(count):
            file.write(bytes(4096))
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - start)
    return sorted(found)
