"""Old forms that archives bring: identity numbers of 15 digits, dates of other systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from certs.errors import InvalidField

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
_CHECK: Final = "10X98765432"
_FIFTEEN: Final = re.compile(r"[0-9]{15}")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:000000)?")
_WITH_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) [0-9]{2}:[0-9]{2}:[0-9]{2}")


def lengthened(number: str, *, field: str) -> str:
    """An identity number of 15 digits as 18: the century, always 19, and the check character.

    Sample: 990101980307001 gives 990101198003070010. Raises InvalidField CHARACTERS.
    """
    if not _FIFTEEN.fullmatch(number):
        raise InvalidField(field, "CHARACTERS")
    body = number[:6] + "19" + number[6:]
    return body + _CHECK[sum(w * int(c) for w, c in zip(_WEIGHTS, body, strict=True)) % 11]


def legacy_row(row: Mapping[str, str], days: Iterable[str]) -> dict[str, str]:
    """The row with its dates in ISO form, whatever province they come from: `20250520`, `20250520000000`,
    `2025-05-20 00:00:00`. An empty `effective_from` is the day of the operation: old books had no such column."""
    result = dict(row)
    for name in days:
        value = result.get(name)
        if isinstance(value, str):
            result[name] = _iso(value)
    if not result.get("effective_from") and isinstance(result.get("op_date"), str):
        result["effective_from"] = result["op_date"]
    return result


def _iso(text: str) -> str:
    if found := _COMPACT.fullmatch(text):
        return "-".join(found.groups())
    found = _WITH_TIME.fullmatch(text)
    return text if found is None else found[1]
