"""The SQLite driver with one change of threads for a statement.

aiosqlite runs everything in a thread of its own, and one statement of SQLAlchemy's is four visits there: make a cursor,
execute, fetch, close. A batch of the log's writer is eight statements; on a busy machine the visits took longer than
SQLite. Here a statement runs, and its rows are fetched, in one visit. A deferred BEGIN, which takes no lock before the
first statement, goes with that one; and where nothing is open there is nothing to roll back, so that the pool's own
rollback after each unit of work costs no visit. Reading one row is two visits then. The rest is aiosqlite's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final, Self

import aiosqlite

BEGIN: Final = "BEGIN"
"""Of a transaction that reads. One that writes begins at once (`BEGIN IMMEDIATE`): it has to queue up."""
_ROWS_AT_ONCE = 64  # what aiosqlite itself takes; nothing here reads that way


class _Cursor:
    """As much of a cursor as SQLAlchemy's adapter asks for. Rows are there as soon as `execute` returned."""

    def __init__(self, connection: OneVisit) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        if sql == BEGIN:
            self._connection.begins = True
            return self
        return await self._visit(sqlite3.Cursor.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        return await self._visit(sqlite3.Cursor.executemany, sql, parameters)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Was done by `execute`: a cursor that is left open would hold a read lock."""

    async def _visit(self, run: Any, sql: str, parameters: Any) -> Self:
        begins, self._connection.begins = self._connection.begins, False
        await self._connection._execute(self._run, begins, run, sql, parameters)
        return self

    def _run(self, begins: bool, run: Any, sql: str, parameters: Any) -> None:
        cursor = self._connection._conn.cursor()
        try:
            if begins:
                cursor.execute(BEGIN)
            run(cursor, sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class OneVisit(aiosqlite.Connection):
    """An aiosqlite connection whose cursors are made without a visit."""

    begins = False  # a BEGIN waits for the first statement
    _given = 0  # visits, counted by the event loop
    _done = 0  # those that are over, counted by the thread

    def cursor(self) -> _Cursor:  # type: ignore[override]
        return _Cursor(self)

    async def commit(self) -> None:
        begins, self.begins = self.begins, False
        if not begins:
            await super().commit()

    async def rollback(self) -> None:
        """A visit only where something is open, or may be: whoever was cancelled left a statement under way."""
        self.begins = False
        if self._given != self._done or self._conn.in_transaction:
            await super().rollback()

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        self._given += 1
        return await super()._execute(self._visited, fn, *args, **kwargs)  # type: ignore[no-untyped-call]

    def _visited(self, run: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return run(*arguments, **named)
        finally:
            self._done += 1


async def connect(database: str, **arguments: Any) -> OneVisit:
    """As `aiosqlite.connect`. The thread ends with the process, as SQLAlchemy has it."""
    made = OneVisit(lambda: sqlite3.connect(database, **arguments), _ROWS_AT_ONCE)
    made._thread.daemon = True
    await made
    return made
