"""What became of an imported file: every row of it in one class, and why the others were not taken.

    {"source": "platform", "rows": 3, "classes": {"recorded": 2, "rejected": 1, …}, "amount": 20000, …,
     "problems": [{"line": 4, "field": "amount_yuan", "code": "AMOUNT_FRACTION"}], "left_out": 0}

Numbers, line numbers and codes; no value of any row, so it may be shown to whoever oversees the charity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

TOLD: Final = 10_000
"""Problems that a report names; of a worse file it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was not taken. `field` is a column or ""; `code` is stable."""

    line: int
    field: str
    code: str


@dataclass(slots=True)
class Tally:
    """Rows by class while a file is worked through."""

    classes: dict[str, int]
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0

    @classmethod
    def of(cls, *names: str) -> Tally:
        """All classes, empty."""
        return cls(dict.fromkeys(names, 0))

    def add(self, name: str, problems: Sequence[Problem] = ()) -> None:
        """One more row of a class."""
        self.classes[name] += 1
        room = max(0, TOLD - len(self.problems))
        self.problems += problems[:room]
        self.left_out += max(0, len(problems) - room)

    @property
    def rows(self) -> int:
        return sum(self.classes.values())


def encode_report(source: str, tally: Tally, figures: Mapping[str, int | None]) -> bytes:
    """The report as it is kept. `figures`: sums, counts and days of the file."""
    problems = [
        {"line": p.line, "field": p.field, "code": p.code} for p in sorted(tally.problems, key=lambda p: p.line)
    ]
    value = {"source": source, "rows": tally.rows, "classes": tally.classes, **figures, "problems": problems}
    return json.dumps({**value, "left_out": tally.left_out}, separators=(",", ":")).encode()


def decode_report(data: bytes) -> dict[str, Any]:
    """Inverse of `encode_report`."""
    value: dict[str, Any] = json.loads(data)
    return value
