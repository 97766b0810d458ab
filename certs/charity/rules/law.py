"""The rules as data: titles, sources, periods and days of effect (`law.toml`), limits of spending (`ratios.toml`).

What a regulation can change is in those files and nowhere in the code; every value has a source and a certainty.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from .calendar import Calendar, LastDay, day_number, days_after, months_after

FEN: Final = 100
CERTAINTIES: Final = frozenset({"law", "reported", "reading"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule. Periods that it does not have are 0, `day_of_year` is then None."""

    id: str
    zh: str
    en: str
    source: str
    source_en: str
    certainty: str
    since: int
    days: int = 0
    months: int = 0
    longer_than_months: int = 0
    day_of_year: tuple[int, int] | None = None
    rolls: bool = False
    soon: int = 0
    votes: tuple[int, int] = (0, 1)

    def after(self, first: int, calendar: Calendar) -> LastDay:
        """Last day of the rule's period from a day that is not counted."""
        counted = months_after(first, self.months) if self.months else days_after(first, self.days)
        return calendar.last_day(counted, rolls=self.rolls)

    def in_year(self, year: int, calendar: Calendar) -> LastDay:
        """The rule's day of a year."""
        assert self.day_of_year is not None
        return calendar.last_day(day_number(date(year, *self.day_of_year)), rolls=self.rolls)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a charity of one kind and size must spend at least and may administer at most, in percent."""

    since: int
    forms: frozenset[int]
    qualified: bool
    from_fen: int
    spend: int
    of_income: bool
    spend_income: int
    admin: int
    source: str
    source_en: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Law:
    """Everything that is configured. `rules` by id, each in order of effect; amounts in fen."""

    rules: dict[str, tuple[Rule, ...]]
    limits: tuple[Limits, ...]
    average_years: int
    admin_free_below: int

    @classmethod
    def parse(cls, rules: str, ratios: str) -> Law:
        """Of the two TOML texts. Raises ValueError, KeyError or TypeError: it is the program's own data."""
        found = {name: tuple(_rule(name, t) for t in tables) for name, tables in tomllib.loads(rules).items()}
        if any(list(v) != sorted(v, key=lambda r: r.since) for v in found.values()):
            raise ValueError("versions of a rule are in the order of their effect")
        table = tomllib.loads(ratios)
        limits = tuple(_limits(t) for t in table["limits"])
        return cls(found, limits, table["average_years"], table["admin_free_below"] * FEN)

    def rule(self, name: str, day: int) -> Rule | None:
        """The version of a rule in effect on a day; None before its first."""
        return next((rule for rule in reversed(self.rules[name]) if rule.since <= day), None)

    def due_in(self, name: str, year: int, calendar: Calendar) -> tuple[Rule, LastDay] | None:
        """The version of a yearly rule that was in effect on its own day of that year, and that day."""
        for rule in reversed(self.rules[name]):
            last = rule.in_year(year, calendar)
            if rule.since <= last.counted:
                return rule, last
        return None

    def latest(self, name: str) -> Rule:
        """The newest version of a rule: for titles."""
        return self.rules[name][-1]

    def limits_for(self, form: int, qualified: bool, net_assets: int, day: int) -> Limits | None:
        """The row for a charity of that form whose net assets were so many fen, as in force on a day."""
        rows = [
            row
            for row in self.limits
            if row.since <= day and form in row.forms and row.qualified == qualified and row.from_fen <= net_assets
        ]
        return max(rows, key=lambda row: (row.since, row.from_fen), default=None)


def _rule(name: str, table: dict[str, Any]) -> Rule:
    values = dict(table)
    values["since"] = day_number(values["since"])
    if "day_of_year" in values:
        month, day = values["day_of_year"].split("-")
        values["day_of_year"] = int(month), int(day)
    if "votes" in values:
        values["votes"] = tuple(values["votes"])
    if values["certainty"] not in CERTAINTIES:
        raise ValueError("unknown certainty")
    return Rule(id=name, **values)


def _limits(table: dict[str, Any]) -> Limits:
    if table["base"] not in {"income", "assets"} or table["certainty"] not in CERTAINTIES:
        raise ValueError("unknown base or certainty")
    return Limits(
        day_number(table["since"]),
        frozenset(table["form"]),
        table["qualified"],
        table.get("from", 0) * FEN,
        table["spend"],
        table["base"] == "income",
        table.get("spend_income", 0),
        table["admin"],
        table["source"],
        table["source_en"],
        table["certainty"],
    )


@lru_cache(maxsize=1)
def in_force() -> Law:
    """The law of `law.toml` and `ratios.toml`."""
    here = files(__package__)
    return Law.parse(
        here.joinpath("law.toml").read_text(encoding="utf-8"), here.joinpath("ratios.toml").read_text(encoding="utf-8")
    )
