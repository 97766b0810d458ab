"""Merkle trees of RFC 9162 section 2.1 over SM3 or SHA-256, and the fixed trees of salted claims.

Leaf  H(0x00 || data), node H(0x01 || left || right): the prefixes keep an inner node from passing as a leaf.
The hash is a property of the tree (a log's origin, a certificate kind), never of the proof.

Positions: a *perfect node* (level, i) covers the leaves [i * 2^level, (i+1) * 2^level).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .errors import Malformed
from .hazmat import sm3 as _sm3
from .labels import VDS_RFC9162_SHA256, VDS_RFC9162_SM3

HASH_BYTES: Final = 32
MAX_TREE_SIZE: Final = (1 << 63) - 1
MAX_PATH: Final = 64  # hashes: the longest consistency proof of a tree of MAX_TREE_SIZE (inclusion needs one less)

NodeReader = Callable[[int, int], bytes]
"""(level, index) -> hash of a perfect node."""

_sha_leaf = hashlib.sha256(b"\x00")
_sha_node = hashlib.sha256(b"\x01")


def _sha256_leaf(data: bytes) -> bytes:
    h = _sha_leaf.copy()
    h.update(data)
    return h.digest()


def _sha256_node(left: bytes, right: bytes) -> bytes:
    h = _sha_node.copy()
    h.update(left + right)
    return h.digest()


class TreeHash(Enum):
    """The hash of a tree: the value is the name used in configuration and tables."""

    SM3 = "sm3"
    SHA256 = "sha-256"

    @property
    def vds(self) -> int:
        """COSE verifiable-data-structure number (RFC 9942); SM3's is local to this project."""
        return VDS_RFC9162_SM3 if self is TreeHash.SM3 else VDS_RFC9162_SHA256

    @classmethod
    def from_vds(cls, vds: int) -> TreeHash:
        """The tree hash of a vds number. Raises Malformed for a number that is neither."""
        for member in cls:
            if member.vds == vds:
                return member
        raise Malformed("merkle", "unknown-vds")

    def leaf(self, data: bytes) -> bytes:
        """Leaf hash of `data`."""
        return _sm3.leaf_hash(data) if self is TreeHash.SM3 else _sha256_leaf(data)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Hash of an inner node."""
        return _sm3.node_hash(left, right) if self is TreeHash.SM3 else _sha256_node(left, right)

    @property
    def empty_root(self) -> bytes:
        """Root of the tree without leaves: the hash of nothing."""
        return _sm3.sm3(b"") if self is TreeHash.SM3 else hashlib.sha256(b"").digest()


def node_of(h: TreeHash) -> Callable[[bytes, bytes], bytes]:
    """`h.node` without its choice, for loops: a tenth of verifying a path was the choice."""
    return _sm3.node_hash if h is TreeHash.SM3 else _sha256_node


def leaf_of(h: TreeHash) -> Callable[[bytes], bytes]:
    """`h.leaf` without its choice, for loops."""
    return _sm3.leaf_hash if h is TreeHash.SM3 else _sha256_leaf


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > MAX_PATH:
        raise Malformed("merkle", "path-too-long")
    for h in hashes:
        if type(h) is not bytes or len(h) != HASH_BYTES:
            raise Malformed("merkle", "hash-length", "expected 32 bytes")


def root_from_path(h: TreeHash, leaf_hash: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Root that an inclusion path leads to (RFC 9162 section 2.1.3.2). Raises Malformed if it cannot be one.

    Comparing the result with a *signed* root is the caller's duty: a path alone proves nothing.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise Malformed("merkle", "index-out-of-range")
    _check_hashes([leaf_hash])
    _check_hashes(path)
    fn, sn = index, size - 1
    root, node = leaf_hash, node_of(h)
    for p in path:
        if sn == 0:
            raise Malformed("merkle", "path-too-long")
        if fn & 1 or fn == sn:
            root = node(p, root)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            root = node(root, p)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise Malformed("merkle", "path-too-short")
    return root


def verify_inclusion(h: TreeHash, leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that `leaf_hash` is leaf `index` of the tree of `size` leaves with `root`."""
    try:
        return root_from_path(h, leaf_hash, index, size, path) == root
    except Malformed:
        return False


