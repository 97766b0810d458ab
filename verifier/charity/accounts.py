"""Accounts of a fund in double entry: every posting moves one amount from an account to another.

    received:<source>   what ever entered the in-line: donation, group, returned, transfer-in, redirected-in, income
    unallocated         free                         allocated:<no>      decided, not yet in a payment
    reserved:<no>       a payment prepared           paid:<class>        paid, neither acknowledged nor returned
    acknowledged:<class>                             returned            came back from payments (and was received anew)
    out:<kind>          left as no payment: transfer, donation-returned, donation-reversed, redirected, surplus

`received:*` grow by credit, all others by debit, and none is ever below zero. A posting debits one and credits another,
so the received accounts always sum up to all the others together (I1); `Accounts.check` refuses what would overdraw.
Sample: the allocation of 100 fen is `Posting("allocated:1", "unallocated", 100)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .errors import LedgerRefused, Refusal
from .members import MAX_AMOUNT

UNALLOCATED: Final = "unallocated"
RETURNED: Final = "returned"
RECEIVED: Final = "received:"
SOURCES: Final = MappingProxyType(
    {1: "donation", 2: "group", 3: "returned", 4: "transfer-in", 5: "redirected-in", 6: "income"}
)
"""By the kind of in-leaf."""
WAYS_OUT: Final = MappingProxyType(
    {2: "transfer", 3: "donation-returned", 4: "donation-reversed", 5: "redirected", 6: "surplus"}
)
"""By the kind of out-leaf; 1 is a payment."""


def received(kind: int) -> str:
    """The account of an in-leaf's kind."""
    return RECEIVED + SOURCES[kind]


def allocated(no: int) -> str:
    """What allocation `no` has left."""
    return f"allocated:{no}"


def reserved(no: int) -> str:
    """What is set aside for payment `no`."""
    return f"reserved:{no}"


def paid(cost_class: int) -> str:
    """Payments of a class that are neither acknowledged nor returned."""
    return f"paid:{cost_class}"


def acknowledged(cost_class: int) -> str:
    """Payments of a class that the payee acknowledged."""
    return f"acknowledged:{cost_class}"


def out(kind: int) -> str:
    """The account of an out-leaf's kind that is no payment."""
    return f"out:{WAYS_OUT[kind]}"


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement: `amount` (fen or units, above zero) is debited to one account and credited to another."""

    debit: str
    credit: str
    amount: int


class Accounts:
    """Balances by name. Closed accounts (a cancelled reservation's) stay, at zero."""

    __slots__ = ("_balances",)

    def __init__(self) -> None:
        self._balances: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        return self._balances.get(name, 0)

    @property
    def balances(self) -> Mapping[str, int]:
        """All balances, read only."""
        return MappingProxyType(self._balances)

    def after(self, postings: Iterable[Posting]) -> dict[str, int]:
        """The balances that the postings lead to, of the accounts they touch. Raises LedgerRefused.

        Asked after every posting and not only at the end: no order within an event may overdraw either.
        """
        touched: dict[str, int] = {}
        for p in postings:
            if not 0 < p.amount <= MAX_AMOUNT:
                raise LedgerRefused(Refusal.AMOUNT_OUT_OF_RANGE)
            for name, debit in ((p.debit, True), (p.credit, False)):
                grows = debit is not name.startswith(RECEIVED)
                balance = touched.get(name, self._balances.get(name, 0)) + (p.amount if grows else -p.amount)
                if balance < 0:
                    raise LedgerRefused(Refusal.INSUFFICIENT, name.partition(":")[0])
                if balance > MAX_AMOUNT:
                    raise LedgerRefused(Refusal.OVERFLOW)
                touched[name] = balance
        return touched

    def set(self, balances: Mapping[str, int]) -> None:
        """Take over what `after` gave."""
        self._balances.update(balances)

    def total(self, prefix: str) -> int:
        """Sum of the accounts whose name begins so: O(accounts)."""
        return sum(balance for name, balance in self._balances.items() if name.startswith(prefix))

    def conserve(self) -> bool:
        """I1: what was received is what all other accounts hold together. O(accounts)."""
        came = self.total(RECEIVED)
        return came == sum(self._balances.values()) - came
