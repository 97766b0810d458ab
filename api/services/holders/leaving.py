"""The end of an enrolment, on the papers that an officer saw: somebody died, or wants to be a holder no more.

All that could speak for the person ends in one transaction: devices, cards, codes, guardians, and what waits for a
decision or a fetch. What was decided and answered stays, and nothing more is answered under it. It is final.
"""

from __future__ import annotations

from api.db.repositories.clients import HOLDER
from api.db.uow import Work
from api.errors import NotFound
from api.services.access import OFFICE, AccessLog
from api.services.holders.enrolled import Enrolled, Known
from api.services.makers import Makers
from api.services.webhooks import Event, Notice, enqueue_in
from certs.access import AccessEvent
from certs.consent.machine import State


class LeaveService:
    def __init__(self, makers: Makers, access: AccessLog) -> None:
        self._makers, self._access, self._enrolled = makers, access, Enrolled(makers)

    async def end(self, office: str, holder: bytes) -> int:
        """When it ended, seconds UTC; again changes nothing. `office`: code of who ends it. Raises NotFound."""
        now = self._makers.clock()
        async with self._makers.database.write() as work:
            row = await work.holders.get(holder)
            if row is None:
                raise NotFound
            if row.ended_at is not None:
                return row.ended_at
            known = self._enrolled.opened(row)
            await self._devices(work, office, known, now)
            await self._guardians(work, office, known, now)
            if await work.holders.revoke_cards(holder, now):
                await self._record(work, office, "card-end", known)
            await self._requests(work, known, now)
            await work.holders.end(holder, now)
            await self._record(work, office, "enrol-end", known, reference=holder.hex())
        return now

    async def _devices(self, work: Work, office: str, known: Known, now: int) -> None:
        for key in await work.clients.keys_of(HOLDER, known.holder_id.hex()):
            if await work.clients.revoke_key(key.keyid, now):
                await self._record(work, office, "device-end", known, reference=key.keyid)

    async def _guardians(self, work: Work, office: str, known: Known, now: int) -> None:
        """Of this person, and those whose guardian this person was."""
        me = known.holder_id
        pairs = [(me, guardian) for guardian, _ in await work.holders.guardians(me)]
        pairs += [(ward, me) for ward in await work.holders.wards(me)]
        for ward, guardian in pairs:
            other = await self._enrolled.known(work, guardian if ward == me else ward)
            await work.holders.end_guardian(ward, guardian, now)
            people = (known, other) if ward == me else (other, known)
            await self._record(work, office, "guardian-end", *people)

    async def _requests(self, work: Work, known: Known, now: int) -> None:
        """What this person was asked, or agreed to as a spouse. Where a spouse was not asked yet or has not answered,
        nothing shows: who named somebody would hear of the end of an enrolment."""
        for row in await work.consents.open_of(known.holder_id, known.tag):
            await work.consents.move(row, State.EXPIRED, now, row.expires_at)
            await enqueue_in(work, row.uscc, Event.CONSENT_EXPIRED, Notice(now, row.trx, State.EXPIRED.value))

    async def _record(self, work: Work, office: str, action: str, *people: Known, reference: str = "") -> None:
        """In the log of accesses, for everybody concerned to see."""
        tags = tuple(self._access.tag(p.document_type, p.nation, p.number) for p in (known.person for known in people))
        registry, said = self._makers.registry, {"reference": reference} if reference else {}
        event = AccessEvent(
            registry.entropy(16), registry.clock(), office, action, OFFICE, subjects=tags, context=said
        )  # fmt: skip
        await self._access.record_in(work, event)
