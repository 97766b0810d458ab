"""Who is married to whom on a day, as known at a time: pure, from the recorded events alone.

Two times: *valid time* in civil days (from when an event has effect) and *knowledge time* in seconds (since when it is
recorded here). A question names both. What was answered once can be answered again: later knowledge changes no answer
for an earlier `known_at`.

    a marriage      begins on its day of effect and holds for every later day until it ends
    a re-issue      repeats an entry; where that is not recorded here (paper), it tells of it, and else changes nothing
    a divorce       ends every marriage of the two that began by its day; of an unrecorded one it tells from its day on
    void, revoked   the marriage never was, on no day
    a death         ends every marriage of that person; none begins after it
    a correction    gives an entry another day of effect, or takes it back; the last one known counts

NONE_KNOWN says that nothing is recorded. It never says "single": records on paper, abroad and elsewhere are not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from .events import BEGINNINGS, DIVORCES, REISSUES, VOIDINGS, Op

Couple = frozenset[str]


class State(StrEnum):
    """The answers (domain of the field: relationship state)."""

    NONE_KNOWN = "NONE_KNOWN"
    MARRIED = "MARRIED"
    DIVORCED = "DIVORCED"
    DIVORCED_COURT = "DIVORCED_COURT"
    ENDED_DEATH = "ENDED_DEATH"
    VOID_AB_INITIO = "VOID_AB_INITIO"


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the core sees it. `people`: identities, however the caller made them; two, or the one who died.

    `number` and `refers` are 字号 in the form of `events.number_key`; `corrects` is another event's `name`.
    """

    name: str
    op: Op
    known_at: int
    day: date
    effective: date
    people: Couple
    number: str | None = None
    refers: str | None = None
    corrects: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Marriage:
    """`start` None: only its divorce is recorded. `end`: first day on which it holds no more, with what it ended in.
    `members`: names of the entries that registered or re-issued it."""

    couple: Couple
    start: date | None
    end: date | None
    ended: State | None
    void: bool
    members: tuple[str, ...]

    def holds(self, day: date) -> bool:
        """Whether the two are married to each other on that day by this marriage."""
        if self.void or self.start is None or day < self.start:
            return False
        return self.end is None or day < self.end


# Two ends on one day: what the two did themselves comes before what a court or death did.
_RANK: Final = {State.DIVORCED: 0, State.DIVORCED_COURT: 1, State.ENDED_DEATH: 2}


def known(events: Iterable[Event], known_at: int) -> list[Event]:
    """Events recorded by then, each with its last correction; what was taken back is gone, corrections are too."""
    there = sorted((e for e in events if e.known_at <= known_at), key=lambda e: e.known_at)
    last = {e.corrects: e for e in there if e.op is Op.CORRECTION}
    result = []
    for event in there:
        correction = last.get(event.name)
        if event.op is Op.CORRECTION or (correction is not None and correction.withdrawn):
            continue
        result.append(event if correction is None else replace(event, effective=correction.effective))
    return result


def marriages(events: Sequence[Event], known_at: int) -> list[Marriage]:
    """Every marriage that the events tell of, as known at that second, by beginning."""
    there = known(events, known_at)
    origin = _origins([e for e in events if e.known_at <= known_at])
    begun: dict[str, list[Event]] = {}
    for event in there:
        if event.op in BEGINNINGS:
            begun.setdefault(origin.get(event.name, event.name), []).append(event)
    # A re-issue of an entry that was taken back tells of nothing: it repeats the mistake.
    roots = {e.name: e for e in there if origin.get(e.name, e.name) == e.name}
    couples: dict[Couple, list[Marriage]] = {}
    for name, members in begun.items():
        if name in roots:
            first = roots[name]
            made = Marriage(first.people, first.effective, None, None, False, tuple(e.name for e in members))
            couples.setdefault(first.people, []).append(made)
    divorces = [e for e in there if e.op in DIVORCES and e.name in roots]
    _add_unrecorded(couples, divorces)
    deaths = [e for e in there if e.op is Op.DEATH]
    ended = [_ended(m, divorces, deaths) for mine in couples.values() for m in mine]
    numbers = {(e.people, e.number): e.name for e in there if e.number is not None}
    void = {name for act in there if act.op in VOIDINGS for name in _voided(act, ended, numbers)}
    result = [replace(m, void=not void.isdisjoint(m.members)) for m in ended]
    return sorted(result, key=lambda m: (m.start or date.min, m.end or date.max, m.members))


