"""Columns of a declared kind, and what a row said in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from .fieldtypes import FieldType, Value


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `slot` None: read and checked, but not on the certificate."""

    name: str
    type: FieldType
    slot: int | None
    zh: str
    en: str
    personal: bool = True
    required: bool = True


class Values:
    """What a row said, by column; a cell that was empty or could not be read is None. `repr` shows none of it."""

    __slots__ = ("_values", "today")

    def __init__(self, values: Mapping[str, Value], today: date) -> None:
        self._values = values
        self.today = today

    def __repr__(self) -> str:
        return "Values(…)"

    def get(self, name: str) -> Value | None:
        return self._values.get(name)

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def day(self, name: str) -> date | None:
        value = self._values.get(name)
        return value if isinstance(value, date) else None

    def number(self, name: str) -> int | None:
        value = self._values.get(name)
        return value if type(value) is int else None

    def flag(self, name: str) -> bool:
        return self._values.get(name) is True


Rule = Callable[[Values], Iterator[tuple[str, str]]]
"""Gives (field, code) of what is broken. A cell that could not be read is None: its own error is noted already."""
