"""The settled tree as it changes: leaves are appended, and set again when an outflow is acknowledged or returned.

Only what a change touches is hashed again, O(log n) for each leaf, so that the root of every epoch of a long history
can be asked.
"""

from __future__ import annotations

from ..merkle import TreeHash
from .sumtree import SumNode, empty, join, leaf_node, range_root, reader_of


class SettledTree:
    """A sum tree whose leaves can be set again."""

    __slots__ = ("_dirty", "_hash", "_levels")

    def __init__(self, h: TreeHash) -> None:
        self._hash = h
        self._levels: list[list[bytes]] = [[]]
        self._dirty: set[int] = set()

    def set(self, index: int, data: bytes) -> None:
        """Leaf `index` is now `data`; the next index appends. Raises Malformed for data that is no leaf."""
        row = self._levels[0]
        node = leaf_node(self._hash, data)
        if index == len(row):
            row.append(node)
        else:
            row[index] = node
        self._dirty.add(index)

    def root(self) -> SumNode:
        """Root of the tree as it is now."""
        level, dirty = 0, self._dirty
        while dirty:
            row = self._levels[level]
            parents = {i >> 1 for i in dirty if i | 1 < len(row)}  # an odd last node has no parent yet
            if parents and level + 1 == len(self._levels):
                self._levels.append([])
            for i in sorted(parents):
                node = join(self._hash, row[2 * i], row[2 * i + 1])
                above = self._levels[level + 1]
                if i == len(above):
                    above.append(node)
                else:
                    above[i] = node
            level, dirty = level + 1, parents
        self._dirty = set()
        size = len(self._levels[0])
        return SumNode.decode(range_root(self._hash, 0, size, reader_of(self._levels))) if size else empty(self._hash)
