"""Obligations, shares, corrections and bank days as they are shown: values of JSON, days as ISO dates.

{"rule": "D11", "title": {"zh": "…", "en": "…"}, "subject": "2025", "aspect": "report", "state": "overdue",
 "due": "2026-06-01", "days_late": 1, "published": null, …}
"""

from __future__ import annotations

from typing import Any, Final

from verifier.charity import conduct as c

from .calendar import as_date
from .obligation import BAD, Case, Obligation, State
from .ratios import Share, YearShares, limits_on, year_shares
from .wording import ASPECTS, MISSING, STATES, aspect_of

_SHORT: Final = {
    State.NOT_DUE: "open",
    State.DUE_SOON: "soon",
    State.DONE: "done",
    State.DONE_LATE: "late",
    State.OVERDUE: "overdue",
    State.BREACHED: "breached",
    State.NOT_CHECKABLE: "unknown",
}
_COSTS: Final = frozenset({"admin", "fundraising"})  # the less the better
_YEARS: Final = 3  # whose shares are shown


def iso(day: int | None) -> str | None:
    """A day as "2026-06-01"."""
    return None if day is None else as_date(day).isoformat()


def both(words: tuple[str, str] | None) -> dict[str, str] | None:
    """Words as {"zh", "en"}."""
    return None if words is None else {"zh": words[0], "en": words[1]}


def obligation_shown(case: Case, one: Obligation) -> dict[str, Any]:
    """One line of the list. `days_late` counts to the publication, or to the day that is asked about."""
    rule = case.law.latest(one.rule)
    return {
        "rule": one.rule,
        "title": {"zh": rule.zh, "en": rule.en},
        "subject": one.subject,
        "aspect": both(aspect_of(one.aspect)),
        "state": _SHORT[one.state],
        "said": both(STATES[one.state]),
        "due": iso(one.due),
        "counted": iso(one.counted),
        "days_off_known": one.sure,
        "published": iso(one.done_on),
        "recorded": iso(one.recorded_on),
        "days_late": one.late_by(case.day),
        "event": one.entry,
        "notes": list(one.notes),
        "missing": None if one.missing is None else both(MISSING[one.missing]),
        "source": {"zh": rule.source, "en": rule.source_en},
        "certainty": rule.certainty,
        "bad": one.state in BAD,
    }


def ratios_shown(case: Case) -> list[dict[str, Any]]:
    """Shares of the last years whose figures are known, the newest first."""
    years = sorted({entry.event.year for entry in case.book.kept(c.Figures)}, reverse=True)[:_YEARS]
    return [row for year in years for row in _year(year_shares(case, year))]


def _year(found: YearShares) -> list[dict[str, Any]]:
    limits = found.limits
    source = {"zh": "", "en": ""} if limits is None else {"zh": limits.source, "en": limits.source_en}
    return [
        {
            "year": found.year,
            "rule": found.rule,
            "ratio": share.name,
            "title": both(ASPECTS[share.name]),
            "value": percent(share.part, share.whole, up=share.name in _COSTS),
            "limit": _limit(share),
            "state": "unlimited" if share.holds is None else "met" if share.holds else "breached",
            "source": source,
        }
        for share in found.shares
    ]


def limits_shown(case: Case) -> dict[str, Any] | None:
    """The limits of the running year, by which nobody is judged before it is over; None until they are known."""
    limits = limits_on(case)
    if limits is None:
        return None
    return {
        "spend": limits.spend,
        "base": "income" if limits.of_income else "assets",
        "admin": limits.admin,
        "source": {"zh": limits.source, "en": limits.source_en},
    }


def _limit(share: Share) -> str | None:
    if share.percent is None:
        return None
    return f"≤ {share.percent} %" if share.name == "admin" else f"≥ {share.percent} %"


def percent(part: int, whole: int, *, up: bool = False) -> str | None:
    """A share as "72.50 %", cut off, or rounded up: on the side on which it never looks better than it is. None of
    nothing."""
    if whole <= 0:
        return None
    hundredths = -(-part * 10000 // whole) if up else part * 10000 // whole
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def corrections_shown(case: Case) -> list[dict[str, Any]]:
    """Correction notes, the newest first."""
    notes = [(seq, note) for entry in case.book.entries.values() for seq, note in entry.notes]
    return [
        {
            "event": seq,
            "about": note.about,
            "day": iso(note.published_on),
            "effect": "withdrawn" if note.effect == c.WITHDRAWN else "amended",
            "reason": both(note.reason),
        }
        for seq, note in sorted(notes, key=lambda one: -one[0])
    ]


def bank_days_shown(case: Case, limit: int = 31) -> list[dict[str, Any]]:
    """The last bank days that stand, the newest first."""
    days = sorted(case.book.kept(c.BankDay), key=lambda entry: (entry.event.of_day, entry.seq), reverse=True)
    return [
        {
            "day": iso(entry.event.of_day),
            "credits": entry.event.credits,
            "debits": entry.event.debits,
            "signed": entry.event.statement is not None,
        }
        for entry in days[:limit]
    ]
