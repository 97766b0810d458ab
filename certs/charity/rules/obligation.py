"""What a rule of the law asks of one charity about one thing, and how it stands on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from verifier.charity.conduct import TO_PUBLIC, Disclosed
from verifier.charity.general import Entry, General
from verifier.charity.generalevents import GeneralEvent

from .calendar import Calendar, LastDay
from .law import Law, Rule


class State(StrEnum):
    """How an obligation stands. NOT_CHECKABLE is neither good nor bad: `missing` says what would decide it."""

    NOT_DUE = "NOT_DUE"
    DUE_SOON = "DUE_SOON"
    DONE = "DONE"
    DONE_LATE = "DONE_LATE"
    OVERDUE = "OVERDUE"
    BREACHED = "BREACHED"
    NOT_CHECKABLE = "NOT_CHECKABLE"


BAD: Final = frozenset({State.OVERDUE, State.BREACHED})


@dataclass(frozen=True, slots=True)
class Obligation:
    """One line of the list. Days are civil days since 1970-01-01.

    `subject`: filing number, project, year … ; `aspect`: code of what is asked where a rule asks several things;
    `trigger`: day from which the period runs; `counted`, `due`: its last day before and after moving off days off;
    `sure`: whether the days off of that year are announced; `done_on`: stated day of publication; `entry`: position in
    the general book of the event that fulfils it, `recorded_on` the day it got there; `notes`: positions of correction
    notes about it; `missing`: code of what a NOT_CHECKABLE one lacks.
    """

    rule: str
    subject: str
    state: State
    aspect: str = ""
    trigger: int | None = None
    counted: int | None = None
    due: int | None = None
    sure: bool = True
    done_on: int | None = None
    entry: int | None = None
    recorded_on: int | None = None
    notes: tuple[int, ...] = ()
    missing: str | None = None

    def late_by(self, day: int) -> int:
        """Days after the last day: of the publication, or of `day` while there is none. 0 if in time."""
        if self.due is None or self.state not in {State.OVERDUE, State.DONE_LATE}:
            return 0
        return max(0, (day if self.done_on is None else self.done_on) - self.due)


@dataclass(frozen=True, slots=True)
class Receipts:
    """How a fund's donations stand with receipts (art. 38): counts."""

    issued: int
    waived: int
    recorded: int
    missing: int


@dataclass(frozen=True, slots=True)
class FundFigures:
    """What the rules need of one fund's book. `first_day`, `last_day`: of donations received, None without any."""

    book: bytes
    plan: str | None
    first_day: int | None
    last_day: int | None
    receipts: Receipts | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """All that a check may look at: the book as of `day`, figures of the funds, law and calendar.

    `platforms`: designated internet platforms with their first and last day; None where nobody configured the list.
    """

    book: General
    events: Sequence[GeneralEvent]
    day: int
    law: Law
    calendar: Calendar
    funds: Sequence[FundFigures] = ()
    platforms: Mapping[str, tuple[int, int | None]] | None = None
    published: Mapping[tuple[str, str, int], list[Entry[Disclosed]]] = field(init=False, repr=False)
    """Standing disclosures by rule, subject and channel: a large charity has thousands."""

    def __post_init__(self) -> None:
        found: dict[tuple[str, str, int], list[Entry[Disclosed]]] = {}
        for entry in self.book.kept(Disclosed):
            found.setdefault((entry.event.rule, entry.event.subject, entry.event.channel), []).append(entry)
        object.__setattr__(self, "published", found)

    @property
    def charity(self) -> str:
        """The charity's code: the subject of what is about the whole of it."""
        assert self.book.registered is not None
        return self.book.registered.charity

    @property
    def since(self) -> int:
        """The day since when it is a charity."""
        assert self.book.registered is not None
        return self.book.registered.recognised_on

    def disclosures(self, rules: Iterable[str], subject: str, channel: int = TO_PUBLIC) -> list[Entry[Disclosed]]:
        """Standing disclosures for any of the rules about a subject, by day of publication."""
        found = [entry for rule in rules for entry in self.published.get((rule, subject, channel), ())]
        return sorted(found, key=lambda entry: (entry.event.published_on, entry.seq))


def settle(case: Case, rule: Rule, obligation: Obligation, last: LastDay, done: Entry[Disclosed] | None) -> Obligation:
    """The obligation with its last day and state. Past `last.due` of an unannounced year nothing is claimed."""
    obligation = replace(obligation, counted=last.counted, due=last.due, sure=last.sure)
    if done is not None:
        obligation = replace(
            obligation,
            done_on=done.event.published_on,
            entry=done.seq,
            recorded_on=done.event.day,
            notes=tuple(seq for seq, _ in done.notes),
        )
    when = case.day if done is None else done.event.published_on
    if last.due < when <= last.latest:
        return replace(obligation, state=State.NOT_CHECKABLE, missing="days-off")
    if done is not None:
        return replace(obligation, state=State.DONE if when <= last.due else State.DONE_LATE)
    if when > last.latest:
        return replace(obligation, state=State.OVERDUE)
    return replace(obligation, state=State.DUE_SOON if when > last.due - rule.soon else State.NOT_DUE)


def once(
    case: Case, rule: Rule, subject: str, trigger: int, last: LastDay, *, aspect: str = "", channel: int = TO_PUBLIC
) -> Obligation:
    """An obligation that one disclosure on or after the trigger fulfils: the first one counts."""
    found = [d for d in case.disclosures([rule.id], subject, channel) if d.event.published_on >= trigger]
    empty = Obligation(rule.id, subject, State.NOT_DUE, aspect=aspect, trigger=trigger)
    return settle(case, rule, empty, last, found[0] if found else None)


def rhythm(
    case: Case, rule: Rule, subject: str, begins: int, ends: int | None, final: Sequence[str] = ()
) -> list[Obligation]:
    """A report in every period, the first one counted from `begins`, the next from the last report, until `ends`.

    Whose period ends after `ends` is not asked for: the final report (rules `final`, which also serve for a missed
    one) takes over. Of several reports in one period the last counts, so that gaps are never longer than the period;
    a report on the first day says nothing about it and moves nothing.
    """
    reports = case.disclosures([rule.id, *final], subject)
    found: list[Obligation] = []
    start = begins
    while True:
        last = rule.after(start, case.calendar)
        if ends is not None and last.counted > ends:
            return found
        later = [d for d in reports if d.event.published_on > start]
        in_time = [d for d in later if d.event.published_on <= last.due]
        done = in_time[-1] if in_time else later[0] if later else None
        found.append(settle(case, rule, Obligation(rule.id, subject, State.NOT_DUE, trigger=start), last, done))
        if done is None:
            return found
        start = done.event.published_on


def unknown(rule: str, subject: str, missing: str, *, aspect: str = "", trigger: int | None = None) -> Obligation:
    """An obligation that software cannot judge, and what it lacks."""
    return Obligation(rule, subject, State.NOT_CHECKABLE, aspect=aspect, trigger=trigger, missing=missing)
