"""The list of designated internet platforms (Charity Law art. 27), which the ministry announces and nobody signs.

    [{"uscc": "91990000MA9T00018W", "from": "2024-09-05", "to": null}]

Whoever runs the checks brings it along; `to` is the last day, null while it lasts.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from certs.errors import CatalogueInvalid, InvalidField
from certs.identifiers import parse_uscc

from .calendar import day_number


def parse_platforms(text: str) -> dict[str, tuple[int, int | None]]:
    """Platform to first and last day. Raises CatalogueInvalid."""
    try:
        found = {}
        for row in json.loads(text):
            first, last = _day(row["from"]), None if row["to"] is None else _day(row["to"])
            if set(row) != {"uscc", "from", "to"} or row["uscc"] in found or (last is not None and last < first):
                raise CatalogueInvalid("platforms", "a row has uscc, from and to, and a platform has one row")
            found[parse_uscc(row["uscc"])] = first, last
    except (ValueError, KeyError, TypeError, InvalidField):
        raise CatalogueInvalid("platforms", "not a list of {uscc, from, to}") from None
    return found


def _day(text: Any) -> int:
    return day_number(date.fromisoformat(text))
