"""Following serials through a hop: what became of each of them, and into which inflow the ones that go on went.

Pure arithmetic on leaves that `settle_hop` has led to a signed epoch first. Of an outflow's serials the acknowledged
ones are its first, the returned ones its last, earlier returns behind later ones. Serials that go on are named by a
*link*: the inflow they must enter (book, kind, ref) and how much that inflow has in all. Which of the inflow's serials
are mine follows from the order of all parts that entered it; so all of those parts must be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from ..errors import ProofInvalid
from ..merkle import root_from_path
from .epoch import EpochClaims
from .events import DonationReturned, DonationReversed, HoleEvent, Redirected, Transferred, parse_event
from .hop import Hop
from .line import RETURNED, In, Out, Outflow, Settlement, event_ref, settle
from .sumtree import SumNode, root_from_range
from .sumtree import root_from_path as sum_root_from_path


class State(StrEnum):
    """What became of a part of a donation."""

    WAITING = "waiting"
    PAID = "paid"
    ACKNOWLEDGED = "acknowledged"
    RETURNED_TO_DONOR = "returned-to-donor"
    REVERSED = "reversed"
    RETURNED_TO_FUND = "returned-to-fund"
    TRANSFERRED = "transferred"
    REDIRECTED = "redirected"
    SURPLUS = "surplus"


class Link(NamedTuple):
    """The inflow that a part must enter: its book, kind and ref, and its whole amount."""

    book: bytes
    kind: In
    ref: bytes
    total: int


@dataclass(frozen=True, slots=True)
class Portion:
    """Serials [start, start + amount) of the donation in `book`, and what became of them there.

    `outflow` and what follows describe the out-leaf, None while there is none. `day` since 1970-01-01. `reference` is
    the voucher's SM3 of a payment, else the event's `event_ref`; `digest` the chain over the leaf's settlement.
    """

    start: int
    amount: int
    state: State
    book: bytes
    outflow: int | None = None
    day: int | None = None
    cost_class: int | None = None
    allocation: int | None = None
    reference: bytes | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A portion, and if it goes on: where, and from which serial of that inflow on."""

    portion: Portion
    link: Link | None = None
    offset: int = 0


Range = tuple[int, int]
"""Serials [start, end)."""
_STATE: Final[Mapping[int, State]] = {
    Out.TRANSFER: State.TRANSFERRED,
    Out.DONATION_RETURNED: State.RETURNED_TO_DONOR,
    Out.DONATION_REVERSED: State.REVERSED,
    Out.REDIRECTED: State.REDIRECTED,
    Out.SURPLUS: State.SURPLUS,
}


def start_of(hop: Hop, epoch: EpochClaims) -> int:
    """First serial of the hop's inflow, which is led to the epoch's root. Raises Malformed or ProofInvalid."""
    root, start = sum_root_from_path(epoch.tree, hop.inflow.encode(), hop.index, epoch.inflows.size, hop.path)
    if root != epoch.inflows.root:
        raise ProofInvalid("inflow", "not in the epoch's tree")
    return start


def follow(hop: Hop, epoch: EpochClaims, mine: Sequence[Range]) -> list[Part]:
    """What became of the serials `mine` of the hop's inflow, in their order. Raises Malformed or ProofInvalid.

    `mine`: disjoint, ascending, within the inflow. The parts cover all of them exactly.
    """
    spent = epoch.outflows.root.sum
    shown = _shown(hop, epoch, mine[0][0], min(mine[-1][1], spent))
    events = _named_events(hop, shown)
    pieces = list(_pieces(hop, shown, events))
    ahead = [(max(a, spent), b) for a, b in mine if b > spent]
    holes = list(_holes(hop, epoch))
    parts = [*_cut(pieces, [(a, min(b, spent)) for a, b in mine if a < spent]), *_waiting(hop.book, holes, ahead)]
    if sum(p.portion.amount for p in parts) != sum(b - a for a, b in mine):
        raise ProofInvalid("coverage", "not all serials are accounted for")
    return parts


