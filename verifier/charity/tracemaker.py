"""Making a donor's trace from a book as of an epoch: what `trace` then checks.

The maker reads a `BookView`: the service's over its tables and tiles, `Snapshot` over a static export in memory. It
follows every part of the donation with `follow` itself, so a trace that was made is one that checks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

from ..errors import Malformed
from ..merkle import NodeReader as HashReader
from ..merkle import inclusion_path as hash_path
from .epoch import Epoch
from .events import HoleEvent, parse_event
from .follow import Link, Part, Range, follow
from .group import Member
from .hop import FORMAT, MAX_LEAVES, Hop, ShownEvent
from .line import In, Inflow, Operation, Out, Outflow, Settlement, event_ref, settled_leaf
from .opening import Details
from .sumtree import NodeReader, inclusion_path, levels_of, range_path, reader_of
from .tracefile import MAX_HOPS, Trace

_HOLES: Final = (Out.DONATION_RETURNED, Out.DONATION_REVERSED, Out.REDIRECTED)


class BookView(Protocol):
    """A book as of its epoch: nothing younger is visible through it. Indices count from 0."""

    @property
    def epoch(self) -> Epoch: ...
    @property
    def in_node(self) -> NodeReader: ...
    @property
    def settled_node(self) -> NodeReader: ...
    @property
    def event_node(self) -> HashReader: ...

    def inflow(self, index: int) -> tuple[Inflow, int]:
        """An in-leaf and its first serial. Raises Malformed for an index that the epoch does not reach."""
        ...

    def inflow_of(self, kind: In, ref: bytes) -> int | None:
        """The in-leaf that an event made."""
        ...

    def outflow_at(self, serial: int) -> int:
        """Index of the out-leaf that owns a serial below the outflows' total."""
        ...

    def outflows(self, first: int, end: int) -> Sequence[tuple[Outflow, Settlement]]:
        """Out-leaves [first, end) and how they were settled."""
        ...

    def steps(self, index: int) -> tuple[Operation, ...]:
        """How an out-leaf was settled, step by step."""
        ...

    def event_of(self, ref: bytes) -> bytes | None:
        """Body of the event that `event_ref` names."""
        ...

    def holes(self, index: int) -> Sequence[bytes]:
        """Bodies of the events that took serials out of an in-leaf."""
        ...


Views = Callable[[bytes], BookView | None]
"""Book id -> its view; None for a book that has no epoch yet."""


def make_trace(
    views: Views,
    book: bytes,
    index: int,
    *,
    member: Member | None = None,
    details: Details | None = None,
    secret: bytes | None = None,
) -> Trace:
    """The trace of the donation at in-leaf `index` of `book`, or of a member of the group there. ValueError for a book
    without an epoch; Malformed for an index that the epoch does not reach, or where more outflows used the donation
    than a file may show."""
    view = views(book)
    if view is None:
        raise ValueError("a book without an epoch has no traces")
    leaf, start = view.inflow(index)
    if member is not None:
        start += member.offset(view.epoch.claims.tree, book, leaf)
        leaf = member.leaf
    hops = [make_hop(view, index, [(start, start + leaf.amount)], member)]
    seen = {book: view}
    going: dict[Link, list[Part]] = {}
    _collect(going, follow(hops[0], view.epoch.claims, [(start, start + leaf.amount)]))
    while len(hops) < MAX_HOPS and (step := _next(going, views)) is not None:
        link, target, at = step
        begin = target.inflow(at)[1]
        ranges = sorted((begin + p.offset, begin + p.offset + p.portion.amount) for p in going.pop(link))
        hops.append(make_hop(target, at, ranges))
        seen[link.book] = target
        _collect(going, follow(hops[-1], target.epoch.claims, ranges))
    return Trace(tuple(hops), {b: v.epoch for b, v in sorted(seen.items())}, details, secret)


def _collect(going: dict[Link, list[Part]], parts: Sequence[Part]) -> None:
    for part in parts:
        if part.link is not None:
            going.setdefault(part.link, []).append(part)


def _next(going: Mapping[Link, Sequence[Part]], views: Views) -> tuple[Link, BookView, int] | None:
    """The oldest inflow that parts went into: all parts that will enter it have then been found before."""
    found: list[tuple[int, int, Link, BookView]] = []
    for link in going:
        view = views(link.book)
        at = None if view is None else view.inflow_of(link.kind, link.ref)
        if view is not None and at is not None:
            leaf = view.inflow(at)[0]
            if leaf.amount == link.total:
                found.append((leaf.day, at, link, view))
    if not found:
        return None
    _, at, link, view = min(found, key=lambda item: item[:2])
    return link, view, at


def make_hop(view: BookView, index: int, mine: Sequence[Range], member: Member | None = None) -> Hop:
    """The hop of an in-leaf, with the out-leaves over the ranges `mine` and all that belongs to those."""
    claims = view.epoch.claims
    h, spent = claims.tree, claims.outflows.root.sum
    leaf, _ = view.inflow(index)
    low, high = mine[0][0], min(mine[-1][1], spent)
    first, rows = _rows(view, low, high) if low < high else (0, [])
    end = first + len(rows)
    events = [ShownEvent(body) for body in _moved_by(view, rows)]
    return Hop(
        book=claims.book,
        index=index,
        inflow=leaf,
        path=inclusion_path(h, index, claims.inflows.size, view.in_node),
        member=member,
        first=first,
        outflows=tuple(o for o, _ in rows),
        settlements=tuple(s for _, s in rows),
        around=range_path(h, first, end, claims.outflows.size, view.settled_node) if rows else b"",
        steps={j: view.steps(j) for j, (_, s) in enumerate(rows, first) if s.returned},
        events=(*events, *_ahead(view, index, spent, mine)),
    )


