"""Donors who asked that their single amount be shown to nobody: one leaf for a group, and a tree of its own inside.

The members are in-leaves of kind DONATION in a nested sum tree, with the group's day and in no order that tells who
gave when. Public are the tree's root, the number of members and their total, in a GROUPED event. The group's own leaf
on the fund's line names that event, so a member's path leads on to the fund's signed root. A member learns the sums of
his neighbours in the tree, never their leaves.

    member  [index, leaf 45, path, event body]       as in a trace
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import Malformed
from ..merkle import TreeHash
from .events import Grouped, parse_event
from .line import In, Inflow, event_ref
from .sumtree import SumNode, inclusion_path, levels_of, nodes_of, reader_of, root_from_path, root_of

FORMAT: Final = "group-member"


@dataclass(frozen=True, slots=True)
class Member:
    """One member's way into the group's leaf. `event` is the body of the GROUPED event."""

    index: int
    leaf: Inflow
    path: bytes
    event: bytes

    def to_list(self) -> list[Any]:
        """Wire form."""
        return [self.index, self.leaf.encode(), self.path, self.event]

    @classmethod
    def from_list(cls, value: object) -> Member:
        """Parse the wire form. Raises Malformed."""
        if type(value) is not list or len(value) != 4:
            raise Malformed(FORMAT, "structure")
        index, leaf, path, event = value
        if type(index) is not int or index < 0 or not type(leaf) is type(path) is type(event) is bytes:
            raise Malformed(FORMAT, "structure")
        nodes_of(path)
        return cls(index, Inflow.parse(leaf), path, event)

    def offset(self, h: TreeHash, book: bytes, group: Inflow) -> int:
        """How many of the group's serials come before the member's. Raises Malformed if it is no member of `group`,
        the in-leaf of a fund's line."""
        stated = parse_event(self.event)
        if group.kind != In.GROUP or not isinstance(stated, Grouped) or event_ref(book, self.event) != group.ref:
            raise Malformed(FORMAT, "event")
        if self.leaf.kind != In.DONATION or self.leaf.day != group.day:
            raise Malformed(FORMAT, "leaf")
        root, offset = root_from_path(h, self.leaf.encode(), self.index, stated.count, self.path)
        if root != SumNode(stated.root, group.amount) or stated.amount != group.amount:
            raise Malformed(FORMAT, "root")
        return offset


def group_root(h: TreeHash, leaves: Sequence[Inflow]) -> SumNode:
    """Root of the members' tree: what the GROUPED event states."""
    return root_of(h, [leaf.encode() for leaf in leaves])


def member_of(h: TreeHash, leaves: Sequence[Inflow], index: int, event: bytes) -> Member:
    """The proof of one member. `leaves` are all of the group's, in the tree's order."""
    reader = reader_of(levels_of(h, [leaf.encode() for leaf in leaves]))
    return Member(index, leaves[index], inclusion_path(h, index, len(leaves), reader), event)
