"""From a person at the counter to a device key that speaks for that person.

An officer sees the document and hands out a printed activation code; the holder's page makes a key, shows that it has
it, and binds it with the code. Nothing that an officer ever sees can sign for the holder afterwards.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.db.repositories.clients import HOLDER, SIGN, ClientKey
from api.db.repositories.holders import Activation, Holder
from api.db.uow import Database, Work
from api.errors import ActivationRefused, NotFound, RateLimited
from api.services.access import OFFICE, AccessLog
from api.services.holders.enrolled import Enrolled
from api.services.makers import Makers
from certs.access import AccessEvent
from certs.consent.codes import (
    ACTIVATION_BYTES,
    activation_code,
    activation_message,
    activation_tags,
    read_activation,
)
from certs.consent.persons import Person, encode_holder, holder_aad, holder_id, holder_tag
from certs.errors import InvalidField, StoreConflict
from certs.match import make_subject
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.labels import ALG_SM2, CRV_SM2

PRINTED_LIFE: Final = 7 * 86400  # seconds of a code that a person carries home on paper
INVITED_LIFE: Final = 900  # of one that goes from one screen to another
KEY_LIFE: Final = 2 * 365 * 86400
MAX_ATTEMPTS: Final = 5
MAX_DEVICES: Final = 5


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the office prints. `created`: False for who was enrolled before."""

    holder_id: bytes
    code: str
    expires_at: int
    created: bool


