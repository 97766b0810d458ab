"""Recording events without certificates: the archives (历史数据补录).

What is old is recorded as it stands in the old books; history is not refused for what it says. Only a business id or
number that something else has is an error. Known are these events from now on, whatever their dates: an answer for an
earlier `known_at` does not change. No signature is made; the log commits to each record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certs.commitment import ENTRY_SALT
from certs.idem import registration_idem
from certs.issue import RowOutcome, RowResult
from certs.keyed import business_key, content_key
from certs.kinds import kind_by_number
from certs.kinds.base import Draft, RowError
from certs.ports import Begin, RegistrationEvent, UnitOfWork
from certs.registry import Registry

from .entry import EVENT_ID, make_event, registration_term
from .events import Registration, is_unique, number_key

_NUMBER_FIELD: Final = "zihao"


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    first_column: str
    registration: Registration
    business: bytes
    content: bytes
    number: bytes | None


async def record_registrations(drafts: Sequence[Draft], registry: Registry, begin: Begin) -> list[RowResult]:
    """Record every draft's event in one transaction; one result per draft, in order: RECORDED, ALREADY_ISSUED (recorded
    before, with or without certificates), REJECTED or CONFLICT. `notes` are the draft's legacy flags.

    Drafts are of kinds with a registration, best from `Kind.parse_archive`. Raises StoreConflict, and then nothing was
    recorded.
    """
    results: dict[int, RowResult] = {}
    candidates = [c for i, d in enumerate(drafts) if (c := _prepare(i, d, registry, results)) is not None]
    if candidates:
        async with begin() as uow:
            await _record(uow, candidates, registry, results)
    return [results[i] for i in range(len(drafts))]


def _prepare(index: int, draft: Draft, registry: Registry, results: dict[int, RowResult]) -> _Candidate | None:
    kind = kind_by_number(draft.kind_number)
    registration = kind.registration(draft)
    if registration is None:
        results[index] = _rejected("*", "NOT_A_REGISTRATION")
        return None
    if draft.issuer_uscc not in registry.authorities:
        results[index] = _rejected("issuer", "ISSUER_UNKNOWN")
        return None
    number, lookup = registration.number, registry.lookup
    return _Candidate(
        index,
        kind.info.columns[0],
        registration,
        business_key(lookup, kind.number, draft.issuer_uscc, draft.business_id),
        content_key(lookup, kind, draft),
        None if number is None or not is_unique(number) else registration_term(lookup, "zihao", number_key(number)),
    )


def _rejected(field: str, code: str, outcome: RowOutcome = RowOutcome.REJECTED) -> RowResult:
    return RowResult(outcome, errors=(RowError(field, code),))


async def _record(
    uow: UnitOfWork, candidates: Sequence[_Candidate], registry: Registry, results: dict[int, RowResult]
) -> None:
    known = await uow.registrations.by_registrations([c.business for c in candidates])
    ids = {business: event.event_id for business, event in known.items()}
    found = await uow.registrations.by_terms([c.number for c in candidates if c.number is not None])
    takers = {term: {event.registration for event in events} for term, events in found.items()}
    now, salts = registry.clock(), registry.entropy(ENTRY_SALT * len(candidates))
    events: list[RegistrationEvent] = []
    for at, c in enumerate(candidates):
        results[c.index] = decided = _decide(c, ids, takers)
        if decided.outcome is not RowOutcome.RECORDED:
            continue
        salt = salts[at * ENTRY_SALT : (at + 1) * ENTRY_SALT]
        events.append(make_event(c.registration, c.business, c.content, salt, registry.lookup, registry.sealer, now))
        ids[c.business] = c.content[:EVENT_ID]
        if c.number is not None:
            takers.setdefault(c.number, set()).add(c.business)
    await uow.registrations.insert(events)
    await uow.log.stage_many([(registration_idem(e.event_id, e.known_at), e.entry) for e in events])


def _decide(c: _Candidate, ids: dict[bytes, bytes], takers: dict[bytes, set[bytes]]) -> RowResult:
    before = ids.get(c.business)
    if before is not None:
        if before != c.content[:EVENT_ID]:
            return _rejected(c.first_column, "CONFLICT", RowOutcome.CONFLICT)
        return RowResult(RowOutcome.ALREADY, notes=c.registration.flags)
    if c.number is not None and takers.get(c.number, set()) - {c.business}:
        return _rejected(_NUMBER_FIELD, "NUMBER_TAKEN")
    return RowResult(RowOutcome.RECORDED, notes=c.registration.flags)
