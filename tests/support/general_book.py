"""A charity's general book, written in a few words by tests of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from certs.charity.rules import FundFigures, Obligation, case_of, judge
from certs.charity.rules.calendar import day_number
from verifier.charity import conduct as c
from verifier.charity import organisation as o
from verifier.charity.generalevents import GeneralEvent, encode, parse

CHARITY = "53990000MJ9T00037A"
PLAN = CHARITY + "A26001"
WORDS = ("合成数据", "synthetic")


def day(text: str) -> int:
    """Day number of "2026-05-31"."""
    return day_number(date.fromisoformat(text))


def terms(starts: str, ends: str, **more: Any) -> o.PlanTerms:
    """Terms of a plan between two days."""
    found = o.PlanTerms(WORDS, WORDS, WORDS, WORDS, day(starts), day(ends), "990000", (), (), 0, None, None)
    return replace(found, **more)


class GeneralBook:
    """Grows a book; every event is written to its bytes and read back."""

    def __init__(
        self, since: str = "2024-10-01", form: int = o.FOUNDATION, qualified: str | None = "2025-10-01"
    ) -> None:
        self.events: list[GeneralEvent] = []
        self.today = day(since)
        self.add(since, o.Registered, CHARITY, WORDS, form, "990000", WORDS, day(since), day(since))
        if qualified is not None:
            self.add(qualified, o.Qualified, "Q1", day(qualified), None)

    def add(self, on: str, kind: Any, *members: Any) -> int:
        """Record an event on a day; its position."""
        self.today = max(self.today, day(on))
        event = kind(self.today, len(self.events), *members)
        self.events.append(parse(encode(event)))
        return event.seq  # type: ignore[no-any-return]

    def plan(self, filed: str, starts: str, ends: str, emergency: str | None = None, **more: Any) -> int:
        """File the plan."""
        return self.add(filed, o.PlanFiled, PLAN, day(filed), emergency, terms(starts, ends, **more))

    def project(self, starts: str, ends: str | None, code: str = "P1") -> int:
        """Open a project."""
        until = None if ends is None else day(ends)
        return self.add(starts, o.ProjectOpened, code, WORDS, 1, (), day(starts), until, o.Budget(1, 1, 1, 1))

    def disclose(self, on: str, rule: str, subject: str = PLAN, **more: Any) -> int:
        """Publish something on a day, and record it the same day unless `recorded` says otherwise."""
        recorded = more.pop("recorded", on)
        values: dict[str, Any] = {
            "period": None,
            "channel": c.TO_PUBLIC,
            "document": len(self.events).to_bytes(32, "big"),
            "published_on": day(on),
            "url": None,
        }
        return self.add(recorded, c.Disclosed, rule, subject, *(values | more).values())

    def figures(self, year: int, **more: Any) -> int:
        """A year's figures in fen: income 1 000 000 yuan, 800 000 spent, of it 720 000 on charity, 80 000 on admin."""
        values: dict[str, Any] = {
            "income": 100_000_000,
            "deferred": 0,
            "released": 0,
            "spending": 80_000_000,
            "charitable": 72_000_000,
            "admin": 8_000_000,
            "fundraising": 0,
            "net_assets": 50_000_000,
            "audited": True,
            "report": bytes(32),
        }
        return self.add(f"{year + 1}-04-01", c.Figures, year, *(values | more).values())

    def judged(self, on: str, rule: str, funds: tuple[FundFigures, ...] = (), **more: Any) -> list[Obligation]:
        """Obligations of one rule as of a day."""
        return [one for one in judge(case_of(self.events, day(on), funds, **more)) if one.rule == rule]

    def states(self, on: str, rule: str, **more: Any) -> list[str]:
        """Their states alone."""
        return [one.state.value for one in self.judged(on, rule, **more)]
