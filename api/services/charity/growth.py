"""The three growing trees of a book, brought up to what the tables hold; full tiles are kept until they are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from api.db.repositories.charity_books import BookRow
from api.db.repositories.charity_epochs import EVENTS, INFLOWS, OUTFLOWS, EpochRow
from api.db.uow import Database, Work
from api.services.charity.trees import WIDTH, Edge, Growing, Join, Tile, split, top
from verifier.charity import sumtree
from verifier.charity.line import Inflow, Outflow
from verifier.merkle import HASH_BYTES, TreeHash

CHUNK: Final = 20_000  # leaves read and hashed at once
_BITS: Final = 8
NODE: Final = {INFLOWS: sumtree.NODE_BYTES, OUTFLOWS: sumtree.NODE_BYTES, EVENTS: HASH_BYTES}
"""Bytes of a node, by tree."""


def join_of(h: TreeHash, tree: int) -> Join:
    """How two nodes of the tree become one."""
    return h.node if tree == EVENTS else partial(sumtree.join, h)


@dataclass(slots=True)
class Growth:
    """The trees of one book as far as they have been read. `tiles` wait for the next epoch's transaction."""

    book: BookRow
    trees: dict[int, Growing]
    tiles: list[tuple[bytes, int, int, int, bytes]] = field(default_factory=list)

    @property
    def hash(self) -> TreeHash:
        return TreeHash(self.book.tree)

    def edges(self) -> dict[int, Edge]:
        """The trees as they are now."""
        return {tree: growing.edge() for tree, growing in self.trees.items()}

    async def follow(self, work: Work, sizes: dict[int, int]) -> None:
        """Take in the leaves up to `sizes`. They are committed, or written by this very transaction."""
        for tree, size in sizes.items():
            while (start := self.trees[tree].size) < size:
                leaves = await leaf_nodes(work, self.book, tree, start, min(size, start + CHUNK))
                await self._take(tree, leaves)

    async def ahead(self, database: Database, inflows: int) -> None:
        """Take in committed in-leaves, each chunk read in a transaction of its own and hashed outside of it: a reader
        that stays keeps SQLite's writer from committing."""
        while (start := self.trees[INFLOWS].size) < inflows:
            async with database.read() as work:
                leaves = await leaf_nodes(work, self.book, INFLOWS, start, min(inflows, start + CHUNK))
            await self._take(INFLOWS, leaves)

    async def _take(self, tree: int, leaves: Callable[[], Sequence[bytes]]) -> None:
        made = await asyncio.to_thread(_extend, self.trees[tree], leaves)
        mine = self.book.book_id
        self.tiles.extend((mine, tree, tile.level, tile.n, tile.nodes) for tile in made)


def _extend(growing: Growing, leaves: Callable[[], Sequence[bytes]]) -> list[Tile]:
    return growing.extend(leaves())


async def leaf_nodes(work: Work, book: BookRow, tree: int, start: int, stop: int) -> Callable[[], Sequence[bytes]]:
    """Reads the leaves; the nodes are made by what this returns."""
    h, stores = TreeHash(book.tree), work.charity
    if tree == EVENTS:
        bodies = await stores.books.bodies(book.book_id, start, stop)
        return lambda: [h.leaf(body) for body in bodies]
    if tree == INFLOWS:
        rows: Sequence[Any] = await stores.lines.raw_inflows(book.book_id, start, stop)
        return lambda: [sumtree.leaf_node(h, Inflow(*row).encode()) for row in rows]
    outs = await stores.lines.outflows(book.book_id, start, stop)
    return lambda: [
        sumtree.leaf_node(h, Outflow(o.kind, o.day, o.allocation, o.cost_class, o.ref, o.amount).encode()) for o in outs
    ]


async def grown(work: Work, book: BookRow, last: EpochRow | None) -> Growth:
    """The trees as of the last epoch, from stored tiles and the leaves behind them."""
    sizes = {INFLOWS: 0, OUTFLOWS: 0, EVENTS: 0}
    if last is not None:
        sizes = {INFLOWS: last.inflows, OUTFLOWS: last.outflows, EVENTS: last.events}
    trees = {tree: await _restored(work, book, tree, size) for tree, size in sizes.items()}
    return Growth(book, trees)


async def _restored(work: Work, book: BookRow, tree: int, size: int) -> Growing:
    h = TreeHash(book.tree)
    join = join_of(h, tree)
    leaves = await leaf_nodes(work, book, tree, size // WIDTH * WIDTH, size)
    rows: list[Sequence[bytes]] = [leaves()]
    level = 0
    while size >> (_BITS * (level + 1)):
        stop = size >> (_BITS * (level + 1))
        start = stop // WIDTH * WIDTH
        tiles = await work.charity.epochs.tiles(book.book_id, tree, level, start, stop)
        rows.append([top(join, split(nodes, NODE[tree])) for nodes in tiles])
        level += 1
    return Growing(join, size, rows)
