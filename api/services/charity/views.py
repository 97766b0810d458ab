"""Books as of their last epoch: what may be shown of them, and what traces are made of.

Nothing that no epoch covers is public. The settled tree of an epoch is kept in memory whole, of the growing trees what
stands behind their full tiles; after a restart both are made again from the tables, once, when first asked for.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from api.db.repositories.charity_books import BookRow
from api.db.repositories.charity_epochs import EVENTS, INFLOWS, EpochRow
from api.db.repositories.charity_lines import OutRow
from api.db.repositories.charity_view import CharityReader
from api.db.uow import Work
from api.services.charity.growth import NODE, grown, join_of
from api.services.charity.trees import Edge, TileCache, in_tile, pyramid, split, tile_of
from verifier.charity.epoch import Epoch
from verifier.charity.events import HoleEvent, parse_event
from verifier.charity.line import (
    OUTFLOW_BYTES,
    SETTLEMENT_BYTES,
    In,
    Inflow,
    Operation,
    Outflow,
    Settlement,
    parse_outflows,
    parse_settlements,
    settled_leaf,
)
from verifier.charity.sumtree import NodeReader, levels_of, reader_of
from verifier.errors import Malformed
from verifier.merkle import TreeHash

KEPT: Final = 64  # books whose state as of an epoch is in memory


@dataclass(frozen=True, slots=True)
class Settled:
    """The out-line as of an epoch: leaves of 50 bytes, settlements of 48, all nodes of the tree over both; by index the
    first serials and which events made them. 15,000 payments take some 4 MB."""

    outflows: bytes
    settlements: bytes
    levels: Sequence[Sequence[bytes]]
    starts: Sequence[int]
    seqs: Sequence[int]

    @classmethod
    def of(cls, h: TreeHash, rows: Sequence[OutRow], settlements: bytes) -> Settled:
        """From the table's rows in order and as many settlement leaves."""
        leaves = [Outflow(o.kind, o.day, o.allocation, o.cost_class, o.ref, o.amount).encode() for o in rows]
        steps = range(0, len(settlements), SETTLEMENT_BYTES)
        nodes = [
            settled_leaf(settlements[at : at + SETTLEMENT_BYTES], leaf) for at, leaf in zip(steps, leaves, strict=True)
        ]
        starts, seqs = array("q", (o.start for o in rows)), array("q", (o.seq for o in rows))
        return cls(b"".join(leaves), settlements, levels_of(h, nodes), starts, seqs)

    def settlement(self, index: int) -> bytes:
        """48 bytes."""
        return self.settlements[SETTLEMENT_BYTES * index : SETTLEMENT_BYTES * (index + 1)]


@dataclass(frozen=True, slots=True)
class EpochState:
    """A book as of its last epoch. `holes`: bodies by in-leaf, of the events that took serials out ahead of spending;
    `inner`: nodes above the edges' rows, by (tree, level), as they were asked for."""

    book: BookRow
    row: EpochRow
    epoch: Epoch
    edges: Mapping[int, Edge]
    settled: Settled
    holes: Mapping[int, Sequence[bytes]] = field(default_factory=dict)
    inner: dict[tuple[int, int], list[list[bytes]]] = field(default_factory=dict)


class Views:
    def __init__(self) -> None:
        self._states: OrderedDict[bytes, EpochState] = OrderedDict()
        self.tiles = TileCache()

    def publish(
        self,
        book: BookRow,
        row: EpochRow,
        edges: Mapping[int, Edge],
        settled: Settled,
        holes: Sequence[bytes],
    ) -> EpochState:
        """Take over an epoch that is committed."""
        epoch = Epoch.parse(row.statement)
        ahead = _ahead(holes, epoch.claims.outflows.root.sum)
        state = EpochState(book, row, epoch, edges, settled, ahead)
        self._states[book.book_id] = state
        self._states.move_to_end(book.book_id)
        if len(self._states) > KEPT:
            self._states.popitem(last=False)
        return state

    async def state(self, work: Work, book_id: bytes) -> EpochState | None:
        """As of the last epoch that this transaction sees; None for a book without one."""
        last = await work.charity.epochs.last(book_id)
        if last is None:
            return None
        known = self._states.get(book_id)
        if known is not None and known.row == last:
            self._states.move_to_end(book_id)
            return known
        book = await work.charity.books.get(book_id)
        if book is None:
            return None
        growth = await grown(work, book, last)
        leaves = await work.charity.books.settlement(book_id)
        outs = await work.charity.lines.outflows(book_id, 0, last.outflows)
        settled = await asyncio.to_thread(Settled.of, growth.hash, outs, leaves)
        holes = await work.charity.books.holes(book_id, last.events)
        return self.publish(book, last, growth.edges(), settled, holes)


