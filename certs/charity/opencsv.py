"""Tables for strangers' spreadsheets, as CSV (RFC 4180, UTF-8, CRLF).

A text that begins like a formula would be run by the program that opens the file ("CSV injection"): it is set behind an
apostrophe, which spreadsheets hide. Numbers and hexadecimal are ours and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | None
_FORMULA: Final = frozenset("=+-@\t\r\n|%＝＋－＠")
"""What spreadsheets take for the beginning of a formula or of a command, in both widths."""


def line(cells: Iterable[Cell]) -> str:
    """One line: `1,2026-09-04,'=1+1`."""
    return ",".join(_cell(cell) for cell in cells) + "\r\n"


def table(head: Sequence[str], rows: Iterable[Iterable[Cell]]) -> str:
    return line(head) + "".join(line(row) for row in rows)


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = f"'{value}" if value.lstrip(" \u3000")[:1] in _FORMULA else value
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text