def verify_consistency(
    h: TreeHash, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the new tree only appends to the old one (RFC 9162 section 2.1.4.2).

    An empty old tree is refused: it is a prefix of everything and would prove nothing.
    """
    try:
        return _consistent(h, old_size, old_root, new_size, new_root, proof)
    except Malformed:
        return False


def _consistent(
    h: TreeHash, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    if not 0 < old_size <= new_size <= MAX_TREE_SIZE:
        return False
    _check_hashes([old_root, new_root])
    _check_hashes(proof)
    if old_size == new_size:
        return not proof and old_root == new_root
    return consistent_roots(h.node, old_size, old_root, new_size, proof) == (old_root, new_root)


def consistent_roots(
    node: Callable[[bytes, bytes], bytes], old_size: int, old_root: bytes, new_size: int, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Both roots that a consistency proof leads to, for two sizes that differ; `node` joins two. Raises Malformed."""
    path = list(proof)
    if old_size & (old_size - 1) == 0:  # a perfect old tree is its own first node
        path.insert(0, old_root)
    if not path:
        raise Malformed("merkle", "path-too-short")
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Malformed("merkle", "path-too-long")
        if fn & 1 or fn == sn:
            fr = node(c, fr)
            sr = node(c, sr)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            sr = node(sr, c)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise Malformed("merkle", "path-too-short")
    return fr, sr


def largest_power_below(n: int) -> int:
    """The largest power of two that is smaller than n (n >= 2): where RFC 9162 splits a tree."""
    return 1 << ((n - 1).bit_length() - 1)


@dataclass(frozen=True, slots=True)
class Frontier:
    """Compact range of [0, size): the roots of its perfect subtrees, largest first.

    All that appending needs, O(log n) to store. Invariant: len(hashes) == number of one bits of size.
    """

    hash: TreeHash
    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_TREE_SIZE or len(self.hashes) != self.size.bit_count():
            raise Malformed("frontier", "size-mismatch")
        _check_hashes(self.hashes)

    def append(self, leaf_hash: bytes) -> Frontier:
        """The frontier with one more leaf."""
        return self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Sequence[bytes]) -> Frontier:
        """The frontier with more leaves, in order."""
        stack = list(self.hashes)
        size = self.size
        node = node_of(self.hash)
        for leaf in leaf_hashes:
            stack.append(leaf)
            bit = size
            while bit & 1:
                right = stack.pop()
                stack[-1] = node(stack[-1], right)
                bit >>= 1
            size += 1
        return Frontier(self.hash, size, tuple(stack))

    def root(self) -> bytes:
        """Root of the tree (RFC 9162 section 2.1.1)."""
        if not self.hashes:
            return self.hash.empty_root
        acc = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            acc = self.hash.node(left, acc)
        return acc

    def encode(self) -> bytes:
        """Concatenated hashes, 32 bytes each, largest subtree first."""
        return b"".join(self.hashes)

    @classmethod
    def decode(cls, h: TreeHash, size: int, data: bytes) -> Frontier:
        """Inverse of `encode`. Raises Malformed."""
        if len(data) % HASH_BYTES:
            raise Malformed("frontier", "length")
        return cls(h, size, tuple(data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)))


def range_root(h: TreeHash, start: int, end: int, node: NodeReader) -> bytes:
    """Root of the leaves [start, end), where start is a multiple of the range's power of two."""
    n = end - start
    if n & (n - 1) == 0:
        level = n.bit_length() - 1
        return node(level, start >> level)
    k = largest_power_below(n)
    return h.node(range_root(h, start, start + k, node), range_root(h, start + k, end, node))


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges [start, end) of leaves whose roots are a leaf's path, leaf side first (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise Malformed("merkle", "index-out-of-range")
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + largest_power_below(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    ranges.reverse()
    return ranges


def inclusion_path(h: TreeHash, index: int, size: int, node: NodeReader) -> list[bytes]:
    """Inclusion path of a leaf, leaf side first, read from perfect nodes."""
    return [range_root(h, start, end, node) for start, end in inclusion_ranges(index, size)]


def consistency_ranges(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose roots are a consistency proof (RFC 9162 section 2.1.4.1). Raises Malformed for an
    empty old tree."""
    if not 0 < old_size <= new_size:
        raise Malformed("merkle", "size-out-of-range")
    if old_size == new_size:
        return []
    ranges: list[tuple[int, int]] = []
    start, end, m, whole = 0, new_size, old_size, True
    while m != end - start:
        k = largest_power_below(end - start)
        if m <= k:
            ranges.append((start + k, end))
            end = start + k
        else:
            ranges.append((start, start + k))
            start += k
            m -= k
            whole = False
    if not whole:
        ranges.append((start, end))
    ranges.reverse()
    return ranges


def consistency_path(h: TreeHash, old_size: int, new_size: int, node: NodeReader) -> list[bytes]:
    """Consistency proof between two sizes. Raises Malformed for an empty old tree."""
    return [range_root(h, start, end, node) for start, end in consistency_ranges(old_size, new_size)]


def fixed_levels(h: TreeHash, leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels of a tree over a power of two of leaf hashes, leaves first, root last."""
    n = len(leaves)
    if n == 0 or n & (n - 1):
        raise Malformed("commitment", "leaf-count", "expected a power of two")
    levels = [list(leaves)]
    node = h.node
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node(row[i], row[i + 1]) for i in range(0, len(row), 2)])
    return levels


def fixed_path(levels: Sequence[Sequence[bytes]], slot: int) -> list[bytes]:
    """Path of one slot in the levels made by `fixed_levels`, leaf side first."""
    if not 0 <= slot < len(levels[0]):
        raise Malformed("commitment", "slot-out-of-range")
    return [row[(slot >> i) ^ 1] for i, row in enumerate(levels[:-1])]


def fixed_root_from_path(h: TreeHash, leaf_hash: bytes, slot: int, path: Sequence[bytes]) -> bytes:
    """Root that a slot's path leads to; the path's length fixes the number of slots. Raises Malformed."""
    _check_hashes([leaf_hash])
    _check_hashes(path)
    if not 0 <= slot < 1 << len(path):
        raise Malformed("commitment", "slot-out-of-range")
    root = leaf_hash
    for sibling in path:
        root = h.node(sibling, root) if slot & 1 else h.node(root, sibling)
        slot >>= 1
    return root
