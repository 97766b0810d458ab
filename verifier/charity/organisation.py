"""Public events 100 to 122 of a charity: the organisation, its qualification, emergencies, plans and projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from . import members as m
from .members import Both

FOUNDATION, ASSOCIATION, SERVICE_ORGANISATION = 1, 2, 3  # Charity Law art. 8


@dataclass(frozen=True, slots=True)
class Registered:
    """100: the organisation, once. `recognised_on`: since when it is a charity (art. 10)."""

    KIND: ClassVar = 100
    day: int
    seq: int
    charity: str
    name: Both
    form: int
    region: str
    registrar: Both
    registered_on: int
    recognised_on: int


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """101: new name, region or registrar; all three as they are from now on."""

    KIND: ClassVar = 101
    day: int
    seq: int
    name: Both
    region: str
    registrar: Both


@dataclass(frozen=True, slots=True)
class RegistrationEnded:
    """102: no charity any more."""

    KIND: ClassVar = 102
    day: int
    seq: int
    ended_on: int
    reason: Both


@dataclass(frozen=True, slots=True)
class Qualified:
    """103: qualified to raise funds in public (art. 22). Both days count; `valid_to` null: until it ends."""

    KIND: ClassVar = 103
    day: int
    seq: int
    certificate_no: str
    valid_from: int
    valid_to: int | None


@dataclass(frozen=True, slots=True)
class QualificationEnded:
    """104: withdrawn or given up; `ended_on` is the first day without it."""

    KIND: ClassVar = 104
    day: int
    seq: int
    certificate_no: str
    ended_on: int
    reason: Both


@dataclass(frozen=True, slots=True)
class TaxEligible:
    """105: donations of these years can be deducted, by the authorities' list."""

    KIND: ClassVar = 105
    day: int
    seq: int
    first_year: int
    last_year: int


@dataclass(frozen=True, slots=True)
class EmergencyBegan:
    """106: an emergency response that this charity works in (art. 70 to 73), from its declaration on."""

    KIND: ClassVar = 106
    day: int
    seq: int
    emergency: str
    title: Both
    began_on: int


@dataclass(frozen=True, slots=True)
class EmergencyEnded:
    """107: the response phase is over; `ended_on` is its last day."""

    KIND: ClassVar = 107
    day: int
    seq: int
    emergency: str
    ended_on: int


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """What a fundraising plan says (art. 24), as far as it names nobody. `ends_on` is the last day of raising.

    `platforms`: codes of the designated internet platforms (art. 27); `partners`: codes of the organisations that
    raise together with the charity (art. 26), `individuals` how many persons do; `cost`: planned cost of fundraising.
    """

    title: Both
    purpose: Both
    use: Both
    surplus: Both
    starts_on: int
    ends_on: int
    region: str
    platforms: tuple[str, ...]
    partners: tuple[str, ...]
    individuals: int
    target: int | None
    cost: int | None


@dataclass(frozen=True, slots=True)
class PlanFiled:
    """110: a plan was filed. `emergency` names the response that lets it be filed late (art. 73)."""

    KIND: ClassVar = 110
    day: int
    seq: int
    filing_no: str
    filed_on: int
    emergency: str | None
    terms: PlanTerms


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """111: an amendment was filed (art. 56); the terms as they are from now on."""

    KIND: ClassVar = 111
    day: int
    seq: int
    filing_no: str
    filed_on: int
    reason: Both
    terms: PlanTerms


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """112: raising ended on another day than planned; `ended_on` is the last day."""

    KIND: ClassVar = 112
    day: int
    seq: int
    filing_no: str
    ended_on: int
    reason: Both


@dataclass(frozen=True, slots=True)
class Budget:
    """Planned spending by cost class. Fundraising is a class of its own, not a part of administration."""

    direct_aid: int
    service: int
    fundraising: int
    admin: int


@dataclass(frozen=True, slots=True)
class ProjectOpened:
    """120: a project. `category`: item of Charity Law art. 3 (1 to 6).

    `plans`: whose money it uses; none if it lives on undirected gifts."""

    KIND: ClassVar = 120
    day: int
    seq: int
    project: str
    title: Both
    category: int
    plans: tuple[str, ...]
    starts_on: int
    ends_on: int | None
    budget: Budget


@dataclass(frozen=True, slots=True)
class ProjectChanged:
    """121: a project as it is from now on, and why."""

    KIND: ClassVar = 121
    day: int
    seq: int
    project: str
    title: Both
    plans: tuple[str, ...]
    ends_on: int | None
    budget: Budget
    reason: Both


@dataclass(frozen=True, slots=True)
class ProjectEnded:
    """122: a project is over; `surplus` is what it left (art. 58), 0 if nothing."""

    KIND: ClassVar = 122
    day: int
    seq: int
    project: str
    ended_on: int
    surplus: int


_TERMS: Final = (
    *(m.TITLE, m.WORDS, m.WORDS, m.WORDS, m.DAY, m.DAY, m.REGION),
    *(m.many(m.USCC, 16), m.many(m.USCC, 64), m.COUNT, m.optional(m.POSITIVE), m.optional(m.AMOUNT)),
)
_PLAN_TERMS: Final = m.group(PlanTerms, _TERMS)
_BUDGET: Final = m.group(Budget, (m.AMOUNT,) * 4)
_PLANS: Final = m.many(m.FILING_NO, 64)

EVENTS: Final[dict[type[Any], tuple[m.Member, ...]]] = {
    Registered: (m.USCC, m.TITLE, m.number(1, 3), m.REGION, m.TITLE, m.DAY, m.DAY),
    RegistrationChanged: (m.TITLE, m.REGION, m.TITLE),
    RegistrationEnded: (m.DAY, m.WORDS),
    Qualified: (m.CODE, m.DAY, m.optional(m.DAY)),
    QualificationEnded: (m.CODE, m.DAY, m.WORDS),
    TaxEligible: (m.YEAR, m.YEAR),
    EmergencyBegan: (m.CODE, m.TITLE, m.DAY),
    EmergencyEnded: (m.CODE, m.DAY),
    PlanFiled: (m.FILING_NO, m.DAY, m.optional(m.CODE), _PLAN_TERMS),
    PlanChanged: (m.FILING_NO, m.DAY, m.WORDS, _PLAN_TERMS),
    PlanEnded: (m.FILING_NO, m.DAY, m.WORDS),
    ProjectOpened: (m.CODE, m.TITLE, m.number(1, 6), _PLANS, m.DAY, m.optional(m.DAY), _BUDGET),
    ProjectChanged: (m.CODE, m.TITLE, _PLANS, m.optional(m.DAY), _BUDGET, m.WORDS),
    ProjectEnded: (m.CODE, m.DAY, m.AMOUNT),
}
"""Members of every event after kind, day and position, in the dataclass's order."""
