"""Between issuing and what is recorded: what a registration reads, whether it may be, which certificates it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from certs.authority import Authorities
from certs.keyed import term_key
from certs.kinds.base import Draft, Kind, RowError
from certs.ports import LookupKey, RegistrationEvent, Sealer, StoredCertificate, UnitOfWork

from .entry import EVENT_ID, terms_to_find
from .events import Registration, number_key
from .finding import Recorded, read_recorded
from .rules import Judgement, judge

Found = Mapping[bytes, Sequence[StoredCertificate]]
TAKEN: Final = (RowError("zihao", "NUMBER_TAKEN"),)


@dataclass(frozen=True, slots=True)
class Asked:
    """What must be known before a registration. `terms`: of events; `ends`: for each person, terms of certificates,
    the document's first."""

    registration: Registration = field(repr=False)
    terms: tuple[bytes, ...]
    ends: tuple[tuple[bytes, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Admitted:
    """It may be registered. `record`: the event is new; an archive may have brought it before its certificates.
    `touched`: registrations whose certificates end with it, besides `ended`."""

    record: bool = False
    notes: tuple[str, ...] = ()
    ended: tuple[StoredCertificate, ...] = ()
    touched: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found for a group: events by registration, and what is recorded about its people."""

    mine: Mapping[bytes, RegistrationEvent]
    recorded: Recorded


def ask(kind: Kind[Any], draft: Draft, lookup: LookupKey) -> Asked | None:
    """None for kinds that register nothing."""
    registration = kind.registration(draft)
    if registration is None:
        return None
    ends = tuple(tuple(term_key(lookup, *term) for term in person) for person in kind.ends(draft))
    return Asked(registration, terms_of(registration, lookup), ends)


def terms_of(registration: Registration, lookup: LookupKey) -> tuple[bytes, ...]:
    """Where its people's history is found, and whatever has its numbers."""
    people = [party for _, party in registration.people]
    return terms_to_find(people, (registration.number, registration.refers), lookup)


async def read_facts(uow: UnitOfWork, asked: Iterable[tuple[bytes, Asked]], lookup: LookupKey, sealer: Sealer) -> Facts:
    """One look-up for a whole group of (registration key, question). Raises Erased or SealBroken if what is recorded
    cannot be read."""
    pairs = list(asked)
    if not pairs:
        return Facts({}, Recorded({}))
    terms, keys = list(dict.fromkeys(term for _, one in pairs for term in one.terms)), [key for key, _ in pairs]
    mine = await uow.registrations.by_registrations(keys)
    return Facts(mine, await read_recorded(uow.registrations, terms, lookup, sealer, but=frozenset(keys)))


def admit(
    asked: Asked, key: bytes, content: bytes, facts: Facts, sealer: Sealer, known_at: int
) -> tuple[Judgement, bool]:
    """Whether the registration may be, and whether its event is to be recorded. `content`: keyed hash of the row.

    Raises Erased or SealBroken if what is recorded cannot be read.
    """
    before = facts.mine.get(key)
    if before is not None and before.event_id != content[:EVENT_ID]:
        return Judgement((RowError("record_no", "CONFLICT"),)), False
    known = facts.recorded.known(asked.terms, sealer, but=key)
    number = asked.registration.number
    if number is not None and any(r.number and number_key(r.number) == number_key(number) for _, r, _ in known):
        return Judgement(TAKEN), False
    return judge(asked.registration, known, known_at), before is None


def ended_by(ends: Sequence[Sequence[bytes]], found: Found, kept: frozenset[bytes]) -> tuple[StoredCertificate, ...]:
    """Live certificates that the registration ends: of a registration that names every one of the people, at least one
    by document, and that is not another marriage of theirs."""
    if not ends:
        return ()
    certificates = {c.cti: c for terms in ends for term in terms for c in found.get(term, ())}
    by_registration: dict[bytes, list[StoredCertificate]] = {}
    for certificate in certificates.values():
        by_registration.setdefault(certificate.business, []).append(certificate)
    ended = []
    for key, mine in by_registration.items():
        carried = {term for certificate in mine for term in certificate.terms}
        named = all(not carried.isdisjoint(person) for person in ends)
        if key not in kept and named and any(person[0] in carried for person in ends):
            ended += [certificate for certificate in mine if certificate.revoked_at is None]
    return tuple(ended)


def decide(
    asked: Asked, key: bytes, content: bytes, facts: Facts, found: Found, sealer: Sealer, authorities: Authorities,
    known_at: int,
) -> Admitted | tuple[RowError, ...]:  # fmt: skip
    """All of it for one registration: admitted with what it ends, or why not."""
    judgement, record = admit(asked, key, content, facts, sealer, known_at)
    if judgement.errors:
        return judgement.errors
    ended = ended_by(asked.ends, found, judgement.kept)
    if any(certificate.issuer not in authorities for certificate in ended):
        return (RowError("old_zihao", "OLD_ISSUER_UNKNOWN"),)
    return Admitted(record, judgement.notes, ended, judgement.touched if asked.ends else frozenset())


async def live_of(uow: UnitOfWork, registrations: Collection[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
    """Live certificates of registrations: found by what is recorded, whatever documents their people have now."""
    if not registrations:
        return {}
    found = await uow.certificates.by_business(sorted(registrations))
    return {key: [c for c in mine if c.revoked_at is None] for key, mine in found.items()}


def with_touched(
    admitted: Admitted, live: Mapping[bytes, Sequence[StoredCertificate]]
) -> tuple[StoredCertificate, ...]:
    """All that ends: what was found by its people's terms, and by what is recorded. Each once."""
    more = (certificate for key in sorted(admitted.touched) for certificate in live.get(key, ()))
    return tuple({c.cti: c for c in (*admitted.ended, *more)}.values())