class _Shown(NamedTuple):
    number: int
    start: int
    outflow: Outflow
    settlement: Settlement


def _shown(hop: Hop, epoch: EpochClaims, low: int, high: int) -> list[_Shown]:
    """The outflows that are shown, once they lead to the epoch's root and cover [low, high) without a gap."""
    if low >= high:  # spending has not come as far: the signed total of the outflows says so
        if hop.outflows:
            raise ProofInvalid("outflows", "shown where none are")
        return []
    if not hop.outflows:
        raise ProofInvalid("outflows", "not shown")
    root, position = root_from_range(epoch.tree, hop.first, hop.settled(), epoch.outflows.size, hop.around)
    if root != SumNode(epoch.settled, epoch.outflows.root.sum):
        raise ProofInvalid("outflows", "not in the epoch's tree")
    found = []
    begin = position
    for index, (outflow, settlement) in enumerate(zip(hop.outflows, hop.settlements, strict=True), hop.first):
        if settlement.acknowledged + settlement.returned > outflow.amount:
            raise ProofInvalid("settlement", "above the amount")
        if (settlement.acknowledged or settlement.returned) and outflow.kind != Out.PAYMENT:
            raise ProofInvalid("settlement", "of what is no payment")
        found.append(_Shown(index, position, outflow, settlement))
        position += outflow.amount
    if begin > low or position < high:
        raise ProofInvalid("outflows", "a payment is left out")
    return found


def _named_events(hop: Hop, shown: Sequence[_Shown]) -> dict[bytes, Transferred | Redirected]:
    """Events without a path, by their reference: each says where an outflow that is shown went."""
    refs = {s.outflow.ref for s in shown if s.outflow.kind in (Out.TRANSFER, Out.REDIRECTED)}
    found: dict[bytes, Transferred | Redirected] = {}
    for told in hop.events:
        if told.path is None:
            event, ref = parse_event(told.body), event_ref(hop.book, told.body)
            if not isinstance(event, Transferred | Redirected) or ref not in refs:
                raise ProofInvalid("event", "of nothing that is shown")
            found[ref] = event
    return found


def _pieces(hop: Hop, shown: Sequence[_Shown], events: Mapping[bytes, Transferred | Redirected]) -> Iterator[Part]:
    """Every serial of the outflows shown, in order; links carry the offset of each piece's first serial."""
    raw = [piece for s in shown for piece in _of_outflow(hop, s)]
    totals: dict[bytes, int] = {}
    placed = []
    for portion, ref in raw:
        placed.append((portion, ref, totals.get(ref or b"", 0)))
        if ref is not None:
            totals[ref] = totals.get(ref, 0) + portion.amount
    for portion, ref, offset in placed:
        link = None if ref is None else _link(hop.book, portion.state, ref, totals[ref], events)
        yield Part(portion, link, offset)


def _link(
    book: bytes, state: State, ref: bytes, total: int, events: Mapping[bytes, Transferred | Redirected]
) -> Link | None:
    if state is State.RETURNED_TO_FUND:
        return Link(book, In.RETURNED_PAYMENT, ref, total)
    event = events.get(ref)
    if isinstance(event, Transferred) and state is State.TRANSFERRED:
        return Link(event.target, In.TRANSFER_IN, ref, total)
    if isinstance(event, Redirected) and state is State.REDIRECTED:
        return Link(event.target, In.REDIRECTED_IN, ref, total)
    return None  # nobody says where to: the money has left, and this file does not follow it


