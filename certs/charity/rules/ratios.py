"""Rules about shares: D23 and D24. Whole fen compared crosswise, nothing rounded.

Fundraising cost is neither charitable spending nor administration: a class of its own, with its share shown and no
limit in force.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from verifier.charity.conduct import Figures
from verifier.charity.organisation import FOUNDATION

from .calendar import LastDay, as_date, year_start
from .law import Limits, Rule
from .obligation import Case, Obligation, State, settle, unknown
from .yearly import due_years

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Share:
    """A share and its bound: `part`/`whole` (fen) against `percent`. `holds` is None where no bound is in force."""

    name: str
    part: int
    whole: int
    percent: int | None
    holds: bool | None


@dataclass(frozen=True, slots=True)
class YearShares:
    """A year's shares under the rule that applies ("D23" or "D24"). `missing`: codes of what is not there to judge."""

    year: int
    rule: str
    shares: tuple[Share, ...]
    limits: Limits | None
    missing: tuple[str, ...] = ()


def income_of(figures: Figures) -> int:
    """Total income of a year as the spending rules mean it: without what may not be used in it, with what came free."""
    return figures.income - figures.deferred + figures.released


def year_shares(case: Case, year: int) -> YearShares:
    """All shares of a year by the figures of it and of the years before."""
    registered = case.book.registered
    assert registered is not None
    qualified = case.book.qualified_on(year_start(year + 1) - 1) is not None
    rule = "D23" if qualified and registered.form == FOUNDATION else "D24"
    known = {entry.event.year: entry.event for entry in case.book.kept(Figures)}
    now, before = known.get(year), known.get(year - 1)
    if now is None:
        return YearShares(year, rule, (), None, ("figures",))
    shares = [Share("fundraising", now.fundraising, now.spending, None, None)]
    if before is None:
        return YearShares(year, rule, tuple(shares), None, ("figures-of-year-before",))
    limits = case.law.limits_for(registered.form, qualified, before.net_assets, year_start(year))
    if limits is None:
        return YearShares(year, rule, tuple(shares), None, ("limits",))
    earlier = [known.get(year - n) for n in range(1, case.law.average_years + 1)]
    shares += _spending(now, [f for f in earlier if f is not None], limits, case.law.average_years)
    shares.append(_admin(now, limits, case.law.admin_free_below))
    return YearShares(year, rule, tuple(shares), limits)


def _spending(now: Figures, earlier: list[Figures], limits: Limits, years: int) -> list[Share]:
    found = [_at_least("spending", now, earlier, limits.spend, years, of_income=limits.of_income)]
    if limits.spend_income:
        found.append(_at_least("spending-of-income", now, earlier, limits.spend_income, years, of_income=True))
    return found


def _at_least(name: str, now: Figures, earlier: list[Figures], percent: int, years: int, *, of_income: bool) -> Share:
    """Against the year before, or the average of the years before where all of them are known: the easier one."""
    bases = [income_of(f) if of_income else f.net_assets for f in earlier]
    whole, parts = bases[0], 1
    if len(bases) == years and sum(bases) < whole * years:
        whole, parts = sum(bases), years
    holds = now.charitable * PERCENT * parts >= percent * whole
    return Share(name, now.charitable, whole // parts, percent, holds)


def _admin(now: Figures, limits: Limits, free_below: int) -> Share:
    holds = now.admin < free_below or now.admin * PERCENT <= limits.admin * now.spending
    return Share("admin", now.admin, now.spending, limits.admin, holds)


def shares(case: Case) -> list[Obligation]:
    """D23 and D24: both shares of every year. Who misses one reports and explains: a disclosure of the rule does."""
    found: list[Obligation] = []
    for due_year, _, _ in due_years(case, "D23"):
        judged = year_shares(case, due_year - 1)
        due = case.law.due_in(judged.rule, due_year, case.calendar)
        if due is not None:
            found.extend(_of_year(case, judged, *due))
    return found


def _of_year(case: Case, judged: YearShares, rule: Rule, last: LastDay) -> list[Obligation]:
    subject, trigger = str(judged.year), year_start(judged.year + 1)
    pending = settle(case, rule, Obligation(rule.id, subject, State.NOT_DUE, trigger=trigger), last, None)
    if judged.missing:
        waiting = pending.state in {State.NOT_DUE, State.DUE_SOON} and judged.missing[0] == "figures"
        return [pending if waiting else unknown(rule.id, subject, judged.missing[0], trigger=trigger)]
    explained = case.disclosures([rule.id], subject)
    found = []
    for share in judged.shares:
        if share.holds is None:
            continue
        one = replace(pending, aspect=share.name, missing=None, state=State.DONE if share.holds else State.BREACHED)
        if not share.holds and explained:
            one = replace(one, entry=explained[0].seq, done_on=explained[0].event.published_on)
        found.append(one)
    return found


def limits_on(case: Case) -> Limits | None:
    """The limits that the running year will be judged by, as far as the figures of the year before are known."""
    registered = case.book.registered
    year = as_date(case.day).year
    before = next((e.event for e in case.book.kept(Figures) if e.event.year == year - 1), None)
    if registered is None or before is None:
        return None
    qualified = case.book.qualified_on(case.day) is not None
    return case.law.limits_for(registered.form, qualified, before.net_assets, case.day)
