"""The registration events of `certs.ports` on SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import find_rows, insert_rows
from api.db.register_tables import registration_event, registration_term
from certs.errors import StoreConflict
from certs.ports import RegistrationEvent, Sealed

_EVENT: Final = ("event_id", "issuer", "registration", "known_at", "entry", "sealed_key", "sealed_body")
_READ: Final = ("ordinal", *_EVENT)
_UNDER: Final = (
    "SELECT " + ", ".join(f"e.{name}" for name in _READ) + " FROM registration_term AS t"  # noqa: S608 - our own names
    " JOIN registration_event AS e ON e.event_id = t.event_id WHERE t.term {} ORDER BY e.ordinal"
)


class RegistrationRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def by_registrations(self, keys: Sequence[bytes]) -> Mapping[bytes, RegistrationEvent]:
        rows = await find_rows(self._connection, registration_event, _READ, {}, "registration", keys)
        return {bytes(row.registration): _event(row) for row in rows}

    async def by_terms(self, terms: Sequence[bytes]) -> Mapping[bytes, Sequence[RegistrationEvent]]:
        # Two steps, for the first mostly finds nothing: who registers a marriage has rarely registered anything before.
        pairs = await find_rows(self._connection, registration_term, ("term", "event_id"), {}, "term", terms)
        ids = sorted({bytes(row.event_id) for row in pairs})
        rows = await find_rows(self._connection, registration_event, _READ, {}, "event_id", ids)
        events = {bytes(row.event_id): (row.ordinal, _event(row)) for row in rows}
        found: dict[bytes, list[tuple[int, RegistrationEvent]]] = {}
        for row in pairs:
            found.setdefault(bytes(row.term), []).append(events[bytes(row.event_id)])
        return {term: [event for _, event in sorted(mine, key=_ordinal)] for term, mine in found.items()}

    async def under(self, terms: Sequence[bytes]) -> list[RegistrationEvent]:
        """Events under any of these terms, in the order in which they came; one may come for each of its terms. One
        statement, whatever there is: who may not learn whether anything is recorded must not see it in the time."""
        if self._connection.dialect.name == "postgresql":
            rows = await self._connection.exec_driver_sql(_UNDER.format("= ANY($1::bytea[])"), (list(terms),))
        else:
            marks = ", ".join("?" * len(terms))
            rows = await self._connection.exec_driver_sql(_UNDER.format(f"IN ({marks})"), tuple(terms))
        return [_event(row) for row in rows]

    async def insert(self, events: Sequence[RegistrationEvent]) -> None:
        if not events:
            return
        terms = [(term, e.event_id) for e in events for term in e.terms]
        try:
            await insert_rows(self._connection, registration_event, _EVENT, [_values(e) for e in events])
            await insert_rows(self._connection, registration_term, ("term", "event_id"), terms)
        except IntegrityError:
            raise StoreConflict("this registration is recorded already") from None


def _ordinal(pair: tuple[int, RegistrationEvent]) -> int:
    return pair[0]


def _values(e: RegistrationEvent) -> tuple[Any, ...]:
    """A row of `_EVENT`."""
    key, body = (None, b"") if e.sealed is None else (e.sealed.key, e.sealed.body)
    return (e.event_id, e.issuer, e.registration, e.known_at, e.entry, key, body)


def _event(row: Any) -> RegistrationEvent:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return RegistrationEvent(row.event_id, row.issuer, row.registration, row.known_at, (), row.entry, sealed)
