"""What anchoring needs from a chain engine. EVM nodes are one kind; the port must not assume them.

Reading methods raise `ChainUnavailable` when there is no usable answer: never None, never a default,
because "the chain has no anchor" and "the chain did not answer" lead to opposite decisions. They raise
`ChainMismatch` when the answer comes from another chain or contract. Only `submit` never raises for a
missing answer: it says `Unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chain.anchor.model import (
    Anchored,
    AnchorRequest,
    Capabilities,
    ChainHead,
    Health,
    NodeInfo,
    NonceState,
    PreparedTx,
    ProofKind,
    Standing,
    Submission,
    TxReceipt,
)


class ProofSource(Protocol):
    """Fetches the proof of an anchor from the validators' chain; each consensus has its own. The result is
    the file that `verifier.finality` checks.
    """

    @property
    def kind(self) -> ProofKind:
        """COMETBFT or QBFT."""

    async def fetch(self, chain_id: int, contract: bytes, origin: str, anchored: Anchored) -> bytes:
        """Bytes of an AnchorProof that this anchor stands. Raises ChainUnavailable while the node cannot give it."""


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

    async def standing(self, receipt: TxReceipt) -> Standing:
        """Whether the block of the receipt is final by the engine's rule, and still on the chain."""

    async def nonce_state(self, tx: PreparedTx) -> NonceState:
        """Whether it is this transaction's turn. What a node says when it refuses one is only words; this is state."""

    async def find(self, origin: str, size: int) -> Anchored | None:
        """The anchor of exactly this size, whoever sent it. This is how lost transactions are reconciled."""

    async def latest(self, origin: str) -> ChainHead | None:
        """The largest anchored size, None if the log has no anchor yet."""

    async def history(self, origin: str) -> Sequence[Anchored]:
        """Every anchor of the log, ascending by size: none missing, none extra."""

    async def finality_proof(self, origin: str, size: int) -> bytes | None:
        """AnchorProof bytes for a final anchor; None where `capabilities().finality_proof` is false, or there is
        no such anchor.
        """

    async def node_set(self) -> Sequence[NodeInfo]:
        """The nodes behind this port, one by one. Never raises for a node that is down."""

    async def health(self) -> Health:
        """Whether the chain answers and is the right one. Never raises for a chain that is down."""
