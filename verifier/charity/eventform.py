"""The form of a fund's public events: deterministic CBOR, one frozen dataclass for every kind (see `events`).

A body is a map `{1: kind, 2: day, 3: seq, 4: …}`: the members of the dataclass in order, an absent one as null. `seq`
is the event's place in its book; it makes two equal acts two different bodies, so that `line.event_ref` names one
event. The body is also the leaf of the book's events tree (RFC 9162), so nothing in it may be personal: payees are
types, documents are digests, donors are leaves of the in-line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, TypeVar

from .. import cbor
from ..errors import Malformed
from . import members
from .line import CostClass, event_ref
from .members import Member

FORMAT: Final = "charity-event"
MAX_EVENT: Final = 4096  # bytes
MAX_NUMBER: Final = (1 << 32) - 1
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Because:
    """Why: a short code and, where needed, some words. Never about a person."""

    code: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a fund's money may be used for; null is no bound."""

    project: str | None = None
    purpose: str | None = None

    def allows(self, project: str | None, purpose: str | None) -> bool:
        """Whether money under this restriction may go to that project and purpose."""
        return self.project in (None, project) and self.purpose in (None, purpose)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a fund of goods counts: an item and its unit, such as ("quilt", "piece")."""

    item: str
    unit: str


def _because_code(value: Any) -> str:
    if type(value) is not str or not _CODE.fullmatch(value):
        raise Malformed(FORMAT, "reason-code")
    return value


def _octets16(value: Any) -> bytes:
    if type(value) is not bytes or len(value) != 16:
        raise Malformed(FORMAT, "bytes", "expected 16")
    return value


SEQ: Final = members.number(0, MAX_NUMBER)
NUMBER: Final = members.number(1, MAX_NUMBER)
SERIAL: Final = members.number(0, members.MAX_AMOUNT)
BOOK: Final = Member(_octets16)
COST_CLASS: Final = members.number(CostClass.DIRECT_AID, CostClass.ADMIN)
BECAUSE: Final = members.group(Because, (Member(_because_code), members.optional(members.text(200))))
RESTRICTION: Final = members.group(Restriction, (members.optional(members.CODE), members.optional(members.CODE)))
UNIT: Final = members.group(Unit, (members.CODE, members.CODE))


@dataclass(frozen=True, slots=True)
class Event:
    """What every event has: its place in the book and the civil day (UTC+8) on which it was recorded."""

    KIND: ClassVar[int]
    NAME: ClassVar[str]
    MEMBERS: ClassVar[tuple[Member, ...]]

    seq: int
    day: int

    @property
    def happened(self) -> int:
        """The civil day on which it happened: that of recording, unless the event states an earlier one."""
        on: int | None = getattr(self, "on", None)
        return self.day if on is None else on

    def encode(self) -> bytes:
        """The body. Raises Malformed for members that `parse_event` would refuse."""
        names = [f.name for f in fields(self)][2:]
        body: dict[int, Any] = {1: self.KIND, 2: self.day, 3: self.seq}
        for key, (name, member) in enumerate(zip(names, self.MEMBERS, strict=True), 4):
            body[key] = member.write(getattr(self, name))
        data = cbor.encode(body)
        parse_event(data)
        return data

    def ref(self, book: bytes) -> bytes:
        """How leaves and other books name this event of `book`, 32 bytes."""
        return event_ref(book, self.encode())


E = TypeVar("E", bound=Event)
_KINDS: Final[dict[int, type[Event]]] = {}
_READERS: Final[dict[int, tuple[int, tuple[Callable[[Any], Any], ...]]]] = {}  # members in all, how to read them


def kind(number: int, name: str, *members: Member) -> Callable[[type[E]], type[E]]:
    def register(cls: type[E]) -> type[E]:
        cls.KIND, cls.NAME, cls.MEMBERS = number, name, members
        assert len(fields(cls)) == len(members) + 2
        _KINDS[number] = cls
        _READERS[number] = (len(members) + 3, tuple(m.read for m in members))
        return cls

    return register


def kinds() -> tuple[type[Event], ...]:
    """Every kind of event, ascending."""
    return tuple(_KINDS[number] for number in sorted(_KINDS))


def parse_event(body: bytes) -> Event:
    """The event of a body. Raises Malformed; a kind that is no fund's is `unknown-kind`."""
    value = cbor.decode(body, max_bytes=MAX_EVENT, max_depth=3)
    if type(value) is not dict:
        raise Malformed(FORMAT, "not-a-map")
    kind = value.get(1)
    if type(kind) is not int or kind not in _KINDS:
        raise Malformed(FORMAT, "unknown-kind")
    size, readers = _READERS[kind]
    if len(value) != size or list(value) != list(range(1, size + 1)):
        raise Malformed(FORMAT, "members")
    day, seq = members.DAY.read(value[2]), SEQ.read(value[3])
    return _KINDS[kind](seq, day, *[read(value[key]) for key, read in enumerate(readers, 4)])
