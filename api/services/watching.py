"""What one party asked in the last hour, as far as it tells a customer's question from a search through the register.

Kept in memory, as keyed hashes, and bounded. Five patterns are looked for:

    questions      more of them than anybody's counter has customers
    subjects       more different people
    undetermined   most answers find nobody: guessed inputs
    names          one document with many names: guessing whose it is
    sequence       many numbers of one birthday, or one serial number over many birthdays, in one region: counting up
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from certs.ports import LookupKey

DAY: Final = 86400
CHINA: Final = 8 * 3600
WINDOW: Final = 3600
KEPT: Final = 20_000
"""Questions of one party in memory; with more in an hour the pattern is "questions" anyway."""
ENOUGH: Final = 40
"""Answers below which a share says nothing."""
_SHORT: Final = 12  # bytes of a keyed hash: in memory, for counting only
_CITIZEN: Final = ("111", "112")


def day_of(at: int) -> int:
    """Days since 1970-01-01 in China."""
    return (at + CHINA) // DAY


class Pattern(StrEnum):
    QUESTIONS = "questions"
    SUBJECTS = "subjects"
    UNDETERMINED = "undetermined"
    NAMES = "names"
    SEQUENCE = "sequence"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which number on a pattern is one, in an hour. `undetermined` in per cent."""

    questions: int
    subjects: int
    undetermined: int
    names: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One person of a question, keyed: whose document, under which name, and which counting it could be a step of."""

    subject: bytes
    name: bytes
    counting: tuple[bytes, ...] = ()


def asked_about(lookup: LookupKey, cert_type: str, nation: str, number: str, name: str) -> Asked:
    """A citizen's number is region (6), birthday (8), serial (3), check digit: counting keeps the first fourteen, or
    region and serial."""

    def keyed(what: str, *parts: str) -> bytes:
        return lookup.hmac("\x1f".join(("watching", what, *parts)))[:_SHORT]

    kind = "111" if cert_type in _CITIZEN else cert_type
    counting: tuple[bytes, ...] = ()
    if kind == "111" and len(number) == 18:
        counting = keyed("birthday", number[:14]), keyed("serial", number[:6], number[14:17])
    return Asked(keyed("subject", kind, nation, number), keyed("name", kind, nation, number, name), counting)


@dataclass(frozen=True, slots=True)
class _Seen:
    at: int
    undetermined: bool
    people: tuple[Asked, ...]


@dataclass(slots=True)
class Watched:
    """The window of one party. Every number is kept up to date as questions come and go."""

    seen: deque[_Seen] = field(default_factory=deque)
    undetermined: int = 0
    subjects: Counter[bytes] = field(default_factory=Counter)
    names: dict[bytes, Counter[bytes]] = field(default_factory=dict)
    countings: dict[bytes, Counter[bytes]] = field(default_factory=dict)

    def add(self, at: int, undetermined: bool, people: tuple[Asked, ...], thresholds: Thresholds) -> dict[Pattern, int]:
        """Take in a question; gives the patterns it is part of, each with what was counted."""
        while self.seen and (self.seen[0].at <= at - WINDOW or len(self.seen) >= KEPT):
            self._count(self.seen.popleft(), -1)
        new = _Seen(at, undetermined, people)
        self.seen.append(new)
        self._count(new, 1)
        return self._patterns(people, thresholds)

    def forget_before(self, at: int) -> bool:
        """Drop what left the window; whether nothing is left."""
        while self.seen and self.seen[0].at <= at - WINDOW:
            self._count(self.seen.popleft(), -1)
        return not self.seen

    def _count(self, question: _Seen, step: int) -> None:
        self.undetermined += step * question.undetermined
        for person in question.people:
            _add(self.subjects, person.subject, step)
            _nested(self.names, person.subject, person.name, step)
            for counting in person.counting:
                _nested(self.countings, counting, person.subject, step)

    def _patterns(self, people: tuple[Asked, ...], thresholds: Thresholds) -> dict[Pattern, int]:
        total = len(self.seen)
        share = 100 * self.undetermined // total
        names = max((len(self.names[p.subject]) for p in people), default=0)
        counted = max((len(self.countings[c]) for p in people for c in p.counting), default=0)
        found = {
            Pattern.QUESTIONS: (total, total > thresholds.questions),
            Pattern.SUBJECTS: (len(self.subjects), len(self.subjects) > thresholds.subjects),
            Pattern.UNDETERMINED: (share, total >= ENOUGH and share > thresholds.undetermined),
            Pattern.NAMES: (names, names >= thresholds.names),
            Pattern.SEQUENCE: (counted, counted >= thresholds.sequence),
        }
        return {pattern: number for pattern, (number, is_one) in found.items() if is_one}


def _add(counter: Counter[bytes], key: bytes, step: int) -> None:
    counter[key] += step
    if not counter[key]:
        del counter[key]


def _nested(counters: dict[bytes, Counter[bytes]], key: bytes, inner: bytes, step: int) -> None:
    counter = counters.setdefault(key, Counter())
    _add(counter, inner, step)
    if not counter:
        del counters[key]
