"""Is the schema that of this release? An attacker drops the append-only triggers first (check 1).

SQLite keeps the text of every object, so the whole catalogue is compared with that of a database made anew by the same
migrations. PostgreSQL rewrites what it stores: there columns, keys and triggers are compared with the tables.
"""

from __future__ import annotations

import sqlite3
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Inspector, inspect, text

from api.db import migrate
from api.db.log_tables import APPEND_ONLY
from api.db.metadata import metadata
from chain.audit.model import Check

_OWN: Final = frozenset({"alembic_version"})
_CATALOGUE: Final = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
_CLASS: Final = {bytes: "blob", int: "integer"}
_TRIGGERS: Final = (
    "SELECT c.relname, t.tgname, t.tgenabled, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
)


_newest = lru_cache(maxsize=1)(migrate.newest)


@lru_cache(maxsize=1)
def _made_anew() -> dict[tuple[str, str], str]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "empty.db"
        migrate.upgrade(f"sqlite+aiosqlite:///{path}")
        with sqlite3.connect(path) as connection:
            return {(kind, name): sql for kind, name, sql in connection.execute(_CATALOGUE)}


def check_schema(connection: Connection, check: Check) -> None:
    """Compare the schema, and the revision that the database says it has."""
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    newest = _newest()
    good = list(found) == [newest]
    check.expect(good, "alembic_version", "", "version_num", f"is not {newest}: run `mzt init`, or a newer mzt")
    if not good:
        return
    if connection.dialect.name == "sqlite":
        _sqlite(connection, check)
        if not check.faults:
            _storage(connection, check)
    else:
        _columns(connection, check)
        _postgresql_triggers(connection, check)


def check_file(connection: Connection, check: Check) -> None:
    """What the database itself can say of its rows; last, since the other checks name places better."""
    if connection.dialect.name != "sqlite":
        check.note("references and constraints are the server's; that they are there is part of check 1")
        return
    orphans = 'SELECT "table", "rowid", parent FROM pragma_foreign_key_check ORDER BY 1, 2'  # else in order of hashes
    for table, rowid, parent in connection.execute(text(orphans)):
        check.fault(table, "" if rowid is None else rowid, "", f"names a row of {parent} that is not there")
    for (line,) in connection.execute(text("PRAGMA quick_check(5)")):
        check.expect(line == "ok", "database", "", "", line)
    check.counted += connection.scalar(text("PRAGMA page_count")) or 0


def _storage(connection: Connection, check: Check) -> None:
    """SQLite keeps whatever it is given under any type: text in a number's place must not reach a check unseen."""
    for table in metadata.sorted_tables:
        classes = {c.name: _CLASS.get(c.type.python_type, "text") for c in table.columns}
        wrong = " OR ".join(f"typeof({name}) NOT IN ('{wanted}', 'null')" for name, wanted in classes.items())
        columns = ", ".join(f"typeof({name}) AS {name}" for name in classes)
        keys = ", ".join(column.name for column in table.primary_key.columns)
        query = f"SELECT {columns} FROM {table.name} WHERE {wrong} ORDER BY {keys} LIMIT 1"  # noqa: S608 - our own names
        for row in connection.execute(text(query)).mappings():
            column = next(name for name, wanted in classes.items() if row[name] not in (wanted, "null"))
            check.fault(table.name, "", column, f"a row stores {row[column]} where {classes[column]} belongs")


def _sqlite(connection: Connection, check: Check) -> None:
    wanted = _made_anew()
    found = {(kind, name): sql for kind, name, sql in connection.execute(text(_CATALOGUE))}
    check.counted += len(found)
    for kind, name in wanted.keys() - found.keys():
        check.fault(kind, name, "", "is missing")
    for kind, name in found.keys() - wanted.keys():
        check.fault(kind, name, "", "is not of this release")
    for place in wanted.keys() & found.keys():
        check.expect(wanted[place] == found[place], place[0], place[1], "", "is not as this release makes it")


def _columns(connection: Connection, check: Check) -> None:
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    for name in metadata.tables.keys() - tables:
        check.fault("table", name, "", "is missing")
    for name in tables - metadata.tables.keys() - _OWN:
        check.fault("table", name, "", "is not of this release")
    for name in metadata.tables.keys() & tables:
        table = metadata.tables[name]
        wanted = {column.name: column.nullable for column in table.columns}
        found = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        check.counted += len(found)
        for column in wanted.keys() ^ found.keys():
            check.fault("table", name, column, "is missing or not of this release")
        for column in wanted.keys() & found.keys():
            check.expect(wanted[column] == found[column], "table", name, column, "may be null, or may no longer be")
        keys = [column.name for column in table.primary_key.columns]
        check.expect(
            sorted(inspector.get_pk_constraint(name)["constrained_columns"]) == sorted(keys),
            "table", name, "", "has another primary key",
        )  # fmt: skip
        _constraints(inspector, name, check)


def _constraints(inspector: Inspector, name: str, check: Check) -> None:
    """Names only: the server rewrites the text of conditions."""
    table = metadata.tables[name]
    wanted = {str(c.name) for c in table.constraints if c.name is not None} | {str(i.name) for i in table.indexes}
    found = {str(c["name"]) for c in inspector.get_check_constraints(name)}
    found |= {str(c["name"]) for c in inspector.get_unique_constraints(name)}
    found |= {str(c["name"]) for c in inspector.get_foreign_keys(name)}
    found |= {str(i["name"]) for i in inspector.get_indexes(name)}
    found.add(str(inspector.get_pk_constraint(name)["name"]))
    for missing in sorted(wanted - found):
        check.fault("table", name, missing, "constraint or index is missing")


def _postgresql_triggers(connection: Connection, check: Check) -> None:
    """ALWAYS, and of a function that raises: one that was emptied would let everything through."""
    wanted = {(t.name, f"{t.name}_no_{change}") for t in APPEND_ONLY for change in ("update", "delete", "truncate")}
    found = {}
    for table, name, enabled, source in connection.execute(text(_TRIGGERS)):
        found[table, name] = (enabled.decode() if isinstance(enabled, bytes) else enabled, source)
    check.counted += len(found)
    for _, name in sorted(wanted - found.keys()):
        check.fault("trigger", name, "", "is missing")
    for _, name in sorted(found.keys() - wanted):
        check.fault("trigger", name, "", "is not of this release")
    for table, name in sorted(wanted & found.keys()):
        enabled, source = found[table, name]
        good = enabled == "A" and source.strip().startswith("BEGIN\n  RAISE EXCEPTION")
        check.expect(good, "trigger", name, "", "is switched off, or its function was changed")
