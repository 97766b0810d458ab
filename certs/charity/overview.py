"""What a fund's public events add up to: the figures that its page, its badge and its open data show.

A fold, event by event, in the order of the book. It refuses nothing: `verifier.charity.book` did that before the events
were written, and the public audit does it again. Amounts are fen, in a fund of goods whole units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from verifier.charity import events as ev

SHOWN: Final = 100  # corrections in one view, the newest; all of them are in events.bin
CLASSES: Final = ("direct_aid", "service_cost", "fundraising_cost", "admin")
PAYEES: Final = ("beneficiary", "implementer", "supplier", "staff")
IN: Final = ("raised", "income", "transferred_in", "redirected_in", "payments_returned")
OUT: Final = ("paid_out", "donations_returned", "donations_reversed", "redirected", "transferred_out", "surplus")


def iso(day: int) -> str:
    """A day counted from 1970-01-01 as strangers read it: "2026-09-04"."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _iso(day: int | None) -> str | None:
    return None if day is None else iso(day)


@dataclass(slots=True)
class Allocation:
    """One decision on what money is for. `used`: reserved and paid, less what came back."""

    no: int
    day: int
    project: str
    purpose: str
    amount: int
    decision: bytes
    used: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "no": self.no, "day": iso(self.day), "project": self.project, "purpose": self.purpose,
            "amount": self.amount, "used": self.used, "decision": self.decision.hex(),
        }  # fmt: skip


@dataclass(slots=True)
class Payment:
    """One disbursement, from its reservation on. Days are None until they come."""

    no: int
    allocation: int
    project: str
    cost_class: int
    payee: int
    amount: int
    reserved: int
    paid: int | None = None
    recorded: int | None = None  # when the payment was entered, on that day or later
    acknowledged_on: int | None = None  # the last time
    cancelled: bool = False
    voucher: bytes | None = None
    acknowledged: int = 0
    returned: int = 0
    evidence: list[bytes] = field(default_factory=list)

    @property
    def state(self) -> str:
        if self.paid is None:
            return "cancelled" if self.cancelled else "reserved"
        if self.returned == self.amount:
            return "returned"
        return "acknowledged" if self.acknowledged + self.returned == self.amount else "paid"

    def shown(self) -> dict[str, Any]:
        return {
            "no": self.no, "allocation": self.allocation, "project": self.project,
            "class": CLASSES[self.cost_class - 1], "payee": PAYEES[self.payee - 1], "amount": self.amount,
            "reserved": iso(self.reserved), "paid": _iso(self.paid), "paid_recorded": _iso(self.recorded),
            "voucher": self.voucher.hex() if self.voucher else None,
            "state": self.state, "acknowledged": self.acknowledged, "acknowledged_on": _iso(self.acknowledged_on),
            "returned": self.returned,
            "evidence": [digest.hex() for digest in self.evidence],
        }  # fmt: skip


@dataclass(slots=True)
class Overview:
    """The fold. `seq`: how many events went in."""

    seq: int = 0
    opened: ev.Opened | None = None
    closed: ev.Closed | None = None
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*IN, *OUT, "acknowledged", "fair_value"), 0))
    allocations: dict[int, Allocation] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    costs: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    by_day: dict[int, list[int]] = field(default_factory=dict)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    pledges: dict[int, int] = field(default_factory=dict)  # open ones: number to amount
    donations: int = 0
    taken_back: dict[int, int] = field(default_factory=dict)  # of in-leaves: what was returned or reversed

    def add(self, event: ev.Event) -> None:
        """The next event of the book."""
        step = _STEPS.get(type(event))
        if step is not None:
            step(self, event)
        reason = getattr(event, "reason", None)
        if reason is not None:
            self._correct(event, reason)
        self.seq += 1

    def count(self, name: str, day: int, amount: int) -> None:
        """Money that entered or left the fund on that day."""
        self.sums[name] += amount
        self.by_day.setdefault(day, [0, 0])[0 if name in IN else 1] += amount

    def _correct(self, event: Any, reason: ev.Because) -> None:
        words = getattr(event, "words", None)
        self.corrections.append(
            {
                "seq": event.seq, "day": iso(event.day), "kind": event.NAME, "about": getattr(event, "about", None),
                "no": getattr(event, "no", None), "amount": getattr(event, "amount", None),
                "reason": {"code": reason.code, "text": reason.text},
                "words": {"zh": words[0], "en": words[1]} if words else None,
            }
        )  # fmt: skip

    def totals(self) -> dict[str, int]:
        """`balance` is what the fund still has; it is what came in less what went out, whatever happened between."""
        sums = self.sums
        allocated = sum(a.amount for a in self.allocations.values())
        reserved = sum(p.amount for p in self.payments.values() if p.state == "reserved")
        balance = sum(sums[name] for name in IN) - sum(sums[name] for name in OUT)
        paid = sums["paid_out"] - sums["payments_returned"]
        moved = {name: sums[name] for name in (*IN, *OUT[1:], "acknowledged")}
        return moved | {
            "allocated": allocated,
            "reserved": reserved,
            "paid": paid,
            "unallocated": balance + paid - allocated,
            "balance": balance,
        }

    def shown(self) -> dict[str, Any]:
        """Everything but the payments: as GET /v1/charity/books/{book}/overview has it. Raises ValueError before the
        event that opens the book."""
        if self.opened is None:
            raise ValueError("a book begins with the event that opens it")
        first, unit = self.opened, self.opened.unit
        return {
            "title": {"zh": first.title[0], "en": first.title[1]},
            "unit": {"item": unit.item, "unit": unit.unit} if unit else None,
            "restriction": {"project": first.restriction.project, "purpose": first.restriction.purpose},
            "plan_filing_no": first.plan,
            "opened": iso(first.day),
            "since": _iso(first.since),
            "closed": iso(self.closed.day) if self.closed else None,
            "counts": {"events": self.seq, "donations": self.donations, "payments": len(self.payments)},
            "totals": self.totals(),
            "fair_value": self.sums["fair_value"],
            "costs": dict(zip(CLASSES, self.costs, strict=True)),
            "allocations": [a.shown() for a in self.allocations.values()],
            "corrections": self.corrections[: -SHOWN - 1 : -1],
            "corrections_total": len(self.corrections),
            "pledges": {"open": len(self.pledges), "amount": sum(self.pledges.values())},
            "by_day": [{"day": iso(day), "in": a, "out": b} for day, (a, b) in sorted(self.by_day.items())],
        }


