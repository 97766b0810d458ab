"""Fetches and keeps the proofs of final anchors, for as long as a node can still give them.

Nothing waits for a proof: an anchor is final without it, and one that could not be had is asked for again at the next
step. On a CometBFT chain that is the rule, because the block after the anchor's signs for it.
"""

from __future__ import annotations

from typing import Final

from chain.anchor.port import AnchorPort
from chain.anchor.store import AnchorUnitOfWork
from chain.errors import AnchorFault
from chain.ports import Clock

AT_ONCE: Final = 8  # proofs fetched in one step: a new instance of an old log has many to catch up with


class Prover:
    """For one log on one chain. `trouble` says why proofs keep failing; empty after a first failure, and if none do."""

    def __init__(self, origin: str, port: AnchorPort, work: AnchorUnitOfWork, clock: Clock) -> None:
        self._origin = origin
        self._port = port
        self._work = work
        self._clock = clock
        self.trouble = ""
        self._failed_steps = 0

    async def step(self) -> int:
        """Proofs that were stored now. Never raises for a chain that gives none."""
        if not self._port.capabilities().finality_proof:
            return 0
        async with self._work() as store:
            sizes = await store.unproved(AT_ONCE)
        stored, reason = 0, ""
        for size in sizes:
            try:
                proof = await self._port.finality_proof(self._origin, size)
            except AnchorFault as error:
                reason = str(error)
                continue
            if proof is None:
                reason = "the chain does not show a final anchor"
                continue
            async with self._work() as store:
                await store.insert_proof(size, proof, self._clock())
            stored += 1
        self._failed_steps = self._failed_steps + 1 if reason else 0
        self.trouble = reason if self._failed_steps > 1 else ""
        return stored
