"""Rules with a day of the year: D11, D15, D16."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.charity.conduct import SETTLOR, TO_REGISTRAR, TRUSTEE, Figures, Trust

from .calendar import LastDay, as_date, year_start
from .law import Rule
from .obligation import Case, Obligation, State, once, settle


def due_years(case: Case, name: str) -> Iterator[tuple[int, Rule, LastDay]]:
    """The years in which a yearly rule is due: from the first full one as a charity to the next one to come."""
    for year in range(as_date(case.since).year + 1, as_date(case.day).year + 2):
        due = case.law.due_in(name, year, case.calendar)
        if due is None or (case.book.ended is not None and case.book.ended.ended_on <= due[1].counted):
            continue
        yield year, *due


def annual_report(case: Case) -> list[Obligation]:
    """D11: work report and financial report of every year; audited where funds were raised in public in it."""
    found = []
    for year, rule, last in due_years(case, "D11"):
        subject = str(year - 1)
        found.append(once(case, rule, subject, year_start(year), last, aspect="report"))
        if _qualified_in(case, year - 1):
            found.append(_audited(case, rule, year - 1, last))
    return found


def _qualified_in(case: Case, year: int) -> bool:
    first, last = year_start(year), year_start(year + 1) - 1
    return any(
        q.valid_from <= last and (q.valid_to is None or q.valid_to >= first) for q in case.book.qualifications.values()
    )


def _audited(case: Case, rule: Rule, year: int, last: LastDay) -> Obligation:
    empty = Obligation(rule.id, str(year), State.NOT_DUE, aspect="audit", trigger=year_start(year + 1))
    entry = next((e for e in case.book.kept(Figures) if e.event.year == year), None)
    if entry is None:
        found = settle(case, rule, empty, last, None)
        return replace(found, state=State.NOT_CHECKABLE, missing="figures") if case.day > last.due else found
    state = State.DONE if entry.event.audited else State.BREACHED
    return replace(empty, state=state, counted=last.counted, due=last.due, sure=last.sure, entry=entry.seq)


def related_list(case: Case) -> list[Obligation]:
    """D15: the list of related parties goes to the registrar, an empty one too."""
    return [
        once(case, rule, str(year), year_start(year), last, channel=TO_REGISTRAR)
        for year, rule, last in due_years(case, "D15")
    ]


def trusts(case: Case) -> list[Obligation]:
    """D16: a settlor publishes name, trustee and amount; a trustee reports once in every calendar year.

    The first report is due in the year after the setting up, none in the year in which the trust ends. A report that
    comes after the year serves for it, late, and for its own year.
    """
    found = []
    for number, (trust, ended) in case.book.trusts.items():
        rule = case.law.rule("D16", trust.set_up_on)
        if trust.role == SETTLOR and rule is not None:
            last = rule.after(trust.set_up_on, case.calendar)
            found.append(once(case, rule, number, trust.set_up_on, last, aspect="settlor"))
        if trust.role == TRUSTEE:
            found.extend(_trustee(case, number, trust, ended))
    return found


def _trustee(case: Case, number: str, trust: Trust, ended: int | None) -> Iterator[Obligation]:
    for year in range(as_date(trust.set_up_on).year + 1, as_date(case.day).year + 1):
        due = case.law.due_in("D16", year, case.calendar)
        if due is None or (ended is not None and ended <= due[1].counted):
            continue
        rule, last = due
        reports = [d for d in case.disclosures(["D16"], number) if d.event.published_on >= year_start(year)]
        empty = Obligation("D16", number, State.NOT_DUE, aspect=f"trustee-{year}", trigger=year_start(year))
        yield settle(case, rule, empty, last, reports[0] if reports else None)
