"""Reading what is recorded about people: found by keyed terms, opened, and put into the form of the pure core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from certs.ports import RegistrationEvent, Sealer

from .entry import decode_registration, open_sealed
from .events import Registration, number_key
from .party import Party
from .people import identities
from .state import Event

Known = tuple[bytes, Registration, int]
"""(key of the registration, what was registered, second in which it was recorded)"""


@dataclass(frozen=True, slots=True)
class History:
    """Everything recorded about some people, in order of knowledge. `who`: identity of each document.

    `keys`: by the event's name, the key of its registration, under which its certificates are found.
    """

    events: tuple[Event, ...] = field(repr=False)
    who: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, bytes] = field(repr=False)

    def identity(self, party: Party) -> str:
        """Of somebody for whom the history was read."""
        return self.who[party.identity_key]

    def couple(self, man: Party, woman: Party) -> frozenset[str]:
        """Of two such people."""
        return frozenset((self.identity(man), self.identity(woman)))


def open_all(events: Iterable[RegistrationEvent], sealer: Sealer) -> list[Known]:
    """Opened events, each once, by the second in which they were recorded. Raises Erased or SealBroken: who is married
    must not be told from a part of what there is."""
    once = {event.event_id: event for event in events}
    opened = [(e.registration, *decode_registration(open_sealed(e, sealer)[1])) for e in once.values()]
    return sorted(opened, key=lambda k: k[2])


def history_of(people: Iterable[Party], known: Sequence[Known], *, alike: bool = True) -> History:
    """The history as the core takes it. `people`: who is asked about, so that each has an identity. `alike`: renewed
    documents are joined by name and birth date; else every document is a person."""
    everybody = [*people, *(party for _, r, _ in known for _, party in r.people)]
    who = identities(everybody) if alike else {party.identity_key: party.identity_key for party in everybody}
    return History(
        tuple(_event(r, known_at, who) for _, r, known_at in known),
        who,
        {r.name: key for key, r, _ in known},
    )


def _event(r: Registration, known_at: int, who: Mapping[str, str]) -> Event:
    return Event(
        name=r.name,
        op=r.op,
        known_at=known_at,
        day=r.day,
        effective=r.effective,
        people=frozenset(who[party.identity_key] for _, party in r.people),
        number=None if r.number is None else number_key(r.number),
        refers=None if r.refers is None else number_key(r.refers),
        corrects=r.corrects,
        withdrawn=r.withdrawn,
    )
