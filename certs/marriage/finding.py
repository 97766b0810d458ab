"""Finding what is recorded about people, and the deaths of those whom they married.

A death names one person. Who asks about the survivor finds the marriage, and only through it the death: so what is
found by the people's own terms is opened, and the others named there are looked up too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from certs.ports import LookupKey, RegistrationEvent, RegistrationStore, Sealer

from .entry import open_event, terms_to_find
from .events import Op
from .history import Known, open_all

_OF_ONE: Final = frozenset({Op.DEATH, Op.CORRECTION})
"""What matters of a spouse's own entries: the death, and that it was corrected or taken back."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Events by term, those of spouses among them. `named`: terms of everybody in an event, by its id."""

    by_term: Mapping[bytes, Sequence[RegistrationEvent]]
    named: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)

    def known(self, terms: Collection[bytes], sealer: Sealer, *, but: bytes | None = None) -> list[Known]:
        """What is found by these terms, without registration `but`, by knowledge. Raises Erased or SealBroken."""
        events = [e for term in terms for e in self.by_term.get(term, ()) if e.registration != but]
        mine = {e.event_id for e in events}
        beside = [e for m in events for term in self.named.get(m.event_id, ()) for e in self.by_term.get(term, ())]
        further = [e for e in beside if e.event_id not in mine and e.registration != but]
        deaths = [k for k in open_all(further, sealer) if k[1].op in _OF_ONE] if further else []
        return sorted((*open_all(events, sealer), *deaths), key=lambda k: k[2]) if events else []


async def read_recorded(
    store: RegistrationStore, terms: Sequence[bytes], lookup: LookupKey, sealer: Sealer, *, but: Collection[bytes] = ()
) -> Recorded:
    """Events under these terms, and under those of everybody whom they name; registrations `but` are not opened.

    Raises Erased or SealBroken for a record that cannot be read.
    """
    found = await store.by_terms(terms)
    events = {e.event_id: e for mine in found.values() for e in mine if e.registration not in but}
    named = {key: _people(event, lookup, sealer) for key, event in events.items()}
    more = sorted({term for people in named.values() for term in people}.difference(terms))
    return Recorded({**found, **(await store.by_terms(more))} if more else found, named)


def _people(event: RegistrationEvent, lookup: LookupKey, sealer: Sealer) -> tuple[bytes, ...]:
    return terms_to_find([party for _, party in open_event(event, sealer).people], (), lookup)
