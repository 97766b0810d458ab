"""Old forms that archives bring: identity numbers of 15 digits, dates of other systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from certs.identifiers import lengthen_id_number

from .codes import ID_NUMBER_DOCUMENTS

LEGACY_ID: Final = "ID_15_DIGITS"
_FIFTEEN: Final = re.compile(r"[0-9]{15}")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:000000)?")
_WITH_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) [0-9]{2}:[0-9]{2}:[0-9]{2}")


def lengthened(number: str, *, field: str) -> str:
    """An identity number of 15 digits as 18. Raises InvalidField CHARACTERS."""
    return lengthen_id_number(number, field=field)


def legacy_row(row: Mapping[str, str], days: Iterable[str]) -> dict[str, str]:
    """The row with its dates in ISO form, whatever province they come from: `20250520`, `20250520000000`,
    `2025-05-20 00:00:00`. An empty `effective_from` is the day of the operation: old books had no such column."""
    result = dict(row)
    for name in days:
        value = result.get(name)
        if isinstance(value, str):
            result[name] = iso_day(value)
    if not result.get("effective_from") and isinstance(result.get("op_date"), str):
        result["effective_from"] = result["op_date"]
    return result


def archive_cells(
    row: Mapping[str, str], days: Iterable[str], documents: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """A row with its days in ISO form and its identity numbers in 18 characters, and the columns that had 15.

    `documents`: column of a number to that of its type. What cannot be read stays, for the reader to refuse.
    """
    result, old = dict(row), []
    for name in days:
        value = result.get(name)
        if isinstance(value, str):
            result[name] = iso_day(value)
    for name, kind in documents.items():
        value = result.get(name)
        if result.get(kind) in ID_NUMBER_DOCUMENTS and isinstance(value, str) and _FIFTEEN.fullmatch(value):
            result[name] = lengthen_id_number(value, field=name)
            old.append(name)
    return result, tuple(old)


def iso_day(text: str) -> str:
    """A day in ISO form, from any that provinces write; another text as it is, for the reader to refuse."""
    if found := _COMPACT.fullmatch(text):
        return "-".join(found.groups())
    found = _WITH_TIME.fullmatch(text)
    return text if found is None else found[1]
