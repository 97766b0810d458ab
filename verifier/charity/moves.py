"""What each kind of event does to a book: the rules, one function a kind. Nothing here changes anything.

A function is given the book, the event and, where the event names a donation, where that lies; it returns `Effects` or
raises LedgerRefused. Postings that would overdraw an account are refused by the caller; what is checked here is what
has a name of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from . import accounts as a
from . import events as e
from .accounts import Posting
from .errors import LedgerRefused, Refusal
from .frontier import Hole, Span, place, spend
from .line import ACKNOWLEDGED, RETURNED, WITHDRAWN, In, Inflow, Operation, Out, Outflow
from .members import MAX_AMOUNT
from .state import (
    RETURNABLE,
    Allocation,
    At,
    Disbursement,
    DisbursementState,
    Effects,
    Lot,
    PlacedOut,
    Pledge,
    PledgeState,
    happened,
)

if TYPE_CHECKING:
    from .book import Book

_NOT_AFTER_CLOSING: Final = (
    e.Received,
    e.Grouped,
    e.Income,
    e.Valued,
    e.Allocated,
    e.DonationReturned,
    e.DonationReversed,
    e.Redirected,
    e.RedirectedIn,
    e.TransferIn,
    e.Pledged,
    e.PledgeKept,
    e.Closed,
)
"""After closing nothing comes in and nothing is newly decided. What comes back from a payment can still be paid again
or be disposed of."""


def plan_event(book: Book, event: e.Event, at: At | None) -> Effects:
    """The effects of one event that is next in its book, without the balances. Raises LedgerRefused."""
    if book.closed and isinstance(event, _NOT_AFTER_CLOSING):
        raise LedgerRefused(Refusal.CLOSED)
    return _PLANS[type(event)](book, event, at)


def _opened(book: Book, event: e.Opened, _: At | None) -> Effects:
    if event.book != book.book:
        raise LedgerRefused(Refusal.SAME_BOOK, "opens another book")
    if event.since is not None and event.since >= event.day:
        raise LedgerRefused(Refusal.DAY_AHEAD, "since")
    return Effects(event.seq, event.day, opened=event)


def _received(book: Book, event: e.Received, _: At | None) -> Effects:
    posting = Posting(a.UNALLOCATED, a.received(In.DONATION), event.amount)
    return Effects(event.seq, event.day, (posting,), received=event.count, received_amount=event.amount)


def _entering(event: e.Event, kind: In, ref: bytes, amount: int, **more: Any) -> Effects:
    leaf = Inflow(int(kind), event.day, ref, amount)
    postings = (Posting(a.UNALLOCATED, a.received(kind), amount),)
    return Effects(event.seq, event.day, postings, inflow=leaf, **more)


def _grouped(book: Book, event: e.Grouped, _: At | None) -> Effects:
    if event.amount < event.count:
        raise LedgerRefused(Refusal.AMOUNT_OUT_OF_RANGE, "less than one for every member")
    return _entering(event, In.GROUP, event.ref(book.book), event.amount)


def _income(book: Book, event: e.Income, _: At | None) -> Effects:
    if book.opened and book.opened.unit is not None:
        raise LedgerRefused(Refusal.UNIT_MISMATCH, "money in a fund of goods")
    return _entering(event, In.INCOME, event.ref(book.book), event.amount)


def _from_another(book: Book, event: e.TransferIn | e.RedirectedIn, _: At | None) -> Effects:
    if event.source == book.book:
        raise LedgerRefused(Refusal.SAME_BOOK)
    if event.event in book.origins:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "event")
    kind = In.TRANSFER_IN if isinstance(event, e.TransferIn) else In.REDIRECTED_IN
    return _entering(event, kind, event.event, event.amount, origin=event.event)


def _valued(book: Book, event: e.Valued, at: At | None) -> Effects:
    assert at is not None
    if book.opened and book.opened.unit is None:
        raise LedgerRefused(Refusal.UNIT_MISMATCH, "a fair value of money")
    if at.idx in book.valued:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "idx")
    if book.value_total + event.fair_value > MAX_AMOUNT:
        raise LedgerRefused(Refusal.OVERFLOW)
    return Effects(event.seq, event.day, lot=Lot(at.start, at.amount, event.fair_value, at.idx))


def _allocated(book: Book, event: e.Allocated, _: At | None) -> Effects:
    if event.no in book.allocations:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "no")
    if book.opened and not book.opened.restriction.allows(event.project, event.purpose):
        raise LedgerRefused(Refusal.RESTRICTED)
    if event.amount > book.accounts[a.UNALLOCATED]:
        raise LedgerRefused(Refusal.OVER_ALLOCATION)
    posting = Posting(a.allocated(event.no), a.UNALLOCATED, event.amount)
    allocation = Allocation(event.no, event.project, event.purpose, event.amount)
    return Effects(event.seq, event.day, (posting,), allocation=allocation)


def _allocation(book: Book, no: int) -> Allocation:
    found = book.allocations.get(no)
    if found is None:
        raise LedgerRefused(Refusal.NO_ALLOCATION)
    return found


def _released(book: Book, event: e.Released, _: At | None) -> Effects:
    allocation = _allocation(book, event.no)
    if event.amount > allocation.amount - allocation.used:
        raise LedgerRefused(Refusal.INSUFFICIENT, "allocated")
    posting = Posting(a.UNALLOCATED, a.allocated(event.no), event.amount)
    after = replace(allocation, amount=allocation.amount - event.amount)
    return Effects(event.seq, event.day, (posting,), allocation=after)


def _reserved(book: Book, event: e.Reserved, _: At | None) -> Effects:
    if event.no in book.disbursements:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "no")
    allocation = _allocation(book, event.allocation)
    if event.amount > allocation.amount - allocation.used:
        raise LedgerRefused(Refusal.INSUFFICIENT, "allocated")
    payment = Disbursement(event.no, event.allocation, event.cost_class, event.payee_type, event.amount)
    posting = Posting(a.reserved(event.no), a.allocated(event.allocation), event.amount)
    after = replace(allocation, used=allocation.used + event.amount)
    return Effects(event.seq, event.day, (posting,), allocation=after, disbursement=payment)


def _payment(book: Book, no: int, *states: DisbursementState) -> Disbursement:
    found = book.disbursements.get(no)
    if found is None:
        raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "no")
    if found.state not in states:
        raise LedgerRefused(Refusal.OUT_OF_ORDER, "the payment's state")
    return found


def _cancelled(book: Book, event: e.Cancelled, _: At | None) -> Effects:
    payment = _payment(book, event.no, DisbursementState.RESERVED)
    allocation = book.allocations[payment.allocation]
    posting = Posting(a.allocated(allocation.no), a.reserved(event.no), payment.amount)
    return Effects(
        event.seq,
        event.day,
        (posting,),
        allocation=replace(allocation, used=allocation.used - payment.amount),
        disbursement=replace(payment, state=DisbursementState.CANCELLED),
    )


def _placed(book: Book, spans: list[Span], seq: int, number: int, leaf: Outflow) -> tuple[PlacedOut, ...]:
    """The out-leaves of the spans, holes under their own event's name; `leaf` is the spender's, its amount ignored."""
    found = []
    for idx, span in enumerate(spans, book.out_count):
        amount = span.end - span.start
        if span.hole:
            h = span.hole
            made = Outflow(h.out_kind, h.day, 0, 0, h.ref, amount)
            found.append(PlacedOut(idx, span.start, h.seq, 0, made))
        else:
            found.append(PlacedOut(idx, span.start, seq, number, leaf._replace(amount=amount)))
    return tuple(found)


def _paid(book: Book, event: e.Paid, _: At | None) -> Effects:
    payment = _payment(book, event.no, DisbursementState.RESERVED)
    on = happened(event, book.opened.first_day if book.opened else None)
    spans, passed = spend(book.frontier, book.holes, payment.amount)
    leaf = Outflow(int(Out.PAYMENT), on, payment.allocation, payment.cost_class, event.voucher, 0)
    outflows = _placed(book, spans, event.seq, event.no, leaf)
    segments = tuple((out.idx, out.leaf.amount) for out in outflows if out.disbursement)
    ends = tuple(accumulate(amount for _, amount in segments))
    return Effects(
        event.seq,
        event.day,
        (Posting(a.paid(payment.cost_class), a.reserved(event.no), payment.amount),),
        outflows=outflows,
        holes_passed=passed,
        disbursement=replace(payment, state=DisbursementState.PAID, segments=segments, ends=ends, paid_on=on),
    )


def _steps(payment: Disbursement, low: int, high: int, op: int, ref: bytes) -> tuple[tuple[int, Operation], ...]:
    """Steps for the payment's offsets [low, high), one for every segment that they touch."""
    found = []
    at = bisect_right(payment.ends, low)  # looked up: a payment around 10^5 holes is acknowledged 10^5 times
    while low < high:
        end = min(high, payment.ends[at])
        found.append((payment.segments[at][0], Operation(op, end - low, ref)))
        low, at = end, at + 1
    return tuple(found)


