"""A bank statement, line by line: movements that can be compared, and lines that cannot, each with its reason.

Statements begin with lines about the account, then a line of headings, then the movements, then perhaps a line of
totals. Cells are padded with spaces and tabs, amounts have separators of thousands: a bank's export has one known form,
so `1,234.56` is taken here, where one from a person's keyboard is not. What the line says beyond reference, day and
amount (who paid, what for) is never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from certs.errors import InvalidField
from certs.kinds.rows import EARLIEST
from certs.text import check_text

from .layouts import CREDIT, DEBIT, Layouts, folded
from .money import parse_yuan

MAX_PREAMBLE: Final = 40  # lines about the account before the headings
_DAY: Final = re.compile(
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|([-/.])([0-9]{1,2})\4([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
    r"(?:[ T]?[0-9]{1,2}:?[0-9]{2}(?::?[0-9]{2})?(?:\.[0-9]{1,6})?)?",
    re.ASCII,
)
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?", re.ASCII)
_NOTHING: Final = frozenset({"", "0", "0.0", "0.00", "-", "--", "—"})
_PADDING: Final = " \t\u3000\u00a0"
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Movement:
    """One line. `day`: days since 1970-01-01; `direction`: CREDIT or DEBIT; `amount` in fen."""

    line: int
    reference: str = field(repr=False)
    day: int
    direction: int
    amount: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadLine:
    """Why a line is no movement. `code` as in `messages`; no value of the line."""

    line: int
    field: str
    code: str


Line = tuple[int, Sequence[str] | str]
"""(number from 1, its cells), or why it has none ("csv-syntax" …)."""


def read_statement(lines: Iterable[Line], layouts: Layouts, *, today: date) -> Iterator[Movement | BadLine]:
    """Each line below the headings exactly once, but for empty ones and totals.

    Raises InvalidField no-header if the file's beginning has no headings of a statement.
    """
    source = iter(lines)
    columns, width = _headings(source, layouts)
    for number, cells in source:
        if isinstance(cells, str):
            yield BadLine(number, "", cells)
            continue
        values = [cell.strip(_PADDING) for cell in cells]
        if not any(values):
            continue
        if not values_of(values, columns, "reference") and layouts.is_total(values):
            continue
        while len(values) > width and not values[-1]:  # a separator at the end of each line but the headings
            values.pop()
        if len(values) != width:
            yield BadLine(number, "", "column-count")
            continue
        yield _movement(number, values, columns, layouts, today)


def _headings(source: Iterator[Line], layouts: Layouts) -> tuple[Mapping[str, int], int]:
    for seen, (_, cells) in enumerate(source):
        if seen >= MAX_PREAMBLE:
            break
        if isinstance(cells, str):
            continue
        names = [cell.strip(_PADDING) for cell in cells]
        while names and not names[-1]:
            names.pop()
        found = layouts.columns(names)
        if found is not None:
            return found, len(names)
    raise InvalidField("", "no-header")


def values_of(values: Sequence[str], columns: Mapping[str, int], name: str) -> str:
    """A cell, "" if the statement has no such column or the line is too short."""
    place = columns.get(name, len(values))
    return values[place] if place < len(values) else ""


def _movement(
    number: int, values: Sequence[str], columns: Mapping[str, int], layouts: Layouts, today: date
) -> Movement | BadLine:
    def cell(name: str) -> str:
        return values_of(values, columns, name)

    try:
        _in_yuan(cell("currency"), layouts)
        reference = check_text(cell("reference"), field="reference", maximum=64)
        day = parse_day(cell("day"), today)
        direction, amount = _amount(cell, columns, layouts)
    except InvalidField as broken:
        return BadLine(number, broken.field, broken.rule)
    return Movement(number, reference, day, direction, amount)


def _in_yuan(currency: str, layouts: Layouts) -> None:
    if currency and folded(currency) not in layouts.yuan:
        raise InvalidField("currency", "CURRENCY_MIXED")


def parse_day(text: str, today: date) -> int:
    """Days since 1970-01-01 of `20261102`, `2026-11-02`, `2026/1/5`, `2026年1月5日`, each with a time or without."""
    match = _DAY.fullmatch(text)
    if not text:
        raise InvalidField("day", "MISSING")
    if match is None:
        raise InvalidField("day", "DATE_FORMAT")
    month, day = next((m, d) for m, d in ((match[2], match[3]), (match[5], match[6]), (match[7], match[8])) if m)
    try:
        found = date(int(match[1]), int(month), int(day))
    except ValueError:
        raise InvalidField("day", "DATE") from None
    if found < EARLIEST:
        raise InvalidField("day", "DATE_TOO_EARLY")
    if found > today:
        raise InvalidField("day", "FUTURE_DATE")
    return found.toordinal() - _EPOCH


def _amount(cell: Callable[[str], str], columns: Mapping[str, int], layouts: Layouts) -> tuple[int, int]:
    if "amount" not in columns or ("direction" not in columns and "credit" in columns and "debit" in columns):
        given = [(way, cell(name)) for way, name in ((CREDIT, "credit"), (DEBIT, "debit"))]
        moved = [(way, text) for way, text in given if text not in _NOTHING]
        if len(moved) > 1:
            raise InvalidField("credit", "BOTH_WAYS")
        if not moved:
            raise InvalidField("credit", "AMOUNT_ZERO" if any(text for _, text in given) else "MISSING")
        way, text = moved[0]
        return way, _yuan(text, "credit" if way == CREDIT else "debit")
    text = cell("amount")
    if not text:
        raise InvalidField("amount", "MISSING")
    if "direction" in columns:
        known = layouts.directions.get(folded(cell("direction")))
        if known is None:
            raise InvalidField("direction", "DIRECTION")
        return known, _yuan(text, "amount")
    if text[0] in "+-":
        return (DEBIT if text[0] == "-" else CREDIT), _yuan(text[1:], "amount")
    return CREDIT, _yuan(text, "amount")


def _yuan(text: str, field: str) -> int:
    return parse_yuan(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text, field=field)
