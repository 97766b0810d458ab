"""What a relying party may hear about somebody: six questions, three answers, and no word more.

Pure, over what is recorded and over certificates. TRUE and FALSE are said only where the records say so themselves;
everything else is UNDETERMINED, which is no "no" and never "single" (docs/match.md, docs/adr/0026-questions.md).

    TRUE           the records say it
    FALSE          the records say the contrary: what they tell of ended or was void, and nothing later is recorded
    UNDETERMINED   nothing recorded, another name than the recorded one, people that may be mixed up, a record erased

One reason stands for all of UNDETERMINED. "No record" and "another name" told apart would let anybody try names on a
number, and would say that the number is recorded. For the same end no reason tells a divorce from a death.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from verifier.answer import Result
from verifier.report import Outcome, Reason, Report

from .errors import InvalidField
from .identifiers import lengthen_id_number, parse_id_number
from .marriage.events import Op
from .marriage.history import History, Known, history_of
from .marriage.party import Party
from .marriage.state import Marriage, State, marriages, state_between, state_of
from .text import check_name, comparison_key

MAX_MONTHS: Final = 1200
_SHORT_ID: Final = 15
_DIVORCED: Final = frozenset({State.DIVORCED, State.DIVORCED_COURT})


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer. `reasons`: stable codes, the same for everything that must not be told apart."""

    result: Result
    reasons: tuple[str, ...]


