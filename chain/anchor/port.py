"""What anchoring needs from a chain engine. EVM nodes are one kind; the port must not assume them.

Reading methods raise `ChainUnavailable` when there is no usable answer: never None, never a default,
because "the chain has no anchor" and "the chain did not answer" lead to opposite decisions. They raise
`ChainMismatch` when the answer comes from another chain or contract. Only `submit` never raises for a
missing answer: it says `Unknown`.
"""

from __future__ import annotations

from typing import Protocol

from chain.anchor.model import (
    Anchored,
    AnchorRequest,
    Capabilities,
    ChainHead,
    Health,
    PreparedTx,
    Submission,
    TxReceipt,
)


class AnchorPort(Protocol):
    """One contract on one chain, used with one submitting key."""

    def capabilities(self) -> Capabilities:
        """Fixed facts about the engine."""

    async def prepare(self, request: AnchorRequest) -> PreparedTx:
        """Sign a transaction with the key's next nonce, without sending it.

        The caller must have no unfinished transaction of this key, and must store the result durably before
        `submit`.
        """

    async def submit(self, tx: PreparedTx) -> Submission:
        """Send the bytes as they are. Sending them again is harmless and answers Accepted."""

    async def receipt(self, tx_hash: bytes) -> TxReceipt | None:
        """Where the transaction is, None if it is in no block of the node's present chain."""

    async def is_final(self, receipt: TxReceipt) -> bool:
        """Whether the block of the receipt is final by the engine's rule, and still on the chain."""

    async def find(self, origin: str, size: int) -> Anchored | None:
        """The anchor of exactly this size, whoever sent it. This is how lost transactions are reconciled."""

    async def latest(self, origin: str) -> ChainHead | None:
        """The largest anchored size, None if the log has no anchor yet."""

    async def health(self) -> Health:
        """Whether the chain answers and is the right one. Never raises for a chain that is down."""
