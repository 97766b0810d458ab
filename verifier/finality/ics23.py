"""Inclusion in the two trees of a Cosmos chain (ICS23 ExistenceProof): a store's IAVL tree, the simple tree of stores.

    CommitmentProof {1: ExistenceProof {1: key, 2: value, 3: LeafOp, 4: [InnerOp …]}}
    LeafOp {1: hash, 2: prehash_key, 3: prehash_value, 4: length, 5: prefix}
    InnerOp {1: hash, 2: prefix, 3: suffix}

ICS23 lets the proof say how it is to be hashed, so everything depends on what the verifier allows: with a free prefix
or suffix an inner node passes for a leaf and anything is "in" the tree (the Dragonberry forgeries of 2022, which needed
a prefix too long and a suffix that was not a hash). cosmos/ics23 checks lengths (`ops.go`, `CheckAgainstSpec`); here
the operations must have the exact bytes that the two trees produce:

    IAVL leaf     height 0, size 1, version              node  height, size, version, 0x20 [left, 0x20] | [0x20, right]
    simple leaf   0x00                                   node  0x01 [left] | [right]

where numbers are zigzag varints and one of the brackets holds the sibling. Leaf preimage, both:
prefix || len(key) key || 0x20 SHA-256(value).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from ..errors import Malformed, ProofInvalid
from . import protobuf

FORMAT: Final = "ics23"
MAX_BYTES: Final = 24 * 1024
MAX_DEPTH: Final = 64
HASH_BYTES: Final = 32
_LENGTH: Final = b"\x20"


@dataclass(frozen=True, slots=True)
class Existence:
    """A parsed ExistenceProof that hashes by SHA-256 as both specs say. `path`: (prefix, suffix), leaf side first."""

    key: bytes
    value: bytes
    leaf_prefix: bytes
    path: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def parse(cls, data: bytes) -> Existence:
        """Parse a CommitmentProof that is an ExistenceProof. Raises Malformed, ProofInvalid for one of absence."""
        if len(data) > MAX_BYTES:
            raise Malformed(FORMAT, "too-large")
        match protobuf.parse(data):
            case [(1, bytes() as exist)]:
                pass
            case [(2, bytes())]:
                raise ProofInvalid("ics23-absent", "a proof of absence")
            case _:
                raise Malformed(FORMAT, "commitment-proof")
        match protobuf.parse(exist):
            case [(1, bytes() as key), (2, bytes() as value), (3, bytes() as leaf), *steps]:
                pass
            case _:
                raise Malformed(FORMAT, "existence-proof")
        if not key or not value or len(steps) > MAX_DEPTH:
            raise Malformed(FORMAT, "existence-proof")
        return cls(key, value, _leaf_prefix(leaf), tuple(_step(step) for step in steps))

    def iavl_root(self) -> bytes:
        """Root of the IAVL tree that holds key and value. Raises ProofInvalid."""
        height, size, _version, end = _numbers(self.leaf_prefix)
        if (height, size, end) != (0, 1, len(self.leaf_prefix)):
            raise ProofInvalid("ics23-leaf")
        digest = self._leaf_hash()
        for prefix, suffix in self.path:
            above, _size, _version, end = _numbers(prefix)
            rest = prefix[end:]
            on_left = rest == _LENGTH and len(suffix) == 33 and suffix[:1] == _LENGTH
            on_right = len(rest) == 34 and rest[:1] == rest[33:] == _LENGTH and not suffix
            if above <= height or not (on_left or on_right):
                raise ProofInvalid("ics23-inner")
            height = above
            digest = hashlib.sha256(prefix + digest + suffix).digest()
        return digest

    def simple_root(self) -> bytes:
        """Root of the simple Merkle tree (RFC 6962's hashing) that holds key and value. Raises ProofInvalid."""
        if self.leaf_prefix != b"\x00":
            raise ProofInvalid("ics23-leaf")
        digest = self._leaf_hash()
        for prefix, suffix in self.path:
            if prefix[:1] != b"\x01" or (len(prefix), len(suffix)) not in ((1, HASH_BYTES), (1 + HASH_BYTES, 0)):
                raise ProofInvalid("ics23-inner")
            digest = hashlib.sha256(prefix + digest + suffix).digest()
        return digest

    def _leaf_hash(self) -> bytes:
        key = protobuf.varint(len(self.key)) + self.key
        return hashlib.sha256(self.leaf_prefix + key + _LENGTH + hashlib.sha256(self.value).digest()).digest()


def _leaf_prefix(data: bytes) -> bytes:
    match protobuf.parse(data):
        case [(1, 1), (3, 1), (4, 1), (5, bytes() as prefix)]:  # SHA-256, key as it is, value SHA-256, VAR_PROTO
            return prefix
        case _:
            raise ProofInvalid("ics23-leaf", "hashed in another way")


def _step(field: protobuf.Field) -> tuple[bytes, bytes]:
    match field:
        case (4, bytes() as data):
            pass
        case _:
            raise Malformed(FORMAT, "existence-proof")
    match protobuf.parse(data):
        case [(1, 1), (2, bytes() as prefix)]:
            return prefix, b""
        case [(1, 1), (2, bytes() as prefix), (3, bytes() as suffix)]:
            return prefix, suffix
        case _:
            raise ProofInvalid("ics23-inner", "hashed in another way")


def _numbers(prefix: bytes) -> tuple[int, int, int, int]:
    """Height, size, version of an IAVL node (zigzag varints, none negative), and where they end."""
    values = []
    pos = 0
    for _ in range(3):
        value, pos = protobuf.read_varint(prefix, pos)
        if value & 1:
            raise ProofInvalid("ics23-inner", "a negative number")
        values.append(value >> 1)
    return values[0], values[1], values[2], pos
