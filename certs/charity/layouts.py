"""How banks lay out their statements, as data: what each column may be headed, and how a direction is written.

    {"format": "mz-bank-layouts/1", "headings": {"reference": ["交易流水号", …], "day": […], "credit": […],
     "debit": […], "amount": […], "direction": […], "currency": […]},
     "directions": {"credit": ["贷", …], "debit": ["借", …]}, "yuan": ["CNY", …], "totals": ["合计", …]}

The list that comes along holds common headings; an operator's own file of the same form is added to it, never put in
its place: a bank that changes its export tomorrow needs a line in a file, not a release. "Credit" is the bank's word
throughout: money that came in.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from certs.errors import CatalogueInvalid

FORMAT: Final = "mz-bank-layouts/1"
COLUMNS: Final = ("reference", "day", "credit", "debit", "amount", "direction", "currency")
CREDIT: Final = 1
DEBIT: Final = 2
_SPACES: Final = re.compile(r"[\s\u3000*＊]+")
_MAX_NAME: Final = 60
_MAX_NAMES: Final = 200
_MAX_CELLS: Final = 200


def folded(name: str) -> str:
    """Headings are compared without spaces and width, in small letters. Longer ones are of nobody."""
    return "" if len(name) > _MAX_NAME else _SPACES.sub("", unicodedata.normalize("NFKC", name)).lower()


@dataclass(frozen=True, slots=True)
class Layouts:
    """Every known heading, direction, word for yuan and for a line of totals, folded."""

    headings: Mapping[str, str]
    directions: Mapping[str, int]
    yuan: frozenset[str]
    totals: frozenset[str]

    def columns(self, cells: Sequence[str]) -> Mapping[str, int] | None:
        """Column to its place, if these cells are the heading of a statement. None if they are not, or if two of them
        would be the same column: then which one counts is a guess.

        A statement says for each movement a reference, a day, and an amount in one of three ways: two columns, an
        amount with a direction, a signed amount.
        """
        found: dict[str, int] = {}
        for place, cell in enumerate(cells[:_MAX_CELLS]):
            column = self.headings.get(folded(cell))
            if column is not None:
                if column in found:
                    return None
                found[column] = place
        if not {"reference", "day"} <= found.keys():
            return None
        two = {"credit", "debit"} <= found.keys()
        return found if two or "amount" in found else None

    def is_total(self, cells: Sequence[str]) -> bool:
        """Whether a line sums up the others: its first words say so."""
        return any(folded(cell).rstrip(":：") in self.totals for cell in cells[:_MAX_CELLS])


@lru_cache(maxsize=1)
def shipped() -> Layouts:
    """Those that come along."""
    text = resources.files(__package__).joinpath("banklayouts.json").read_text(encoding="utf-8")
    return parse_layouts(text)


def parse_layouts(text: str, base: Layouts | None = None) -> Layouts:
    """A catalogue, on top of another. Raises CatalogueInvalid; also if one heading would mean two columns."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise CatalogueInvalid("bank layouts", "not JSON") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise CatalogueInvalid("bank layouts", f"expected format {FORMAT}")
    if not value.keys() <= {"format", "headings", "directions", "yuan", "totals"}:
        raise CatalogueInvalid("bank layouts", "unknown member")
    headings = dict(base.headings) if base else {}
    directions = dict(base.directions) if base else {}
    _take(headings, value.get("headings", {}), {name: name for name in COLUMNS})
    _take(directions, value.get("directions", {}), {"credit": CREDIT, "debit": DEBIT})
    yuan, totals = _words(value.get("yuan", [])), _words(value.get("totals", []))
    return Layouts(
        headings, directions, yuan | (base.yuan if base else set()), totals | (base.totals if base else set())
    )


def _take(into: dict[str, Any], value: object, meanings: Mapping[str, Any]) -> None:
    if not isinstance(value, dict) or not value.keys() <= meanings.keys():
        raise CatalogueInvalid("bank layouts", f"expected lists under {', '.join(meanings)}")
    for name, words in value.items():
        for word in _words(words):
            if into.setdefault(word, meanings[name]) != meanings[name]:
                raise CatalogueInvalid("bank layouts", "one word with two meanings")


def _words(value: object) -> frozenset[str]:
    if not isinstance(value, list) or len(value) > _MAX_NAMES or not all(isinstance(word, str) for word in value):
        raise CatalogueInvalid("bank layouts", "expected lists of words")
    found = frozenset(folded(word) for word in value)
    if "" in found:
        raise CatalogueInvalid("bank layouts", "an empty word, or one that is too long")
    return found
