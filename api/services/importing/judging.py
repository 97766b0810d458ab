"""From rows to drafts, block by block, ahead of the loop that commits them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from api.services.parties import Principal
from certs.kinds.base import Draft, Kind, Rejected, RowError

from .rows import BadRow, RawRow, Row

NOT_YOURS = "not-yours"


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: a draft, or why there is none."""

    line: int
    draft: Draft | None
    bad: tuple[BadRow, ...] = ()
    notes: tuple[RowError, ...] = ()


Block = tuple[Judged, ...]
"""Rows that share a transaction, in order."""


@dataclass(frozen=True, slots=True)
class Judge:
    """`today`: the civil day in China; `archive`: take the forms of old books."""

    kind: Kind[Any]
    party: Principal
    today: date
    archive: bool = False

    def __call__(self, row: Row) -> Judged:
        if not isinstance(row, RawRow):
            return Judged(row[0].line, None, row)
        parse = self.kind.parse_archive if self.archive else self.kind.parse_row
        draft = parse(row.values, today=self.today)
        if isinstance(draft, Rejected):
            return Judged(row.line, None, reasons(row.line, draft.errors))
        if not self.party.acts_for(draft.issuer_uscc):
            return Judged(row.line, None, (BadRow(row.line, "issuer", NOT_YOURS),))
        return Judged(row.line, draft, (), self.kind.notes(draft))


def reasons(line: int, errors: tuple[RowError, ...]) -> tuple[BadRow, ...]:
    return tuple(BadRow(line, error.field, error.code) for error in errors)


def blocks(rows: Iterator[Row], judge: Judge, size: int, *, skip: int = 0) -> Generator[Block, None, None]:
    """`size` rows at a time, behind the first `skip`."""
    rows = islice(rows, skip, None)
    while block := tuple(judge(row) for row in islice(rows, size)):
        yield block


async def ahead(source: Generator[Block, None, None]) -> AsyncGenerator[Block, None]:
    """The same, while the next block is read and judged in a thread. Raises what reading raises. To be closed
    (`aclosing`) by whoever may leave it early: only then are thread and file given back at once."""
    with ThreadPoolExecutor(
        1, "import"
    ) as pool:  # leaving it waits for the thread: a running generator cannot be closed
        try:
            coming = pool.submit(next, source, None)
            while (block := await asyncio.wrap_future(coming)) is not None:
                coming = pool.submit(next, source, None)
                yield block
        finally:
            pool.shutdown(wait=True)
            source.close()
