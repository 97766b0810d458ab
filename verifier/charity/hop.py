"""One hop of a donor's trace: an inflow, the outflows that took its serials, and the way of both to a signed epoch.

    {1: h'…16' book, 2: 812043 inflow's index, 3: h'…45' inflow, 4: h'…' path of 40-byte nodes,
     5: [7, h'…45', h'…', h'…'] member of a group or null, 6: 9120 first outflow's index, 7: h'…' outflows of 50 bytes,
     8: h'…' settlements of 48 bytes, 9: h'…' the nodes of the settled tree around them,
     10: [[9120, [[2, 1500, h'…32'], …]], …] how some of them were settled, step by step,
     11: [[h'…' event body, h'…' path or null], …]}

Members 6 to 9 are 0 and empty while spending has not reached the inflow. An event with a path shows what was taken out
of the inflow ahead of spending; one without says where an outflow that is shown went.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .. import fields
from ..errors import Malformed
from ..merkle import HASH_BYTES, MAX_PATH, MAX_TREE_SIZE
from .eventform import MAX_EVENT
from .group import Member
from .line import (
    BOOK_BYTES,
    OUTFLOW_BYTES,
    REF_BYTES,
    SETTLEMENT_BYTES,
    Inflow,
    Operation,
    Outflow,
    Settlement,
    parse_outflows,
    parse_settlements,
    settled_leaf,
)
from .sumtree import nodes_of

FORMAT: Final = "donor-trace"
MAX_LEAVES: Final = 20_000
MAX_STEPS: Final = 1_000
MAX_EVENTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """Body of a public event of the hop's book, and its hashes up to the events' root, or None."""

    body: bytes
    path: tuple[bytes, ...] | None = None

    def to_list(self) -> list[Any]:
        """Wire form."""
        return [self.body, None if self.path is None else b"".join(self.path)]

    @classmethod
    def from_list(cls, value: object) -> ShownEvent:
        """Parse the wire form. Raises Malformed."""
        if type(value) is not list or len(value) != 2:
            raise Malformed(FORMAT, "event")
        body, path = value
        if type(body) is not bytes or not 0 < len(body) <= MAX_EVENT:
            raise Malformed(FORMAT, "event")
        if path is None:
            return cls(body)
        if type(path) is not bytes or len(path) % HASH_BYTES or len(path) > MAX_PATH * HASH_BYTES:
            raise Malformed(FORMAT, "event-path")
        return cls(body, tuple(path[i : i + HASH_BYTES] for i in range(0, len(path), HASH_BYTES)))


@dataclass(frozen=True, slots=True)
class Hop:
    """A parsed, *unverified* hop. `steps`: by index of an outflow."""

    book: bytes
    index: int
    inflow: Inflow
    path: bytes
    member: Member | None = None
    first: int = 0
    outflows: tuple[Outflow, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    around: bytes = b""
    steps: Mapping[int, tuple[Operation, ...]] = field(default_factory=dict)
    events: tuple[ShownEvent, ...] = ()

    def settled(self) -> list[bytes]:
        """The leaves of the settled tree that it shows."""
        return [settled_leaf(s.encode(), o.encode()) for o, s in zip(self.outflows, self.settlements, strict=True)]

    def merkle_bytes(self) -> int:
        """Bytes of leaves and nodes: what the proof of the trees costs."""
        nested = 0 if self.member is None else len(self.member.path) + len(self.member.leaf.encode())
        leaves = len(self.outflows) * (OUTFLOW_BYTES + SETTLEMENT_BYTES)
        return len(self.inflow.encode()) + len(self.path) + nested + leaves + len(self.around)

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {
            1: self.book,
            2: self.index,
            3: self.inflow.encode(),
            4: self.path,
            5: None if self.member is None else self.member.to_list(),
            6: self.first,
            7: b"".join(leaf.encode() for leaf in self.outflows),
            8: b"".join(leaf.encode() for leaf in self.settlements),
            9: self.around,
            10: [[j, [list(step) for step in self.steps[j]]] for j in sorted(self.steps)],
            11: [event.to_list() for event in self.events],
        }

    @classmethod
    def from_map(cls, value: object) -> Hop:
        """Parse the wire form. Raises Malformed."""
        m = fields.mapping(FORMAT, value, range(1, 12))
        outflows, settlements = _leaves(m)
        nodes_of(fields.octets(FORMAT, m, 4))
        nodes_of(fields.octets(FORMAT, m, 9), 2 * MAX_PATH)
        first = fields.uint(FORMAT, m, 6, MAX_TREE_SIZE)
        return cls(
            fields.octets(FORMAT, m, 1, BOOK_BYTES),
            fields.uint(FORMAT, m, 2, MAX_TREE_SIZE),
            Inflow.parse(fields.octets(FORMAT, m, 3)),
            m[4],
            None if m[5] is None else Member.from_list(m[5]),
            first,
            outflows,
            settlements,
            m[9],
            _steps(m, first, len(outflows)),
            tuple(ShownEvent.from_list(item) for item in fields.array(FORMAT, m, 11, MAX_EVENTS)),
        )


def _leaves(m: Mapping[Any, Any]) -> tuple[tuple[Outflow, ...], tuple[Settlement, ...]]:
    outs, settled = fields.octets(FORMAT, m, 7), fields.octets(FORMAT, m, 8)
    if len(outs) > MAX_LEAVES * OUTFLOW_BYTES or len(outs) * SETTLEMENT_BYTES != len(settled) * OUTFLOW_BYTES:
        raise Malformed(FORMAT, "leaves")
    if not outs and (m[6] != 0 or m[9] != b"" or m[10] != []):
        raise Malformed(FORMAT, "no-leaves", "and yet a proof of some")
    return tuple(parse_outflows(outs)), tuple(parse_settlements(settled))


def _steps(m: Mapping[Any, Any], first: int, count: int) -> dict[int, tuple[Operation, ...]]:
    found: dict[int, tuple[Operation, ...]] = {}
    last = first - 1
    for item in fields.array(FORMAT, m, 10, MAX_LEAVES):
        if type(item) is not list or len(item) != 2 or type(item[0]) is not int or type(item[1]) is not list:
            raise Malformed(FORMAT, "steps")
        index, steps = item
        if not last < index < first + count or not 0 < len(steps) <= MAX_STEPS:
            raise Malformed(FORMAT, "steps")
        found[index] = tuple(_step(step) for step in steps)
        last = index
    return found


def _step(item: object) -> Operation:
    if type(item) is not list or len(item) != 3:
        raise Malformed(FORMAT, "step")
    op, amount, ref = item
    if type(op) is not int or type(amount) is not int or type(ref) is not bytes or len(ref) != REF_BYTES:
        raise Malformed(FORMAT, "step")
    return Operation(op, amount, ref)
