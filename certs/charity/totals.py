"""Totals per fundraising plan, in fen. No floats, no wrap-around, nothing below zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from certs.errors import AmountOverflow
from certs.kinds.donation.draft import DonationDraft

MAX_TOTAL_FEN: Final = (1 << 53) - 1
"""Largest sum: readers in JavaScript are exact up to it."""


@dataclass(frozen=True, slots=True)
class PlanTotal:
    """What one plan has received. Raises AmountOverflow for an amount or count out of range."""

    plan_filing_no: str
    count: int = 0
    amount_fen: int = 0

    def __post_init__(self) -> None:
        if self.count < 0:
            raise AmountOverflow("a count is never negative")
        add_fen(self.amount_fen, 0)

    def with_donation(self, amount_fen: int) -> PlanTotal:
        """The total after one more donation of a positive amount."""
        if amount_fen <= 0:
            raise AmountOverflow("a donation is at least one fen")
        return PlanTotal(self.plan_filing_no, self.count + 1, add_fen(self.amount_fen, amount_fen))


def add_fen(a: int, b: int) -> int:
    """a + b for two amounts in [0, 2^53). Raises AmountOverflow if either or the sum is outside."""
    if type(a) is not int or type(b) is not int or a < 0 or b < 0 or a + b > MAX_TOTAL_FEN:
        raise AmountOverflow("amount in fen is outside the exact range")
    return a + b


def subtract_fen(a: int, b: int) -> int:
    """a - b, never below zero: no account is overdrawn. Raises AmountOverflow."""
    add_fen(a, 0)
    add_fen(b, 0)
    if b > a:
        raise AmountOverflow("more than there is")
    return a - b


def plan_totals(donations: Iterable[DonationDraft]) -> Mapping[str, PlanTotal]:
    """Totals by plan filing number. Raises AmountOverflow."""
    totals: dict[str, PlanTotal] = {}
    for donation in donations:
        plan = donation.plan_filing_no
        totals[plan] = totals.get(plan, PlanTotal(plan)).with_donation(donation.amount_fen)
    return totals