def _rows(view: BookView, low: int, high: int) -> tuple[int, list[tuple[Outflow, Settlement]]]:
    """Out-leaves over [low, high); where money went on from the first or the last, all leaves of that spending."""
    first, end = view.outflow_at(low), view.outflow_at(high - 1) + 1
    if end - first > MAX_LEAVES:
        raise Malformed(FORMAT, "too-many-outflows", f"more than {MAX_LEAVES}")
    rows = list(view.outflows(first, end))
    size = view.epoch.claims.outflows.size
    while first > 0 and len(rows) < MAX_LEAVES and (ref := _goes_on(rows)) is not None:
        row = view.outflows(first - 1, first)[0]
        if row[0].kind not in _HOLES and row[0].ref != ref:
            break
        rows.insert(0, row)
        first -= 1
    while end < size and len(rows) < MAX_LEAVES and (ref := _goes_on(rows[::-1])) is not None:
        row = view.outflows(end, end + 1)[0]
        if row[0].kind not in _HOLES and row[0].ref != ref:
            break
        rows.append(row)
        end += 1
    return first, rows


def _goes_on(rows: Sequence[tuple[Outflow, Settlement]]) -> bytes | None:
    """Reference of the first spending among the rows, if money went on from it: its parts before must be shown too."""
    for outflow, settlement in rows:
        if outflow.kind not in _HOLES:
            return outflow.ref if outflow.kind == Out.TRANSFER or settlement.returned else None
    return None


def _moved_by(view: BookView, rows: Sequence[tuple[Outflow, Settlement]]) -> list[bytes]:
    """Events that say where transfers and redirections among the rows went, each once."""
    refs = dict.fromkeys(o.ref for o, _ in rows if o.kind in (Out.TRANSFER, Out.REDIRECTED))
    return [body for ref in refs if (body := view.event_of(ref)) is not None]


def _ahead(view: BookView, index: int, spent: int, mine: Sequence[Range]) -> list[ShownEvent]:
    """Events, with their way to the events' root, that took some of `mine` ahead of spending."""
    claims = view.epoch.claims
    found = []
    for body in view.holes(index):
        event = parse_event(body)
        assert isinstance(event, HoleEvent)
        end = event.start + event.amount
        if event.seq < claims.events and event.start >= spent and any(a < end and event.start < b for a, b in mine):
            path = hash_path(claims.tree, event.seq, claims.events, view.event_node)
            found.append(ShownEvent(body, tuple(path)))
    return found


@dataclass(frozen=True, slots=True)
class _Books:
    """What a snapshot looks up: by reference, by index."""

    by_ref: Mapping[tuple[int, bytes], int]
    bodies: Mapping[bytes, bytes]
    holes: Mapping[int, Sequence[bytes]]


class Snapshot:
    """A `BookView` over a whole book in memory: lists of leaves, events and steps as of the epoch."""

    def __init__(
        self,
        epoch: Epoch,
        inflows: Sequence[Inflow],
        outflows: Sequence[Outflow],
        settlements: Sequence[Settlement],
        events: Sequence[bytes],
        steps: Mapping[int, Sequence[Operation]] | None = None,
    ) -> None:
        claims = epoch.claims
        h, book = claims.tree, claims.book
        self.epoch = epoch
        self._inflows, self._rows = inflows, list(zip(outflows, settlements, strict=True))
        self._in_starts = [0, *accumulate(leaf.amount for leaf in inflows)]
        self._out_ends = list(accumulate(leaf.amount for leaf in outflows))
        self._steps = steps or {}
        self.in_node = reader_of(levels_of(h, [leaf.encode() for leaf in inflows]))
        leaves = [settled_leaf(s.encode(), o.encode()) for o, s in self._rows]
        self.settled_node = reader_of(levels_of(h, leaves))
        self._event_levels = _hash_levels(h.node, [h.leaf(body) for body in events])
        holes: dict[int, list[bytes]] = {}
        for body in events:
            event = parse_event(body)
            if isinstance(event, HoleEvent):
                holes.setdefault(event.idx, []).append(body)
        by_ref = {(leaf.kind, leaf.ref): i for i, leaf in enumerate(inflows)}
        self._books = _Books(by_ref, {event_ref(book, body): body for body in events}, holes)

    @property
    def event_node(self) -> HashReader:
        return lambda level, index: self._event_levels[level][index]

    def inflow(self, index: int) -> tuple[Inflow, int]:
        if not 0 <= index < len(self._inflows):
            raise Malformed(FORMAT, "index-out-of-range")
        return self._inflows[index], self._in_starts[index]

    def inflow_of(self, kind: In, ref: bytes) -> int | None:
        return self._books.by_ref.get((kind, ref))

    def outflow_at(self, serial: int) -> int:
        return bisect_right(self._out_ends, serial)

    def outflows(self, first: int, end: int) -> Sequence[tuple[Outflow, Settlement]]:
        return self._rows[first:end]

    def steps(self, index: int) -> tuple[Operation, ...]:
        return tuple(self._steps[index])

    def event_of(self, ref: bytes) -> bytes | None:
        return self._books.bodies.get(ref)

    def holes(self, index: int) -> Sequence[bytes]:
        return self._books.holes.get(index, ())


def _hash_levels(node: Callable[[bytes, bytes], bytes], leaves: list[bytes]) -> list[list[bytes]]:
    """Perfect nodes of a plain tree over any number of leaf hashes, leaves first."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node(a, b) for a, b in zip(row[::2], row[1::2], strict=False)])
    return levels
