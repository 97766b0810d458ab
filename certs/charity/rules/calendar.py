"""Days of the law: periods by Civil Code art. 200 to 203, and which days are worked on.

- A period in days, months or years does not count the day on which it begins (art. 201).
- A period in months ends on the day of the same number, or on the month's last day where there is none (art. 202).
- A last day on which nobody works moves to the next working day; the last day ends at 24:00 (art. 203).
- A period in hours begins at once (art. 201).

The State Council announces each November which days of the next year are free and which weekends are worked
(`holidays.toml`). A last day in a year that is not announced yet is not guessed: it is `sure=False`, and only what is
true for every possible announcement is said about it.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from certs.civilday import DAY, UTC_OFFSET, day_after

EPOCH: Final = date(1970, 1, 1)
LONGEST_BREAK: Final = 15  # days; longer than any run of days off ever announced (10, in 2020)
_SATURDAY: Final = 5
_NEW_YEAR: Final = 4  # days before New Year that can belong to its break


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def as_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=day)


def year_start(year: int) -> int:
    """First day of a year."""
    return day_number(date(year, 1, 1))


def day_of(now: int) -> int:
    """The civil day (UTC+8) of a moment (seconds UTC)."""
    return (now + UTC_OFFSET) // DAY


def days_after(first: int, days: int) -> int:
    """Last day of a period of so many days that begins on `first`, which is not counted."""
    return first + days


def months_after(first: int, months: int) -> int:
    """Last day of a period of so many months that begins on `first`; negative counts backwards."""
    start = as_date(first)
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return day_number(date(year, month, min(start.day, monthrange(year, month)[1])))


def hours_after(moment: int, hours: int) -> int:
    """End (seconds UTC) of a period of hours, which begins at once."""
    return moment + hours * 3600


def end_of(day: int) -> int:
    """First second (UTC) after a day: a last day lasts until 24:00 in China."""
    return day_after(as_date(day))


@dataclass(frozen=True, slots=True)
class LastDay:
    """The end of a period. `counted` as it comes out of counting, `due` moved off days on which nobody works.

    `sure` is False where the year's days off are not announced: then the true last day is `due` or up to
    `LONGEST_BREAK` days later.
    """

    counted: int
    due: int
    sure: bool

    @property
    def latest(self) -> int:
        """The last day under every possible announcement."""
        return self.due if self.sure else self.due + LONGEST_BREAK


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days off and worked weekends of the years that are announced. Immutable."""

    years: frozenset[int]
    off: frozenset[int]
    worked: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Calendar:
        """Of TOML as in `holidays.toml`. Raises ValueError or KeyError: it is the program's own data."""
        years: Mapping[str, Any] = tomllib.loads(text)["year"]
        off: set[int] = set()
        worked: set[int] = set()
        for year, table in years.items():
            for span in table["off"]:
                first, _, last = span.partition("..")
                off.update(range(_day(year, first), _day(year, last or first) + 1))
            worked.update(_day(year, day) for day in table["worked"])
        if off & worked:
            raise ValueError("a day is both free and worked")
        return cls(frozenset(int(y) for y in years), frozenset(off), frozenset(worked))

    def working(self, day: int) -> bool | None:
        """Whether a day is worked on; None if that is not announced.

        New Year's break can begin in December (2018-12-31 was free), which the next year's announcement says.
        """
        if day in self.off or day in self.worked:
            return day in self.worked
        if as_date(day + _NEW_YEAR).year not in self.years:
            return None
        return as_date(day).weekday() < _SATURDAY

    def last_day(self, counted: int, *, rolls: bool = True) -> LastDay:
        """The last day of a period that counting ends on `counted` (art. 203)."""
        due = counted
        while rolls:
            working = self.working(due)
            if working is None:
                return LastDay(counted, counted, False)
            if working:
                break
            due += 1
        return LastDay(counted, due, True)


def _day(year: str, month_day: str) -> int:
    return day_number(date.fromisoformat(f"{year}-{month_day}"))


@lru_cache(maxsize=1)
def announced() -> Calendar:
    """The calendar of `holidays.toml`."""
    return Calendar.parse(files(__package__).joinpath("holidays.toml").read_text(encoding="utf-8"))
