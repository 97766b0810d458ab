"""What checking a donor's trace comes to: the outcome, the donation, and what became of every part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..report import Finding, Need, Outcome, Reason, found, iso, outcome_of
from .follow import Portion


@dataclass(frozen=True, slots=True)
class Donated:
    """What the trace is of, once proven. `opened`: whether the details open the leaf; without them nobody's name is on
    it. `start`: first serial of the donation in its fund; amounts in fen or units of goods."""

    book: bytes
    charity: str
    amount: int
    day: int
    start: int
    grouped: bool
    opened: bool
    donation: bytes | None = None
    goods: bool | None = None


@dataclass(frozen=True, slots=True)
class TraceReport:
    """Result of `check_trace`. `as_of`: (book, number, seconds UTC) of each epoch. Without L1, or FAILED, it says
    nothing of the donation: `donated` is None and there are no portions."""

    outcome: Outcome
    reason: Reason
    checked_at: int
    findings: tuple[Finding, ...]
    levels: Mapping[str, Reason]
    needs: tuple[Need, ...] = ()
    donated: Donated | None = None
    charity_name: Mapping[str, str] = field(default_factory=dict)
    portions: tuple[Portion, ...] = ()
    as_of: tuple[tuple[bytes, int, int], ...] = ()
    merkle_bytes: int = 0
    trust_sequence: int | None = None
    trust_root: str | None = None

    @property
    def level(self) -> str | None:
        """Highest level that every epoch reached, or None."""
        reached = [name for name, reason in self.levels.items() if reason is Reason.OK]
        return max(reached) if reached else None

    def to_json(self) -> dict[str, Any]:
        """JSON form; the member order is fixed. Bytes in hexadecimal, days as numbers since 1970-01-01."""
        return {
            "outcome": self.outcome.value,
            "reason": self.reason.value,
            "level": self.level,
            "levels": {n: {"outcome": outcome_of(r).value, "reason": r.value} for n, r in self.levels.items()},
            "donation": None if self.donated is None else self._donation(self.donated),
            "portions": [_portion(p) for p in self.portions],
            "as_of": [{"book": b.hex(), "epoch": e, "at": iso(t)} for b, e, t in self.as_of],
            "merkle_bytes": self.merkle_bytes,
            **found(self.findings, self.needs),
            "checked_at": iso(self.checked_at),
            "trust": {"sequence": self.trust_sequence, "root": self.trust_root},
        }

    def _donation(self, d: Donated) -> dict[str, Any]:
        return {
            "id": None if d.donation is None else d.donation.hex(),
            "book": d.book.hex(),
            "charity": d.charity,
            "charity_name": dict(self.charity_name),
            "amount": d.amount,
            "day": d.day,
            "serials": [d.start, d.start + d.amount],
            "grouped": d.grouped,
            "opened": d.opened,
            "goods": d.goods,
        }


def _portion(p: Portion) -> dict[str, Any]:
    return {
        "state": p.state.value,
        "amount": p.amount,
        "book": p.book.hex(),
        "serials": [p.start, p.start + p.amount],
        "outflow": p.outflow,
        "day": p.day,
        "cost_class": p.cost_class,
        "allocation": p.allocation,
        "reference": None if p.reference is None else p.reference.hex(),
        "settlement": None if p.digest is None else p.digest.hex(),
    }