_PAID_STATES: Final = (DisbursementState.PAID, DisbursementState.ACKNOWLEDGED, DisbursementState.RETURNED)


def _acknowledged(book: Book, event: e.Acknowledged, _: At | None) -> Effects:
    payment = _payment(book, event.no, *_PAID_STATES)
    if event.amount > payment.open:
        raise LedgerRefused(Refusal.OVER_ACKNOWLEDGED)
    happened(event, payment.paid_on)
    done, cost_class = payment.acknowledged, payment.cost_class
    return Effects(
        event.seq,
        event.day,
        (Posting(a.acknowledged(cost_class), a.paid(cost_class), event.amount),),
        settled=_steps(payment, done, done + event.amount, ACKNOWLEDGED, event.evidence),
        disbursement=payment.settled(done + event.amount, payment.returned),
    )


def _withdrawn(book: Book, event: e.AcknowledgementWithdrawn, _: At | None) -> Effects:
    payment = _payment(book, event.no, *_PAID_STATES)
    if event.amount > payment.acknowledged:
        raise LedgerRefused(Refusal.OVER_ACKNOWLEDGED, "withdrawn")
    left, cost_class = payment.acknowledged - event.amount, payment.cost_class
    return Effects(
        event.seq,
        event.day,
        (Posting(a.paid(cost_class), a.acknowledged(cost_class), event.amount),),
        settled=_steps(payment, left, payment.acknowledged, WITHDRAWN, event.ref(book.book)),
        disbursement=payment.settled(left, payment.returned),
    )


