"""A charity's general book, folded: what is known of the organisation after some events, and which event is refused.

    book = General.replay(events)        # raises LedgerRefused at the first event that does not follow
    plan = book.plans["53990000MJ9T00037AA26001"]
    plan.terms_on(20800).ends_on         # as amended by then

The fold keeps what was known when: terms of a plan by the day of their filing, corrections beside what they correct.
Judging it (what is due, what is late) is the business of `certs/charity/rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from . import conduct as c
from . import organisation as o
from .errors import LedgerRefused, Refusal
from .generalevents import GeneralEvent
from .members import Both

E = TypeVar("E")
RULES: Final = frozenset(f"D{n}" for n in range(1, 27))


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """An event, its position in the book, the correction notes about it, and whether one took it back."""

    seq: int
    event: E
    notes: tuple[tuple[int, c.CorrectionNote], ...] = ()

    @property
    def stands(self) -> bool:
        """Whether no note took it back."""
        return all(note.effect != c.WITHDRAWN for _, note in self.notes)


@dataclass(frozen=True, slots=True)
class Qualification:
    """One certificate of qualification. `valid_to` is the last day, null without end."""

    certificate_no: str
    valid_from: int
    valid_to: int | None

    def on(self, day: int) -> bool:
        """Whether it is valid on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Plan:
    """A fundraising plan: `versions` are (day of filing, terms), the first as filed at first. `ended_on`: last day."""

    seq: int
    filed: o.PlanFiled
    versions: tuple[tuple[int, o.PlanTerms], ...]
    ended: int | None = None

    @property
    def terms(self) -> o.PlanTerms:
        """The terms as they are now."""
        return self.versions[-1][1]

    def terms_on(self, day: int) -> o.PlanTerms:
        """The terms that were filed by the end of `day`; the first ones before that."""
        known = [terms for filed_on, terms in self.versions if filed_on <= day]
        return known[-1] if known else self.versions[0][1]

    @property
    def last_day(self) -> int:
        """Last day of raising: as ended, else as planned now."""
        return self.terms.ends_on if self.ended is None else self.ended

    def on(self, day: int) -> bool:
        """Whether money may be raised under it on that day: filed, begun, not over."""
        filed = self.filed.filed_on <= day or self.filed.emergency is not None
        return filed and self.terms_on(day).starts_on <= day <= min(self.terms_on(day).ends_on, self.last_day)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it is now; `opened` as it began. `spans`: planned last days, each since its day of recording."""

    seq: int
    opened: o.ProjectOpened
    title: Both
    plans: tuple[str, ...]
    spans: tuple[tuple[int, int | None], ...]
    budget: o.Budget
    ended: o.ProjectEnded | None = None

    @property
    def ends_on(self) -> int | None:
        """Last day as planned now, null without one."""
        return self.spans[-1][1]

    @property
    def last_day(self) -> int | None:
        """Last day: as ended, else as planned, null without one."""
        return self.ends_on if self.ended is None else self.ended.ended_on


@dataclass(slots=True)
class General:
    """The fold. Grow it with `apply`, which raises LedgerRefused before it changes anything."""

    size: int = 0
    day: int = 0
    registered: o.Registered | None = None
    name: Both = ("", "")
    region: str = ""
    registrar: Both = ("", "")
    ended: o.RegistrationEnded | None = None
    qualifications: dict[str, Qualification] = field(default_factory=dict)
    tax_years: set[int] = field(default_factory=set)
    emergencies: dict[str, tuple[o.EmergencyBegan, int | None]] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    parties: dict[bytes, tuple[c.RelatedParty, int | None]] = field(default_factory=dict)
    trusts: dict[str, tuple[c.Trust, int | None]] = field(default_factory=dict)
    entries: dict[int, Entry[Any]] = field(default_factory=dict)
    """Disclosures, bank days, figures, transactions by position: what a note can correct."""
    bank_days: set[tuple[int, bytes]] = field(default_factory=set)

    @classmethod
    def replay(cls, events: Iterable[GeneralEvent]) -> General:
        """The book after all events. Raises LedgerRefused."""
        book = cls()
        for event in events:
            book.apply(event)
        return book

    def apply(self, event: GeneralEvent) -> None:
        """Take one event. Raises LedgerRefused and changes nothing if it does not follow from those before."""
        if event.day < self.day:
            raise LedgerRefused(Refusal.DAY_BEFORE, "events are recorded in the order of their days")
        if event.seq != self.size:
            raise LedgerRefused(Refusal.OUT_OF_ORDER, "the event's position is not the book's next")
        if self.registered is None and type(event) is not o.Registered:
            raise LedgerRefused(Refusal.OUT_OF_ORDER, "the book begins with the registration")
        _APPLY[type(event)](self, event)
        self.size += 1
        self.day = event.day

    def kept(self, kind: type[E]) -> list[Entry[E]]:
        """Entries of one type that stand, in order."""
        return [entry for entry in self.entries.values() if type(entry.event) is kind and entry.stands]

    def qualified_on(self, day: int) -> Qualification | None:
        """The qualification to raise funds in public that is valid on that day."""
        return next((q for q in self.qualifications.values() if q.on(day)), None)

    def _keep(self, event: Any) -> None:
        self.entries[self.size] = Entry(self.size, event)

    def _registered(self, event: o.Registered) -> None:
        if self.registered is not None:
            raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "registered already")
        _past(event, event.registered_on, event.recognised_on)
        _ascending(event.registered_on, event.recognised_on)
        self.registered = event
        self.name, self.region, self.registrar = event.name, event.region, event.registrar

    def _changed(self, event: o.RegistrationChanged) -> None:
        self.name, self.region, self.registrar = event.name, event.region, event.registrar

    def _ended(self, event: o.RegistrationEnded) -> None:
        if self.ended is not None:
            raise LedgerRefused(Refusal.CLOSED, "ended already")
        _past(event, event.ended_on)
        self.ended = event

    def _qualified(self, event: o.Qualified) -> None:
        _new(self.qualifications, event.certificate_no)
        _ascending(event.valid_from, event.valid_to)
        self.qualifications[event.certificate_no] = Qualification(
            event.certificate_no, event.valid_from, event.valid_to
        )

    def _disqualified(self, event: o.QualificationEnded) -> None:
        found = _known(self.qualifications, event.certificate_no)
        _past(event, event.ended_on)
        if event.ended_on < found.valid_from or (found.valid_to is not None and event.ended_on > found.valid_to):
            raise LedgerRefused(Refusal.OUT_OF_ORDER, "a qualification ends while it is valid")
        self.qualifications[event.certificate_no] = replace(found, valid_to=event.ended_on - 1)

    def _tax(self, event: o.TaxEligible) -> None:
        _ascending(event.first_year, event.last_year)
        self.tax_years.update(range(event.first_year, event.last_year + 1))

    def _emergency(self, event: o.EmergencyBegan) -> None:
        _new(self.emergencies, event.emergency)
        _past(event, event.began_on)
        self.emergencies[event.emergency] = event, None

    def _emergency_over(self, event: o.EmergencyEnded) -> None:
        began, ended = _known(self.emergencies, event.emergency)
        _open(ended)
        _past(event, event.ended_on)
        _ascending(began.began_on, event.ended_on)
        self.emergencies[event.emergency] = began, event.ended_on

    def _plan(self, event: o.PlanFiled) -> None:
        _new(self.plans, event.filing_no)
        self._own(event.filing_no)
        _past(event, event.filed_on)
        _ascending(event.terms.starts_on, event.terms.ends_on)
        if event.emergency is not None:
            _known(self.emergencies, event.emergency)
        self.plans[event.filing_no] = Plan(self.size, event, ((event.filed_on, event.terms),))

    def _own(self, filing_no: str) -> None:
        if self.registered is None or filing_no[:18] != self.registered.charity:
            raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "the filing number is another charity's")

    def _plan_changed(self, event: o.PlanChanged) -> None:
        plan = _known(self.plans, event.filing_no)
        _open(plan.ended)
        _past(event, event.filed_on)
        _ascending(plan.versions[-1][0], event.filed_on)
        _ascending(event.terms.starts_on, event.terms.ends_on)
        self.plans[event.filing_no] = replace(plan, versions=(*plan.versions, (event.filed_on, event.terms)))

    def _plan_ended(self, event: o.PlanEnded) -> None:
        plan = _known(self.plans, event.filing_no)
        _open(plan.ended)
        _past(event, event.ended_on)
        self.plans[event.filing_no] = replace(plan, ended=event.ended_on)

    def _project(self, event: o.ProjectOpened) -> None:
        _new(self.projects, event.project)
        for plan in event.plans:
            _known(self.plans, plan)
        _ascending(event.starts_on, event.ends_on)
        self.projects[event.project] = Project(
            self.size, event, event.title, event.plans, ((event.day, event.ends_on),), event.budget
        )

    def _project_changed(self, event: o.ProjectChanged) -> None:
        project = _known(self.projects, event.project)
        _open(project.ended)
        for plan in event.plans:
            _known(self.plans, plan)
        _ascending(project.opened.starts_on, event.ends_on)
        self.projects[event.project] = replace(
            project,
            title=event.title,
            plans=event.plans,
            spans=(*project.spans, (event.day, event.ends_on)),
            budget=event.budget,
        )

    def _project_ended(self, event: o.ProjectEnded) -> None:
        project = _known(self.projects, event.project)
        _open(project.ended)
        _past(event, event.ended_on)
        _ascending(project.opened.starts_on, event.ended_on)
        self.projects[event.project] = replace(project, ended=event)

    def _disclosed(self, event: c.Disclosed) -> None:
        if event.rule not in RULES:
            raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "there is no such rule")
        _past(event, event.published_on)
        if event.period is not None:
            _ascending(*event.period)
        self._keep(event)

    def _correction(self, event: c.CorrectionNote) -> None:
        _past(event, event.published_on)
        found = self.entries.get(event.about)
        if found is None:
            raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "the note is about nothing that a note can correct")
        if not found.stands:
            raise LedgerRefused(Refusal.CLOSED, "taken back already")
        self.entries[event.about] = replace(found, notes=(*found.notes, (self.size, event)))
        if event.effect == c.WITHDRAWN and isinstance(found.event, c.BankDay):
            self.bank_days.discard((found.event.of_day, found.event.account))

    def _bank_day(self, event: c.BankDay) -> None:
        _past(event, event.of_day)
        if (event.of_day, event.account) in self.bank_days:
            raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "the account's day is known; a note must take it back first")
        if bool(event.credits) != bool(event.credit_count) or bool(event.debits) != bool(event.debit_count):
            raise LedgerRefused(Refusal.AMOUNT_OUT_OF_RANGE, "a sum without items, or items without a sum")
        self.bank_days.add((event.of_day, event.account))
        self._keep(event)

    def _figures(self, event: c.Figures) -> None:
        if any(f.event.year == event.year for f in self.kept(c.Figures)):
            raise LedgerRefused(
                Refusal.DUPLICATE_NUMBER, "the year's figures are known; a note must take them back first"
            )
        if event.charitable + event.admin + event.fundraising > event.spending or event.deferred > event.income:
            raise LedgerRefused(Refusal.AMOUNT_OUT_OF_RANGE, "the parts are more than the whole")
        self._keep(event)

    def _party(self, event: c.RelatedParty) -> None:
        _new(self.parties, event.party)
        _past(event, event.since)
        self.parties[event.party] = event, None

    def _party_ended(self, event: c.RelatedPartyEnded) -> None:
        party, ended = _known(self.parties, event.party)
        _open(ended)
        _past(event, event.ended_on)
        _ascending(party.since, event.ended_on)
        self.parties[event.party] = party, event.ended_on

    def _transaction(self, event: c.Transaction) -> None:
        if any(t.event.number == event.number for t in self.kept(c.Transaction)):
            raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "a transaction of that number is known")
        _past(event, event.happened_on)
        if event.party is not None:
            _known(self.parties, event.party)
        if event.board is not None and event.board[0] > event.board[1]:
            raise LedgerRefused(Refusal.AMOUNT_OUT_OF_RANGE, "more votes than members")
        self._keep(event)

    def _trust(self, event: c.Trust) -> None:
        _new(self.trusts, event.number)
        _past(event, event.set_up_on)
        self.trusts[event.number] = event, None

    def _trust_ended(self, event: c.TrustEnded) -> None:
        trust, ended = _known(self.trusts, event.number)
        _open(ended)
        _past(event, event.ended_on)
        _ascending(trust.set_up_on, event.ended_on)
        self.trusts[event.number] = trust, event.ended_on


K = TypeVar("K")
V = TypeVar("V")


def _known(found: dict[K, V], key: K) -> V:
    if key not in found:
        raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "nothing of that number is known")
    return found[key]


def _new(found: dict[K, Any], key: K) -> None:
    if key in found:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "the number is taken")


def _open(ended: object) -> None:
    if ended is not None:
        raise LedgerRefused(Refusal.CLOSED, "ended already")


def _past(event: GeneralEvent, *days: int) -> None:
    if any(day > event.day for day in days):
        raise LedgerRefused(Refusal.DAY_AHEAD, "recorded before it happened")


def _ascending(first: int, last: int | None) -> None:
    if last is not None and last < first:
        raise LedgerRefused(Refusal.OUT_OF_ORDER, "the last day is before the first")


_APPLY: Final[dict[type[Any], Callable[[General, Any], None]]] = {
    o.Registered: General._registered,
    o.RegistrationChanged: General._changed,
    o.RegistrationEnded: General._ended,
    o.Qualified: General._qualified,
    o.QualificationEnded: General._disqualified,
    o.TaxEligible: General._tax,
    o.EmergencyBegan: General._emergency,
    o.EmergencyEnded: General._emergency_over,
    o.PlanFiled: General._plan,
    o.PlanChanged: General._plan_changed,
    o.PlanEnded: General._plan_ended,
    o.ProjectOpened: General._project,
    o.ProjectChanged: General._project_changed,
    o.ProjectEnded: General._project_ended,
    c.Disclosed: General._disclosed,
    c.CorrectionNote: General._correction,
    c.BankDay: General._bank_day,
    c.Figures: General._figures,
    c.RelatedParty: General._party,
    c.RelatedPartyEnded: General._party_ended,
    c.Transaction: General._transaction,
    c.Trust: General._trust,
    c.TrustEnded: General._trust_ended,
}
