"""Inserting many rows without the SQL toolkit's work for each value.

Issuing runs six such statements for a batch. Bound value by value they cost a tenth of its time; here the text is made
once, by the toolkit from the table, and the rows go to the driver as tuples.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


@lru_cache(maxsize=64)
def _insert_text(table: Table, columns: tuple[str, ...]) -> str:
    dialect = sqlite.dialect(paramstyle="qmark")
    compiled = insert(table).compile(dialect=dialect, column_keys=columns)
    if tuple(compiled.positiontup or ()) != columns:  # the toolkit orders by the table: a row would be stored crosswise
        raise ValueError(f"{table.name}: give the columns in the table's order")
    return str(compiled)


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
    text = _insert_text(table, columns) + (" ON CONFLICT DO NOTHING" if skip_known else "")
    return (await connection.exec_driver_sql(text, list(rows))).rowcount
