"""Where spending stands on the in-line, and what has been taken out ahead of it.

Serials are spent in order: the *frontier* is the first serial that no out-leaf owns. A donation that is returned,
reversed or redirected takes its own serials, which lie further on: a *hole*. When spending reaches a hole, the hole's
out-leaf is appended there and spending goes on behind it, so that a payment may own several out-leaves.

    in-line   |----- a -----|----- b -----|----- c -----|
    hole                      ^^^^            (50 fen of b went back to their donor)
    frontier        ^                         a payment of a's rest and 40 fen more: [a's rest + b's head], hole, [b…]
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import LedgerRefused, Refusal


@dataclass(frozen=True, slots=True, order=True)
class Hole:
    """Serials [start, end) that go out by an event of kind 30 to 32; `out_kind`, `day`, `ref` are its out-leaf's."""

    start: int
    end: int
    out_kind: int
    day: int
    ref: bytes
    seq: int


@dataclass(frozen=True, slots=True)
class Span:
    """Serials [start, end) that go out at once; `hole` where they are a hole's and not the spender's."""

    start: int
    end: int
    hole: Hole | None = None


def spend(frontier: int, holes: Sequence[Hole], amount: int) -> tuple[list[Span], int]:
    """The spans of spending `amount` from the frontier on, and how many holes are passed, in O(holes passed).

    Afterwards the frontier never stands at a hole: what it reaches is emitted, also at the very end.
    """
    spans: list[Span] = []
    pos, passed = frontier, 0
    while True:
        while passed < len(holes) and holes[passed].start == pos:
            hole = holes[passed]
            spans.append(Span(hole.start, hole.end, hole))
            pos, passed = hole.end, passed + 1
        if not amount:
            return spans, passed
        step = min(amount, holes[passed].start - pos) if passed < len(holes) else amount
        spans.append(Span(pos, pos + step))
        pos, amount = pos + step, amount - step


def place(frontier: int, holes: Sequence[Hole], hole: Hole) -> int:
    """Where the hole belongs among the holes. Raises LedgerRefused when any of its serials has gone already."""
    if hole.start < frontier:
        raise LedgerRefused(Refusal.ALREADY_SPENT)
    at = bisect_left(holes, hole)
    if (at and holes[at - 1].end > hole.start) or (at < len(holes) and holes[at].start < hole.end):
        raise LedgerRefused(Refusal.ALREADY_SPENT)
    return at