RECORDED: Final = Finding(Result.TRUE, ("RECORDED",))
RECORDED_OTHERWISE: Final = Finding(Result.FALSE, ("RECORDED_OTHERWISE",))
NO_RECORD: Final = Finding(Result.FALSE, ("NO_RECORD",))
NOT_ESTABLISHED: Final = Finding(Result.UNDETERMINED, ("NOT_ESTABLISHED",))
_Answer = Callable[[History, str], Finding]


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody as a party names him. `birth_stated`: the party gave the date itself, so it has to agree too."""

    party: Party = field(repr=False)
    birth_stated: bool

    def is_named(self, recorded: Party) -> bool:
        """Whether the entry's name, and birth date if one was given, is this person's."""
        same = comparison_key(recorded.name) == comparison_key(self.party.name)
        return same and (not self.birth_stated or recorded.birth == self.party.birth)


def make_subject(document_type: str, number: str, name: str, nation: str = "156", birth: date | None = None) -> Subject:
    """A subject in the form in which records are kept: identity numbers of 18 characters, 15 of them lengthened.

    Raises InvalidField: a document that is renewed needs the birth date beside the name, an identity number has its
    own. The number's form says nothing about the register, so a clerk may hear of a typing error.
    """
    check_name(name, field="name")
    lifelong = Party("", "", date.min, document_type, number, nation, "").lifelong
    number = number.upper()
    if lifelong:
        long = lengthen_id_number(number, field="cert_num") if len(number) == _SHORT_ID else number
        parsed = parse_id_number(long, field="cert_num")
        if birth is not None and birth != parsed.birth:
            raise InvalidField("birth", "NOT_OF_NUMBER")
        return Subject(Party(name, "", parsed.birth, document_type, parsed.value, nation, ""), birth is not None)
    if birth is None:
        raise InvalidField("birth", "MISSING")
    return Subject(Party(name, "", birth, document_type, number, nation, ""), True)


def registered_married(
    subject: Subject, known: Sequence[Known], *, as_of: date, known_at: int, no_record: bool = False
) -> Finding:
    """Whether a marriage of this person holds on that day. `no_record`: the purpose may hear that nothing is recorded
    (a notary's statement); elsewhere that is NOT_ESTABLISHED."""
    if no_record and not _mentioned(subject, _by(known, known_at)):
        return NO_RECORD
    return _agreed(subject, known, known_at, lambda h, who: _married(h, who, as_of, known_at))


def registered_divorce_within(
    subject: Subject, months: int, known: Sequence[Known], *, as_of: date, known_at: int
) -> Finding:
    """Whether a divorce of this person, by registration or by a court, took effect not more than `months` before that
    day. FALSE only if something of this person was recorded as in force on the day before: a register that first hears
    of somebody later knows nothing of what was before."""
    since = window_start(as_of, months)

    def answer(history: History, who: str) -> Finding:
        mine = _mine(history, who, known_at)
        if any(m.ended in _DIVORCED and m.end is not None and since <= m.end <= as_of for m in mine):
            return RECORDED
        return _followed(history, who, since, known_at)

    return _agreed(subject, known, known_at, answer)


def registered_between(
    subject: Subject, first: date, last: date, known: Sequence[Known], *, known_at: int, no_record: bool = False
) -> Finding:
    """Whether a marriage of this person, void ones apart, was registered on one of these days, both included. The day
    is that on which the office acted; of a booklet whose original is on paper only, the original's day of effect."""
    if no_record and not _mentioned(subject, _by(known, known_at)):
        return NO_RECORD

    def answer(history: History, who: str) -> Finding:
        days = {e.name: e.day for e in history.events if e.op is Op.MARRIAGE}
        for m in _mine(history, who, known_at):
            acted = [days[name] for name in m.members if name in days] or ([m.start] if m.start is not None else [])
            if any(first <= day <= last for day in acted):
                return RECORDED
        return _followed(history, who, first, known_at)

    return _agreed(subject, known, known_at, answer)


def spouses_match(a: Subject, b: Subject, known: Sequence[Known], *, as_of: date, known_at: int) -> Finding:
    """Whether these two are married to each other on that day.

    Two are recognised together, also under renewed documents: by name and birth date of both. FALSE if their marriage
    is over or was void, or if one of them is married to somebody who is surely another person.
    """
    known = _by(known, known_at)
    same = a.party.identity_key == b.party.identity_key
    if same or _other_name(a, known) or _other_name(b, known):
        return NOT_ESTABLISHED
    history = history_of((a.party, b.party), known)
    couple = history.couple(a.party, b.party)
    if len(couple) != 2:
        return NOT_ESTABLISHED
    state = state_between(couple, history.events, as_of=as_of, known_at=known_at)
    if state is State.MARRIED:
        return RECORDED
    if state is not State.NONE_KNOWN:
        return RECORDED_OTHERWISE
    elsewhere = _has_another(a, b, known, as_of, known_at) or _has_another(b, a, known, as_of, known_at)
    return RECORDED_OTHERWISE if elsewhere else NOT_ESTABLISHED


def certificate_valid(report: Report, *, ended: bool) -> Finding:
    """Of a code or file. `ended`: the register has the certificate as not valid, which the published list says a
    little later. Why it is not valid nobody hears: a divorce and a lost booklet look the same."""
    if ended and report.levels.get("L1") is Reason.OK and report.outcome is not Outcome.FAILED:
        return Finding(Result.FALSE, (Reason.STATUS_NOT_VALID.value,))
    result = {
        Outcome.PASSED: Result.TRUE,
        Outcome.FAILED: Result.FALSE,
        Outcome.INDETERMINATE: Result.UNDETERMINED,
    }[report.outcome]
    return Finding(result, (report.reason.value,))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file that an office here stated to be its own: when a copy runs out, and when its certificate ended."""

    expires_at: int | None
    revoked_at: int | None


def document_authentic(file: Rendered | None, at: int) -> Finding:
    """Of the SM3 of a document. Unknown bytes may be another register's: they are not called a forgery."""
    if file is None:
        return NOT_ESTABLISHED
    if file.expires_at is not None and at >= file.expires_at:
        return Finding(Result.FALSE, (Reason.COPY_EXPIRED.value,))
    if file.revoked_at is not None:
        return Finding(Result.FALSE, (Reason.STATUS_NOT_VALID.value,))
    return Finding(Result.TRUE, (Reason.OK.value,))


def window_start(as_of: date, months: int) -> date:
    """First day whose `months` are not over on that day (Civil Code 201, 202: they end on the day of the same number,
    in a shorter month on its last day)."""
    earlier = _add_months(as_of, -months)
    return earlier if _add_months(earlier, months) >= as_of else earlier + timedelta(days=1)


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _married(history: History, who: str, day: date, known_at: int) -> Finding:
    state = state_of(who, history.events, as_of=day, known_at=known_at)
    if state is State.MARRIED:
        return RECORDED
    return NOT_ESTABLISHED if state is State.NONE_KNOWN else RECORDED_OTHERWISE


def _mine(history: History, who: str, known_at: int) -> list[Marriage]:
    return [m for m in marriages(history.events, known_at) if who in m.couple and not m.void]


def _followed(history: History, who: str, first: date, known_at: int) -> Finding:
    """FALSE if the register knew something of this person before that day; else it cannot tell."""
    before = state_of(who, history.events, as_of=first - timedelta(days=1), known_at=known_at)
    return NOT_ESTABLISHED if before is State.NONE_KNOWN else RECORDED_OTHERWISE


def _agreed(subject: Subject, known: Sequence[Known], known_at: int, answer: _Answer) -> Finding:
    """The answer, if it is the same with and without the entries under other documents that have this name and birth
    date. They may be this person's under an older passport or a namesake's: nobody is called married, divorced or
    neither on the strength of a guess."""
    known = _by(known, known_at)
    if not _entries(subject, known) or _other_name(subject, known):
        return NOT_ESTABLISHED
    found = {
        answer(history, history.identity(subject.party))
        for history in (history_of((subject.party,), known, alike=alike) for alike in (False, True))
    }
    return found.pop() if len(found) == 1 else NOT_ESTABLISHED


def _by(known: Sequence[Known], known_at: int) -> list[Known]:
    """What was recorded by then: who is whose namesake hangs on it too."""
    return [k for k in known if k[2] <= known_at]


def _entries(subject: Subject, known: Sequence[Known]) -> list[Party]:
    """This document, as recorded."""
    key = subject.party.identity_key
    return [p for _, r, _ in known for _, p in r.people if p.identity_key == key]


def _other_name(subject: Subject, known: Sequence[Known]) -> bool:
    """Whether the document is recorded, and in no entry for somebody of this name. Names change: one entry suffices."""
    entries = _entries(subject, known)
    return bool(entries) and not any(subject.is_named(p) for p in entries)


def _mentioned(subject: Subject, known: Sequence[Known]) -> bool:
    """Whether anything recorded can be this person's: by document, or by name and birth date under any other."""
    key, person = subject.party.identity_key, subject.party.person_key
    people = (p for _, r, _ in known for _, p in r.people)
    return any(p.identity_key == key or p.person_key == person for p in people)


def _has_another(a: Subject, b: Subject, known: Sequence[Known], day: date, known_at: int) -> bool:
    """Whether `a` is married on that day to somebody who cannot be `b`: each has an identity number of his own, which
    stays for life, and they are not of one name and birth date (a wrong digit, a number that was given anew)."""
    if not b.party.lifelong or _agreed(a, known, known_at, lambda h, who: _married(h, who, day, known_at)) != RECORDED:
        return False
    history = history_of((a.party,), known, alike=False)
    who = history.identity(a.party)
    holding = [m for m in marriages(history.events, known_at) if who in m.couple and m.holds(day)]
    spouses = {key for m in holding for key in m.couple if key != who}
    entries = [p for _, r, _ in known for _, p in r.people if p.identity_key in spouses]
    return bool(entries) and all(p.lifelong and p.person_key != b.party.person_key for p in entries)
