"""What an intruder with the database file does: every table, every column, and what the auditor must say to it.

Triggers and constraints do not stop him: he drops the triggers, changes the rows and puts the triggers back.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api.db import log_tables, tables
from api.db.metadata import metadata
from certs.idem import certificate_idem

assert log_tables is not None
assert tables is not None

Row = dict[str, Any]
TRIGGERS: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


@dataclass(frozen=True)
class Place:
    """Where the first fault must be. `position` is a regular expression."""

    table: str
    position: str
    field: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.table, self.field) if part)


Attack = Callable[[sqlite3.Connection], str]
"""Does it, and gives a regular expression for the position of what it touched."""


@dataclass(frozen=True)
class Case:
    """An attack on a table; `column` is "" for whole rows. `place` None: nobody can find it, and `why` says so.

    An empty position in `place` stands for what the attack itself gives back.
    """

    table: str
    column: str
    attack: str
    apply: Attack
    place: Place | None
    why: str = ""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.table, self.column, self.attack) if part)


class Unchangeable(Exception):
    """There are no two values to exchange."""


@contextmanager
def as_intruder(path: Path) -> Iterator[sqlite3.Connection]:
    """The database without its guards; they are back afterwards, as if nothing had happened."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("BEGIN")  # else every trigger's fall is a transaction of its own, and waits for the disk
        triggers = connection.execute(TRIGGERS).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        there = {name for name, _ in connection.execute(TRIGGERS)}
        for name, sql in triggers:
            if name not in there:
                connection.execute(sql)
        connection.commit()


def keys_of(table: str) -> list[str]:
    return [column.name for column in metadata.tables[table].primary_key.columns]


ORDER: Final = {
    **dict.fromkeys(
        (
            "activation", "client_key", "consent_grant", "consent_transaction", "consent_watch", "dynamic_code",
            "guardianship", "holder", "holder_card", "rendition", "webhook_delivery", "webhook_endpoint",
        ),
        "rowid",
    ),
    "access_subject": "ordinal, tag",
}  # fmt: skip
"""Tables whose keys are random: their rows in the order in which they were made, which is the same in every run."""


def rows_of(connection: sqlite3.Connection, table: str) -> list[Row]:
    """All rows, in an order that has nothing to do with chance: by primary key, or as they were made."""
    order = ORDER.get(table) or ", ".join(keys_of(table))
    return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}")]


def where(table: str, row: Row) -> tuple[str, list[Any]]:
    keys = keys_of(table)
    return " AND ".join(f"{key} = ?" for key in keys), [row[key] for key in keys]


def put(connection: sqlite3.Connection, table: str, row: Row, **values: Any) -> None:
    """Change columns of one row."""
    clause, found = where(table, row)
    names = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE {table} SET {names} WHERE {clause}", [*values.values(), *found])


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    names = ", ".join(row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' for _ in row)})", list(row.values()))


def remove(connection: sqlite3.Connection, table: str, row: Row) -> None:
    clause, found = where(table, row)
    connection.execute(f"DELETE FROM {table} WHERE {clause}", found)


def flipped(value: Any, bit: int) -> Any:
    """The value with one bit, or one character, changed."""
    if isinstance(value, bytes):
        place = len(value) // 2
        return value[:place] + bytes([value[place] ^ 1 << bit % 8]) + value[place + 1 :]
    if isinstance(value, int):
        return value ^ 1 << bit
    if isinstance(value, str):
        place = len(value) // 2
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :] if value else "x"
    return 1 << bit  # NULL


def position_of(connection: sqlite3.Connection, table: str, row: Row) -> str:
    """How the auditor names a row."""
    if table in ("head", "log"):
        return "" if table == "head" else str(row["log_id"])
    if table in ("lookup", "status_event", "erasure"):
        ordinal = connection.execute("SELECT ordinal FROM certificate WHERE cti = ?", (row["cti"],)).fetchone()
        return f"certificate {ordinal[0]}" if ordinal else r"\?"
    if table == "registration_term":
        query = "SELECT ordinal FROM registration_event WHERE event_id = ?"
        event = connection.execute(query, (row["event_id"],)).fetchone()
        return f"event {event[0]}" if event else r"\?"
    if table == "idempotency":
        return str(row["key_tag"].hex()[:16])
    names = {"entry": ["idx"], "tile": ["level", "n"], "checkpoint": ["size"], "cosignature": ["size", "witness"],
             "charity_event": ["book_id", "seq"]}  # fmt: skip
    values = [row[name] for name in names.get(table, keys_of(table))]
    return re.escape("/".join(value.hex() if isinstance(value, bytes) else str(value) for value in values))


