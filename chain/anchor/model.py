"""Values of anchoring. Hashes are 32 bytes, addresses 20, times UTC seconds. Nothing here assumes an EVM."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from verifier.anchor import AnchorObservation
from verifier.merkle import TreeHash


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine is and can. `confirmations` 0 means that a block is final when it is there (BFT)."""

    engine: str
    chain_id: int
    contract: bytes
    confirmations: int
    max_batch: int
    storage_proof: bool
    finality_proof: bool


@dataclass(frozen=True, slots=True)
class AnchorRequest:
    """What is to be anchored. `proof` leads from the size on the chain to `size`; empty for the first
    anchor.
    """

    origin: str
    hash: TreeHash
    size: int
    root: bytes
    note_hash: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PreparedTx:
    """A signed transaction, before it is sent. These very bytes are sent, again and again if need be."""

    nonce: int
    raw: bytes
    tx_hash: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The node took the transaction, or had it already. Not yet in a block."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The node refused. `spent`: the nonce is used up, these bytes can never be included; else a later try
    may do.
    """

    reason: str
    spent: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """No usable answer: the node may or may not have the transaction."""

    reason: str


Submission = Accepted | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """A transaction's place on the chain. `ok` is False if it was included and failed."""

    ok: bool
    block_number: int
    block_hash: bytes
    block_time: int


@dataclass(frozen=True, slots=True)
class Anchored:
    """An anchor as the chain shows it, whoever sent it."""

    size: int
    root: bytes
    note_hash: bytes
    tx_hash: bytes
    block_number: int
    block_hash: bytes
    block_time: int


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Largest anchored size of a log and its root."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the chain can be used now; `detail` says what is wrong in words."""

    ok: bool
    block_number: int | None
    detail: str


class AnchorState(Enum):
    """Life of an anchor row: prepared -> sent -> final, or failed (and another row follows)."""

    PREPARED = "prepared"
    SENT = "sent"
    FINAL = "final"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """An anchor as stored. `tx` is None if another registry's transaction did it; `block` is set once
    final.
    """

    anchor_id: int
    size: int
    state: AnchorState
    tx_hash: bytes
    tx: PreparedTx | None
    block: TxReceipt | None
    prepared_at: int


@dataclass(frozen=True, slots=True)
class News:
    """Checkpoints that no final anchor covers yet: how many entries, and since when (signing time)."""

    since: int
    newest_size: int


def observation(capabilities: Capabilities, origin: str, anchored: Anchored) -> AnchorObservation:
    """What is handed to a verifier about an anchor that was read from the chain."""
    return AnchorObservation(
        capabilities.chain_id,
        capabilities.contract,
        origin,
        anchored.size,
        anchored.root,
        anchored.block_number,
        anchored.block_hash,
        anchored.tx_hash,
        anchored.block_time,
    )
