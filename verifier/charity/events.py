"""Public events of a fund's book, kinds 1 to 61: one frozen dataclass each. Their form is in `eventform`.

Sample, the release of 50 fen of allocation 1 as event 9 of a book, on day 20700 (2026-09-04):
`a6 01 0b 02 19 50dc 03 09 04 01 05 18 32 06 82 67 737572706c7573 f6`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from . import members
from .eventform import (
    BECAUSE,
    BOOK,
    COST_CLASS,
    MAX_EVENT,
    MAX_NUMBER,
    NUMBER,
    RESTRICTION,
    SEQ,
    SERIAL,
    UNIT,
    Because,
    Event,
    Restriction,
    Unit,
    kind,
    kinds,
    parse_event,
)
from .members import Both

__all__ = [
    "MAX_EVENT",
    "NAMES",
    "Acknowledged",
    "AcknowledgementWithdrawn",
    "Allocated",
    "Because",
    "Cancelled",
    "Closed",
    "Correction",
    "DonationReturned",
    "DonationReversed",
    "Event",
    "Grouped",
    "HoleEvent",
    "Income",
    "Opened",
    "Paid",
    "PaymentReturned",
    "PledgeKept",
    "PledgeWithdrawn",
    "Pledged",
    "Received",
    "Redirected",
    "RedirectedIn",
    "Released",
    "Reserved",
    "Restriction",
    "SurplusDisposed",
    "TransferIn",
    "Transferred",
    "Unit",
    "Valued",
    "parse_event",
]


@kind(
    1,
    "opened",
    BOOK,
    members.USCC,
    members.TITLE,
    RESTRICTION,
    members.optional(UNIT),
    members.optional(members.FILING_NO),
    members.optional(members.DAY),
)
@dataclass(frozen=True, slots=True)
class Opened(Event):
    """The fund, always event 0. `book` ties the body to its book; `plan` is the filing number. `since`: the earlier day
    from which on its donations and payments are entered here, null if that is the day of opening."""

    book: bytes
    charity: str
    title: Both
    restriction: Restriction
    unit: Unit | None
    plan: str | None
    since: int | None = None

    @property
    def first_day(self) -> int:
        """Nothing in the book happened before it."""
        return self.day if self.since is None else self.since


@kind(2, "received", SERIAL, NUMBER, members.POSITIVE)
@dataclass(frozen=True, slots=True)
class Received(Event):
    """`count` donations entered the in-line from leaf `start` on, together `amount`. The leaves hold the rest."""

    start: int
    count: int
    amount: int


@kind(3, "grouped", members.DIGEST, members.number(2, MAX_NUMBER), members.POSITIVE)
@dataclass(frozen=True, slots=True)
class Grouped(Event):
    """One leaf for `count` donors who asked that no single amount be shown; `root` is of their own sum tree."""

    root: bytes
    count: int
    amount: int


@kind(4, "income", members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class Income(Event):
    """Money that no donor gave: interest, a refund of a fee."""

    amount: int
    source: Because


@kind(5, "valued", SERIAL, members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class Valued(Event):
    """Fair value in fen of the goods of one in-leaf, and on what it rests."""

    idx: int
    fair_value: int
    basis: Because


@kind(10, "allocated", NUMBER, members.CODE, members.CODE, members.POSITIVE, members.DIGEST)
@dataclass(frozen=True, slots=True)
class Allocated(Event):
    """The charity decided what money is for. `decision` is the SM3 of the published decision."""

    no: int
    project: str
    purpose: str
    amount: int
    decision: bytes


@kind(11, "released", NUMBER, members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class Released(Event):
    """A part of an allocation that is not needed becomes unallocated again."""

    no: int
    amount: int
    reason: Because


@kind(20, "reserved", NUMBER, NUMBER, members.POSITIVE, COST_CLASS, members.number(1, 4))
@dataclass(frozen=True, slots=True)
class Reserved(Event):
    """A payment is prepared: first of its two phases. `payee_type` 1 beneficiary 2 implementer 3 supplier 4 staff."""

    no: int
    allocation: int
    amount: int
    cost_class: int
    payee_type: int


@kind(21, "cancelled", NUMBER, BECAUSE)
@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    """A reserved payment will not be made."""

    no: int
    reason: Because


@kind(22, "paid", NUMBER, members.DIGEST, members.optional(members.DAY))
@dataclass(frozen=True, slots=True)
class Paid(Event):
    """A reserved payment was made, whole. `voucher` is the SM3 of the published, redacted voucher; `on` the day of the
    payment where it was recorded later, else null."""

    no: int
    voucher: bytes
    on: int | None = None


@kind(
    23,
    "acknowledged",
    NUMBER,
    members.POSITIVE,
    members.DIGEST,
    members.optional(members.DIGEST),
    members.number(1, 2),
    members.optional(members.DAY),
)
@dataclass(frozen=True, slots=True)
class Acknowledged(Event):
    """Who was paid says so. `signer` 1 the beneficiary 2 two witnesses; the beneficiary only ever as a commitment.
    `on`: the day of the acknowledgement where it was recorded later, else null."""

    no: int
    amount: int
    evidence: bytes
    beneficiary: bytes | None
    signer: int
    on: int | None = None


@kind(24, "payment_returned", NUMBER, members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class PaymentReturned(Event):
    """A part of a payment came back. It re-enters as a new in-leaf and is available to its allocation again."""

    no: int
    amount: int
    reason: Because


@kind(25, "acknowledgement_withdrawn", NUMBER, members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class AcknowledgementWithdrawn(Event):
    """An acknowledgement was recorded wrongly: the reversing entry, with its reason."""

    no: int
    amount: int
    reason: Because


@kind(30, "donation_returned", SERIAL, SERIAL, members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class DonationReturned(Event):
    """The serials [start, start + amount) of in-leaf `idx`, not yet spent, go back to the donor."""

    idx: int
    start: int
    amount: int
    reason: Because


@kind(31, "donation_reversed", SERIAL, SERIAL, members.POSITIVE, BECAUSE)
@dataclass(frozen=True, slots=True)
class DonationReversed(Event):
    """The same serials never were a donation: a reversing entry for what was recorded wrongly."""

    idx: int
    start: int
    amount: int
    reason: Because


@kind(32, "redirected", SERIAL, SERIAL, members.POSITIVE, BOOK, members.DIGEST)
@dataclass(frozen=True, slots=True)
class Redirected(Event):
    """The donor agreed that these serials go to another fund. `consent` is the SM3 of the consent."""

    idx: int
    start: int
    amount: int
    target: bytes
    consent: bytes


@kind(33, "redirected_in", BOOK, members.DIGEST, members.POSITIVE)
@dataclass(frozen=True, slots=True)
class RedirectedIn(Event):
    """The other end: `event` is `event_ref` of what the book `source` says of it."""

    source: bytes
    event: bytes
    amount: int


@kind(40, "transferred", BOOK, RESTRICTION, members.POSITIVE, members.DIGEST)
@dataclass(frozen=True, slots=True)
class Transferred(Event):
    """Unallocated money goes to another fund, whose restriction is `restriction`: no wider than this fund's own."""

    target: bytes
    restriction: Restriction
    amount: int
    decision: bytes