def state_of(person: str, events: Sequence[Event], *, as_of: date, known_at: int) -> State:
    """Of one person, whoever the other one is."""
    return _state([m for m in marriages(events, known_at) if person in m.couple], as_of)


def state_between(couple: Couple, events: Sequence[Event], *, as_of: date, known_at: int) -> State:
    """Of two people to each other."""
    return _state([m for m in marriages(events, known_at) if m.couple == couple], as_of)


def _state(mine: Sequence[Marriage], day: date) -> State:
    if any(m.holds(day) for m in mine):
        return State.MARRIED
    over = [(m.end, _RANK[m.ended], m.ended) for m in mine if not m.void and m.end and m.ended and m.end <= day]
    if over:
        return max(over)[2]
    if any(m.void and m.start is not None and m.start <= day for m in mine):
        return State.VOID_AB_INITIO
    return State.NONE_KNOWN


def _origins(events: Sequence[Event]) -> dict[str, str]:
    """For every re-issue of an entry that is recorded: the name of that entry, through any number of re-issues. Free
    forms of old numbers tell no marriage from a divorce: only entries of one sort repeat each other."""
    numbered = [e for e in events if e.number is not None and e.op in BEGINNINGS | DIVORCES]
    by_number = {(e.people, e.number, e.op in BEGINNINGS): e for e in numbered}
    result: dict[str, str] = {}
    for event in events:
        seen, at = {event.name}, event
        while at.op in REISSUES and at.refers is not None:
            before = by_number.get((event.people, at.refers, event.op in BEGINNINGS))
            if before is None or before.name in seen:
                break
            seen.add(before.name)
            at = before
        if at is not event:
            result[event.name] = at.name
    return result


def _add_unrecorded(couples: dict[Couple, list[Marriage]], divorces: Sequence[Event]) -> None:
    """Divorces of marriages that are not recorded: before them nothing is known, from then on the two are divorced."""
    for event in divorces:
        mine = couples.setdefault(event.people, [])
        if not any(m.start is None or m.start <= event.effective for m in mine):
            mine.append(Marriage(event.people, None, None, None, False, ()))


def _ended(m: Marriage, divorces: Sequence[Event], deaths: Sequence[Event]) -> Marriage:
    """The marriage with its first end."""
    ends = []
    for e in divorces:
        if e.people == m.couple and (m.start is None or m.start <= e.effective):
            state = State.DIVORCED_COURT if e.op is Op.COURT_DIVORCE else State.DIVORCED
            ends.append((e.effective, _RANK[state], state))
    if m.start is not None:
        late = [max(m.start, e.effective) for e in deaths if not m.couple.isdisjoint(e.people)]
        ends += [(day, _RANK[State.ENDED_DEATH], State.ENDED_DEATH) for day in late]
    if not ends:
        return m
    day, _, state = min(ends)
    return replace(m, end=day, ended=state)


def _voided(act: Event, all_: Sequence[Marriage], numbers: dict[tuple[Couple, str], str]) -> tuple[str, ...]:
    """Entries of the marriage that the act voids: the one of its number, else the last that began by its day."""
    mine = [m for m in all_ if m.couple == act.people and m.start is not None]
    named = numbers.get((act.people, act.refers)) if act.refers else None
    for m in mine:
        if named is not None and named in m.members:
            return m.members
    begun = [m.start for m in mine if m.start is not None and m.start <= act.effective]
    return tuple(name for m in mine if begun and m.start == max(begun) for name in m.members)