Pick = Callable[[sqlite3.Connection, Row], bool]
"""Whether a row is of the kind that is to be attacked."""


def of_certificate(connection: sqlite3.Connection, entry: Row) -> bool:
    """Whether it is a certificate's entry."""
    rows = rows_of(connection, "certificate")
    return entry["idem"] in {certificate_idem(row["cti"], row["issued_at"]) for row in rows}


def flip(table: str, column: str, bit: int, at: int | None, one: Pick | None = None) -> Attack:
    """One bit of one value; row `at`, the middle one by default, of those that `one` picks.

    Not of the root's key, which has a story of its own, nor of the place of a key that signs no more: its file may be
    destroyed.
    """

    def attack(connection: sqlite3.Connection) -> str:
        rows = [row for row in rows_of(connection, table) if row.get("purpose") != "root"]
        rows = [row for row in rows if column != "uri" or row["retired_at"] is None]
        rows = rows if one is None else [row for row in rows if one(connection, row)]
        row = rows[len(rows) // 2 if at is None else at]
        changed = row | {column: flipped(row[column], bit)}
        where_it_is = position_of(connection, table, row)
        put(connection, table, row, **{column: changed[column]})
        return f"{where_it_is}|{position_of(connection, table, changed)}"

    return attack


def is_refusal(_: sqlite3.Connection, grant: Row) -> bool:
    """Whether it is a signed refusal."""
    return bool(grant["decision"] == 2)


def swap(table: str, column: str, one: Pick | None = None) -> Attack:
    """The values of two rows exchanged: the first pair, from the middle on, that the unique keys allow.

    Rows that differ in this column alone would only change places, and nobody is to find that: another pair is taken.
    """

    def attack(connection: sqlite3.Connection) -> str:
        rows = [row for row in rows_of(connection, table) if one is None or one(connection, row)]
        first = rows[len(rows) // 2]
        for other in rows:
            if first | {column: other[column]} in (first, other):
                continue
            place = f"{position_of(connection, table, first)}|{position_of(connection, table, other)}"
            connection.execute("SAVEPOINT attempt")
            try:
                for row in (first, other):
                    remove(connection, table, row)
                insert(connection, table, first | {column: other[column]})
                insert(connection, table, other | {column: first[column]})
            except sqlite3.IntegrityError:
                connection.execute("ROLLBACK TO attempt")
                continue
            return place
        raise Unchangeable("no two rows differ")

    return attack


def delete(table: str, at: int | None = None) -> Attack:
    """A row from the middle, or the last one (`at` -1)."""

    def attack(connection: sqlite3.Connection) -> str:
        rows = rows_of(connection, table)
        row = rows[len(rows) // 2 if at is None else at]
        place = position_of(connection, table, row)
        remove(connection, table, row)
        return place

    return attack


def duplicate(table: str) -> Attack:
    """The last row once more, under the next key."""

    def attack(connection: sqlite3.Connection) -> str:
        row = rows_of(connection, table)[-1]
        unique = [i["name"] for i in connection.execute(f"PRAGMA index_list({table})") if i["unique"]]
        columns = {c["name"] for name in unique for c in connection.execute(f"PRAGMA index_info({name})")}
        for column in (columns | set(keys_of(table))) - {"log_id", "chain_id", "contract"}:
            if (table, column) in (("lookup", "cti"), ("registration_term", "event_id"), ("outbox", "kind")):
                continue
            value = row[column]
            row[column] = value + 1 if isinstance(value, int) else flipped(value, 0)
        place = position_of(connection, table, row)
        insert(connection, table, row)
        return place

    return attack


def matches(place: Place, table: str, position: str, field: str) -> bool:
    return (place.table, place.field) == (table, field) and re.fullmatch(place.position, position) is not None