def _of_outflow(hop: Hop, shown: _Shown) -> Iterator[tuple[Portion, bytes | None]]:
    """An outflow's serials by what became of them, each with the event that moved it on, if it is known."""
    index, start, out, settlement = shown
    whole = Portion(
        start,
        out.amount,
        State.PAID,
        hop.book,
        index,
        out.day,
        out.cost_class,
        out.allocation,
        out.ref,
        settlement.digest,
    )
    if out.kind != Out.PAYMENT:
        bare = replace(whole, state=_STATE[out.kind], cost_class=None, allocation=None, digest=None)
        yield bare, out.ref
        return
    paid = start + settlement.acknowledged
    end = start + out.amount
    back = end - settlement.returned
    spans: list[tuple[int, int, State, bytes | None]] = [
        (start, paid, State.ACKNOWLEDGED, None),
        (paid, back, State.PAID, None),
    ]
    steps = hop.steps.get(index)
    if steps is None:
        spans.append((back, end, State.RETURNED_TO_FUND, None))
    else:
        if settle(steps) != settlement:
            raise ProofInvalid("settlement", "the steps lead elsewhere")
        returns = []
        for step in steps:
            if step.op == RETURNED:
                returns.append((end - step.amount, end, State.RETURNED_TO_FUND, step.ref))
                end -= step.amount
        spans.extend(reversed(returns))
    for a, b, state, ref in spans:
        if a < b:
            yield replace(whole, start=a, amount=b - a, state=state), ref


def _holes(hop: Hop, epoch: EpochClaims) -> Iterator[tuple[Range, bytes, HoleEvent]]:
    """What was taken out of the inflow ahead of spending, in order of serials, each led to the root of the events."""
    found: list[tuple[Range, bytes, HoleEvent]] = []
    for shown in hop.events:
        if shown.path is None:
            continue
        event = parse_event(shown.body)
        leaf = epoch.tree.leaf(shown.body)
        if root_from_path(epoch.tree, leaf, event.seq, epoch.events, shown.path) != epoch.events_root:
            raise ProofInvalid("event", "not in the epoch's tree")
        if not isinstance(event, HoleEvent) or event.idx != hop.index or event.start < epoch.outflows.root.sum:
            raise ProofInvalid("event", "takes nothing out of this inflow")
        found.append(((event.start, event.start + event.amount), event_ref(hop.book, shown.body), event))
    found.sort(key=lambda hole: hole[0])
    if any(a[0][1] > b[0][0] for a, b in pairwise(found)):
        raise ProofInvalid("event", "takes the same serials twice")
    return iter(found)


_HOLE_STATE: Final = {DonationReturned: State.RETURNED_TO_DONOR, DonationReversed: State.REVERSED}


def _waiting(book: bytes, holes: Sequence[tuple[Range, bytes, HoleEvent]], mine: Sequence[Range]) -> Iterator[Part]:
    """Serials that spending has not reached: taken out ahead of it, or waiting."""
    pieces: list[Part] = []
    position = 0
    for (start, end), ref, event in holes:
        if start > position:
            pieces.append(Part(Portion(position, start - position, State.WAITING, book)))
        state = State.REDIRECTED if isinstance(event, Redirected) else _HOLE_STATE[type(event)]
        link = Link(event.target, In.REDIRECTED_IN, ref, event.amount) if isinstance(event, Redirected) else None
        pieces.append(Part(Portion(start, end - start, state, book, day=event.day, reference=ref), link))
        position = end
    last = max((b for _, b in mine), default=0)
    if last > position:
        pieces.append(Part(Portion(position, last - position, State.WAITING, book)))
    return _cut(pieces, mine)


def _cut(pieces: Sequence[Part], ranges: Sequence[Range]) -> Iterator[Part]:
    """The parts of the pieces that lie within the ranges; both ascending and disjoint."""
    i = 0
    for low, high in ranges:
        while i < len(pieces) and pieces[i].portion.start + pieces[i].portion.amount <= low:
            i += 1
        k = i
        while k < len(pieces) and pieces[k].portion.start < high:
            piece = pieces[k]
            a = max(low, piece.portion.start)
            b = min(high, piece.portion.start + piece.portion.amount)
            portion = replace(piece.portion, start=a, amount=b - a)
            yield Part(portion, piece.link, piece.offset + a - piece.portion.start)
            k += 1
