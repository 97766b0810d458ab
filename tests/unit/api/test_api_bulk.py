"""Inserting many rows: in the right columns, and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from api.db.bulk import insert_rows
from api.db.engine import create_engines
from api.db.metadata import metadata
from api.db.tables import status_list

COLUMNS = ("number", "issuer", "size")
ROWS = [(1, "11990000MB9T010142", 8), (2, "11990000MB9T010142", 16)]


async def test_rows_land_in_their_columns_and_are_counted(tmp_path: Path) -> None:
    engines = create_engines(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    async with engines.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
        assert await insert_rows(connection, status_list, COLUMNS, []) == 0
        assert await insert_rows(connection, status_list, COLUMNS, ROWS) == 2
        stored = (await connection.execute(select(status_list).order_by(status_list.c.number))).all()
        assert [tuple(row) for row in stored] == [(*row, 0) for row in ROWS]
        again = [*ROWS, (3, "11990000MB9T010142", 32)]
        assert await insert_rows(connection, status_list, COLUMNS, again, skip_known=True) == 1
        with pytest.raises(IntegrityError):
            await insert_rows(connection, status_list, COLUMNS, ROWS)
    await engines.dispose()


async def test_columns_in_another_order_are_refused(tmp_path: Path) -> None:
    """They would be stored crosswise."""
    engines = create_engines(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}")
    async with engines.reader.connect() as connection:
        with pytest.raises(ValueError, match="status_list: give the columns"):
            await insert_rows(connection, status_list, ("issuer", "number"), [("x", 1)])
    await engines.dispose()
