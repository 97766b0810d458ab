"""What a reader makes of a file: rows that can be judged, and rows that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_LINE: Final = 1 << 20
"""Bytes of one line of text. Longer ones are of no record, and whoever sends one wants our memory."""
MAX_RECORD: Final = 32 * 1024
"""Characters of one record."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """`line` counts from 1 as an editor does (a quoted field may span several; it is where the row begins); in a
    spreadsheet it is the number beside the row. `values` by column of the kind."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """One reason why a row was not taken. `code` is stable; neither member repeats a value of the row."""

    line: int
    field: str
    code: str


Row = RawRow | tuple[BadRow, ...]
"""A row, or all reasons why it cannot be read, at least one, of the same line."""
