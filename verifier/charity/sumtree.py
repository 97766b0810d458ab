"""Merkle sum trees: an RFC 9162 tree whose every node carries the sum of the amounts below it.

    leaf   H(0x00 ‖ data) ‖ amount             data ends in its amount, 8 bytes big endian
    inner  H(0x01 ‖ left ‖ right) ‖ sum        left and right are whole nodes, sums included
    node   hash 32 ‖ sum 8                     40 bytes, as in a path, a tile and a root

The hash of an inner node binds *both* sums below it. A tree that binds only their total is broken: whoever proves the
left leaf chooses the right sum, and can show two donors two splits of one total (Maxwell's tree; eprint 2018/1139).
Sums of 2^63 and more are refused wherever they are met, so nothing wraps around and nothing passes for negative.

The sums on the left of a path add up to the first serial of its leaf, so one path proves inclusion, amount and range.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import add
from typing import Final

from ..errors import Malformed
from ..merkle import (
    HASH_BYTES,
    MAX_PATH,
    MAX_TREE_SIZE,
    TreeHash,
    consistency_ranges,
    consistent_roots,
    inclusion_ranges,
    largest_power_below,
    leaf_of,
    node_of,
)

FORMAT: Final = "sum-tree"
SUM_BYTES: Final = 8
NODE_BYTES: Final = HASH_BYTES + SUM_BYTES
MAX_SUM: Final = (1 << 63) - 1

NodeReader = Callable[[int, int], bytes]
"""(level, index) -> the 40 bytes of a perfect node."""


@dataclass(frozen=True, slots=True)
class SumNode:
    """A node taken apart: what an epoch states of a tree, beside its size."""

    hash: bytes
    sum: int

    def __post_init__(self) -> None:
        if len(self.hash) != HASH_BYTES:
            raise Malformed(FORMAT, "hash-length", "expected 32 bytes")
        if not 0 <= self.sum <= MAX_SUM:
            raise Malformed(FORMAT, "sum-out-of-range")

    def encode(self) -> bytes:
        """40 bytes."""
        return self.hash + self.sum.to_bytes(SUM_BYTES, "big")

    @classmethod
    def decode(cls, data: bytes) -> SumNode:
        """Inverse of `encode`. Raises Malformed."""
        if len(data) != NODE_BYTES:
            raise Malformed(FORMAT, "node-length", "expected 40 bytes")
        return cls(data[:HASH_BYTES], int.from_bytes(data[HASH_BYTES:], "big"))


def empty(h: TreeHash) -> SumNode:
    """Root of the tree without leaves."""
    return SumNode(h.empty_root, 0)


def sum_of(node: bytes) -> int:
    """Sum of a 40-byte node. Raises Malformed for 2^63 and more, which would be a negative number elsewhere."""
    value = int.from_bytes(node[HASH_BYTES:], "big")
    if value > MAX_SUM:
        raise Malformed(FORMAT, "sum-out-of-range")
    return value


def leaf_node(h: TreeHash, data: bytes) -> bytes:
    """Node of a leaf, 40 bytes; `data` ends in its amount. Raises Malformed for an amount of 0 or of 2^63 and more."""
    if len(data) < SUM_BYTES:
        raise Malformed(FORMAT, "leaf-length")
    node = h.leaf(data) + data[-SUM_BYTES:]
    if sum_of(node) == 0:
        raise Malformed(FORMAT, "leaf-amount", "a leaf of nothing")
    return node


def join(h: TreeHash, left: bytes, right: bytes) -> bytes:
    """The inner node over two nodes, all of 40 bytes. Raises Malformed if the sum reaches 2^63."""
    total = sum_of(left) + sum_of(right)
    if total > MAX_SUM:
        raise Malformed(FORMAT, "overflow")
    return h.node(left, right) + total.to_bytes(SUM_BYTES, "big")


def nodes_of(path: bytes, maximum: int = MAX_PATH) -> list[bytes]:
    """The nodes of a path or proof, 40 bytes each. Raises Malformed."""
    if len(path) % NODE_BYTES or len(path) > maximum * NODE_BYTES:
        raise Malformed(FORMAT, "path-length")
    return [path[i : i + NODE_BYTES] for i in range(0, len(path), NODE_BYTES)]


def root_from_path(h: TreeHash, data: bytes, index: int, size: int, path: bytes) -> tuple[SumNode, int]:
    """(root, first serial of the leaf) that an inclusion path leads to, leaf side first. Raises Malformed.

    Comparing the root with a *signed* one is the caller's duty: a path alone proves nothing.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise Malformed(FORMAT, "index-out-of-range")
    fn, sn, start = index, size - 1, 0
    node = leaf_node(h, data)
    for sibling in nodes_of(path):
        if sn == 0:
            raise Malformed(FORMAT, "path-too-long")
        if fn & 1 or fn == sn:
            node = join(h, sibling, node)
            start += sum_of(sibling)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node = join(h, node, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise Malformed(FORMAT, "path-too-short")
    return SumNode.decode(node), start


def root_from_range(h: TreeHash, first: int, datas: Sequence[bytes], size: int, proof: bytes) -> tuple[SumNode, int]:
    """(root, first serial) of consecutive leaves [first, first + len(datas)) and the nodes around them, left to right.

    Nothing between two of the leaves can be left out: the proof has nodes outside of the range only. Raises Malformed.
    """
    end = first + len(datas)
    if not 0 <= first < end <= size <= MAX_TREE_SIZE:
        raise Malformed(FORMAT, "range-out-of-range")
    around = iter(nodes_of(proof, 2 * MAX_PATH))
    start = 0

    def fold(low: int, high: int) -> bytes:
        nonlocal start
        if high <= first or low >= end:
            node = next(around, None)
            if node is None:
                raise Malformed(FORMAT, "path-too-short")
            start += sum_of(node) if high <= first else 0
            return node
        if high - low == 1:
            return leaf_node(h, datas[low - first])
        middle = low + largest_power_below(high - low)
        left = fold(low, middle)
        return join(h, left, fold(middle, high))

    root = fold(0, size)
    if next(around, None) is not None:
        raise Malformed(FORMAT, "path-too-long")
    return SumNode.decode(root), start


def verify_consistency(h: TreeHash, old_size: int, old: SumNode, new_size: int, new: SumNode, proof: bytes) -> bool:
    """Whether the new tree only appends to the old one (RFC 9162 section 2.1.4.2), sums carried.

    An empty old tree is refused: it is a prefix of everything and would prove nothing.
    """
    if not 0 < old_size <= new_size <= MAX_TREE_SIZE:
        return False
    roots = old.encode(), new.encode()
    try:
        path = nodes_of(proof)
        if old_size == new_size:
            return not path and old == new
        return consistent_roots(partial(join, h), old_size, roots[0], new_size, path) == roots
    except Malformed:
        return False


@dataclass(frozen=True, slots=True)
class SumFrontier:
    """Compact range of [0, size): the perfect subtrees of a growing tree, largest first. O(log n) to store."""

    hash: TreeHash
    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_TREE_SIZE or len(self.nodes) != self.size.bit_count():
            raise Malformed("sum-frontier", "size-mismatch")
        if sum(map(sum_of, self.nodes)) > MAX_SUM:
            raise Malformed(FORMAT, "overflow")

    def extend(self, leaves: Sequence[bytes]) -> SumFrontier:
        """The frontier with more leaves (their data), in order. Raises Malformed."""
        stack, size, h = list(self.nodes), self.size, self.hash
        for data in leaves:
            stack.append(leaf_node(h, data))
            bit = size
            while bit & 1:
                right = stack.pop()
                stack[-1] = join(h, stack[-1], right)
                bit >>= 1
            size += 1
        return SumFrontier(h, size, tuple(stack))

    def root(self) -> SumNode:
        """Root of the tree."""
        if not self.nodes:
            return empty(self.hash)
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = join(self.hash, left, node)
        return SumNode.decode(node)

    def encode(self) -> bytes:
        """40 bytes a node, largest subtree first."""
        return b"".join(self.nodes)

    @classmethod
    def decode(cls, h: TreeHash, size: int, data: bytes) -> SumFrontier:
        """Inverse of `encode`. Raises Malformed."""
        return cls(h, size, tuple(nodes_of(data)))


def levels_of(h: TreeHash, leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All perfect nodes over the leaves' data, leaves first: a million of them in two seconds. Raises Malformed.

    Sums are added and packed for a whole level at once: a call for each node would take longer than its hash.
    """
    leaf, node = leaf_of(h), node_of(h)
    tails = [data[-SUM_BYTES:] for data in leaves]
    packed = b"".join(tails)
    if len(packed) != SUM_BYTES * len(leaves):
        raise Malformed(FORMAT, "leaf-length")
    sums: list[int] = list(struct.unpack(f">{len(leaves)}Q", packed))
    if sums and min(sums) == 0:
        raise Malformed(FORMAT, "leaf-amount", "a leaf of nothing")
    if sum(sums) > MAX_SUM:  # checked once: no partial sum of amounts above zero exceeds the total
        raise Malformed(FORMAT, "overflow")
    levels = [[leaf(data) + tail for data, tail in zip(leaves, tails, strict=True)]]
    while len(row := levels[-1]) > 1:
        sums = list(map(add, sums[::2], sums[1::2]))  # an odd last node has no parent yet
        packed = struct.pack(f">{len(sums)}Q", *sums)
        tails = [packed[i : i + SUM_BYTES] for i in range(0, len(packed), SUM_BYTES)]
        pairs = zip(row[::2], row[1::2], tails, strict=False)
        levels.append([node(left, right) + tail for left, right, tail in pairs])
    return levels


def reader_of(levels: Sequence[Sequence[bytes]]) -> NodeReader:
    """Reader of the levels made by `levels_of`."""
    return lambda level, index: levels[level][index]


def root_of(h: TreeHash, leaves: Sequence[bytes]) -> SumNode:
    """Root over the leaves' data. Raises Malformed."""
    if not leaves:
        return empty(h)
    return SumNode.decode(range_root(h, 0, len(leaves), reader_of(levels_of(h, leaves))))


def range_root(h: TreeHash, start: int, end: int, node: NodeReader) -> bytes:
    """Node over the leaves [start, end), where start is a multiple of the range's power of two."""
    n = end - start
    if n & (n - 1) == 0:
        level = n.bit_length() - 1
        return node(level, start >> level)
    k = largest_power_below(n)
    return join(h, range_root(h, start, start + k, node), range_root(h, start + k, end, node))


def inclusion_path(h: TreeHash, index: int, size: int, node: NodeReader) -> bytes:
    """Path of a leaf, leaf side first, 40 bytes a node. Raises Malformed."""
    return b"".join(range_root(h, start, end, node) for start, end in inclusion_ranges(index, size))


def range_path(h: TreeHash, first: int, end: int, size: int, node: NodeReader) -> bytes:
    """The nodes around the leaves [first, end), left to right: what `root_from_range` needs. Raises Malformed."""
    if not 0 <= first < end <= size:
        raise Malformed(FORMAT, "range-out-of-range")
    path: list[bytes] = []

    def walk(low: int, high: int) -> None:
        if high <= first or low >= end:
            path.append(range_root(h, low, high, node))
        elif not (first <= low and high <= end):
            middle = low + largest_power_below(high - low)
            walk(low, middle)
            walk(middle, high)

    walk(0, size)
    return b"".join(path)


def consistency_path(h: TreeHash, old_size: int, new_size: int, node: NodeReader) -> bytes:
    """Consistency proof between two sizes, 40 bytes a node. Raises Malformed for an empty old tree."""
    return b"".join(range_root(h, start, end, node) for start, end in consistency_ranges(old_size, new_size))
