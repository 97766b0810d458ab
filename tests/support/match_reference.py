"""The questions of relying parties answered a second time, slowly: day after day, person after person, from the words
of docs/match.md. It shares no code with `certs.match`; what holds on a day it asks of `relationship_reference`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from certs.marriage.events import Op
from certs.marriage.history import Known
from certs.marriage.party import Party
from certs.marriage.state import Event
from certs.match import Subject
from tests.support.relationship_reference import Reference, days, pairs

YES, NO, OPEN = "TRUE", "FALSE", "UNDETERMINED"
OVER = ("DIVORCED", "DIVORCED_COURT", "ENDED_DEATH", "VOID_AB_INITIO")


def lifelong(document: str) -> bool:
    return document.startswith(("111:", "112:"))


class World:
    """What is known at one second. `joined`: documents that are one person's are taken together."""

    def __init__(self, known: Sequence[Known], known_at: int, asked: Iterable[Party], *, joined: bool) -> None:
        self.known = [k for k in known if k[2] <= known_at]
        self.bearers: dict[tuple[str, date], set[str]] = {}
        for party in [*asked, *(p for _, r, _ in self.known for _, p in r.people)]:
            self.bearers.setdefault((party.name, party.birth), set()).add(party.identity_key)
        self.joined = joined
        self.model = Reference([self.event(k) for k in self.known], known_at)

    def person(self, document: str) -> str:
        """Follow documents from bearer to bearer until nothing new turns up; the first of them is the person."""
        found = {document}
        while self.joined:
            more = set(found)
            for documents in self.bearers.values():
                if documents & found and sum(map(lifelong, documents)) <= 1:
                    more |= documents
            if more == found:
                break
            found = more
        return min(found)

    def event(self, known: Known) -> Event:
        _, r, at = known
        people = frozenset(self.person(p.identity_key) for _, p in r.people)
        return Event(r.name, r.op, at, r.day, r.effective, people, r.number, r.refers, r.corrects, r.withdrawn)

    def state(self, who: str, day: date) -> str:
        return self.model.state(pairs(self.model.seen, who), day)

    def married(self, who: str, day: date) -> str:
        state = self.state(who, day)
        return YES if state == "MARRIED" else NO if state in OVER else OPEN

    def divorced_on(self, who: str, day: date) -> bool:
        for pair in pairs(self.model.seen, who):
            mine = [b for b in self.model.begun() if b.people == pair]
            if any(word.startswith("DIVORCED") for word in self.model.ends_on(pair, mine, day)):
                return True
        return False

    def registered_on(self, who: str, day: date) -> bool:
        for b in self.model.begun():
            acted = b.day if b.op is Op.MARRIAGE else self.model.effect(b)
            if who in b.people and acted == day and not self.model.void(b):
                return True
        return False


def worlds(subject: Subject, known: Sequence[Known], known_at: int) -> list[tuple[World, str]] | None:
    """Both ways of seeing it; None where the document is not recorded for somebody of this name."""
    mine = entries(subject, known, known_at)
    if not mine or not any(named(subject, p) for p in mine):
        return None
    both = [World(known, known_at, [subject.party], joined=joined) for joined in (False, True)]
    return [(world, world.person(subject.party.identity_key)) for world in both]


def entries(subject: Subject, known: Sequence[Known], known_at: int) -> list[Party]:
    people = [p for _, r, at in known if at <= known_at for _, p in r.people]
    return [p for p in people if p.identity_key == subject.party.identity_key]


def named(subject: Subject, p: Party) -> bool:
    return p.name == subject.party.name and (p.birth == subject.party.birth or not subject.birth_stated)


def one(answers: Iterable[str]) -> str:
    found = set(answers)
    return found.pop() if len(found) == 1 else OPEN


def registered_married(subject: Subject, known: Sequence[Known], as_of: date, known_at: int) -> str:
    seen = worlds(subject, known, known_at)
    return OPEN if seen is None else one(world.married(who, as_of) for world, who in seen)


def later(day: date, months: int) -> date:
    """The day on which months that began on `day` are over, counted one month at a time."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def divorce_within(subject: Subject, months: int, known: Sequence[Known], as_of: date, known_at: int) -> str:
    seen = worlds(subject, known, known_at)
    if seen is None:
        return OPEN
    window = [d for d in days(as_of - timedelta(days=31 * months + 3), as_of) if later(d, months) >= as_of]

    def answer(world: World, who: str) -> str:
        if any(world.divorced_on(who, d) for d in window):
            return YES
        return OPEN if world.state(who, window[0] - timedelta(days=1)) == "NONE_KNOWN" else NO

    return one(answer(world, who) for world, who in seen)


def registered_between(subject: Subject, first: date, last: date, known: Sequence[Known], known_at: int) -> str:
    seen = worlds(subject, known, known_at)
    if seen is None:
        return OPEN

    def answer(world: World, who: str) -> str:
        if any(world.registered_on(who, d) for d in days(first, last)):
            return YES
        return OPEN if world.state(who, first - timedelta(days=1)) == "NONE_KNOWN" else NO

    return one(answer(world, who) for world, who in seen)


def spouses_match(a: Subject, b: Subject, known: Sequence[Known], as_of: date, known_at: int) -> str:
    for subject in (a, b):
        mine = entries(subject, known, known_at)
        if mine and not any(named(subject, p) for p in mine):
            return OPEN
    world = World(known, known_at, [a.party, b.party], joined=True)
    pair = frozenset(world.person(s.party.identity_key) for s in (a, b))
    if len(pair) != 2:
        return OPEN
    state = world.model.state([pair], as_of)
    if state == "MARRIED":
        return YES
    if state in OVER:
        return NO
    return NO if elsewhere(a, b, known, as_of, known_at) or elsewhere(b, a, known, as_of, known_at) else OPEN


def elsewhere(a: Subject, b: Subject, known: Sequence[Known], as_of: date, known_at: int) -> bool:
    """Whether `a` is married to people all of whom have other identity numbers and another name or birth date."""
    if registered_married(a, known, as_of, known_at) != YES or not lifelong(b.party.identity_key):
        return False
    world, who = World(known, known_at, [a.party], joined=False), a.party.identity_key
    others = {x for e in world.model.begun() if who in e.people and world.model.married(e, as_of) for x in e.people}
    parties = [p for _, r, _ in world.known for _, p in r.people if p.identity_key in others - {who}]
    same = [p for p in parties if (p.name, p.birth) == (b.party.name, b.party.birth)]
    return bool(parties) and not same and all(lifelong(p.identity_key) for p in parties)
