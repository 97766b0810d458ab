"""What a database file keeps of a value that was overwritten, and getting rid of it as far as that is in our hands.

    SQLite       freed space is zeroed as it is freed (secure_delete, set in `engine`); a write-ahead log keeps old
                 pages until it is checkpointed and cut, which `settle` does. The rollback journal is cut at every
                 commit
    PostgreSQL   an update leaves the old row until VACUUM, and its bytes until the space is used again; `rewrite`
                 makes the tables anew and drops their old files

Beyond reach of both: blocks that a file system or a disk freed, replicas, archived write-ahead logs, backups. What is
left there is a data key wrapped under a key-encryption key: it opens nothing once that is rotated and destroyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import NullPool, Table
from sqlalchemy.ext.asyncio import create_async_engine

from api.db.pools import Engines, Timeouts
from api.db.postgres import session
from api.db.register_tables import registration_event, registration_term, rendition
from api.db.tables import certificate, lookup, status_event

ERASED_FROM: Final = (certificate, status_event, rendition, lookup, registration_event, registration_term)
_UNHURRIED: Final = Timeouts(statement=0, answer=0, idle=0)


async def settle(engines: Engines) -> bool:
    """After an erasure: leave nothing of it in a write-ahead log of SQLite's. False while a reader stands in the way;
    the next erasure, or the service's stop, does it then. Elsewhere there is nothing to do."""
    if engines.writer.dialect.name != "sqlite":
        return True
    busy = (await _on_sqlite(engines, "PRAGMA wal_checkpoint(TRUNCATE)"))[0]
    return not busy


async def rewrite(engines: Engines, tables: Sequence[Table] = ERASED_FROM) -> None:
    """Write the tables anew, so that their files hold nothing but what is in them. Takes the tables for itself while it
    runs, and needs as much free space as they take."""
    if engines.writer.dialect.name == "sqlite":
        await _on_sqlite(engines, "VACUUM")
        await settle(engines)
        return
    alone = create_async_engine(
        engines.writer.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args=session(_UNHURRIED),
    )
    try:
        async with alone.connect() as connection:
            for table in tables:
                await connection.exec_driver_sql(f"VACUUM FULL {table.name}")
    finally:
        await alone.dispose()


async def _on_sqlite(engines: Engines, statement: str) -> Any:
    """Outside of any transaction, as these statements must be; gives the first row, if there is one."""
    async with engines.writer.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        cursor = await driver.execute(statement)
        row = await cursor.fetchone()
        await cursor.close()
    return row
