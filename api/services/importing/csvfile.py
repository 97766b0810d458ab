"""CSV (RFC 4180) as a stream of rows. A quote that is never closed costs its own row, and not those behind it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

from api.errors import BatchUnreadable

from .encoding import Text, lines_of
from .headings import Header, Target, columns_of, resolve
from .rows import MAX_RECORD, BadRow, RawRow, Row

_MAX_LINES: Final = 32  # of one record; without a bound each open quote would cost a look at the rest of the file


class _Lines:
    """Decoded lines for the csv module, which can be put back."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._source = lines_of(stream)
        self._encoding = encoding
        self._back: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []
        self._size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) == _MAX_LINES or self._size > MAX_RECORD:
            raise csv.Error("record without end")
        if self._back:
            item = self._back.popleft()
        else:
            number, line = next(self._source)
            item = number, line.decode(self._encoding)
        self.taken.append(item)
        self._size += len(item[1])
        return item[1]

    def done(self) -> None:
        """The lines taken made a record."""
        self.taken.clear()
        self._size = 0

    def retry(self) -> None:
        """They did not: all but the first are read again."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.done()


def header_of(line: str, kind: Target, *, archive: bool = False) -> Header:
    """What a first line names. Raises BatchUnreadable."""
    try:
        cells = next(csv.reader([line], strict=True), [])
    except csv.Error:
        raise BatchUnreadable("no-header", line=1) from None
    return resolve(cells, kind, archive=archive)


def read(stream: BinaryIO, text: Text, kind: Target, *, archive: bool = False) -> Iterator[Row]:
    """Rows behind the header line. Raises BatchUnreadable."""
    stream.seek(text.start)
    lines = _Lines(stream, text.encoding)
    try:
        header = header_of(next(lines), kind, archive=archive)
    except StopIteration:
        raise BatchUnreadable("no-header") from None
    lines.done()
    columns, width = header.columns, len(header.columns)
    whole = [c for c in columns if c is not None]
    absent = {c: "" for c in columns_of(kind) if c not in whole}
    for line, cells in _records(lines):
        if cells is None:
            yield (BadRow(line, "", "csv-syntax"),)
        elif not cells:
            continue
        elif len(cells) != width:
            yield (BadRow(line, "", "column-count"),)
        elif len(whole) == width and not absent:
            yield RawRow(line, dict(zip(whole, cells, strict=True)))
        else:
            yield RawRow(line, absent | {c: cell for c, cell in zip(columns, cells, strict=True) if c is not None})


def records(stream: BinaryIO, text: Text) -> Iterator[tuple[int, list[str] | None]]:
    """Every record from the file's first line on, for files whose headings stand further down: (line, cells), None for
    what is not CSV. Raises BatchUnreadable."""
    stream.seek(text.start)
    yield from _records(_Lines(stream, text.encoding))


def _records(lines: _Lines) -> Iterator[tuple[int, list[str] | None]]:
    reader = csv.reader(lines, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            line = lines.taken[0][0]
            lines.retry()
            yield line, None
            continue
        line = lines.taken[0][0]
        lines.done()
        yield line, cells
