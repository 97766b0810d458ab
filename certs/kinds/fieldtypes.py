"""Types of cells: how a value is read from a row, and how a page is to show it.

A type is data, so that a kind can be a table (`declared.py`). `read` gives the parsed value, or None after noting in
the reader what is wrong; an empty optional cell is None without a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from certs.errors import InvalidField
from certs.identifiers import parse_id_number, parse_region, parse_uscc

from .base import CodeList, Form
from .codes import DOC_ORGANISATION, ID_NUMBER_DOCUMENTS
from .rows import RowReader

Value = str | int | bool | date
MAX_FEN: Final = 10**10 - 1
"""Largest single allowance or fee in fen: an amount above a hundred million yuan is a slip of the keyboard."""
_DOCUMENT: Final = re.compile(r"[0-9A-Z][0-9A-Z()/-]{3,29}")
_MONTH: Final = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")


class FieldType(Protocol):
    """A type of cell."""

    @property
    def form(self) -> Form: ...
    @property
    def codes(self) -> CodeList | None: ...
    def read(self, r: RowReader, field: str, optional: bool) -> Value | None: ...


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text."""

    maximum: int = 200
    form: Form = Form.TEXT
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        return r.text(field, self.maximum, optional=optional)


@dataclass(frozen=True, slots=True)
class Name:
    """A person's or body's name, kept exactly."""

    form: Form = Form.NAME
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        return r.name(field, optional=optional)


@dataclass(frozen=True, slots=True)
class Code:
    """A value of a code list."""

    codes: CodeList
    form: Form = Form.CODE

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        return r.code(field, self.codes, optional=optional)


@dataclass(frozen=True, slots=True)
class Day:
    """A civil day, `2026-11-02`; `future` allows one after today."""

    future: bool = False
    form: Form = Form.DAY
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> date | None:
        return r.day(field, optional=optional, future=self.future)


@dataclass(frozen=True, slots=True)
class Month:
    """A month, `2026-12`, as text: allowances are paid by the month."""

    form: Form = Form.MONTH
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        return r.take(field, lambda v: _matching(_MONTH, v, field, "MONTH_FORMAT"), optional=optional)


@dataclass(frozen=True, slots=True)
class Fen:
    """An amount of money, 1 to MAX_FEN, in fen."""

    form: Form = Form.FEN
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> int | None:
        value = r.uint(field, optional=optional)
        if value is not None and not 0 < value <= MAX_FEN:
            r.note(field, "AMOUNT")
            return None
        return value


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number between bounds, both included."""

    least: int
    most: int
    form: Form = Form.COUNT
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> int | None:
        value = r.uint(field, optional=optional)
        if value is not None and not self.least <= value <= self.most:
            r.note(field, "RANGE")
            return None
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """`0` or `1`."""

    form: Form = Form.FLAG
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> bool | None:
        return r.flag(field)


@dataclass(frozen=True, slots=True)
class Region:
    """A region code of GB/T 2260. Its form counts; whether the list has it is a note (regions.py), for counties go."""

    form: Form = Form.REGION
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        return r.take(field, lambda v: parse_region(v, field=field), optional=optional)


@dataclass(frozen=True, slots=True)
class Document:
    """A document's number, by the rules of the type that the column `of` names."""

    of: str
    form: Form = Form.TEXT
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        kind = r.peek(self.of)
        return r.take(field, lambda v: document_number(kind, v, field=field), optional=optional)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text of one form. `rule` is the code of the error."""

    pattern: re.Pattern[str]
    rule: str
    form: Form = Form.TEXT
    codes: CodeList | None = None

    def read(self, r: RowReader, field: str, optional: bool) -> str | None:
        return r.take(field, lambda v: _matching(self.pattern, v, field, self.rule), optional=optional)


def document_number(document_type: str, value: str, *, field: str) -> str:
    """The number as it is stored: an identity number with a capital X, a social credit code, or 4 to 30 of
    [0-9A-Z()/-] for other documents. Raises InvalidField."""
    if document_type in ID_NUMBER_DOCUMENTS:
        return parse_id_number(value, field=field).value
    if document_type == DOC_ORGANISATION:
        return parse_uscc(value, field=field)
    return _matching(_DOCUMENT, value, field, "DOCUMENT_NUMBER")


def _matching(pattern: re.Pattern[str], value: str, field: str, rule: str) -> str:
    if not pattern.fullmatch(value):
        raise InvalidField(field, rule)
    return value