@kind(41, "transfer_in", BOOK, members.DIGEST, members.POSITIVE)
@dataclass(frozen=True, slots=True)
class TransferIn(Event):
    """The other end: `event` is `event_ref` of what the book `source` says of it."""

    source: bytes
    event: bytes
    amount: int


@kind(42, "surplus", members.POSITIVE, members.USCC, members.DIGEST)
@dataclass(frozen=True, slots=True)
class SurplusDisposed(Event):
    """What was left went to another charity of a like purpose (Charity Law, article 58)."""

    amount: int
    recipient: str
    decision: bytes


@kind(50, "pledged", NUMBER, members.POSITIVE, members.DAY)
@dataclass(frozen=True, slots=True)
class Pledged(Event):
    """Somebody promised `amount` until day `due`. No money yet: no account moves."""

    no: int
    amount: int
    due: int


@kind(51, "pledge_kept", NUMBER, SERIAL)
@dataclass(frozen=True, slots=True)
class PledgeKept(Event):
    """The donation of in-leaf `idx` keeps the pledge, or a part of it."""

    no: int
    idx: int


@kind(52, "pledge_withdrawn", NUMBER, BECAUSE)
@dataclass(frozen=True, slots=True)
class PledgeWithdrawn(Event):
    """The pledge will not be kept."""

    no: int
    reason: Because


@kind(60, "correction", SEQ, BECAUSE, members.WORDS)
@dataclass(frozen=True, slots=True)
class Correction(Event):
    """A published note about event `about`. Amounts are corrected by reversing events; a note moves nothing."""

    about: int
    reason: Because
    words: Both


@kind(61, "closed", BECAUSE)
@dataclass(frozen=True, slots=True)
class Closed(Event):
    """Nothing is left and nothing more is taken in. What comes back later must be disposed of too."""

    reason: Because


HoleEvent: TypeAlias = DonationReturned | DonationReversed | Redirected
"""What takes serials out of one donation, perhaps ahead of what has been spent."""
NAMES: Final = {cls.NAME: cls for cls in kinds()}
"""Every event by the name that the interface uses."""
