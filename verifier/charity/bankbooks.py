"""What all funds of a charity took in and paid out on the days that its bank gave totals of (I8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .bankday import against_books
from .conduct import BankDay
from .events import DonationReturned, DonationReversed, Event, Income, Paid, PaymentReturned, SurplusDisposed
from .line import In

_EPOCH = date(1970, 1, 1)
_GIVEN = bytes((In.DONATION, In.GROUP))
Moved = dict[int, tuple[int, int]]
"""(received, paid) in fen by day."""


@dataclass(frozen=True, slots=True)
class BankTable:
    """Bank and books of one charity over the bank's days, in fen. A difference proves nothing by itself: gifts in cash
    and bookings of another day make one. One that only grows is money that is in no book. `stated`: on how many of the
    `days` every total comes with a statement of the bank, whose key nobody here knows; the others are the charity's
    own word."""

    charity: str
    days: int
    stated: int
    first: int
    last: int
    credits: int
    debits: int
    received: int
    paid: int

    @property
    def difference(self) -> int:
        """What the bank had more than the books."""
        return self.credits - self.debits - self.received + self.paid

    def to_json(self) -> dict[str, Any]:
        """Members for JSON."""
        return {
            "charity": self.charity,
            "days": self.days,
            "stated": self.stated,
            "first": (_EPOCH + timedelta(days=self.first)).isoformat(),
            "last": (_EPOCH + timedelta(days=self.last)).isoformat(),
            "bank": {"credits": self.credits, "debits": self.debits},
            "books": {"received": self.received, "paid": self.paid},
            "difference": self.difference,
        }


def add_gifts(moved: Moved, kinds: bytes, days: Iterable[int], amounts: Iterable[int]) -> None:
    """Add the donations and groups of an in-line, which comes by column."""
    for kind, day, amount in zip(kinds, days, amounts, strict=True):
        if kind in _GIVEN:
            received, paid = moved.get(day, (0, 0))
            moved[day] = received + amount, paid


def add_event(moved: Moved, event: Event, amount_paid: int) -> None:
    """Add what an event moved at the bank; `amount_paid` is of the payment that a `Paid` is about. A reversed donation
    counts as paid: it was counted as received, and never came."""
    received, paid = moved.get(event.happened, (0, 0))
    if isinstance(event, Income | PaymentReturned):
        moved[event.happened] = received + event.amount, paid
    elif isinstance(event, DonationReturned | DonationReversed | SurplusDisposed):
        moved[event.happened] = received, paid + event.amount
    elif isinstance(event, Paid):
        moved[event.happened] = received, paid + amount_paid


def bank_table(charity: str, days: Iterable[BankDay], books: Iterable[Mapping[int, tuple[int, int]]]) -> BankTable:
    """The table of at least one day; `books` of all funds of money."""
    bank: Moved = {}
    unstated = set()
    for day in days:
        if day.statement is None:
            unstated.add(day.of_day)
        credits, debits = bank.get(day.of_day, (0, 0))
        bank[day.of_day] = credits + day.credits, debits + day.debits
    both: Moved = {}
    for moved in books:
        for of_day, (received, paid) in moved.items():
            before = both.get(of_day, (0, 0))
            both[of_day] = before[0] + received, before[1] + paid
    rows = against_books(bank, both)
    sums = (sum(getattr(row, name) for row in rows) for name in ("credits", "debits", "received", "paid"))
    return BankTable(charity, len(rows), len(bank.keys() - unstated), rows[0].day, rows[-1].day, *sums)