def _payment_returned(book: Book, event: e.PaymentReturned, _: At | None) -> Effects:
    payment = _payment(book, event.no, *_PAID_STATES)
    if event.amount > payment.open:
        raise LedgerRefused(Refusal.OVER_RETURNED)
    allocation, ref = book.allocations[payment.allocation], event.ref(book.book)
    end = payment.amount - payment.returned
    return Effects(
        event.seq,
        event.day,
        (
            Posting(a.RETURNED, a.paid(payment.cost_class), event.amount),
            Posting(a.allocated(allocation.no), a.received(In.RETURNED_PAYMENT), event.amount),
        ),
        inflow=Inflow(int(In.RETURNED_PAYMENT), event.day, ref, event.amount),
        settled=_steps(payment, end - event.amount, end, RETURNED, ref),
        allocation=replace(allocation, used=allocation.used - event.amount),
        disbursement=payment.settled(payment.acknowledged, payment.returned + event.amount),
    )


_HOLE_KINDS: Final = {
    e.DonationReturned: Out.DONATION_RETURNED,
    e.DonationReversed: Out.DONATION_REVERSED,
    e.Redirected: Out.REDIRECTED,
}


def _taken_out(book: Book, event: e.HoleEvent, at: At | None) -> Effects:
    assert at is not None
    if isinstance(event, e.Redirected) and event.target == book.book:
        raise LedgerRefused(Refusal.SAME_BOOK)
    if at.kind not in RETURNABLE or not at.start <= event.start <= event.start + event.amount <= at.start + at.amount:
        raise LedgerRefused(Refusal.OUTSIDE_DONATION)
    if event.amount > book.accounts[a.UNALLOCATED]:
        raise LedgerRefused(Refusal.INSUFFICIENT, "unallocated")
    kind = int(_HOLE_KINDS[type(event)])
    hole = Hole(event.start, event.start + event.amount, kind, event.day, event.ref(book.book), event.seq)
    place(book.frontier, book.holes, hole)
    postings = (Posting(a.out(kind), a.UNALLOCATED, event.amount),)
    if hole.start > book.frontier:
        return Effects(event.seq, event.day, postings, hole=hole)
    following, passed = spend(hole.end, book.holes, 0)
    spans = [Span(hole.start, hole.end, hole), *following]
    outflows = _placed(book, spans, event.seq, 0, Outflow(kind, event.day, 0, 0, hole.ref, 0))
    return Effects(event.seq, event.day, postings, outflows=outflows, holes_passed=passed)


