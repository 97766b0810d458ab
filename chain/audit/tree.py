"""The auditor's own Merkle tree: from entry bodies upward, one pass, O(log n) memory.

Shares with the writing code only the two hash functions. Works a tile's width at a time (256 leaves): inside a block
all nine rows of nodes are kept, so that the root at any size in it costs a few hashes; above the blocks there is a
binary counter of perfect subtrees, and for each tile level the hashes of the tile that is not full yet.

RFC 9162 section 2.1.1 splits n leaves at the largest power of two below n. Pairing neighbours level by level, an odd
last one moving up as it is, gives the same tree; that is how `fold` works, and a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from verifier.hazmat import sm3
from verifier.merkle import TreeHash

WIDTH: Final = 256
Node = Callable[[bytes, bytes], bytes]


def functions(h: TreeHash) -> tuple[Callable[[bytes], bytes], Node]:
    """(leaf hash, node hash) without the enumeration's detour: a million of each are called."""
    return (sm3.leaf_hash, sm3.node_hash) if h is TreeHash.SM3 else (h.leaf, h.node)


def pairs(node: Node, row: Sequence[bytes]) -> list[bytes]:
    """The row above."""
    above = list(map(node, row[::2], row[1::2]))
    if len(row) & 1:
        above.append(row[-1])
    return above


def fold(node: Node, row: Sequence[bytes]) -> bytes:
    """Root over at least one hash."""
    while len(row) > 1:
        row = pairs(node, row)
    return row[0]


class Block:
    """Up to 256 leaves from a multiple of 256 on, with all rows of nodes above them."""

    def __init__(self, node: Node, leaves: list[bytes]) -> None:
        self.rows = [leaves]
        while len(self.rows[-1]) > 1:
            self.rows.append(pairs(node, self.rows[-1]))

    @property
    def root(self) -> bytes:
        return self.rows[-1][0]

    def peaks(self, width: int) -> list[bytes]:
        """Perfect subtrees of the first `width` leaves, largest first."""
        found, at = [], 0
        for level in reversed(range(len(self.rows))):
            if width >> level & 1:
                found.append(self.rows[level][at >> level])
                at += 1 << level
        return found


class Tree:
    """Blocks in order; full ones give tiles, the last one may be short."""

    def __init__(self, h: TreeHash) -> None:
        self.empty = h.empty_root
        self.leaf, self.node = functions(h)
        self.blocks = 0
        self._peaks: list[bytes] = []  # of full blocks, largest first
        self._open: list[list[bytes]] = []  # open[l]: hashes of the unfinished tile of level l + 1
        self._made: list[int] = []  # made[l]: full tiles of level l + 1 so far

    def resume(self, uppers: Sequence[Sequence[bytes]], blocks: int) -> None:
        """Stand where `blocks` full blocks were added, given the hashes of each level's unfinished tile."""
        self.blocks = blocks
        self._open = [list(row) for row in uppers]
        self._made = [blocks >> 8 * (level + 1) for level in range(len(uppers))]
        self._peaks = []
        for row in reversed(self._open):
            self._peaks += Block(self.node, row).peaks(len(row)) if row else []

    def block(self, leaves: list[bytes]) -> Block:
        """The next block. Not added yet."""
        return Block(self.node, leaves)

    def add(self, block: Block) -> Iterator[tuple[int, int, list[bytes], bytes]]:
        """Add a full block; gives (level, n, hashes, root) of every tile that it fills, level 0 first."""
        yield 0, self.blocks, block.rows[0], block.root
        root, bits = block.root, self.blocks
        while bits & 1:
            root, bits = self.node(self._peaks.pop(), root), bits >> 1
        self._peaks.append(root)
        self.blocks += 1
        yield from self._lift(0, block.root)

    def _lift(self, level: int, root: bytes) -> Iterator[tuple[int, int, list[bytes], bytes]]:
        if len(self._open) == level:
            self._open.append([])
            self._made.append(0)
        self._open[level].append(root)
        if len(self._open[level]) == WIDTH:
            hashes, self._open[level] = self._open[level], []
            above = fold(self.node, hashes)
            yield level + 1, self._made[level], hashes, above
            self._made[level] += 1
            yield from self._lift(level + 1, above)

    def peaks(self, block: Block | None = None, width: int = 0) -> list[bytes]:
        """Perfect subtrees of everything added and the first `width` leaves of `block`, largest first."""
        return [*self._peaks, *(block.peaks(width) if block is not None and width else [])]

    def root(self, block: Block | None = None, width: int = 0) -> bytes:
        """Root at size 256 * blocks + width."""
        peaks = self.peaks(block, width)
        if not peaks:
            return self.empty
        acc = peaks.pop()
        while peaks:
            acc = self.node(peaks.pop(), acc)
        return acc
