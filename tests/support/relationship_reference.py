"""A second relationship state, slow on purpose: it asks of every single day what holds on it, from the definitions of
docs/adr/0017-relationship-state.md, and keeps no intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from certs.marriage.events import Op
from certs.marriage.state import Event

FIRST = date(2000, 1, 1)
BOOKLETS = {  # what a re-issue may repeat
    Op.REISSUE_MARRIAGE: (Op.MARRIAGE, Op.REISSUE_MARRIAGE),
    Op.REISSUE_DIVORCE: (Op.DIVORCE, Op.REISSUE_DIVORCE),
}


class Reference:
    """The world as known at one second."""

    def __init__(self, events: Sequence[Event], known_at: int) -> None:
        self.seen = [e for e in events if e.known_at <= known_at]
        self.corrections = sorted((e for e in self.seen if e.op is Op.CORRECTION), key=lambda e: e.known_at)

    def correction(self, event: Event) -> Event | None:
        mine = [c for c in self.corrections if c.corrects == event.name]
        return mine[-1] if mine else None

    def stands(self, event: Event) -> bool:
        c = self.correction(event)
        return event.op is not Op.CORRECTION and not (c is not None and c.withdrawn)

    def effect(self, event: Event) -> date:
        c = self.correction(event)
        return event.effective if c is None else c.effective

    def original(self, event: Event) -> Event:
        """Follow the numbers of re-issues back as far as they are recorded."""
        trail = [event]
        while trail[-1].op in (Op.REISSUE_MARRIAGE, Op.REISSUE_DIVORCE) and trail[-1].refers is not None:
            at = trail[-1]
            same = BOOKLETS[at.op]
            before = [e for e in self.seen if e.number == at.refers and e.people == at.people and e.op in same]
            if not before or before[-1] in trail:
                break
            trail.append(before[-1])
        return trail[-1]

    def own(self, event: Event) -> bool:
        return self.stands(event) and self.original(event) is event

    def begun(self) -> list[Event]:
        return [e for e in self.seen if e.op in (Op.MARRIAGE, Op.REISSUE_MARRIAGE) and self.own(e)]

    def divorces(self, people: frozenset[str]) -> list[Event]:
        kinds = (Op.DIVORCE, Op.REISSUE_DIVORCE, Op.COURT_DIVORCE)
        return [e for e in self.seen if e.op in kinds and e.people == people and self.own(e)]

    def void(self, beginning: Event) -> bool:
        return any(self.voids(act, beginning) for act in self.seen if self.stands(act))

    def voids(self, act: Event, beginning: Event) -> bool:
        if act.op not in (Op.ANNULMENT, Op.COURT_VOID, Op.COURT_REVOKED) or act.people != beginning.people:
            return False
        mine = [b for b in self.begun() if b.people == act.people]
        booklets = [e for e in self.seen if e.number == act.refers and e.people == act.people and self.stands(e)]
        if act.refers is not None and booklets:
            meant = [b for b in mine if self.original(booklets[-1]) is b]
            if meant:
                return beginning in meant
        before = [self.effect(b) for b in mine if self.effect(b) <= self.effect(act)]
        return bool(before) and self.effect(beginning) == max(before)

    def over(self, beginning: Event, day: date) -> bool:
        """Whether something on a day up to this one has ended it."""
        start = self.effect(beginning)
        for d in days(start, day):
            if any(self.effect(e) == d for e in self.divorces(beginning.people)):
                return True
        return any(self.effect(e) <= day for e in self.deaths(beginning.people))

    def deaths(self, people: frozenset[str]) -> list[Event]:
        return [e for e in self.seen if e.op is Op.DEATH and self.stands(e) and e.people & people]

    def married(self, beginning: Event, day: date) -> bool:
        return self.effect(beginning) <= day and not self.void(beginning) and not self.over(beginning, day)

    def state(self, mine: Sequence[frozenset[str]], day: date) -> str:
        """Of relationships between these pairs of people."""
        all_ = [b for b in self.begun() if b.people in mine]
        if any(self.married(b, day) for b in all_):
            return "MARRIED"
        for d in reversed(list(days(FIRST, day))):
            ends = {end for pair in mine for end in self.ends_on(pair, [b for b in all_ if b.people == pair], d)}
            for state in ("ENDED_DEATH", "DIVORCED_COURT", "DIVORCED"):
                if state in ends:
                    return state
        return "VOID_AB_INITIO" if any(self.effect(b) <= day for b in all_) else "NONE_KNOWN"

    def ends_on(self, pair: frozenset[str], beginnings: Sequence[Event], d: date) -> set[str]:
        """What ended on that very day, each marriage by the first thing that ended it."""
        found = set()
        today = [e for e in self.divorces(pair) if self.effect(e) == d]
        divorced = "DIVORCED" if any(e.op is not Op.COURT_DIVORCE for e in today) else "DIVORCED_COURT"
        for b in beginnings:
            start = self.effect(b)
            if self.void(b) or start > d or (start < d and self.over(b, d - timedelta(days=1))):
                continue
            if today:
                found.add(divorced)
            elif any(max(start, self.effect(e)) == d for e in self.deaths(pair)):
                found.add("ENDED_DEATH")
        # a divorce of a marriage that nobody recorded, unless one before it said so already
        unrecorded = not any(self.effect(b) <= d for b in beginnings)
        if today and unrecorded and not any(self.effect(e) < d for e in self.divorces(pair)):
            found.add(divorced)
        return found


def days(first: date, last: date) -> list[date]:
    """Both included; none if `last` is before `first`."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def pairs(events: Sequence[Event], person: str | None = None) -> list[frozenset[str]]:
    """All pairs that the events name, or those of one person."""
    found = {e.people for e in events if len(e.people) == 2}
    return [p for p in found if person is None or person in p]
