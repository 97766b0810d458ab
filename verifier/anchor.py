"""What somebody read from the chain himself: the anchor of a log's tree in the `AnchorRegistry` contract.

    {1: 1, 2: 990000, 3: h'…20', 4: "log.minzheng.example/sm3-2026", 5: 20852163, 6: h'…32', 7: 81, 8: h'…32',
     9: h'…32', 10: 1767225600}

An observation is *not* self-proving: it is worth what the node is worth that it was read from. The verifier has no
network and says only whether it fits the receipt; who reads the chain through a node he trusts reaches level L5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from . import cbor, fields
from .errors import Unsupported
from .merkle import MAX_TREE_SIZE

FORMAT: Final = "anchor-observation"
MAX_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class AnchorObservation:
    """`rootAt(origin, size)` of a contract as read at a final block. Times in seconds UTC."""

    chain_id: int
    contract: bytes
    origin: str
    size: int
    root: bytes
    block_number: int
    block_hash: bytes
    tx_hash: bytes
    block_time: int

    def encode(self) -> bytes:
        """File bytes (anchor.cbor)."""
        values = (
            1,
            self.chain_id,
            self.contract,
            self.origin,
            self.size,
            self.root,
            self.block_number,
            self.block_hash,
            self.tx_hash,
            self.block_time,
        )
        return cbor.encode(dict(enumerate(values, start=1)))

    @classmethod
    def parse(cls, data: bytes) -> AnchorObservation:
        """Parse file bytes. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, cbor.decode(data, max_bytes=MAX_BYTES), range(1, 11))
        if fields.uint(FORMAT, m, 1) != 1:
            raise Unsupported("anchor observation: version not known")
        return cls(
            fields.uint(FORMAT, m, 2),
            fields.octets(FORMAT, m, 3, 20),
            fields.text(FORMAT, m, 4, 200),
            fields.uint(FORMAT, m, 5, MAX_TREE_SIZE),
            fields.octets(FORMAT, m, 6, 32),
            fields.uint(FORMAT, m, 7),
            fields.octets(FORMAT, m, 8, 32),
            fields.octets(FORMAT, m, 9, 32),
            fields.time(FORMAT, m, 10),
        )
