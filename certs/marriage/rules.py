"""What may be registered on top of what is recorded (Civil Code 1041, 1046–1054, 1076–1083; 婚姻登记条例).

Records on paper are not here, and the rules know it: what is missing is allowed where the row names a paper record, and
noted. What is recorded and contradicts the row is refused. Field names are the row's columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from certs.kinds.base import RowError

from .events import BEGINNINGS, DIVORCES, VOIDINGS, Op, Registration, number_key
from .history import History, Known, history_of
from .state import Event, Marriage, State, known, marriages

NOTE_MARRIAGE_ON_PAPER: Final = "MARRIAGE_NOT_HERE"
NOTE_EARLIER_ON_PAPER: Final = "EARLIER_MARRIAGE_NOT_HERE"
NOTE_NAMESAKE: Final = "SAME_NAME_AND_BIRTH"
_OLD: Final = "old_zihao"
_OF_ONE: Final = frozenset({"ALREADY_MARRIED", "PARTY_DECEASED", "MARRIED_TO_ANOTHER"})
"""What is said of a single person."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`errors`: why it may not be registered. `touched`: keys of the registrations whose marriage it ends or voids.
    `kept`: of those whose certificates it does not end though they are the couple's, for they belong to another
    marriage of the two."""

    errors: tuple[RowError, ...] = ()
    notes: tuple[str, ...] = ()
    touched: frozenset[bytes] = frozenset()
    kept: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class _Case:
    """A registration against the history of its people."""

    new: Registration
    history: History
    events: Sequence[Event]
    all: Sequence[Marriage]

    @property
    def couple(self) -> frozenset[str]:
        return frozenset(self.history.identity(party) for _, party in self.new.people)

    @property
    def mine(self) -> list[Marriage]:
        """Marriages of the two to each other."""
        return [m for m in self.all if m.couple == self.couple]

    def died(self, who: str) -> date | None:
        return next((e.effective for e in self.events if e.op is Op.DEATH and who in e.people), None)

    def referred(self) -> list[Event]:
        """Recorded entries with the number that the row refers to."""
        refers = None if self.new.refers is None else number_key(self.new.refers)
        return [e for e in self.events if refers is not None and e.number == refers]


Found = Iterator[RowError | str]
"""Errors and notes."""


def judge(new: Registration, recorded: Sequence[Known], known_at: int) -> Judgement:
    """Whether `new` may be registered, as far as is known at that second.

    Two people are the same couple if each has the document or the name and birth date of the one recorded. A single
    person is not refused for a namesake: what only name and birth date say is noted, for a human to look into.
    """
    if not recorded and new.op in BEGINNINGS:  # as nearly always: nobody of them was registered before
        return Judgement(notes=(NOTE_EARLIER_ON_PAPER,) if new.renew else ())
    case = _case(new, recorded, known_at, alike=True)
    found = list(_RULES[new.op](case))
    if any(isinstance(f, RowError) and f.code in _OF_ONE for f in found):
        strict = list(_RULES[new.op](_case(new, recorded, known_at, alike=False)))
        found = [f if isinstance(f, str) or f.code not in _OF_ONE or f in strict else NOTE_NAMESAKE for f in found]
    errors = tuple(dict.fromkeys(f for f in found if isinstance(f, RowError)))
    return Judgement(errors, tuple(dict.fromkeys(f for f in found if isinstance(f, str))), *_touched_and_kept(case))


def _case(new: Registration, recorded: Sequence[Known], known_at: int, *, alike: bool) -> _Case:
    history = history_of([party for _, party in new.people], recorded, alike=alike)
    return _Case(new, history, known(history.events, known_at), marriages(history.events, known_at))


def _marriage(case: _Case) -> Found:
    new = case.new
    for role, party in new.people:
        who = case.history.identity(party)
        if any(_stands_against(m, who, new.effective) for m in case.all):
            yield RowError(f"cert_num_{role}", "ALREADY_MARRIED")
        died = case.died(who)
        if died is not None and died <= new.day:
            yield RowError(f"cert_num_{role}", "PARTY_DECEASED")
    divorced = any(m.ended in (State.DIVORCED, State.DIVORCED_COURT) and not m.void for m in case.mine)
    if divorced and not new.renew:
        yield RowError("renew_flag", "RENEWAL_NOT_FLAGGED")
    if new.renew and not divorced:
        yield NOTE_EARLIER_ON_PAPER


def _stands_against(m: Marriage, who: str, effective: date) -> bool:
    """A marriage that lasts into the new one. One that only its divorce tells of was over on that day."""
    return who in m.couple and not m.void and (m.end is None or m.end > effective)


def _divorce(case: _Case) -> Found:
    yield from _strangers_number(case)
    new, mine = case.new, [m for m in case.mine if m.start is not None]
    if any(m.holds(new.effective) for m in mine):
        return
    if any(m.start is not None and m.start > new.effective and not m.void for m in mine):
        yield RowError("op_date", "DIVORCE_BEFORE_MARRIAGE")
    elif case.mine:
        yield RowError(_OLD, "NOT_MARRIED")
    else:
        yield from _elsewhere(case)


def _elsewhere(case: _Case) -> Found:
    """Divorce of two whose marriage is not recorded here."""
    for role, party in case.new.people:
        who = case.history.identity(party)
        if any(who in m.couple and m.holds(case.new.effective) for m in case.all):
            yield RowError(f"cert_num_{role}", "MARRIED_TO_ANOTHER")
    if case.new.op is Op.DIVORCE and case.new.refers is None:
        yield RowError(_OLD, "NOT_MARRIED")
    else:
        yield NOTE_MARRIAGE_ON_PAPER


def _strangers_number(case: _Case) -> Found:
    if any(e.people != case.couple for e in case.referred()):
        yield RowError(_OLD, "OLD_OF_OTHER_PEOPLE")


def _reissue(case: _Case) -> Found:
    """A booklet may be made again while what it says is still so."""
    yield from _strangers_number(case)
    new = case.new
    if any(e.people == case.couple and e.effective != new.effective for e in case.referred()):
        yield RowError("effective_from", "EFFECT_DIFFERS")
    holds = any(m.holds(new.day) for m in case.mine)
    if new.op is Op.REISSUE_MARRIAGE and case.mine and not holds:
        yield RowError(_OLD, "NOT_MARRIED")
    if new.op is Op.REISSUE_DIVORCE and holds:
        yield RowError(_OLD, "NOT_DIVORCED")


def _void(case: _Case) -> Found:
    yield from _strangers_number(case)
    mine = [m for m in case.mine if m.start is not None]
    if not mine:
        yield NOTE_MARRIAGE_ON_PAPER
    elif all(m.void for m in mine):
        yield RowError(_OLD, "NOT_MARRIED")
    elif not case.referred() and not any(m.start is not None and m.start <= case.new.effective for m in mine):
        yield RowError("effective_from", "DIVORCE_BEFORE_MARRIAGE")


def _death(case: _Case) -> Found:
    for role, party in case.new.people:
        if case.died(case.history.identity(party)) is not None:
            yield RowError(f"cert_num_{role}", "PARTY_DECEASED")


def _correction(case: _Case) -> Found:
    target = next((e for e in case.history.events if e.name == case.new.corrects), None)
    if target is None or target.op is Op.CORRECTION:
        yield RowError("corrects", "NO_SUCH_REGISTRATION")
    elif not case.new.withdrawn and case.new.effective > target.day:
        yield RowError("effective_from", "EFFECTIVE_AFTER_REGISTRATION")


_RULES: Final[dict[Op, Callable[[_Case], Found]]] = {
    Op.MARRIAGE: _marriage,
    Op.DIVORCE: _divorce,
    Op.COURT_DIVORCE: _divorce,
    Op.REISSUE_MARRIAGE: _reissue,
    Op.REISSUE_DIVORCE: _reissue,
    Op.ANNULMENT: _void,
    Op.COURT_VOID: _void,
    Op.COURT_REVOKED: _void,
    Op.DEATH: _death,
    Op.CORRECTION: _correction,
}


def _touched_and_kept(case: _Case) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Registrations of the couple's marriages: those that the new event changes, and the others."""
    if case.new.op not in DIVORCES | VOIDINGS:
        return frozenset(), frozenset()
    touched, keys = _touched(case), case.history.keys
    others = {name for m in case.mine for name in m.members} - touched
    return frozenset(keys[name] for name in touched), frozenset(keys[name] for name in others)


def _touched(case: _Case) -> set[str]:
    """Entries of the marriages that become other ones when the new event is added."""
    new, history = case.new, case.history
    at = max((e.known_at for e in history.events), default=0)
    added = Event(
        new.name, new.op, at, new.day, new.effective, case.couple,
        None if new.number is None else number_key(new.number),
        None if new.refers is None else number_key(new.refers),
    )  # fmt: skip
    after = {m.members: m for m in marriages((*history.events, added), at)}
    before = {m.members: m for m in marriages(history.events, at)}
    return {name for members, m in before.items() if after.get(members) != m for name in members}
