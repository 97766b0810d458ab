"""Rules about donors: D19, D20, D22."""

from __future__ import annotations

from dataclasses import replace

from verifier.charity.conduct import TO_DONORS

from .obligation import Case, Obligation, Receipts, State, unknown


def told(case: Case) -> list[Obligation]:
    """D19: donors of a directed campaign are told promptly. The law names no day; what was done is shown."""
    if not _in_force(case, "D19"):
        return []
    shown = case.disclosures(["D19"], case.charity, TO_DONORS)
    empty = unknown("D19", case.charity, "no-term-in-law")
    return [replace(empty, entry=shown[-1].seq, done_on=shown[-1].event.published_on) if shown else empty]


def feedback(case: Case) -> list[Obligation]:
    """D20: each donor can trace a donation here. What a charity tells beyond that, software does not see."""
    return [unknown("D20", case.charity, "what-donors-were-told")] if _in_force(case, "D20") else []


def receipts(case: Case) -> list[Obligation]:
    """D22: every donation has a receipt, or a record of why not (waived, anonymous)."""
    if not _in_force(case, "D22"):
        return []
    return [_receipted(fund.book.hex(), fund.receipts) for fund in case.funds if fund.first_day is not None]


def _receipted(subject: str, receipts: Receipts | None) -> Obligation:
    if receipts is None:
        return unknown("D22", subject, "receipt-records")
    return Obligation("D22", subject, State.BREACHED if receipts.missing else State.DONE)


def _in_force(case: Case, name: str) -> bool:
    return case.law.rule(name, case.day) is not None
