"""What a witness needs from its database. Every method is one transaction, durable when it returns."""

from __future__ import annotations

from typing import Protocol

from chain.witness.model import Evidence, Held


class WitnessStore(Protocol):
    """One row a log, moved by compare-and-swap."""

    async def held(self, origin: str) -> Held | None:
        """What was cosigned last for this log; None before the first time."""

    async def advance(self, old: Held | None, new: Held) -> bool:
        """Put `new` in the place of exactly `old` (None: of nothing).

        False if something else is there: nothing was written, and what was signed for `new` must never get out.
        """

    async def keep_evidence(self, evidence: Evidence) -> None:
        """Keep it once; no more than a bounded number for each log, the first ones."""
