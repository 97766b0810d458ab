"""Batch files: CSV and NDJSON, UTF-8 with or without a byte order mark, one record a row.

A file that cannot be read as a whole is refused as a whole. A row that cannot be read is reported and the next one is
read. Other encodings are refused and not guessed: a name decoded by a wrong guess would be signed and printed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.errors import BatchUnreadable

MAX_LINE = 32 * 1024  # characters of one NDJSON row
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class RawRow:
    """`line` counts from 1 as an editor does (a quoted field may span several; it is where the row begins)."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not issued. `code` is stable; neither member repeats a value of the row."""

    line: int
    field: str
    code: str


def decode(data: bytes) -> str:
    """Text of a batch file. Raises BatchUnreadable."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BatchUnreadable("not-utf-8", detail="save the file as UTF-8; GB18030 is not read here") from None
    if "\x00" in text:
        raise BatchUnreadable("nul-character")
    return text.removeprefix(BOM)


def read_csv(data: bytes, columns: Sequence[str], max_rows: int) -> Iterator[RawRow | BadRow]:
    """Rows of a CSV file whose first line names exactly `columns`, in any order. Raises BatchUnreadable."""
    reader = csv.reader(io.StringIO(decode(data), newline=""), strict=True)
    header = _header(reader, columns)
    start, count = reader.line_num + 1, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # an open quote, a stray one, a field beyond csv's own limit
            yield BadRow(start, "", "csv-syntax")
            start = reader.line_num + 1
            continue
        line, start = start, reader.line_num + 1
        if not cells:
            continue
        count += 1
        if count > max_rows:
            raise BatchUnreadable("too-many-rows", detail=f"more than {max_rows}")
        yield (
            RawRow(line, dict(zip(header, cells, strict=True)))
            if len(cells) == len(header)
            else BadRow(line, "", "column-count")
        )


def _header(reader: Iterator[list[str]], columns: Sequence[str]) -> list[str]:
    try:
        header = next(reader)
    except (StopIteration, csv.Error):
        raise BatchUnreadable("no-header") from None
    missing = [name for name in columns if name not in header]
    if missing:
        raise BatchUnreadable("column-missing", missing[0])
    if len(set(header)) != len(header):
        raise BatchUnreadable("column-repeated")
    if len(header) != len(columns):
        raise BatchUnreadable("column-unknown")  # not named: a file without a header line would show a person's data
    return header


def read_ndjson(data: bytes, columns: Sequence[str], max_rows: int) -> Iterator[RawRow | BadRow]:
    """Rows of an NDJSON file: each line an object with the members `columns`; absent ones count as "".

    Values are strings; integers and booleans are taken as the CSV spells them (true is "1").
    """
    known, count = set(columns), 0
    # Not splitlines(): that also splits at U+2028 and others, which may stand inside a JSON string.
    for line, text in enumerate(decode(data).split("\n"), start=1):
        if not text.strip():
            continue
        count += 1
        if count > max_rows:
            raise BatchUnreadable("too-many-rows", detail=f"more than {max_rows}")
        yield _ndjson_row(line, text, known, columns)


def _ndjson_row(line: int, text: str, known: set[str], columns: Sequence[str]) -> RawRow | BadRow:
    if len(text) > MAX_LINE:
        return BadRow(line, "", "line-too-long")
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):  # RecursionError: a row of brackets ends here, not in a traceback
        return BadRow(line, "", "json-syntax")
    if not isinstance(value, dict):
        return BadRow(line, "", "not-an-object")
    if not known.issuperset(value):
        return BadRow(line, "", "column-unknown")
    row = {name: _text(value.get(name, "")) for name in columns}
    for name, content in row.items():
        if content is None:
            return BadRow(line, name, "type")
    return RawRow(line, {name: content for name, content in row.items() if content is not None})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two members of one name mean two readers may see two records."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("repeated member")
    return dict(pairs)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) else None
