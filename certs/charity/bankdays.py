"""A bank's daily totals held against the lines of its statements that a charity imported: both are the bank's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .layouts import CREDIT

AGREE: Final = "totals-agree"
DIFFER: Final = "totals-differ"
NO_STATEMENT: Final = "statement-missing"
NO_TOTALS: Final = "totals-missing"
CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    AGREE: ("银行日合计与对账单相符", "the bank's totals are those of its statement"),
    DIFFER: ("银行日合计与对账单不符", "the bank's totals are not those of its statement"),
    NO_STATEMENT: ("该日期尚无对账单", "no statement covers the day yet"),
    NO_TOTALS: ("对账单有当日流水，银行未提供日合计", "the statement has lines, and the bank gave no totals"),
}
"""Every class, (zh, en)."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in fen and counts, both ways."""

    credits: int = 0
    credit_count: int = 0
    debits: int = 0
    debit_count: int = 0

    def plus(self, direction: int, amount: int) -> Totals:
        """With one movement more."""
        if direction == CREDIT:
            return Totals(self.credits + amount, self.credit_count + 1, self.debits, self.debit_count)
        return Totals(self.credits, self.credit_count, self.debits + amount, self.debit_count + 1)

    def __add__(self, other: Totals) -> Totals:
        """Of two accounts."""
        return Totals(
            self.credits + other.credits,
            self.credit_count + other.credit_count,
            self.debits + other.debits,
            self.debit_count + other.debit_count,
        )


def by_day(movements: Iterable[tuple[int, int, int]]) -> dict[int, Totals]:
    """Totals of (day, direction, amount)."""
    found: dict[int, Totals] = {}
    for day, direction, amount in movements:
        found[day] = found.get(day, Totals()).plus(direction, amount)
    return found


def compare(
    bank: Mapping[int, Totals], statement: Mapping[int, Totals], covered: Sequence[tuple[int, int]]
) -> dict[int, str]:
    """Class of every day that either side knows. Days without totals count only from the bank's first day on: before it
    took no part. An account without any movement on a day that a statement covers agrees with totals of nothing."""
    first = min(bank, default=None)
    found: dict[int, str] = {}
    for day in sorted({*bank, *statement}):
        theirs, ours = bank.get(day), statement.get(day, Totals())
        if theirs is None:
            if first is not None and day > first:
                found[day] = NO_TOTALS
        elif theirs == ours:
            found[day] = AGREE
        else:
            known = any(start <= day <= end for start, end in covered)
            found[day] = DIFFER if known else NO_STATEMENT
    return found
