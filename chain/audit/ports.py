"""What the checks read: small, streaming, synchronous. A database, an export directory or a test fills these.

Rows are given as they are stored: nothing here may repair, skip or sort what it finds, for that is what is audited.
A field that a source does not hold at all (an export has no idempotency keys) is None in every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

EntryRow = tuple[int, int | None, bytes, bytes | None]
"""(index, leaf key, body, idempotency key); the leaf key is an index column: four bytes of the leaf hash"""


@dataclass(frozen=True, slots=True)
class TileRow:
    """A stored full tile."""

    level: int
    n: int
    data: bytes
    root: bytes | None


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The head row."""

    size: int
    root: bytes
    frontier: bytes


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A stored checkpoint; the receipt's parts and the time are None where only the note is kept."""

    size: int
    root: bytes
    note: bytes
    receipt_protected: bytes | None
    receipt_signature: bytes | None
    signed_at: int | None


@dataclass(frozen=True, slots=True)
class CosignatureRow:
    """A stored witness line."""

    size: int
    witness: str
    key_id: bytes
    signature: bytes
    signed_at: int


@dataclass(frozen=True, slots=True)
class AnchorFact:
    """An anchor row, all of it."""

    anchor_id: int
    size: int
    chain_id: int
    contract: bytes
    nonce: int | None
    raw: bytes | None
    tx_hash: bytes
    state: str
    block_number: int | None
    block_hash: bytes | None
    block_time: int | None
    prepared_at: int | None


@dataclass(frozen=True, slots=True)
class ProofFact:
    """A stored finality proof."""

    size: int
    chain_id: int
    contract: bytes
    proof: bytes


class LedgerReader(Protocol):
    """One log, in one consistent state."""

    def head(self) -> HeadRow | None:
        """None if the source keeps none."""

    def entries(self, start: int) -> Iterator[Sequence[EntryRow]]:
        """Pages of entries from index `start` on, in order."""

    def tiles(self, level: int, start: int) -> Iterator[TileRow]:
        """Full tiles of a level from tile `start` on, in order."""

    def tile_levels(self) -> Sequence[int]:
        """Levels that have any tile at all, ascending."""

    def checkpoints(self, size: int) -> Iterator[CheckpointRow]:
        """Checkpoints of at least `size`, ascending by size."""

    def cosignatures(self, size: int) -> Iterator[CosignatureRow]:
        """Cosignatures of checkpoints of at least `size`, ascending by size."""

    def anchors(self) -> Iterator[AnchorFact]:
        """Anchor rows, ascending by their number."""

    def proofs(self) -> Iterator[ProofFact]:
        """Stored finality proofs, ascending by size."""


@dataclass(frozen=True, slots=True)
class Job:
    """A signature to check: key (COSE curve and public bytes), raw signature, message."""

    crv: int
    public: bytes
    signature: bytes
    message: bytes


Verify = Callable[[Sequence[Job]], Sequence[bool]]
"""Answers in the order of the jobs; may use other processes."""

Progress = Callable[[str, int, int | None], None]
"""(what, done, of how many or None): for a progress bar."""


@dataclass(frozen=True, slots=True)
class TxFacts:
    """What a stored transaction says, read from its bytes alone."""

    tx_hash: bytes
    nonce: int
    chain_id: int | None
    to: bytes | None
    origin_id: bytes
    size: int
    root: bytes
    note_hash: bytes


TxReader = Callable[[bytes], TxFacts | None]
"""Raw transaction bytes -> facts, or None if they are not an anchoring transaction."""