def _ahead(bodies: Sequence[bytes], spent: int) -> dict[int, list[bytes]]:
    """By in-leaf, the events that took out serials which spending has not reached."""
    found: dict[int, list[bytes]] = {}
    for body in bodies:
        event = parse_event(body)
        if isinstance(event, HoleEvent) and event.start >= spent:
            found.setdefault(event.idx, []).append(body)
    return found


class TableView:
    """`verifier.charity.tracemaker.BookView` over the tables, in one transaction."""

    def __init__(self, state: EpochState, connection: Connection, tiles: TileCache) -> None:
        self._state, self._tiles = state, tiles
        self._reader = CharityReader(connection, state.book.book_id)
        self._hash = TreeHash(state.book.tree)
        self._inflows: dict[int, tuple[Inflow, int]] = {}  # a trace asks for each twice
        self._seqs: dict[bytes, int] = {}  # of the events that made the out-leaves seen so far

    @property
    def epoch(self) -> Epoch:
        return self._state.epoch

    @property
    def in_node(self) -> NodeReader:
        return lambda level, index: self._node(INFLOWS, level, index)

    @property
    def settled_node(self) -> NodeReader:
        return reader_of(self._state.settled.levels)

    @property
    def event_node(self) -> NodeReader:
        return lambda level, index: self._node(EVENTS, level, index)

    def _node(self, tree: int, level: int, index: int) -> bytes:
        place = (level, index)
        tile, n = tile_of(place)
        key = (self._state.book.book_id, tree, tile, n)
        edge = self._state.edges[tree]
        if n >= edge.full(tile):
            inner = self._state.inner.get((tree, tile))
            if inner is None:
                inner = self._state.inner[tree, tile] = pyramid(join_of(self._hash, tree), edge.rows[tile])
            return in_tile(inner, place)
        rows = self._tiles.get(key)
        if rows is None:
            nodes = split(self._reader.tile(tree, tile, n), NODE[tree])
            rows = pyramid(join_of(self._hash, tree), nodes)
            self._tiles.put(key, rows)
        return in_tile(rows, place)

    def inflow(self, index: int) -> tuple[Inflow, int]:
        found = self._inflows.get(index)
        if found is None:
            row = self._reader.inflow(index) if index < self._state.row.inflows else None
            if row is None:
                raise Malformed("donor-trace", "index", "no epoch covers this leaf yet")
            found = self._inflows[index] = Inflow(row.kind, row.day, row.ref, row.amount), row.start
        return found

    def inflow_of(self, kind: In, ref: bytes) -> int | None:
        found = self._reader.arrived(int(kind), ref)
        return found if found is not None and found < self._state.row.inflows else None

    def outflow_at(self, serial: int) -> int:
        return bisect_right(self._state.settled.starts, serial) - 1

    def outflows(self, first: int, end: int) -> Sequence[tuple[Outflow, Settlement]]:
        line = self._state.settled
        leaves = parse_outflows(line.outflows[OUTFLOW_BYTES * first : OUTFLOW_BYTES * end])
        settled = parse_settlements(line.settlements[SETTLEMENT_BYTES * first : SETTLEMENT_BYTES * end])
        self._seqs.update((leaf.ref, seq) for leaf, seq in zip(leaves, line.seqs[first:end], strict=True))
        return list(zip(leaves, settled, strict=True))

    def steps(self, index: int) -> tuple[Operation, ...]:
        return tuple(Operation(*row) for row in self._reader.steps(index, self._state.row.events))

    def event_of(self, ref: bytes) -> bytes | None:
        seq = self._seqs.get(ref)
        return None if seq is None else self._reader.body(seq)

    def holes(self, index: int) -> Sequence[bytes]:
        return self._state.holes.get(index, ())
