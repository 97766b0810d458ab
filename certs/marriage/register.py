"""Recording an event without certificates, and ending those that it makes wrong: in one transaction, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from certs.commitment import ENTRY_SALT
from certs.errors import AuthorityUnknown, Conflict, InvalidField
from certs.idem import registration_idem
from certs.issue import RowOutcome, RowResult
from certs.keyed import business_key, term_key
from certs.kinds.base import RowError
from certs.ports import Begin, LookupKey, StoredCertificate, UnitOfWork
from certs.registry import Registry
from certs.revoke import revoke_in
from verifier.labels import KIND_MARRIAGE

from .entry import encode_registration, make_event, open_event
from .events import ACT, DIVORCES, VOIDINGS, Registration
from .gate import Admitted, Asked, admit, ended_by, live_of, read_facts, terms_of, with_touched
from .rules import Judgement

_SEP: Final = "\x1f"


async def record_act(act: Registration, registry: Registry, begin: Begin) -> RowResult:
    """Record what `acts.parse_act` gave. RECORDED with the certificates that it ended, or ALREADY_ISSUED if the same
    was recorded before.

    Raises Conflict (other content under this record number), InvalidField (what the record forbids), AuthorityUnknown,
    and what `revoke_in` raises.
    """
    if act.issuer not in registry.authorities:
        raise AuthorityUnknown("no such registration authority is configured here")
    lookup = registry.lookup
    key, content = business_key(lookup, ACT, act.issuer, act.business_id), _content(act, lookup)
    async with begin() as uow:
        now = registry.clock()
        target = None if act.corrects is None else _key_of(act.corrects, lookup)
        new = act if target is None else await _with_people(uow, act, target, registry)
        asked = Asked(new, terms_of(new, lookup))
        facts = await read_facts(uow, [(key, asked)], lookup, registry.sealer)
        judgement, record = admit(asked, key, content, facts, registry.sealer, now)
        if not record and not any(error.code == "CONFLICT" for error in judgement.errors):
            return RowResult(RowOutcome.ALREADY)
        _refuse(judgement.errors)
        ended = await _ended(uow, new, target, judgement, registry)
        event = make_event(new, key, content, registry.entropy(ENTRY_SALT), lookup, registry.sealer, now)
        await uow.registrations.insert([event])
        await uow.log.stage(registration_idem(event.event_id, event.known_at), event.entry)
        for certificate in ended:
            await revoke_in(uow, certificate, act.op.value, registry, now)
    return RowResult(RowOutcome.RECORDED, notes=judgement.notes, ended=tuple(c.cti for c in ended))


def _refuse(errors: Sequence[RowError]) -> None:
    for error in errors:
        if error.code == "CONFLICT":
            raise Conflict("this record number was used for other content")
        raise InvalidField(error.field, error.code)


def _content(act: Registration, lookup: LookupKey) -> bytes:
    """Keyed hash of all that the row said."""
    said = encode_registration(act, 0).hex()
    return lookup.hmac(_SEP.join(("content", str(ACT), said)))


def _key_of(name: str, lookup: LookupKey) -> bytes:
    """The registration's key from its name."""
    kind, issuer, business_id = name.split(":", 2)
    return business_key(lookup, int(kind), issuer, business_id)


async def _with_people(uow: UnitOfWork, act: Registration, target: bytes, registry: Registry) -> Registration:
    """The correction with its target's people: it is found with them. Without a target it stays as it is, and the rules
    refuse it."""
    found = (await uow.registrations.by_registrations([target])).get(target)
    if found is None:
        return act
    corrected = open_event(found, registry.sealer)
    return replace(act, man=corrected.man, woman=corrected.woman)


async def _ended(
    uow: UnitOfWork, new: Registration, target: bytes | None, judgement: Judgement, registry: Registry
) -> tuple[StoredCertificate, ...]:
    """Certificates that the event makes wrong. A death ends none: what was registered stays true, and the survivor has
    to prove it. Raises AuthorityUnknown if one cannot be ended here."""
    if target is not None:
        return tuple((await live_of(uow, [target])).get(target, ()))
    if new.op not in DIVORCES | VOIDINGS:
        return ()
    ends = tuple(
        tuple(
            term_key(registry.lookup, KIND_MARRIAGE, term, value)
            for term, value in (("holder", party.document_key), ("person", party.person_key))
        )
        for _, party in new.people
    )
    found = await uow.certificates.by_terms(sorted({term for person in ends for term in person}))
    by_terms = Admitted(ended=ended_by(ends, found, judgement.kept), touched=judgement.touched)
    return with_touched(by_terms, await live_of(uow, judgement.touched))