def _opened(o: Overview, e: ev.Opened) -> None:
    o.opened = e


def _closed(o: Overview, e: ev.Closed) -> None:
    o.closed = e


def _received(o: Overview, e: ev.Received | ev.Grouped) -> None:
    o.donations += e.count
    o.count("raised", e.day, e.amount)


def _taken_back(name: str) -> Callable[[Overview, Any], None]:
    def step(o: Overview, e: ev.DonationReturned | ev.DonationReversed) -> None:
        o.count(name, e.day, e.amount)
        o.taken_back[e.idx] = o.taken_back.get(e.idx, 0) + e.amount

    return step


def _moved(name: str) -> Callable[[Overview, Any], None]:
    return lambda o, e: o.count(name, e.day, e.amount)


def _valued(o: Overview, e: ev.Valued) -> None:
    o.sums["fair_value"] += e.fair_value


def _allocated(o: Overview, e: ev.Allocated) -> None:
    o.allocations[e.no] = Allocation(e.no, e.day, e.project, e.purpose, e.amount, e.decision)


def _released(o: Overview, e: ev.Released) -> None:
    o.allocations[e.no].amount -= e.amount


def _reserved(o: Overview, e: ev.Reserved) -> None:
    allocation = o.allocations[e.allocation]
    allocation.used += e.amount
    o.payments[e.no] = Payment(
        e.no, e.allocation, allocation.project, e.cost_class, e.payee_type, e.amount, reserved=e.day
    )


def _cancelled(o: Overview, e: ev.Cancelled) -> None:
    payment = o.payments[e.no]
    payment.cancelled = True
    o.allocations[payment.allocation].used -= payment.amount


def _paid(o: Overview, e: ev.Paid) -> None:
    payment = o.payments[e.no]
    payment.paid, payment.recorded, payment.voucher = e.happened, e.day, e.voucher
    o.costs[payment.cost_class - 1] += payment.amount
    o.count("paid_out", e.happened, payment.amount)


def _acknowledged(o: Overview, e: ev.Acknowledged) -> None:
    payment = o.payments[e.no]
    payment.acknowledged += e.amount
    payment.evidence.append(e.evidence)
    payment.acknowledged_on = max(payment.acknowledged_on or 0, e.happened)
    o.sums["acknowledged"] += e.amount


def _unacknowledged(o: Overview, e: ev.AcknowledgementWithdrawn) -> None:
    o.payments[e.no].acknowledged -= e.amount
    o.sums["acknowledged"] -= e.amount


def _payment_returned(o: Overview, e: ev.PaymentReturned) -> None:
    payment = o.payments[e.no]
    payment.returned += e.amount
    o.costs[payment.cost_class - 1] -= e.amount
    o.allocations[payment.allocation].used -= e.amount
    o.count("payments_returned", e.day, e.amount)


def _pledged(o: Overview, e: ev.Pledged) -> None:
    o.pledges[e.no] = e.amount


def _pledge_ended(o: Overview, e: ev.PledgeKept | ev.PledgeWithdrawn) -> None:
    o.pledges.pop(e.no, None)


_STEPS: Final[dict[type[ev.Event], Callable[[Overview, Any], None]]] = {
    ev.Opened: _opened,
    ev.Closed: _closed,
    ev.Received: _received,
    ev.Grouped: _received,
    ev.Income: _moved("income"),
    ev.Valued: _valued,
    ev.Allocated: _allocated,
    ev.Released: _released,
    ev.Reserved: _reserved,
    ev.Cancelled: _cancelled,
    ev.Paid: _paid,
    ev.Acknowledged: _acknowledged,
    ev.AcknowledgementWithdrawn: _unacknowledged,
    ev.PaymentReturned: _payment_returned,
    ev.DonationReturned: _taken_back("donations_returned"),
    ev.DonationReversed: _taken_back("donations_reversed"),
    ev.Redirected: _moved("redirected"),
    ev.RedirectedIn: _moved("redirected_in"),
    ev.Transferred: _moved("transferred_out"),
    ev.TransferIn: _moved("transferred_in"),
    ev.SurplusDisposed: _moved("surplus"),
    ev.Pledged: _pledged,
    ev.PledgeKept: _pledge_ended,
    ev.PledgeWithdrawn: _pledge_ended,
}
"""Events that move nothing shown (such as a correction note) are not here: notes are collected by their reason."""
