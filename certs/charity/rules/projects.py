"""Rules about projects: D7 to D9, D12."""

from __future__ import annotations

from verifier.charity.general import Project

from .calendar import as_date, year_start
from .obligation import Case, Obligation, State, once, rhythm, unknown
from .raising import long_from


def project_reports(case: Case) -> list[Obligation]:
    """D7 and D8: regular reports of a long project, the final one after its end.

    A project that nobody ended is over on its planned last day; one without a planned end is a long one.
    """
    found = []
    for code, project in case.book.projects.items():
        starts, last_day = project.opened.starts_on, project.last_day
        rule = case.law.rule("D7", starts)
        begins = None if rule is None else long_from(list(project.spans), starts, rule.longer_than_months)
        if rule is not None and begins is not None:
            found.extend(rhythm(case, rule, code, begins, last_day, ["D8"]))
        full = None if last_day is None else case.law.rule("D8", last_day)
        if full is not None and last_day is not None:
            found.append(once(case, full, code, last_day, full.after(last_day, case.calendar)))
    return found


def surplus(case: Case) -> list[Obligation]:
    """D9: what became of what was left. Whether anything was is known only of projects that were ended."""
    found = []
    for code, project in case.book.projects.items():
        last_day = project.last_day
        rule = None if last_day is None else case.law.rule("D9", last_day)
        if rule is None or last_day is None:
            continue
        if project.ended is None:
            if last_day < case.day:
                found.append(unknown("D9", code, "end-of-project", trigger=last_day))
        elif project.ended.surplus:
            found.append(once(case, rule, code, last_day, rule.after(last_day, case.calendar)))
    return found


def major_projects(case: Case) -> list[Obligation]:
    """D12: a charity without a qualification publishes last year's major projects. Which are major, it decides itself:
    where nothing was published nobody is accused."""
    found = []
    for year in range(as_date(case.since).year + 1, as_date(case.day).year + 2):
        due = case.law.due_in("D12", year, case.calendar)
        if due is None or case.book.qualified_on(min(due[1].due, case.day)) is not None:
            continue
        rule, last = due
        if not any(_ran_in(project, year - 1) for project in case.book.projects.values()):
            continue
        subject = str(year - 1)
        one = once(case, rule, subject, year_start(year), last)
        found.append(one if one.state is not State.OVERDUE else unknown("D12", subject, "major-projects"))
    return found


def _ran_in(project: Project, year: int) -> bool:
    last = project.last_day
    return as_date(project.opened.starts_on).year <= year and (last is None or as_date(last).year >= year)
