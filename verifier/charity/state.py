"""What a book keeps in memory, and what one event changes in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .accounts import Posting
from .errors import LedgerRefused, Refusal
from .events import Acknowledged, Opened, Paid
from .frontier import Hole
from .line import MAX_AMOUNT, MAX_DAY, In, Inflow, Operation, Outflow


class DisbursementState(StrEnum):
    """Where a payment stands. `acknowledged` and `returned` when nothing of it is open, the latter if all came back."""

    RESERVED = "reserved"
    CANCELLED = "cancelled"
    PAID = "paid"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"


class PledgeState(StrEnum):
    """Where a pledge stands."""

    OPEN = "open"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Allocation:
    """`amount` without what was released; `used` is reserved or paid and neither cancelled nor returned."""

    no: int
    project: str
    purpose: str
    amount: int
    used: int = 0


@dataclass(frozen=True, slots=True)
class Disbursement:
    """A payment. `segments` are its out-leaves in order: (index, amount), `ends` where each of them ends in it;
    `paid_on`: the day of the payment."""

    no: int
    allocation: int
    cost_class: int
    payee_type: int
    amount: int
    state: DisbursementState = DisbursementState.RESERVED
    acknowledged: int = 0
    returned: int = 0
    segments: tuple[tuple[int, int], ...] = ()
    ends: tuple[int, ...] = ()
    paid_on: int | None = None

    @property
    def open(self) -> int:
        """Paid, neither acknowledged nor returned."""
        return self.amount - self.acknowledged - self.returned

    def settled(self, acknowledged: int, returned: int) -> Disbursement:
        """The payment with other sums, and the state that follows from them."""
        after = replace(self, acknowledged=acknowledged, returned=returned)
        if after.open:
            return replace(after, state=DisbursementState.PAID)
        return replace(after, state=DisbursementState.ACKNOWLEDGED if acknowledged else DisbursementState.RETURNED)


@dataclass(frozen=True, slots=True)
class Pledge:
    """A promise; `kept` is what donations have made good of it, which may be more than promised."""

    no: int
    amount: int
    due: int
    kept: int = 0
    state: PledgeState = PledgeState.OPEN


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """Goods of one in-leaf, units [start, start + amount), worth `value` fen."""

    start: int
    amount: int
    value: int
    idx: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What a book needs to know of the leaves of a `Received`: all are donations, how many, how much, the last day and
    the first, None if they are taken on trust."""

    count: int
    amount: int
    last_day: int
    first_day: int | None = None

    @classmethod
    def of(cls, leaves: Iterable[Inflow]) -> Batch:
        """Of the leaves themselves. Raises LedgerRefused if one is no donation or its amount no amount."""
        count = total = last = 0
        first = MAX_DAY
        for kind, day, _, amount in leaves:
            if kind != In.DONATION:
                raise LedgerRefused(Refusal.LEAVES_MISMATCH, "kind")
            if not 0 < amount <= MAX_AMOUNT:
                raise LedgerRefused(Refusal.AMOUNT_OUT_OF_RANGE)
            count, total = count + 1, total + amount
            last = max(last, day)
            first = min(first, day)
        return cls(count, total, last, first)


@dataclass(frozen=True, slots=True)
class At:
    """Where an in-leaf lies, looked up by the caller: a book keeps no list of a million donations."""

    idx: int
    kind: int
    start: int
    amount: int


def happened(event: Paid | Acknowledged, not_before: int | None) -> int:
    """The day on which it happened. Raises LedgerRefused."""
    if event.on is not None:
        if event.on >= event.day:  # the day of recording has one spelling, null
            raise LedgerRefused(Refusal.DAY_AHEAD, "on")
        if not_before is not None and event.on < not_before:
            raise LedgerRefused(Refusal.DAY_BEFORE, "on")
    return event.happened


RETURNABLE: Final = frozenset({In.DONATION, In.GROUP, In.REDIRECTED_IN})
"""In-leaves that have a donor to whom something can be returned."""


@dataclass(frozen=True, slots=True)
class PlacedOut:
    """A new out-leaf: its index, first serial, the event that made it, its payment's number (0: none)."""

    idx: int
    start: int
    seq: int
    disbursement: int
    leaf: Outflow


@dataclass(frozen=True, slots=True)
class Effects:
    """All that one event changes: what `Book.plan` found, `Book.commit` takes over and the tables hold.

    `inflow` is the leaf that the event itself makes, the next of the in-line (the leaves of a `Received` are the
    caller's); `settled` are steps of out-leaves' settlements: (index, step); `allocation`, `disbursement` and `pledge`
    are as they are afterwards; `balances` those of the accounts that the postings touch.
    """

    seq: int
    day: int
    postings: tuple[Posting, ...] = ()
    balances: tuple[tuple[str, int], ...] = ()
    received: int = 0
    received_amount: int = 0
    inflow: Inflow | None = None
    outflows: tuple[PlacedOut, ...] = ()
    settled: tuple[tuple[int, Operation], ...] = ()
    allocation: Allocation | None = None
    disbursement: Disbursement | None = None
    pledge: Pledge | None = None
    pledge_leaf: int | None = None
    lot: Lot | None = None
    hole: Hole | None = None  # a new one that waits
    holes_passed: int = 0
    origin: bytes | None = None  # `event_ref` of the other end of money that came from another fund
    opened: Opened | None = None
    closed: bool = False
