"""A witness's memory: an SQLite file of its own, as durable as the register's (see engine.py), with a tiny schema.

    held(origin, size, root, note, lines, signed_at)   one row a log: what was cosigned last
    evidence(origin, size, root, note, held, …)        signed checkpoints that did not fit, the first ones of each log

The file is marked with an application id and a version, and any other file is refused. It is made by `mzt witness init`
only: a witness that began anew by itself would cosign a second history. Triggers refuse what may never happen (a size
that goes down, another root for a size, a row that goes): they stop mistakes, not an intruder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError

from api.db.engine import DatabaseUnsuitable, Engines, create_engines
from api.errors import InstanceDamaged, NotInitialised, Unavailable
from chain.witness.model import Evidence, Held

APPLICATION_ID: Final = 0x4D5A5749  # "MZWI"
VERSION: Final = 1
MAX_EVIDENCE: Final = 100
"""Checkpoints kept for each log, proven and unproven apart: the first convict, what follows only fills the disk.
Unproven ones anybody can make of the log's public checkpoints, and must not crowd out the proof of a fork."""

_metadata = MetaData()
_held = Table(
    "held",
    _metadata,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    CheckConstraint("size >= 0 and length(root) = 32", name="shape"),
)
_evidence = Table(
    "evidence",
    _metadata,
    Column("evidence_id", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("held", LargeBinary, nullable=False),
    Column("proven", Boolean, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
_TRIGGERS: Final = (
    "CREATE TRIGGER held_only_grows BEFORE UPDATE ON held WHEN new.origin <> old.origin OR new.size < old.size"
    " OR (new.size = old.size AND new.root <> old.root) OR new.signed_at < old.signed_at"
    " BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END",
    "CREATE TRIGGER held_stays BEFORE DELETE ON held BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END",
)


async def create_file(path: Path) -> None:
    """Make the file, 0600, empty and marked. One that exists and is marked is left as it is. Raises
    DatabaseUnsuitable."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engines = create_engines(_url(path))
    try:
        async with engines.writer.begin() as connection:
            if await _mark(connection) == (APPLICATION_ID, VERSION):
                return
            if (await connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")).scalar_one():
                raise DatabaseUnsuitable(f"{path.name} is a database of something else")
            await connection.run_sync(_metadata.create_all)
            for trigger in _TRIGGERS:
                await connection.exec_driver_sql(trigger)
            await connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
            await connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
    finally:
        await engines.dispose()


async def open_store(path: Path) -> SqlWitnessStore:
    """Open what `create_file` made. Raises NotInitialised, InstanceDamaged, DatabaseUnsuitable."""
    if not path.is_file():
        raise NotInitialised(f"{path} is not there: run `mzt witness init`, never over a witness that has signed")
    engines = create_engines(_url(path))
    try:
        await _check(path, engines)
    except (DatabaseError, DatabaseUnsuitable, InstanceDamaged) as error:
        await engines.dispose()
        if isinstance(error, DatabaseError):
            raise InstanceDamaged(f"{path.name} cannot be read") from None
        raise
    return SqlWitnessStore(engines)


async def _check(path: Path, engines: Engines) -> None:
    async with engines.reader.begin() as connection:
        if await _mark(connection) != (APPLICATION_ID, VERSION):
            raise DatabaseUnsuitable(f"{path.name} is no witness database of version {VERSION}")
        if (await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one() != "ok":
            raise InstanceDamaged(f"{path.name} is damaged")


async def _mark(connection: Any) -> tuple[int, int]:
    found = [
        (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in ("application_id", "user_version")
    ]
    return found[0], found[1]


def _url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


class SqlWitnessStore:
    """Implements `chain.witness.store.WitnessStore`. Driver errors become Unavailable: nothing was answered yet."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        for engine in (engines.writer, engines.reader):
            engine.sync_engine.hide_parameters = True

    async def close(self) -> None:
        """Close every connection."""
        await self._engines.dispose()

    async def held(self, origin: str) -> Held | None:
        try:
            async with self._engines.reader.begin() as connection:
                row = (await connection.execute(select(_held).where(_held.c.origin == origin))).one_or_none()
        except DatabaseError:
            raise Unavailable("the witness database does not answer") from None
        return None if row is None else Held(row.origin, row.size, row.root, row.note, row.lines, row.signed_at)

    async def advance(self, old: Held | None, new: Held) -> bool:
        values = {
            "size": new.size,
            "root": new.root,
            "note": new.note,
            "lines": new.lines,
            "signed_at": new.signed_at,
        }
        t = _held.c
        if old is None:
            statement: Any = insert(_held).values(origin=new.origin, **values).on_conflict_do_nothing()
        else:
            same = (t.origin == old.origin) & (t.size == old.size) & (t.root == old.root) & (t.lines == old.lines)
            statement = update(_held).where(same).values(values)
        try:
            async with self._engines.writer.begin() as connection:
                return bool((await connection.execute(statement)).rowcount == 1)
        except DatabaseError:
            raise Unavailable("the witness database does not answer") from None

    async def keep_evidence(self, evidence: Evidence) -> None:
        t = _evidence.c
        mine = t.origin == evidence.origin
        alike = mine & (t.proven == evidence.proven)
        known = mine & (t.size == evidence.size) & (t.root == evidence.root) & (t.held == evidence.held)
        try:
            async with self._engines.writer.begin() as connection:
                count = await connection.scalar(select(func.count()).select_from(_evidence).where(alike))
                again = await connection.scalar(select(func.count()).select_from(_evidence).where(known))
                if count is not None and count < MAX_EVIDENCE and not again:
                    await connection.execute(insert(_evidence).values(_row(evidence)))
        except DatabaseError:
            raise Unavailable("the witness database does not answer") from None

    async def evidence(self, origin: str) -> tuple[Evidence, ...]:
        """What was kept of this log, oldest first."""
        async with self._engines.reader.begin() as connection:
            query = select(_evidence).where(_evidence.c.origin == origin).order_by(_evidence.c.evidence_id)
            rows = (await connection.execute(query)).all()
        return tuple(Evidence(r.origin, r.size, r.root, r.note, r.held, r.proven, r.seen_at) for r in rows)


def _row(evidence: Evidence) -> dict[str, Any]:
    return {
        "origin": evidence.origin,
        "size": evidence.size,
        "root": evidence.root,
        "note": evidence.note,
        "held": evidence.held,
        "proven": evidence.proven,
        "seen_at": evidence.seen_at,
    }
