"""Why the ledger refuses an event: one error with a stable code, raised before anything has changed."""

from __future__ import annotations

from enum import StrEnum

from ..errors import VerifierError


class Refusal(StrEnum):
    """Stable codes of `LedgerRefused`. A code names a rule, never a value."""

    AMOUNT_OUT_OF_RANGE = "amount-out-of-range"  # not 1 … 2^53-1
    OVERFLOW = "overflow"  # the fund's total would pass 2^53-1
    INSUFFICIENT = "insufficient"  # an account would fall below zero
    OVER_ALLOCATION = "over-allocation"  # more than what is unallocated
    NO_ALLOCATION = "no-allocation"  # a payment needs an allocation that exists
    OVER_ACKNOWLEDGED = "over-acknowledged"  # more than what was paid and not returned
    OVER_RETURNED = "over-returned"  # more than what was paid and not acknowledged
    OUT_OF_ORDER = "out-of-order"  # the event's number, or what must have come before it
    CLOSED = "closed"
    NOT_EMPTY = "not-empty"  # a fund is closed when its surplus has been disposed of
    UNIT_MISMATCH = "unit-mismatch"  # money in a fund of goods, a fair value in a fund of money
    RESTRICTED = "restricted"  # not the project or purpose that the fund was given for
    UNKNOWN_NUMBER = "unknown-number"
    DUPLICATE_NUMBER = "duplicate-number"
    ALREADY_SPENT = "already-spent"  # of a donation only what no payment has reached can go back
    OUTSIDE_DONATION = "outside-donation"  # serials that are not the donation's
    LEAVES_MISMATCH = "leaves-mismatch"  # the leaves are not what the event says
    SAME_BOOK = "same-book"  # a transfer to the fund it comes from
    DAY_BEFORE = "day-before"  # before the last event's day, or before the fund's first
    DAY_AHEAD = "day-ahead"  # a donation or payment later than the event that records it


class LedgerRefused(VerifierError):
    """The event breaks a rule of its book, which stays as it was. `code` is stable; `detail` holds no value."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        super().__init__(f"ledger: {code.value}" + (f" ({detail})" if detail else ""))
        self.code = code
        self.detail = detail
