"""What the law wants of a charity, rule by rule, as checks that anybody can run on its public book.

    judge(case_of(events, day_number(date(2026, 6, 2))))   # -> obligations, each with its last day and state

`events` is the general book in order. What was recorded after the day that is asked about is left out: the answer for
a past day is the one that could have been given then. Rule ids are those of docs/charity-rules.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from verifier.charity.general import General
from verifier.charity.generalevents import GeneralEvent

from . import dealings, donors, projects, publishing, raising, ratios, yearly
from .calendar import Calendar, announced
from .law import Law, in_force
from .obligation import BAD, Case, FundFigures, Obligation, Receipts, State

__all__ = ["BAD", "CHECKS", "Case", "FundFigures", "Obligation", "Receipts", "State", "case_of", "judge"]

CHECKS: Final[Mapping[str, Callable[[Case], list[Obligation]]]] = {
    "D1": raising.qualification,
    "D2": raising.filing,
    "D3": raising.filing,
    "D4": raising.emergency_reports,
    "D5": raising.campaign_reports,
    "D6": raising.campaign_reports,
    "D7": projects.project_reports,
    "D8": projects.project_reports,
    "D9": projects.surplus,
    "D10": raising.partners,
    "D11": yearly.annual_report,
    "D12": projects.major_projects,
    "D13": dealings.major,
    "D14": dealings.related,
    "D15": yearly.related_list,
    "D16": yearly.trusts,
    "D17": publishing.entries,
    "D18": raising.on_site,
    "D19": donors.told,
    "D20": donors.feedback,
    "D21": publishing.secrets,
    "D22": donors.receipts,
    "D23": ratios.shares,
    "D24": ratios.shares,
    "D25": raising.platforms,
    "D26": dealings.investments,
}
"""Rule to check. One check can judge two rules: it is run once."""


def case_of(
    events: Sequence[GeneralEvent],
    day: int,
    funds: Sequence[FundFigures] = (),
    *,
    platforms: Mapping[str, tuple[int, int | None]] | None = None,
    law: Law | None = None,
    calendar: Calendar | None = None,
) -> Case:
    """What the checks look at, as of a day. Raises LedgerRefused if the events are no book."""
    known = [event for event in events if event.day <= day]
    return Case(General.replay(known), known, day, law or in_force(), calendar or announced(), funds, platforms)


def judge(case: Case) -> tuple[Obligation, ...]:
    """Every obligation, by rule in order, then as the check gives them. None before the registration."""
    if case.book.registered is None:
        return ()
    found = [one for check in dict.fromkeys(CHECKS.values()) for one in check(case)]
    order = list(CHECKS)
    return tuple(sorted(found, key=lambda one: order.index(one.rule)))
