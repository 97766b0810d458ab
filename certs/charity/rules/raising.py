"""Rules about raising funds in public: D1 to D6, D10, D18, D25."""

from __future__ import annotations

from dataclasses import replace

from verifier.charity.conduct import ON_SITE
from verifier.charity.general import Plan

from .calendar import days_after, months_after
from .law import Rule
from .obligation import Case, Obligation, State, once, rhythm, unknown

YEAR_MONTHS = 12


def qualification(case: Case) -> list[Obligation]:
    """D1: every day of raising so far is covered by a qualification, which nobody has in the first year."""
    found = [_covered(case, plan) for plan in case.book.plans.values() if _applies(case, "D1", plan)]
    for q in case.book.qualifications.values():
        rule = case.law.rule("D1", q.valid_from)
        if rule is not None and q.valid_from < months_after(case.since, rule.months):
            # Art. 22: some foundations and associations get the certificate at once, by another law.
            found.append(unknown("D1", q.certificate_no, "ground-of-certificate", aspect="first-year"))
    return found


def _applies(case: Case, rule: str, plan: Plan) -> bool:
    return case.law.rule(rule, plan.terms.starts_on) is not None


def _covered(case: Case, plan: Plan) -> Obligation:
    first, last = plan.terms.starts_on, min(plan.last_day, case.day)
    found = Obligation("D1", plan.filed.filing_no, State.NOT_DUE, trigger=first)
    if case.day < first:
        return found
    for q in sorted(case.book.qualifications.values(), key=lambda q: q.valid_from):
        if q.valid_from <= first and q.valid_to is not None:
            first = max(first, q.valid_to + 1)
        elif q.valid_from <= first:
            return replace(found, state=State.DONE)
    return replace(found, state=State.DONE if first > last else State.BREACHED)


def filing(case: Case) -> list[Obligation]:
    """D2 and D3: filed so many days before the start, in an emergency so many days after; nothing received before."""
    found = []
    for plan in case.book.plans.values():
        starts, filed = _start(plan)
        late = _may_be_late(case, plan, starts)
        rule = case.law.rule("D3" if late else "D2", starts)
        if rule is None:
            continue
        if late:
            last = rule.after(starts, case.calendar)
        else:  # counted backwards: moving it would shorten what the law gives the department
            last = case.calendar.last_day(days_after(starts, -rule.days), rolls=False)
        found.append(_filed(case, rule, plan, starts, filed, last.counted if not late else last.latest, last.due))
        found.extend(_received_before(case, plan, starts, late))
    return found


def _filed(case: Case, rule: Rule, plan: Plan, starts: int, filed: int, latest: int, due: int) -> Obligation:
    state = State.DONE if filed <= due else State.DONE_LATE if filed > latest else State.NOT_CHECKABLE
    return Obligation(
        rule.id,
        plan.filed.filing_no,
        state,
        trigger=starts,
        counted=due,
        due=due,
        done_on=filed,
        entry=plan.seq,
        recorded_on=plan.filed.day,
        missing="days-off" if state is State.NOT_CHECKABLE else None,
    )


def _start(plan: Plan) -> tuple[int, int]:
    """Day of the start and of the filing that set it. A start cannot be put off once it has come."""
    filed, terms = plan.versions[0]
    starts = terms.starts_on
    for changed, new in plan.versions[1:]:
        if new.starts_on < starts:
            starts, filed = new.starts_on, changed
        elif changed < starts:
            starts = new.starts_on
    return starts, filed


def _may_be_late(case: Case, plan: Plan, starts: int) -> bool:
    """Whether the plan is one of an emergency response that was on when it started (art. 73)."""
    if plan.filed.emergency is None:
        return False
    began, ended = case.book.emergencies[plan.filed.emergency]
    return began.began_on <= starts and (ended is None or starts <= ended)


def _received_before(case: Case, plan: Plan, starts: int, late: bool) -> list[Obligation]:
    early = [
        f for f in case.funds if f.plan == plan.filed.filing_no and f.first_day is not None and f.first_day < starts
    ]
    rule = "D3" if late else "D2"
    return [Obligation(rule, plan.filed.filing_no, State.BREACHED, aspect="received-before-start")] if early else []


