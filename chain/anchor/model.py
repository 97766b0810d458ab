"""Values of anchoring. Hashes are 32 bytes, addresses 20, times UTC seconds. Nothing here assumes an EVM."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from verifier.anchor import AnchorObservation
from verifier.merkle import TreeHash


class FinalityModel(Enum):
    """When a block counts as final."""

    INSTANT = "instant"  # BFT: it was signed by two thirds of the validators before it was a block
    DEPTH = "depth"  # after `Capabilities.confirmations` further blocks, if it is still the one at its height


class ProofKind(Enum):
    """What can be fetched from an engine about an anchor and checked without it."""

    STORAGE = "storage"  # Merkle proof of the contract's storage up to a header; nobody's signature
    COMETBFT = "cometbft"  # storage proof, header, precommits of the validators
    QBFT = "qbft"  # storage proof, header, commit seals of the validators


class FeeModel(Enum):
    """Whether the submitting key needs money."""

    FREE = "free"  # price 0: permissioned chains without a currency
    PRICED = "priced"  # a stated price per unit of work, out of the key's balance


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine is and can. `confirmations` is 0 for INSTANT; `max_batch` is the number of calls that
    one request may hold.
    """

    engine: str
    chain_id: int
    contract: bytes
    finality: FinalityModel
    confirmations: int
    max_batch: int
    fees: FeeModel
    proofs: frozenset[ProofKind] = frozenset()

    @property
    def storage_proof(self) -> bool:
        """Whether the node proves storage at all."""
        return ProofKind.STORAGE in self.proofs

    @property
    def finality_proof(self) -> bool:
        """Whether `AnchorPort.finality_proof` gives something: a proof that ends in validators' signatures."""
        return bool(self.proofs & {ProofKind.COMETBFT, ProofKind.QBFT})


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


class Refusal(Enum):
    """Why a node does not take a transaction, as far as its words tell."""

    SPENT = "spent"  # it says that the key's nonce is used up
    GAP = "gap"  # it says that an earlier nonce is missing
    FOR_NOW = "for-now"  # no funds, pool full, price too low: the same bytes may be taken later
    NEVER = "never"  # these bytes cannot be a valid transaction on this chain


@dataclass(frozen=True, slots=True)
class Rejected:
    """The node refused, in the words `reason`. A claim of one node: SPENT and GAP are checked by
    `nonce_state` before anything is concluded.
    """

    reason: str
    kind: Refusal


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


class NonceState(Enum):
    """Where a transaction stands among those of its key, by the newest block."""

    AHEAD = "ahead"  # a block must first hold an earlier one
    NEXT = "next"
    SPENT = "spent"  # a block holds a transaction with this nonce: it, or another in its place


class Standing(Enum):
    """What has become of the block in a receipt."""

    FINAL = "final"
    SHALLOW = "shallow"  # on the chain, not deep enough yet
    ABSENT = "absent"  # the node has no block at that height
    REPLACED = "replaced"  # another block is at that height: the receipt is void


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


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """One node as it shows itself now. `number` counts the configured endpoints from 1 (never their address:
    it may hold a token); height and hash are of its newest block, None if it does not answer.
    """

    number: int
    ok: bool
    client: str
    block_number: int | None
    block_hash: bytes | None
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
