"""Read side: tiles, entry bundles, inclusion and consistency proofs, roots of past sizes.

Everything is served for the size of a *signed* checkpoint that the caller names, never for what has merely
been sequenced: a proof towards an unsigned root proves nothing, and an unsigned root that leaked could not
be taken back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from chain.errors import Corrupt, NotInLog
from chain.log.model import TILE_WIDTH, LogIdentity
from chain.log.store import LogReader
from chain.log.tiles import MAX_LEVEL, TileAddress, encode_bundle
from verifier.merkle import NodeReader, consistency_path, range_root

T = TypeVar("T")
_TILE_BITS: Final = 8
_BLANK: Final = bytes(32)
_EDGES: Final = 64  # tree sizes whose right edge is kept

Rows = list[bytes]
"""A tile's hashes, one after the other, and above them as many levels of their parents as somebody has asked for."""

Edge = list[bytes | None]
"""Of one tree size, at place l: the root over the leaves behind the last perfect node of level l, None without any."""


class TileCache:
    """Full tiles that were read, least recently used dropped first. Full tiles never change, so nothing goes stale.

    One per process and log. A tile takes 16 kB with its inner nodes: 4,096 of them cover a million entries in 67 MB.
    The right edges of a few tree sizes are kept as well, for they are part of every proof towards that size.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._tiles: OrderedDict[tuple[int, int], Rows] = OrderedDict()
        self._edges: OrderedDict[int, Edge] = OrderedDict()

    def get(self, level: int, n: int) -> Rows | None:
        """Rows of a full tile, if cached."""
        tile = self._tiles.get((level, n))
        if tile is not None:
            self._tiles.move_to_end((level, n))
        return tile

    def put(self, level: int, n: int, rows: Rows) -> None:
        """Keep a full tile."""
        self._tiles[level, n] = rows
        if len(self._tiles) > self._capacity:
            self._tiles.popitem(last=False)

    def edge(self, size: int) -> Edge | None:
        """Right edge of the tree of this size, if cached."""
        return self._edges.get(size)

    def put_edge(self, size: int, edge: Edge) -> None:
        """Keep a right edge."""
        self._edges[size] = edge
        if len(self._edges) > min(self._capacity, _EDGES):
            self._edges.popitem(last=False)


def _wanted_nodes(build: Callable[[NodeReader], object]) -> list[tuple[int, int]]:
    """Which perfect nodes a pure proof builder asks for: run it once on blanks and note the questions."""
    wanted: list[tuple[int, int]] = []

    def ask(level: int, index: int) -> bytes:
        wanted.append((level, index))
        return _BLANK

    build(ask)
    return wanted


class LogView:
    """One log as seen in one read transaction."""

    def __init__(self, identity: LogIdentity, reader: LogReader, cache: TileCache | None = None) -> None:
        self._hash = identity.hash
        self._reader = reader
        self._cache = cache if cache is not None else TileCache()
        self._edge: dict[tuple[int, int], Rows] = {}  # partial tiles: true for this transaction only
        self._size: int | None = None

    async def inclusion(self, index: int, size: int) -> list[bytes]:
        """Inclusion path of entry `index` in the tree of `size` (RFC 9162 section 2.1.3.1). Raises NotInLog.

        Bottom up, a tile at a time: the sibling of each node on the way is in the tile that the node is in, unless it
        is the imperfect one at the right edge.
        """
        if not 0 <= index < size:
            raise NotInLog(f"entry {index} is not in the tree of size {size}")
        edge = self._cache.edge(size) or await self._right_edge(size)
        path: list[bytes] = []
        levels = (size - 1).bit_length()
        for bottom in range(0, levels, _TILE_BITS):
            rows = await self._tile(bottom // _TILE_BITS, index >> (bottom + _TILE_BITS))
            for level in range(bottom, min(bottom + _TILE_BITS, levels)):
                sibling = (index >> level) ^ 1
                if sibling < size >> level:
                    path.append(self._in_tile(rows, level - bottom, sibling))
                elif sibling == size >> level and (last := edge[level]) is not None:
                    path.append(last)
        return path

    async def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """Consistency proof between two sizes; empty for equal ones. Raises NotInLog, also for an empty old
        tree.
        """
        if not 0 < old_size <= new_size:
            raise NotInLog(f"no consistency proof from size {old_size} to {new_size}")
        return await self._build(lambda node: consistency_path(self._hash, old_size, new_size, node))

    async def root_at(self, size: int) -> bytes:
        """Root of the first `size` entries, computed from the tiles."""
        if size == 0:
            return self._hash.empty_root
        return await self._build(lambda node: range_root(self._hash, 0, size, node))

    async def tile(self, level: int, address: TileAddress, size: int) -> bytes:
        """Bytes of a tile, full or partial, of the tree of `size`. Raises NotInLog if it is none of it."""
        if not 0 <= level <= MAX_LEVEL or address.stop > size >> (_TILE_BITS * level):
            raise NotInLog(f"tile {level}/{address.n} is not in the tree of size {size}")
        return (await self._tile(level, address.n))[0][: 32 * address.width]

    async def bundle(self, address: TileAddress, size: int) -> bytes:
        """An entry bundle, full or partial. Raises NotInLog."""
        if address.stop > size:
            raise NotInLog(f"entry bundle {address.n} is not in the tree of size {size}")
        entries = await self._reader.entries(address.start, address.stop)
        if len(entries) != address.width:
            raise Corrupt("entry", f"{address.start}-{address.stop}", "entries are missing")
        return encode_bundle([entry.body for entry in entries])

    async def node(self, level: int, index: int) -> bytes:
        """Hash of the perfect node (level, index): leaves [index * 2^level, (index + 1) * 2^level)."""
        tile_level, rest = divmod(level, _TILE_BITS)
        rows = await self._tile(tile_level, (index << rest) // TILE_WIDTH)
        found = self._in_tile(rows, rest, index)
        if not found:
            raise NotInLog(f"node {level}/{index} is beyond the end of the log")
        return found

    def _in_tile(self, rows: Rows, rest: int, index: int) -> bytes:
        """The node `rest` levels above the hashes of its tile; nothing where the tile does not go that far."""
        while len(rows) <= rest:
            below, node = rows[-1], self._hash.node
            rows.append(
                b"".join(node(below[i : i + 32], below[i + 32 : i + 64]) for i in range(0, len(below) - 63, 64))
            )
        at = 32 * (index & ((TILE_WIDTH >> rest) - 1))
        return rows[rest][at : at + 32]

    async def _right_edge(self, size: int) -> Edge:
        edge: Edge = [None]
        for level in range((size - 1).bit_length()):
            last = edge[level]
            if size >> level & 1:
                left = await self.node(level, (size >> level) - 1)
                last = left if last is None else self._hash.node(left, last)
            edge.append(last)
        self._cache.put_edge(size, edge)
        return edge

    async def _build(self, build: Callable[[NodeReader], T]) -> T:
        nodes = await self._fetch(_wanted_nodes(build))
        return build(lambda level, index: nodes[level, index])

    async def _fetch(self, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        return {place: await self.node(*place) for place in wanted}

    async def _tile(self, level: int, n: int) -> Rows:
        """Tile `n` as far as it goes: full ones from the cache or the table, the edge from what is below it."""
        rows = self._cache.get(level, n)
        if rows is not None:
            return rows
        if self._size is None:
            self._size = (await self._reader.head()).size
        count = self._size >> (_TILE_BITS * level)
        start, stop = n * TILE_WIDTH, (n + 1) * TILE_WIDTH
        if stop > count:
            if (level, n) not in self._edge:
                stored = await self._reader.hashes(level, start, count) if count > start else ()
                self._edge[level, n] = [b"".join(stored)]
            return self._edge[level, n]
        data = await self._reader.tile(level, n)
        if data is None:
            raise Corrupt("tile", f"{level}/{n}", "full tile is missing")
        rows = [data]
        self._cache.put(level, n, rows)
        return rows
