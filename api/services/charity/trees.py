"""A book's append-only trees: growing at their right end, and read for proofs as of an epoch.

Only full tiles of 256 nodes are stored. Tile (l, n) holds the perfect nodes of level 8l from 256n on, so a leaf's whole
path in a tree of a million lies in three tiles; what stands behind the last full tile of each level is kept in memory
and, after a restart, read again from the leaves and the tiles below. A node is 40 bytes in the trees of the two lines
(hash and sum), 32 in the tree of events.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 256
_BITS: Final = 8
_CACHED: Final = 2048  # tiles with their inner nodes: some 40 kB each at most
Join = Callable[[bytes, bytes], bytes]
"""(left, right) -> their parent."""
Place = tuple[int, int]
"""(level, index) of a perfect node."""
Row = list[bytes]


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile as it is stored."""

    level: int
    n: int
    nodes: bytes


@dataclass(frozen=True, slots=True)
class Edge:
    """A tree of `size` leaves, less its full tiles: for each tile level the nodes behind the last full tile."""

    size: int
    rows: tuple[tuple[bytes, ...], ...]

    def full(self, level: int) -> int:
        """How many full tiles the level has."""
        return self.size >> (_BITS * level) >> _BITS


class Growing:
    """A tree that only grows. Not safe to use from two threads at once."""

    def __init__(self, join: Join, size: int = 0, rows: Iterable[Iterable[bytes]] = ()) -> None:
        self._join, self.size = join, size
        self._rows: list[Row] = [list(row) for row in rows]

    def extend(self, leaves: Sequence[bytes]) -> list[Tile]:
        """Add leaf nodes in order; gives the tiles that this filled."""
        made: list[Tile] = []
        self._add(0, self.size, leaves, made)
        self.size += len(leaves)
        return made

    def _add(self, level: int, position: int, nodes: Sequence[bytes], made: list[Tile]) -> None:
        if not nodes:
            return
        while len(self._rows) <= level:
            self._rows.append([])
        row = self._rows[level]
        first = position - len(row)  # of the row, a multiple of WIDTH
        row.extend(nodes)
        tops: Row = []
        for at in range(0, len(row) - WIDTH + 1, WIDTH):
            full = row[at : at + WIDTH]
            made.append(Tile(level, (first + at) // WIDTH, b"".join(full)))
            tops.append(top(self._join, full))
        del row[: len(tops) * WIDTH]
        self._add(level + 1, first // WIDTH, tops, made)

    def edge(self) -> Edge:
        """The tree as it is now."""
        return Edge(self.size, tuple(tuple(row) for row in self._rows))

    def root(self, empty: bytes) -> bytes:
        """Root node (RFC 9162 section 2.1.1); `empty`: of the tree without leaves."""
        peaks = [peak for row in reversed(self._rows) for peak in self._peaks(row)]
        if not peaks:
            return empty
        found = peaks.pop()
        while peaks:
            found = self._join(peaks.pop(), found)
        return found

    def _peaks(self, row: Sequence[bytes]) -> Iterator[bytes]:
        """Roots of the perfect subtrees of a row, the largest first."""
        at = 0
        while at < len(row):
            width = 1 << ((len(row) - at).bit_length() - 1)
            yield top(self._join, row[at : at + width])
            at += width


def top(join: Join, nodes: Sequence[bytes]) -> bytes:
    """Root of a power of two of nodes."""
    return pyramid(join, nodes)[-1][0]


def pyramid(join: Join, nodes: Sequence[bytes]) -> list[Row]:
    """The nodes, and above them every row of parents that are perfect; the last row has one if they are 2^k."""
    rows = [list(nodes)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([join(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
    return rows


def split(nodes: bytes, width: int) -> Row:
    """The nodes of a stored tile, `width` bytes each."""
    return [nodes[at : at + width] for at in range(0, len(nodes), width)]


class TileCache:
    """Full tiles with their inner nodes, the least recently used dropped first. They never change."""

    def __init__(self, capacity: int = _CACHED) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[tuple[bytes, int, int, int], list[Row]] = OrderedDict()

    def get(self, key: tuple[bytes, int, int, int]) -> list[Row] | None:
        """Key: (book, tree, level, n)."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: tuple[bytes, int, int, int], rows: list[Row]) -> None:
        """Keep a full tile's rows."""
        self._kept[key] = rows
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


def tile_of(place: Place) -> Place:
    """(tile level, n) of the tile that holds a perfect node or what it is made of."""
    level, rest = divmod(place[0], _BITS)
    return level, place[1] << rest >> _BITS


def in_tile(rows: Sequence[Sequence[bytes]], place: Place) -> bytes:
    """A node from the rows of its tile."""
    rest = place[0] % _BITS
    return rows[rest][place[1] - (place[1] << rest >> _BITS << (_BITS - rest))]
