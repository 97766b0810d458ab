"""Stores in memory. A transaction works on the live tables and is undone from a copy if it raises: like the real
ones, nothing of a failed call remains. One writer at a time."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from certs.errors import StoreConflict
from certs.ports import (
    IssuedCertificate,
    RegistrationEvent,
    Sealed,
    StatusEvent,
    StatusListState,
    StoredCertificate,
    UnitOfWork,
)


@dataclass
class Tables:
    """Everything that a transaction may change."""

    certificates: dict[bytes, StoredCertificate] = field(default_factory=dict)
    by_business: dict[bytes, list[bytes]] = field(default_factory=dict)
    by_term: dict[bytes, list[bytes]] = field(default_factory=dict)
    events: dict[bytes, StatusEvent] = field(default_factory=dict)
    lists: dict[int, StatusListState] = field(default_factory=dict)
    taken: dict[int, set[int]] = field(default_factory=dict)
    invalid: dict[int, set[int]] = field(default_factory=dict)
    tokens: dict[int, bytes] = field(default_factory=dict)
    staged: dict[bytes, bytes] = field(default_factory=dict)
    registrations: dict[bytes, RegistrationEvent] = field(default_factory=dict)
    by_registration_term: dict[bytes, list[bytes]] = field(default_factory=dict)

    def copy(self) -> Tables:
        """A copy one level deep: the values themselves are immutable, but for lists and sets."""
        twin = copy.copy(self)
        for name in self.__dataclass_fields__:
            table = getattr(self, name)
            setattr(twin, name, {k: copy.copy(v) if isinstance(v, list | set) else v for k, v in table.items()})
        return twin


class MemoryCertificates:
    def __init__(self, t: Tables) -> None:
        self._t = t

    async def by_business(self, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
        return self._found(self._t.by_business, keys)

    async def by_terms(self, terms: Sequence[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
        return self._found(self._t.by_term, terms)

    def _found(self, index: Mapping[bytes, list[bytes]], keys: Sequence[bytes]) -> dict[bytes, list[StoredCertificate]]:
        return {k: [self._t.certificates[cti] for cti in index[k]] for k in keys if k in index}

    async def get(self, cti: bytes) -> StoredCertificate | None:
        return self._t.certificates.get(cti)

    async def insert(self, certificates: Sequence[IssuedCertificate]) -> None:
        t = self._t
        for c in certificates:
            roles = {t.certificates[cti].role for cti in t.by_business.get(c.business, ())}
            if c.cti in t.certificates or c.role in roles:
                raise StoreConflict("issued by another transaction")
            values: dict[str, Any] = {name: getattr(c, name) for name in IssuedCertificate.__dataclass_fields__}
            del values["public"]  # read again from the statement by whoever needs it
            t.certificates[c.cti] = StoredCertificate(**values)
            t.by_business.setdefault(c.business, []).append(c.cti)
            for term in dict.fromkeys(c.terms):
                t.by_term.setdefault(term, []).append(c.cti)

    async def event(self, cti: bytes) -> StatusEvent | None:
        return self._t.events.get(cti)

    async def add_event(self, event: StatusEvent) -> None:
        if event.cti in self._t.events:
            raise StoreConflict("revoked by another transaction")
        self._t.events[event.cti] = event
        self._t.certificates[event.cti] = replace(self._t.certificates[event.cti], revoked_at=event.at)

    async def erase(self, cti: bytes) -> bool:
        certificate = self._t.certificates[cti]
        self._t.certificates[cti] = replace(certificate, sealed=None, terms=())
        for term in certificate.terms:
            self._t.by_term[term] = [other for other in self._t.by_term.get(term, []) if other != cti]
        if cti in self._t.events:
            event = self._t.events[cti]
            self._t.events[cti] = replace(event, sealed=Sealed(b"", event.sealed.body))
        return certificate.sealed is not None


class MemoryStatuses:
    def __init__(self, t: Tables) -> None:
        self._t = t

    async def current(self, issuer: str) -> StatusListState | None:
        mine = [s for s in self._t.lists.values() if s.issuer == issuer]
        return max(mine, key=lambda s: s.number, default=None)

    async def open_list(self, issuer: str, size: int) -> StatusListState:
        number = len(self._t.lists) + 1
        self._t.lists[number] = StatusListState(number, issuer, size, 0)
        self._t.taken[number], self._t.invalid[number] = set(), set()
        return self._t.lists[number]

    async def claim(self, number: int, indices: Sequence[int]) -> Sequence[int]:
        taken = self._t.taken[number]
        fresh = [i for i in dict.fromkeys(indices) if i not in taken]
        taken.update(fresh)
        state = self._t.lists[number]
        self._t.lists[number] = StatusListState(number, state.issuer, state.size, len(taken))
        return fresh

    async def lists(self) -> Sequence[StatusListState]:
        return list(self._t.lists.values())

    async def set_invalid(self, number: int, index: int) -> None:
        if index not in self._t.taken[number]:
            raise StoreConflict("an index that was never given out")
        self._t.invalid[number].add(index)

    async def invalid(self, number: int) -> Sequence[int]:
        return sorted(self._t.invalid[number])

    async def save(self, number: int, token: bytes, published_at: int, expires: int) -> None:
        self._t.tokens[number] = token

    async def token(self, number: int) -> bytes | None:
        return self._t.tokens.get(number)


class MemoryRegistrations:
    def __init__(self, t: Tables) -> None:
        self._t = t

    async def by_registrations(self, keys: Sequence[bytes]) -> Mapping[bytes, RegistrationEvent]:
        return {key: self._t.registrations[key] for key in keys if key in self._t.registrations}

    async def by_terms(self, terms: Sequence[bytes]) -> Mapping[bytes, Sequence[RegistrationEvent]]:
        index = self._t.by_registration_term
        return {term: [self._t.registrations[key] for key in index[term]] for term in terms if term in index}

    async def insert(self, events: Sequence[RegistrationEvent]) -> None:
        for event in events:
            if event.registration in self._t.registrations:
                raise StoreConflict("registered by another transaction")
            self._t.registrations[event.registration] = event
            for term in event.terms:
                self._t.by_registration_term.setdefault(term, []).append(event.registration)


class MemoryLog:
    def __init__(self, t: Tables) -> None:
        self._t = t

    async def stage(self, idem: bytes, entry: bytes) -> None:
        if len(idem) != 16:
            raise ValueError("an idempotency key has 16 bytes")
        if self._t.staged.setdefault(idem, entry) != entry:
            raise StoreConflict("another entry under this key")

    async def stage_many(self, entries: Sequence[tuple[bytes, bytes]]) -> None:
        for idem, entry in entries:
            await self.stage(idem, entry)


@dataclass(frozen=True)
class MemoryUnit:
    certificates: MemoryCertificates
    statuses: MemoryStatuses
    registrations: MemoryRegistrations
    log: MemoryLog


class MemoryDatabase:
    """`begin` is the `certs.ports.Begin` of tests; `tables` is what was committed."""

    def __init__(self) -> None:
        self.tables = Tables()
        self._lock = asyncio.Lock()

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[MemoryUnit]:
        async with self._lock:
            before = self.tables.copy()
            t = self.tables
            try:
                yield MemoryUnit(MemoryCertificates(t), MemoryStatuses(t), MemoryRegistrations(t), MemoryLog(t))
            except BaseException:
                self.tables = before
                raise

    def rows(self) -> list[dict[str, Any]]:
        """All certificate rows as plain values, for searches of what must not be in them."""
        return [asdict(c) for c in self.tables.certificates.values()]
