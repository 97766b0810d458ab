"""What an audit says: checks with a number, each with what it counted and the first place that is wrong.

A check has one of three outcomes, as a verification has: CLEAN, FAULT, INCOMPLETE (something could not be looked at).
An audit that could not look is never clean.

Messages carry table names, positions, fields and sizes; never bodies, keys or anything personal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

SHOWN: Final = 5  # faults of one check that a report names; all are counted


class Outcome(Enum):
    """How a check, or the whole audit, ended."""

    CLEAN = "clean"
    FAULT = "fault"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Fault:
    """A place that is wrong. Sample: `entry 520 leaf_hash: differs from the body's`."""

    table: str
    position: str
    field: str
    detail: str

    def __str__(self) -> str:
        return f"{self.table} {self.position} {self.field}: {self.detail}".replace("  ", " ")

    def to_json(self) -> dict[str, str]:
        return {"table": self.table, "position": self.position, "field": self.field, "detail": self.detail}


@dataclass(slots=True)
class Check:
    """One named check while it runs, and its result. `counted`: rows or files that it looked at."""

    number: int
    name: str
    promise: str
    counted: int = 0
    faults: int = 0
    first: list[Fault] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, table: str, position: object, column: str, detail: str) -> None:
        """Something is wrong, here."""
        self.faults += 1
        if len(self.first) < SHOWN:
            self.first.append(Fault(table, str(position), column, detail))

    def expect(self, good: bool, table: str, position: object, column: str, detail: str) -> bool:
        """Fault unless `good`; gives `good`."""
        if not good:
            self.fault(table, position, column, detail)
        return good

    def cannot(self, why: str) -> None:
        """Something could not be looked at: the audit is incomplete."""
        if why not in self.unchecked:
            self.unchecked.append(why)

    def note(self, text: str) -> None:
        """Worth reading, not wrong."""
        self.notes.append(text)

    @property
    def outcome(self) -> Outcome:
        if self.faults:
            return Outcome.FAULT
        return Outcome.INCOMPLETE if self.unchecked else Outcome.CLEAN

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "name": self.name,
            "promise": self.promise,
            "outcome": self.outcome.value,
            "counted": self.counted,
            "faults": self.faults,
            "first": [fault.to_json() for fault in self.first],
            "unchecked": list(self.unchecked),
            "notes": list(self.notes),
        }


class Checks:
    """The checks of one audit, made from a catalogue so that none can be left out of a report."""

    def __init__(self, catalogue: Iterable[tuple[int, str, str]]) -> None:
        self._checks = {name: Check(number, name, promise) for number, name, promise in catalogue}

    def __getitem__(self, name: str) -> Check:
        return self._checks[name]

    def all(self) -> tuple[Check, ...]:
        """In the order of their numbers."""
        return tuple(sorted(self._checks.values(), key=lambda check: check.number))


@dataclass(frozen=True, slots=True)
class Report:
    """Result of an audit. `source` is what was read, `as_of` the second it is judged at, `since` where it began."""

    source: str
    origin: str
    as_of: int
    size: int
    root: bytes
    since: int
    checks: tuple[Check, ...]

    @property
    def outcome(self) -> Outcome:
        """FAULT before INCOMPLETE before CLEAN. No check at all is INCOMPLETE."""
        found = {check.outcome for check in self.checks}
        if Outcome.FAULT in found:
            return Outcome.FAULT
        return Outcome.INCOMPLETE if Outcome.INCOMPLETE in found or not found else Outcome.CLEAN

    @property
    def first(self) -> Fault | None:
        """The first fault of the lowest-numbered check that has one: checks go from causes to consequences."""
        return next((check.first[0] for check in self.checks if check.first), None)

    def to_json(self) -> dict[str, Any]:
        first = self.first
        return {
            "audit": 1,
            "outcome": self.outcome.value,
            "source": self.source,
            "origin": self.origin,
            "as_of": self.as_of,
            "since": self.since,
            "size": self.size,
            "root": self.root.hex(),
            "first": None if first is None else first.to_json(),
            "checks": [check.to_json() for check in self.checks],
        }