def emergency_reports(case: Case) -> list[Obligation]:
    """D4: in the response phase what was received, every few days. For its use the law names no number of days."""
    found = []
    for plan in case.book.plans.values():
        if plan.filed.emergency is None:
            continue
        number = plan.filed.filing_no
        began, ended = case.book.emergencies[plan.filed.emergency]
        begins = max(_start(plan)[0], began.began_on)
        rule = case.law.rule("D4", begins)
        if rule is None or case.day < begins:
            continue
        last = plan.last_day if ended is None else min(plan.last_day, ended)
        found.extend(rhythm(case, rule, number, begins, last, ["D6"]))
        found.append(unknown("D4", number, "no-term-in-law", aspect="use", trigger=begins))
    return found


def campaign_reports(case: Case) -> list[Obligation]:
    """D5 and D6: regular reports of a long campaign, the full report after every one."""
    found = []
    for plan in case.book.plans.values():
        number = plan.filed.filing_no
        rule = case.law.rule("D5", plan.terms.starts_on)
        begins = None if rule is None else long_from(_plan_spans(plan), _start(plan)[0], rule.longer_than_months)
        if rule is not None and begins is not None:
            found.extend(rhythm(case, rule, number, begins, plan.last_day, ["D6"]))
        full = case.law.rule("D6", plan.last_day)
        if full is not None:
            found.append(once(case, full, number, plan.last_day, full.after(plan.last_day, case.calendar)))
    return found


def _plan_spans(plan: Plan) -> list[tuple[int, int | None]]:
    return [(filed, terms.ends_on) for filed, terms in plan.versions]


def long_from(spans: list[tuple[int, int | None]], starts: int, months: int) -> int | None:
    """Since when something is to last longer than so many months: its start, or the day on which it was extended.

    Nothing is due before the duty exists, so an extension begins the period anew. None if it never was that long.
    """
    end = months_after(starts, months)
    for n, (known, ends) in enumerate(spans):
        if ends is None or ends > end:
            return starts if n == 0 else max(starts, known)
    return None


def partners(case: Case) -> list[Obligation]:
    """D10: how the partners of a campaign were evaluated and supervised."""
    found = []
    for plan in case.book.plans.values():
        rule = case.law.rule("D10", plan.last_day)
        if rule is not None and any(terms.partners or terms.individuals for _, terms in plan.versions):
            last = rule.after(plan.last_day, case.calendar)
            found.append(once(case, rule, plan.filed.filing_no, plan.last_day, last))
    return found


def on_site(case: Case) -> list[Obligation]:
    """D18: only somebody at the place can see it; what the charity says of it is shown."""
    found = []
    for plan in case.book.plans.values():
        rule = case.law.rule("D18", plan.terms.starts_on)
        if rule is None or not plan.terms.starts_on <= case.day:
            continue
        shown = case.disclosures(["D18"], plan.filed.filing_no, ON_SITE)
        empty = unknown("D18", plan.filed.filing_no, "place-of-raising", trigger=plan.terms.starts_on)
        found.append(replace(empty, entry=shown[0].seq, done_on=shown[0].event.published_on) if shown else empty)
    return found


def platforms(case: Case) -> list[Obligation]:
    """D25: every internet platform of a plan is a designated one for as long as money is raised there."""
    found = []
    for plan in case.book.plans.values():
        if not plan.terms.platforms or not _applies(case, "D25", plan):
            continue
        number, first, last = plan.filed.filing_no, plan.terms.starts_on, min(plan.last_day, case.day)
        if case.platforms is None:
            found.append(unknown("D25", number, "designated-platforms"))
            continue
        good = all(designated(case.platforms.get(uscc), first, last) for uscc in plan.terms.platforms)
        found.append(Obligation("D25", number, State.DONE if good else State.BREACHED, trigger=first))
    return found


def designated(period: tuple[int, int | None] | None, first: int, last: int) -> bool:
    """Whether a platform is a designated one on all of these days; `period`: its own, None if it is in no list."""
    return period is not None and period[0] <= first and (period[1] is None or last <= period[1])