class EnrolService:
    def __init__(self, makers: Makers, access: AccessLog) -> None:
        self._makers, self._access, self._enrolled = makers, access, Enrolled(makers)
        self._database: Database = makers.database

    async def enrol(self, uscc: str, person: Person) -> Enrolment:
        """Enrol somebody whose document the office of that code has seen; again gives a new code for another device.

        Raises InvalidField, Unavailable.
        """
        person = checked(person)
        registry = self._makers.registry
        now, lookup = registry.clock(), registry.lookup
        tag, number = holder_tag(lookup, person), holder_id(lookup, person)
        async with self._database.write() as work:
            known = await work.holders.by_tag(tag)
            if known is not None and known.ended_at is not None:
                raise InvalidField("cert_num", "ENROLMENT_ENDED")
            if known is None:
                sealed = registry.sealer.seal(encode_holder(person, now, uscc), holder_aad(number))
                await work.holders.insert(Holder(number, tag, now, uscc, sealed))
            code = await self._new_code(work, number, now + PRINTED_LIFE)
            await self._access.record_in(work, self._seen(uscc, person))
        return Enrolment(number, code, now + PRINTED_LIFE, known is None)

    def _seen(self, uscc: str, person: Person) -> AccessEvent:
        """The holder sees at which office somebody was enrolled under this document."""
        tag = self._access.tag(person.document_type, person.nation, person.number)
        return AccessEvent(
            self._makers.registry.entropy(16), self._makers.clock(), uscc, "enrol", OFFICE, subjects=(tag,)
        )  # fmt: skip

    async def invite(self, holder: bytes) -> tuple[str, int]:
        """(activation code, when it ends) for another device of a holder who has one. Raises NotFound, RateLimited."""
        expires_at = self._makers.clock() + INVITED_LIFE
        async with self._database.write() as work:
            await self._enrolled.known(work, holder)
            if len(await self._good_keys(work, holder)) >= MAX_DEVICES:
                raise RateLimited(KEY_LIFE)
            return await self._new_code(work, holder, expires_at), expires_at

    async def _new_code(self, work: Work, holder: bytes, expires_at: int) -> str:
        registry = self._makers.registry
        code = activation_code(registry.entropy(ACTIVATION_BYTES))
        found_by, proves = activation_tags(registry.lookup, code.replace("-", ""))
        await work.holders.replace_activation(Activation(found_by, holder, proves, expires_at))
        return code

    async def activate(self, typed: str, public_key: bytes, proof: bytes) -> ClientKey:
        """Bind a device's key. Raises ActivationRefused, for every cause alike, and Unavailable."""
        bare = read_activation(typed)
        if bare is None:
            raise ActivationRefused
        key = _proven(bare, public_key, proof)
        found_by, proves = activation_tags(self._makers.lookup, bare)
        now, bound = self._makers.clock(), None
        async with self._database.write() as work:  # a wrong try is counted, so nothing may raise in here
            row = await work.holders.activation(found_by)
            if row is None or row.used_at is not None or row.expires_at <= now or row.attempts >= MAX_ATTEMPTS:
                pass
            elif not hmac.compare_digest(row.secret_tag, proves):
                await work.holders.failed_activation(found_by)
            elif len(await self._good_keys(work, row.holder_id)) < MAX_DEVICES:
                bound = await self._bind(work, row, key, now)
        if bound is None:
            raise ActivationRefused
        return bound

    async def _bind(self, work: Work, row: Activation, key: CoseKey, now: int) -> ClientKey | None:
        owner = await work.holders.get(row.holder_id)
        if owner is None or owner.ended_at is not None:
            return None
        new = ClientKey(
            key.kid.hex(), HOLDER, row.holder_id.hex(), SIGN, ALG_SM2, key.public, now, now + KEY_LIFE
        )  # fmt: skip
        try:
            await work.clients.add_key(new)
        except StoreConflict:  # a key that speaks for somebody already
            return None
        await work.holders.use_activation(row.code_tag, now)
        await self._record_device(work, owner, "device", new.keyid, now)
        return new

    async def _record_device(self, work: Work, owner: Holder, action: str, keyid: str, now: int) -> None:
        """In the log: a key that somebody put into the table speaks for nobody, and one that ended does not come back.

        The holder sees it among the uses, as the act of the office that enrolled: a holder is no organisation.
        """
        p, registry = self._enrolled.opened(owner).person, self._makers.registry
        tag = self._access.tag(p.document_type, p.nation, p.number)
        said = {"reference": keyid}
        event = AccessEvent(
            registry.entropy(16), now, owner.enrolled_by, action, OFFICE, subjects=(tag,), context=said
        )  # fmt: skip
        await self._access.record_in(work, event)

    async def devices(self, holder: bytes) -> list[ClientKey]:
        """Every key that was ever bound, oldest first."""
        async with self._database.read() as work:
            return list(await work.clients.keys_of(HOLDER, holder.hex()))

    async def revoke(self, holder: bytes, keyid: str) -> None:
        """End a device of one's own, also the one that asks. Again changes nothing. Raises NotFound."""
        async with self._database.write() as work:
            key = await work.clients.key(keyid)
            if key is None or (key.owner_kind, key.owner) != (HOLDER, holder.hex()):
                raise NotFound
            now = self._makers.clock()
            owner = await work.holders.get(holder)
            if owner is not None and key.revoked_at is None:
                await self._record_device(work, owner, "device-end", keyid, now)
            await work.clients.revoke_key(keyid, now)

    async def _good_keys(self, work: Work, holder: bytes) -> list[ClientKey]:
        now = self._makers.clock()
        return [key for key in await work.clients.keys_of(HOLDER, holder.hex()) if key.good(now)]


def checked(person: Person) -> Person:
    """The person as records have it: numbers of 18 characters, birth date filled in. Raises InvalidField."""
    try:
        birth = date.fromisoformat(person.birth) if person.birth else None
    except ValueError:
        raise InvalidField("birth", "DATE") from None
    party = make_subject(person.document_type, person.number, person.name, person.nation, birth).party
    return Person(
        party.document_type, party.nation, party.document_number, party.name, party.birth.isoformat()
    )  # fmt: skip


def _proven(bare: str, public_key: bytes, proof: bytes) -> CoseKey:
    try:
        key = CoseKey(CRV_SM2, public_key)
        if len(proof) == 64 and key.verify(proof, activation_message(bare, public_key)):
            return key
    except VerifierError:
        pass
    raise ActivationRefused
