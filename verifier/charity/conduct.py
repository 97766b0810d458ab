"""Public events 130 to 171 of a charity: what it published, corrected, accounted for and did with whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from . import members as m
from .members import Both

TRUSTEE, SETTLOR = 1, 2
TO_PUBLIC, TO_REGISTRAR, TO_DONORS, ON_SITE = 1, 2, 3, 4
"""Where a disclosure went: the national platform (and wherever else), the registering authority, the donors, the place
of the campaign."""
AMENDED, WITHDRAWN = 1, 2
"""What a correction note does to what it is about: leaves it standing with new content, or takes it back."""
ASSET_CHANGE, INVESTMENT, TRADE, FUNDS_FLOW, DONATION_RECEIVED, GRANT, JOINT_INVESTMENT, ENTRUSTED = range(1, 9)
"""Kinds of transactions of order 81, articles 13 (1 to 4) and 14 (3 to 8, with a related party)."""
INVESTMENTS: Final = frozenset({INVESTMENT, JOINT_INVESTMENT, ENTRUSTED})
OWN_MONEY, GOVERNMENT_MONEY, NOT_TO_BE_INVESTED = 1, 2, 3  # Charity Law art. 55: the last two must not be invested
CONTROLS, CONTROLLED, SAME_CONTROLLER, FOUNDER, MAJOR_DONOR, MANAGER, RELATIVE_OF_MANAGER, OTHER_RELATION = range(1, 9)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """130: a document was published, reported or handed over for one rule, about one subject and period.

    `rule`: "D5"; `subject`: filing number, project, transaction, trust, year or the charity's own code, as the rule
    says; `period`: first and last day that the document covers, null where the rule has none; `document`: its SM3.
    """

    KIND: ClassVar = 130
    day: int
    seq: int
    rule: str
    subject: str
    period: tuple[int, int] | None
    channel: int
    document: bytes
    published_on: int
    url: str | None


@dataclass(frozen=True, slots=True)
class CorrectionNote:
    """131: a published correction (order 81 art. 16) of the event `about` (a position in this book)."""

    KIND: ClassVar = 131
    day: int
    seq: int
    about: int
    effect: int
    reason: Both
    document: bytes | None
    published_on: int


@dataclass(frozen=True, slots=True)
class BankDay:
    """140: what an account moved on one day. `account`: SM3 under a salt, never the number; `statement`: the bank's own
    signed totals (COSE), null where the bank takes no part."""

    KIND: ClassVar = 140
    day: int
    seq: int
    of_day: int
    account: bytes
    credits: int
    credit_count: int
    debits: int
    debit_count: int
    statement: bytes | None


@dataclass(frozen=True, slots=True)
class Figures:
    """150: a year by the annual report. `deferred`: income of the year that may not be used in it; `released`: net
    assets that came free of such a limit; `charitable`, `admin`, `fundraising` are parts of `spending`."""

    KIND: ClassVar = 150
    day: int
    seq: int
    year: int
    income: int
    deferred: int
    released: int
    spending: int
    charitable: int
    admin: int
    fundraising: int
    net_assets: int
    audited: bool
    report: bytes


@dataclass(frozen=True, slots=True)
class RelatedParty:
    """160: a related party (order 81 art. 14, 15). Its name is sealed with the service; here is a commitment to it."""

    KIND: ClassVar = 160
    day: int
    seq: int
    party: bytes
    relation: int
    important: bool
    since: int


@dataclass(frozen=True, slots=True)
class RelatedPartyEnded:
    """161: related no longer; `ended_on` is the first day on which it is not."""

    KIND: ClassVar = 161
    day: int
    seq: int
    party: bytes
    ended_on: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """162: a major change, investment or transaction, or one with a related party. `board`: votes for, of how many."""

    KIND: ClassVar = 162
    day: int
    seq: int
    number: str
    what: int
    amount: int
    happened_on: int
    major: bool
    party: bytes | None
    board: tuple[int, int] | None
    money: int


@dataclass(frozen=True, slots=True)
class Trust:
    """170: a charitable trust (art. 44 to 50) that the charity administers or gave money to."""

    KIND: ClassVar = 170
    day: int
    seq: int
    number: str
    role: int
    title: Both
    trustee: Both
    amount: int
    set_up_on: int


@dataclass(frozen=True, slots=True)
class TrustEnded:
    """171: a trust is over; `ended_on` is its last day."""

    KIND: ClassVar = 171
    day: int
    seq: int
    number: str
    ended_on: int


_MONEY: Final = (m.AMOUNT,) * 8

EVENTS: Final[dict[type[Any], tuple[m.Member, ...]]] = {
    Disclosed: (
        *(m.text(3), m.CODE, m.optional(m.exactly(m.DAY, 2)), m.number(1, 4)),
        *(m.DIGEST, m.DAY, m.optional(m.URL)),
    ),
    CorrectionNote: (m.COUNT, m.number(1, 2), m.WORDS, m.optional(m.DIGEST), m.DAY),
    BankDay: (m.DAY, m.DIGEST, m.AMOUNT, m.COUNT, m.AMOUNT, m.COUNT, m.optional(m.blob(4096))),
    Figures: (m.YEAR, *_MONEY, m.FLAG, m.DIGEST),
    RelatedParty: (m.DIGEST, m.number(1, 8), m.FLAG, m.DAY),
    RelatedPartyEnded: (m.DIGEST, m.DAY),
    Transaction: (
        *(m.CODE, m.number(1, 8), m.POSITIVE, m.DAY, m.FLAG, m.optional(m.DIGEST)),
        *(m.optional(m.exactly(m.number(0, 10_000), 2)), m.number(1, 3)),
    ),
    Trust: (m.CODE, m.number(1, 2), m.TITLE, m.TITLE, m.POSITIVE, m.DAY),
    TrustEnded: (m.CODE, m.DAY),
}
"""Members of every event after kind, day and position, in the dataclass's order."""
