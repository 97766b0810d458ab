"""A charity's general book: what it records about itself, one event a transaction, through the fold that everybody has.

Events are few and never change, so they are kept in memory as they were read; the book is folded anew for each change,
and nothing that a transaction did not commit is remembered.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.db.repositories.charity_books import GENERAL, BookRow, EventRow
from api.db.uow import Work
from api.services.charity.books import Books, Change
from api.services.parties import Principal
from certs.charity.generaldraft import NAMES, event_of, party_commitment
from certs.charity.private import PrivatePart, open_private, seal_private
from certs.errors import Conflict
from certs.ports import Entropy, Sealer
from verifier.charity.conduct import RelatedParty
from verifier.charity.general import General
from verifier.charity.generalevents import GeneralEvent, encode, parse
from verifier.charity.line import event_ref
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

BOOK_BYTES: Final = 16
SALT_BYTES: Final = 32
KEPT: Final = 1024  # charities whose events stay in memory
NAME: Final = "name"
SALT: Final = "salt"


@dataclass(frozen=True, slots=True)
class Noted:
    """An event in the general book. `kind`: its name; `ref`: SM3 by which it is cited; `party`: the commitment to the
    related party that it names; `created`: recorded now, and not before."""

    book: bytes
    seq: int
    kind: str
    day: int
    ref: bytes
    party: bytes | None
    created: bool


class GeneralEvents:
    """Committed events by book. They only ever grow, so what was read is true for ever."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, list[GeneralEvent]] = OrderedDict()

    async def of(self, work: Work, book_id: bytes) -> list[GeneralEvent]:
        """The book's events as this transaction sees them. In a writing one before anything is written only."""
        size = await work.charity.books.next_seq(book_id)
        known = self._kept.get(book_id, [])
        if len(known) < size:
            known = [*known, *map(parse, await work.charity.books.bodies(book_id, len(known), size))]
            self._kept[book_id] = known
        if book_id in self._kept:
            self._kept.move_to_end(book_id)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return known[:size]


class Register:
    def __init__(self, books: Books, events: GeneralEvents, sealer: Sealer, entropy: Entropy) -> None:
        self._books, self._events, self._sealer, self._entropy = books, events, sealer, entropy

    async def record(self, party: Principal, reference: str, values: Mapping[str, Any]) -> Noted:
        """Record one event of the party's own book. `values`: {"kind": "plan_ended", …}. The same number with the same
        event gives the first answer again. Raises Conflict, InvalidField, Malformed, LedgerRefused (and nothing was
        recorded), StoreConflict, Unavailable."""
        request = sm3(json.dumps(values, sort_keys=True, ensure_ascii=False).encode())
        idem = self._books.key(party.uscc, b"general", reference)
        async with self._books.change() as change:
            known = await self.known(change, idem, request)
            if known is not None:
                return known
            plain, notes = self._sealed_apart(party, dict(values))
            return await self.append(change, party.uscc, plain, idem, PrivatePart(request, notes))

    async def append(
        self, change: Change, charity: str, values: dict[str, Any], idem: bytes, part: PrivatePart
    ) -> Noted:
        """Record an event in the caller's transaction, as the book's next. Raises as `record`, but for Conflict."""
        stores = change.work.charity
        row = await stores.books.general(charity)
        events = [] if row is None else await self._events.of(change.work, row.book_id)
        event = event_of(values.pop("kind"), change.day, len(events), values)
        General.replay(events).apply(event)
        if row is None:
            row = BookRow(self._entropy(BOOK_BYTES), charity, GENERAL, TreeHash.SM3.value, change.now)
            await stores.books.add(row)
        body = encode(event)
        sealed = seal_private(row.book_id, event.seq, part, self._sealer)
        await stores.books.add_events(
            [EventRow(row.book_id, event.seq, event.KIND, event.day, change.now, body, idem, sealed)]
        )
        return _noted(row.book_id, event, body, created=True)

    def _sealed_apart(self, party: Principal, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """(public values, sealed notes). A related party's name becomes a commitment that only its salt opens."""
        if values["kind"] == "registered":
            values["charity"] = party.uscc
        if values["kind"] != "related_party":
            return values, {}
        name, salt = values.pop(NAME), self._entropy(SALT_BYTES)
        values["party"] = party_commitment(salt, name).hex()
        return values, {NAME: name, SALT: salt.hex()}

    async def known(self, change: Change, idem: bytes, request: bytes) -> Noted | None:
        """The event that was recorded under this number. Raises Conflict if that was another."""
        row = await change.work.charity.books.by_idem(idem)
        if row is None:
            return None
        if row.sealed is None or open_private(row.book_id, row.seq, row.sealed, self._sealer).request != request:
            raise Conflict("this number was used for another event")
        return _noted(row.book_id, parse(row.body), row.body, created=False)


def _noted(book_id: bytes, event: GeneralEvent, body: bytes, *, created: bool) -> Noted:
    party = event.party if isinstance(event, RelatedParty) else None
    return Noted(book_id, event.seq, NAMES[type(event)], event.day, event_ref(book_id, body), party, created)
