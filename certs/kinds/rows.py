"""Reading a row cell by cell, collecting every error instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Final, TypeVar

from certs.errors import InvalidField
from certs.text import check_name, check_text

from .base import Rejected, RowError

T = TypeVar("T")

_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_UINT: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_MAX_CELL: Final = 1000  # characters; longer cells are refused before any other look
EARLIEST: Final = date(1900, 1, 1)


def parse_date(text: str, *, field: str) -> date:
    """ISO calendar date. Raises InvalidField DATE_FORMAT, DATE or DATE_TOO_EARLY."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise InvalidField(field, "DATE_FORMAT")
    try:
        value = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise InvalidField(field, "DATE") from None
    if value < EARLIEST:
        raise InvalidField(field, "DATE_TOO_EARLY")
    return value


class RowReader:
    """Cells of one row. Each method gives the parsed value, or None after noting why not."""

    def __init__(self, row: Mapping[str, str], columns: Collection[str], *, today: date) -> None:
        self._row = row
        self.today = today
        self.errors: list[RowError] = []
        for name in row:
            if name not in columns:  # a misspelt optional column would otherwise be lost without a word
                self.note("*", "UNKNOWN_COLUMN")
                break
        for name in columns:
            if name not in row:
                self.note(name, "MISSING_COLUMN")

    def note(self, field: str, code: str) -> None:
        """Record a broken rule."""
        self.errors.append(RowError(field, code))

    def rejected(self) -> Rejected:
        """The errors noted so far."""
        return Rejected(tuple(self.errors))

    def cell(self, field: str) -> str:
        """The raw cell, "" for an absent one (noted as MISSING_COLUMN already)."""
        value: object = self._row.get(field, "")
        if value is None:  # a line with fewer cells than the header
            self.note(field, "MISSING_COLUMN")
            return ""
        if not isinstance(value, str):
            self.note(field, "NOT_TEXT")
            return ""
        if len(value) > _MAX_CELL:
            self.note(field, "TOO_LONG")
            return ""
        return value

    def take(self, field: str, parse: Callable[[str], T], *, optional: bool = False) -> T | None:
        """Parse a cell with a parser that raises InvalidField; an empty cell is an error unless `optional`."""
        if optional and self._row.get(field) == "":  # most cells of most rows: nothing is called for them
            return None
        before = len(self.errors)
        value = self.cell(field)
        if not value:
            if not optional and len(self.errors) == before and field in self._row:
                self.note(field, "MISSING")
            return None
        try:
            return parse(value)
        except InvalidField as e:
            self.note(e.field, e.rule)
            return None

    def text(self, field: str, maximum: int, *, optional: bool = False) -> str | None:
        """One line of text."""
        return self.take(field, lambda v: check_text(v, field=field, maximum=maximum), optional=optional)

    def name(self, field: str, *, optional: bool = False) -> str | None:
        """A name, kept exactly."""
        return self.take(field, lambda v: check_name(v, field=field), optional=optional)

    def peek(self, field: str) -> str:
        """A cell that another one depends on, "" if there is none to read. Notes nothing."""
        value: object = self._row.get(field)
        return value if isinstance(value, str) else ""

    def code(self, field: str, allowed: Collection[str], *, optional: bool = False) -> str | None:
        """A value of a code list."""
        if optional and self._row.get(field) == "":
            return None

        def parse(value: str) -> str:
            if value not in allowed:
                raise InvalidField(field, "CODE")
            return value

        return self.take(field, parse, optional=optional)

    def flag(self, field: str) -> bool | None:
        """`0` or `1`."""
        value = self.code(field, ("0", "1"))
        return None if value is None else value == "1"

    def day(self, field: str, *, optional: bool = False, future: bool = False) -> date | None:
        """A date, not in the future unless `future` allows it."""
        value = self.take(field, lambda v: parse_date(v, field=field), optional=optional)
        if value is not None and value > self.today and not future:
            self.note(field, "FUTURE_DATE")
        return value

    def uint(self, field: str, *, optional: bool = False) -> int | None:
        """A whole number without sign, leading zeros or separators."""

        def parse(value: str) -> int:
            if not _UINT.fullmatch(value):
                raise InvalidField(field, "NUMBER")
            return int(value)

        return self.take(field, parse, optional=optional)

    def empty(self, field: str, code: str = "MUST_BE_EMPTY") -> None:
        """The cell must be empty."""
        if self._row.get(field) != "" and self.cell(field):
            self.note(field, code)


def present(value: T | None) -> T:
    """A value that the reader has accepted: narrows the type once `errors` is known to be empty."""
    if value is None:
        raise InvalidField("row", "MISSING")
    return value
