"""Many rows in one statement, without the SQL toolkit's work for each value.

Issuing runs six such statements for a batch, the log's writer three. Bound value by value they cost a tenth of the
time; here the text is made once, from the table, and the values go to the driver as they are: SQLite runs one prepared
statement for all rows, PostgreSQL gets one array for each column (`unnest`, measured as fast as COPY and, unlike it,
able to leave out what is known).

Looking up by a list of keys has a trap on each database. Both would rather read the whole table: SQLite without
statistics takes `log_id = ?` for ten rows, and PostgreSQL thinks 256 look-ups dearer than 300,000 rows (100 ms a batch,
and growing). So each is told to take the keys one by one, the one by a cross join, which fixes its order, the other by
a subquery that it may not merge (OFFSET 0). Plans are made for the values at hand (api/db/postgres.py).

Statements are put together from names of our own tables and columns only (hence `noqa: S608`); values are bound.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Table
from sqlalchemy.ext.asyncio import AsyncConnection

_ARRAYS: Final = ((LargeBinary, "bytea"), (BigInteger, "bigint"), (Integer, "integer"), (Boolean, "boolean"))
_IN_LIST: Final = 500  # keys in one statement: far below SQLite's limit of variables


def _on_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


def _array(table: Table, column: str, n: int) -> str:
    kind = table.c[column].type
    name = next((name for python, name in _ARRAYS if isinstance(kind, python)), "text")
    return f"${n}::{name}[]"


@lru_cache(maxsize=128)
def _insert_text(table: Table, columns: tuple[str, ...], skip_known: bool, postgres: bool) -> str:
    if [c.name for c in table.c if c.name in columns] != list(columns):  # a row would be stored crosswise one day
        raise ValueError(f"{table.name}: give the columns in the table's order")
    if postgres:
        arrays = ", ".join(_array(table, column, n) for n, column in enumerate(columns, 1))
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608
    else:
        source = f"VALUES ({', '.join('?' * len(columns))})"
    conflict = " ON CONFLICT DO NOTHING" if skip_known else ""
    return f"INSERT INTO {table.name} ({', '.join(columns)}) {source}{conflict}"


async def insert_rows(
    connection: AsyncConnection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    *,
    skip_known: bool = False,
) -> int:
    """Insert tuples of `columns`, which stand in the table's order; gives the number of rows that went in.

    Raises sqlalchemy.exc.IntegrityError. `skip_known` leaves out rows whose unique columns exist already.
    """
    if not rows:
        return 0
    postgres = _on_postgresql(connection)
    text = _insert_text(table, columns, skip_known, postgres)
    values = tuple(list(column) for column in zip(*rows, strict=True)) if postgres else list(rows)
    return (await connection.exec_driver_sql(text, values)).rowcount


async def find_rows(
    connection: AsyncConnection,
    table: Table,
    columns: tuple[str, ...],
    where: Mapping[str, int | str],
    key: str,
    keys: Sequence[Any],
) -> list[Any]:
    """`columns` of the rows that have the fixed values of `where` and one of `keys` in column `key`, in no order."""
    found: list[Any] = []
    for text, values in lookups(_on_postgresql(connection), table, columns, where, key, keys):
        found += (await connection.exec_driver_sql(text, values)).all()
    return found


def lookups(
    postgres: bool,
    table: Table,
    columns: tuple[str, ...],
    where: Mapping[str, int | str],
    key: str,
    keys: Sequence[Any],
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The statements of `find_rows`, each with its values."""
    step = len(keys) if postgres else _IN_LIST
    for at in range(0, len(keys), step or 1):
        part = list(keys[at : at + step])
        if postgres:
            fixed = "".join(f"{name} = ${n} AND " for n, name in enumerate(where, 1))
            row = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {fixed}{key} = key_ OFFSET 0"  # noqa: S608
            asked = f"unnest({_array(table, key, len(where) + 1)}) AS asked(key_)"
            text = f"SELECT found.* FROM {asked} CROSS JOIN LATERAL ({row}) AS found"  # noqa: S608
            values: tuple[Any, ...] = (*where.values(), part)
        else:
            fixed = "".join(f"{name} = ? AND " for name in where)
            asked = f"WITH asked(key_) AS (VALUES {', '.join(['(?)'] * len(part))})"
            text = f"{asked} SELECT {', '.join(columns)} FROM asked CROSS JOIN {table.name} ON {fixed}{key} = key_"  # noqa: S608
            values = (*part, *where.values())
        yield text, values


async def delete_rows(connection: AsyncConnection, table: Table, key: str, keys: Sequence[int]) -> None:
    """Delete the rows with one of these numbers in column `key`."""
    if not keys:
        return
    if _on_postgresql(connection):
        text = f"DELETE FROM {table.name} WHERE {key} = ANY({_array(table, key, 1)})"  # noqa: S608
        await connection.exec_driver_sql(text, (list(keys),))
    else:
        text = f"DELETE FROM {table.name} WHERE {key} IN (SELECT value FROM json_each(?))"  # noqa: S608
        await connection.exec_driver_sql(text, (json.dumps(list(keys)),))
