"""NDJSON as a stream of rows: one object a line, its members the columns of the kind; an absent one counts as "".

Values are strings; integers and booleans are taken as the CSV spells them (true is "1").
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from .encoding import Text, lines_of
from .headings import Target, columns_of, member
from .rows import MAX_RECORD, BadRow, RawRow, Row


def read(stream: BinaryIO, text: Text, kind: Target) -> Iterator[Row]:
    """Rows. Raises BatchUnreadable."""
    stream.seek(text.start)
    columns = columns_of(kind)
    empty = dict.fromkeys(columns, "")
    known: dict[str, str | None] = {name: name for name in columns}
    # Not splitlines(): that also splits at U+2028 and others, which may stand inside a JSON string.
    for line, data in lines_of(stream):
        if data.isspace():
            continue
        content = data.decode(text.encoding)
        row = (
            BadRow(line, "", "line-too-long") if len(content) > MAX_RECORD else _row(line, content, kind, known, empty)
        )
        yield row if isinstance(row, RawRow) else (row,)


def _row(
    line: int, content: str, kind: Target, known: dict[str, str | None], empty: Mapping[str, str]
) -> RawRow | BadRow:
    try:
        value = json.loads(content, object_pairs_hook=_unique)
    except (ValueError, RecursionError):  # RecursionError: a row of brackets ends here, not in a traceback
        return BadRow(line, "", "json-syntax")
    if not isinstance(value, dict):
        return BadRow(line, "", "not-an-object")
    row = dict(empty)
    taken = set()
    for name, content_of in value.items():
        try:
            column = known[name] if name in known else member(name, kind)
        except KeyError:
            return BadRow(line, "", "column-unknown")
        if column is None:
            continue
        if column in taken:  # two names of one column
            return BadRow(line, column, "column-repeated")
        taken.add(column)
        text = _text(content_of)
        if text is None:
            return BadRow(line, column, "type")
        row[column] = text
    return RawRow(line, row)


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
