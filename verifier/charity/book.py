"""A fund's book: the state that its events lead to, and the one place that decides whether an event may happen.

The service asks `plan` before it writes, `mzt audit` and the public audit replay with `apply`: rules live here alone.

    change = book.plan(event, batch, at)   # raises LedgerRefused and changes nothing
    …write and commit the transaction…
    book.commit(change)

`plan` costs O(log n) and O(segments of the payment), whatever the fund's size: the leaves of donations are not kept,
only their totals and the holes in them. So an event that names one donation needs it looked up (`wants` says which),
and a `Received` needs what `Batch.of` found in its leaves.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import replace

from .accounts import Accounts
from .errors import LedgerRefused, Refusal
from .events import (
    DonationReturned,
    DonationReversed,
    Event,
    Opened,
    PledgeKept,
    Received,
    Redirected,
    Valued,
    parse_event,
)
from .frontier import Hole
from .line import Operation, Outflow, Settlement
from .members import MAX_AMOUNT
from .moves import plan_event
from .state import Allocation, At, Batch, Disbursement, Effects, Lot, Pledge

Locate = Callable[[int], At]
"""In-leaf index -> where it lies."""


def wants(event: Event) -> int | None:
    """The in-leaf that the caller must look up for this event, or None."""
    if isinstance(event, Valued | DonationReturned | DonationReversed | Redirected | PledgeKept):
        return event.idx
    return None


class Book:
    """The fold of a fund's events. Attributes are for reading; only `commit` changes them."""

    def __init__(self, book: bytes) -> None:
        self.book = book
        self.size = 0  # events so far: the next event's seq
        self.day = 0
        self.opened: Opened | None = None
        self.closed = False
        self.accounts = Accounts()
        self.in_count = self.in_total = 0
        self.out_count = self.frontier = 0  # the frontier is the out-line's total
        self.holes: list[Hole] = []
        self.holes_total = 0
        self.allocations: dict[int, Allocation] = {}
        self.disbursements: dict[int, Disbursement] = {}
        self.pledges: dict[int, Pledge] = {}
        self.pledge_leaves: set[int] = set()
        self.lots: list[Lot] = []
        self.valued: set[int] = set()  # in-leaves that have a fair value
        self.value_total = 0  # fen
        self.origins: set[bytes] = set()
        self.outflows: list[Outflow] = []
        self.settlements: list[Settlement] = []  # one for every outflow
        self.acknowledged = self.returned = 0
        self._operations: list[list[Operation]] = []

    @classmethod
    def replay(cls, book: bytes, bodies: Iterable[bytes], locate: Locate) -> Book:
        """A book from its own events, taking the leaves of `Received` on trust: for who has checked them before.

        Raises Malformed and LedgerRefused.
        """
        self = cls(book)
        for body in bodies:
            event = parse_event(body)
            idx = wants(event)
            batch = Batch(event.count, event.amount, event.day) if isinstance(event, Received) else None
            self.apply(event, batch, None if idx is None else locate(idx))
        return self

    @property
    def available(self) -> int:
        """Serials that nothing owns yet: unallocated, allocated or reserved."""
        return self.in_total - self.frontier - self.holes_total

    def plan(self, event: Event, batch: Batch | None = None, at: At | None = None) -> Effects:
        """What the event would change. Raises LedgerRefused; the book stays as it is either way."""
        if event.seq != self.size or (self.opened is None) is not isinstance(event, Opened):
            raise LedgerRefused(Refusal.OUT_OF_ORDER, "seq")
        if event.day < self.day:
            raise LedgerRefused(Refusal.DAY_BEFORE)
        if isinstance(event, Received):
            self._check_batch(event, batch)
        idx = wants(event)
        if idx is not None:
            self._check_at(idx, at)
        effects = plan_event(self, event, at)
        added = effects.received_amount + (effects.inflow.amount if effects.inflow else 0)
        if self.in_total + added > MAX_AMOUNT:
            raise LedgerRefused(Refusal.OVERFLOW)
        return replace(effects, balances=tuple(self.accounts.after(effects.postings).items()))

    def _check_batch(self, event: Received, batch: Batch | None) -> None:
        if event.start != self.in_count:
            raise LedgerRefused(Refusal.OUT_OF_ORDER, "start")
        if batch is None or (batch.count, batch.amount) != (event.count, event.amount):
            raise LedgerRefused(Refusal.LEAVES_MISMATCH)
        if batch.last_day > event.day:
            raise LedgerRefused(Refusal.DAY_AHEAD)
        if batch.first_day is not None and self.opened is not None and batch.first_day < self.opened.first_day:
            raise LedgerRefused(Refusal.DAY_BEFORE, "a donation before the fund's first day")

    def _check_at(self, idx: int, at: At | None) -> None:
        if idx >= self.in_count:
            raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "idx")
        if at is None or at.idx != idx or at.start + at.amount > self.in_total:
            raise LedgerRefused(Refusal.OUTSIDE_DONATION, "idx")

    def commit(self, change: Effects) -> None:
        """Take over what `plan` found. It cannot fail, but a plan made for an earlier state is refused."""
        if change.seq != self.size:
            raise LedgerRefused(Refusal.OUT_OF_ORDER, "stale")
        self.size += 1
        self.day = change.day
        self.opened = change.opened or self.opened
        self.closed = self.closed or change.closed
        self.accounts.set(dict(change.balances))
        self._take_in(change)
        self._take_out(change)
        if change.allocation:
            self.allocations[change.allocation.no] = change.allocation
        if change.disbursement:
            self.disbursements[change.disbursement.no] = change.disbursement
        if change.pledge:
            self.pledges[change.pledge.no] = change.pledge
        if change.pledge_leaf is not None:
            self.pledge_leaves.add(change.pledge_leaf)
        if change.lot:
            insort(self.lots, change.lot)
            self.valued.add(change.lot.idx)
            self.value_total += change.lot.value

    def _take_in(self, change: Effects) -> None:
        self.in_count += change.received
        self.in_total += change.received_amount
        if change.inflow:
            self.in_count += 1
            self.in_total += change.inflow.amount
        if change.origin:
            self.origins.add(change.origin)

    def _take_out(self, change: Effects) -> None:
        for hole in self.holes[: change.holes_passed]:
            self.holes_total -= hole.end - hole.start
        del self.holes[: change.holes_passed]
        for out in change.outflows:
            self.outflows.append(out.leaf)
            self.settlements.append(Settlement())
            self._operations.append([])
            self.out_count += 1
            self.frontier += out.leaf.amount
        if change.hole:
            insort(self.holes, change.hole)
            self.holes_total += change.hole.end - change.hole.start
        for idx, step in change.settled:
            before = self.settlements[idx]
            after = self.settlements[idx] = before.after(step)
            self._operations[idx].append(step)
            self.acknowledged += after.acknowledged - before.acknowledged
            self.returned += after.returned - before.returned

    def apply(self, event: Event, batch: Batch | None = None, at: At | None = None) -> Effects:
        """`plan` and `commit`. Raises LedgerRefused before anything has changed."""
        change = self.plan(event, batch, at)
        self.commit(change)
        return change

    def operations(self, idx: int) -> tuple[Operation, ...]:
        """The steps of an out-leaf's settlement, in order."""
        return tuple(self._operations[idx])

    def value_of(self, start: int, end: int) -> tuple[int, int]:
        """Fair value in fen of the units [start, end) of a goods fund, and how many of them have none yet.

        Lots go out first in, first out; of a lot's first k units the value is floor(value * k / units), so that the
        parts of a lot always add up to it, however it is cut.
        """
        value, valued = 0, 0
        at = max(0, bisect_right(self.lots, start, key=lambda lot: lot.start) - 1)
        while at < len(self.lots) and self.lots[at].start < end:
            lot = self.lots[at]
            low, high = max(start, lot.start) - lot.start, min(end, lot.start + lot.amount) - lot.start
            if low < high:
                value += lot.value * high // lot.amount - lot.value * low // lot.amount
                valued += high - low
            at += 1
        return value, end - start - valued