def _leaving(book: Book, event: e.Event, kind: Out, amount: int) -> Effects:
    if amount > book.accounts[a.UNALLOCATED]:
        raise LedgerRefused(Refusal.INSUFFICIENT, "unallocated")
    spans, passed = spend(book.frontier, book.holes, amount)
    leaf = Outflow(int(kind), event.day, 0, 0, event.ref(book.book), 0)
    return Effects(
        event.seq,
        event.day,
        (Posting(a.out(kind), a.UNALLOCATED, amount),),
        outflows=_placed(book, spans, event.seq, 0, leaf),
        holes_passed=passed,
    )


def _transferred(book: Book, event: e.Transferred, _: At | None) -> Effects:
    if event.target == book.book:
        raise LedgerRefused(Refusal.SAME_BOOK)
    assert book.opened is not None
    if not book.opened.restriction.allows(event.restriction.project, event.restriction.purpose):
        raise LedgerRefused(Refusal.RESTRICTED, "the other fund's restriction is wider")
    return _leaving(book, event, Out.TRANSFER, event.amount)


def _surplus(book: Book, event: e.SurplusDisposed, _: At | None) -> Effects:
    return _leaving(book, event, Out.SURPLUS, event.amount)


def _pledged(book: Book, event: e.Pledged, _: At | None) -> Effects:
    if event.no in book.pledges:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "no")
    return Effects(event.seq, event.day, pledge=Pledge(event.no, event.amount, event.due))


def _open_pledge(book: Book, no: int) -> Pledge:
    found = book.pledges.get(no)
    if found is None:
        raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "no")
    if found.state is not PledgeState.OPEN:
        raise LedgerRefused(Refusal.OUT_OF_ORDER, "the pledge's state")
    return found


def _pledge_kept(book: Book, event: e.PledgeKept, at: At | None) -> Effects:
    assert at is not None
    pledge = _open_pledge(book, event.no)
    if at.kind != In.DONATION:
        raise LedgerRefused(Refusal.OUTSIDE_DONATION)
    if event.idx in book.pledge_leaves:
        raise LedgerRefused(Refusal.DUPLICATE_NUMBER, "idx")
    kept = pledge.kept + at.amount
    state = PledgeState.KEPT if kept >= pledge.amount else PledgeState.OPEN
    return Effects(event.seq, event.day, pledge=replace(pledge, kept=kept, state=state), pledge_leaf=event.idx)


def _pledge_withdrawn(book: Book, event: e.PledgeWithdrawn, _: At | None) -> Effects:
    pledge = _open_pledge(book, event.no)
    return Effects(event.seq, event.day, pledge=replace(pledge, state=PledgeState.WITHDRAWN))


def _correction(book: Book, event: e.Correction, _: At | None) -> Effects:
    if event.about >= event.seq:
        raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "about")
    return Effects(event.seq, event.day)


def _closed(book: Book, event: e.Closed, _: At | None) -> Effects:
    if book.available:
        raise LedgerRefused(Refusal.NOT_EMPTY)
    return Effects(event.seq, event.day, closed=True)


_PLANS: Final[dict[type[e.Event], Callable[[Book, Any, At | None], Effects]]] = {
    e.Opened: _opened,
    e.Received: _received,
    e.Grouped: _grouped,
    e.Income: _income,
    e.Valued: _valued,
    e.Allocated: _allocated,
    e.Released: _released,
    e.Reserved: _reserved,
    e.Cancelled: _cancelled,
    e.Paid: _paid,
    e.Acknowledged: _acknowledged,
    e.AcknowledgementWithdrawn: _withdrawn,
    e.PaymentReturned: _payment_returned,
    e.DonationReturned: _taken_out,
    e.DonationReversed: _taken_out,
    e.Redirected: _taken_out,
    e.RedirectedIn: _from_another,
    e.Transferred: _transferred,
    e.TransferIn: _from_another,
    e.SurplusDisposed: _surplus,
    e.Pledged: _pledged,
    e.PledgeKept: _pledge_kept,
    e.PledgeWithdrawn: _pledge_withdrawn,
    e.Correction: _correction,
    e.Closed: _closed,
}
