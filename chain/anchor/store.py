"""What the anchorer needs from a database: bound to one log, one chain and contract, one transaction of the
caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from chain.anchor.backoff import Failures
from chain.anchor.model import Anchored, AnchorRow, AnchorState, News, PreparedTx, TxReceipt
from chain.log.store import LogReader


class AnchorStore(LogReader, Protocol):
    """Same rules as `LogStore`: no method commits, and nothing counts before the caller's commit."""

    async def news(self) -> News | None:
        """Signed checkpoints that are not anchored yet."""

    async def pending(self) -> AnchorRow | None:
        """The one transaction that is under way, in state PREPARED or SENT."""

    async def final(self, size: int | None = None) -> AnchorRow | None:
        """The final anchor of exactly this size, or the largest one."""

    async def failures(self) -> Failures:
        """Transactions of this log that failed since its last final anchor."""

    async def insert_prepared(self, size: int, tx: PreparedTx, now: int) -> AnchorRow:
        """Store a signed transaction before it is sent, or take up again a failed one of the very same bytes.

        The submitting key is one lane: the database allows one unfinished row per chain, whichever log it is of.
        Raises LaneBusy for the second; its bytes were never sent, and are forgotten.
        """

    async def mark(self, anchor_id: int, state: AnchorState, reason: str, block: TxReceipt | None) -> None:
        """Move a row on. FINAL needs its block."""

    async def insert_found(self, anchored: Anchored, now: int) -> None:
        """Store an anchor that somebody else's transaction made, as final. It being there already is fine."""

    async def unproved(self, limit: int) -> Sequence[int]:
        """Sizes of final anchors for which no proof of finality is kept, largest first."""

    async def insert_proof(self, size: int, proof: bytes, now: int) -> None:
        """Keep the proof of a final anchor for good."""

    async def clear_news(self, size: int) -> None:
        """Forget the news of checkpoints up to this size."""


AnchorUnitOfWork = Callable[[], AbstractAsyncContextManager[AnchorStore]]
"""Opens a write transaction; commits when the block ends, rolls back when it raises."""
