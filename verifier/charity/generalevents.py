"""The general book of a charity on the wire: every public event about the organisation itself, kinds 100 to 171.

    {1: 112, 2: 20780, 3: 7, 4: "53990000MJ9T00037AA26001", 5: 20779, 6: ["提前结束", "Ended early"]}

Member 1 is the kind, 2 the civil day (UTC+8) on which the charity recorded it, 3 its position in the book, the rest
follow the dataclass in order (`organisation`, `conduct`). Other days are what the charity states: when something
happened, was filed or published. They can be earlier than the day of recording, never later where the thing has
happened; how much later it was recorded shows in the signed, logged epoch. No person is named: related parties are
commitments, individuals a count.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from .. import cbor, fields
from ..errors import Malformed
from . import conduct as c
from . import members as m
from . import organisation as o
from .members import FORMAT, Member

MAX_BODY: Final = 65536  # bytes

GeneralEvent: TypeAlias = (
    o.Registered
    | o.RegistrationChanged
    | o.RegistrationEnded
    | o.Qualified
    | o.QualificationEnded
    | o.TaxEligible
    | o.EmergencyBegan
    | o.EmergencyEnded
    | o.PlanFiled
    | o.PlanChanged
    | o.PlanEnded
    | o.ProjectOpened
    | o.ProjectChanged
    | o.ProjectEnded
    | c.Disclosed
    | c.CorrectionNote
    | c.BankDay
    | c.Figures
    | c.RelatedParty
    | c.RelatedPartyEnded
    | c.Transaction
    | c.Trust
    | c.TrustEnded
)

_EVENTS: Final[dict[type[Any], tuple[Member, ...]]] = {**o.EVENTS, **c.EVENTS}
_BY_KIND: Final = {cls.KIND: (cls, members) for cls, members in _EVENTS.items()}


def kinds() -> frozenset[int]:
    """Every kind of event that there is."""
    return frozenset(_BY_KIND)


def encode(event: GeneralEvent) -> bytes:
    """The event's body. Raises Malformed for a value that no reader would take."""
    cls = type(event)
    names = cls.__slots__[2:]
    values = [member.write(getattr(event, name)) for member, name in zip(_EVENTS[cls], names, strict=True)]
    body = cbor.encode({1: cls.KIND, 2: event.day, 3: event.seq, **dict(enumerate(values, start=4))})
    parse(body)
    return body


def parse(body: bytes) -> GeneralEvent:
    """The event of a body. Raises Malformed."""
    found = cbor.decode(body, max_bytes=MAX_BODY)
    kind = found.get(1) if type(found) is dict else None
    if type(kind) is not int or kind not in _BY_KIND:
        raise Malformed(FORMAT, "kind")
    cls, members = _BY_KIND[kind]
    fields.mapping(FORMAT, found, range(1, len(members) + 4))
    values = [member.read(found[i]) for i, member in enumerate(members, start=4)]
    event: GeneralEvent = cls(m.DAY.read(found[2]), m.COUNT.read(found[3]), *values)
    return event
