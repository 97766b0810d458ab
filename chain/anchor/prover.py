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
    """For one log on one chain. `trouble` says why the last attempt failed; empty if it did not."""

    def __init__(self, origin: str, port: AnchorPort, work: AnchorUnitOfWork, clock: Clock) -> None:
        self._origin = origin
        self._port = port
        self._work = work
        self._clock = clock
        self.trouble = ""

    async def step(self) -> int:
        """Proofs that were stored now. Never raises for a chain that gives none."""
        if not self._port.capabilities().finality_proof:
            return 0
        async with self._work() as store:
            sizes = await store.unproved(AT_ONCE)
        stored = 0
        self.trouble = ""
        for size in sizes:
            try:
                proof = await self._port.finality_proof(self._origin, size)
            except AnchorFault as error:
                self.trouble = str(error)
                continue
            if proof is None:
                self.trouble = "the chain does not show a final anchor"
                continue
            async with self._work() as store:
                await store.insert_proof(size, proof, self._clock())
            stored += 1
        return stored
