"""Grants in use: what a consent carries, question by question, until it is used up, over, or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence

from api.db.repositories.holders import Holder
from api.db.uow import Work
from api.services.consent.opening import Opened, opened
from api.services.holders.enrolled import Enrolled
from api.services.makers import Makers
from certs.access import subject_tag
from certs.consent.machine import Decision, WrongState, is_live
from certs.consent.persons import Person
from certs.ports import LookupKey

_NOBODY = bytes(16)


class GrantService:
    """`api.services.questions.Grants`."""

    def __init__(self, makers: Makers) -> None:
        self._makers, self._enrolled = makers, Enrolled(makers)

    async def use(
        self, work: Work, trx: bytes, uscc: str, purpose: str, predicate: str, needs: str, tags: Sequence[bytes]
    ) -> bool:
        """See `Grants.use`. Three reads, whatever there is: that somebody is enrolled must not be read off."""
        row = await work.consents.get(trx)
        decisions = await work.consents.decisions([trx])
        holder = await work.holders.get(_NOBODY if row is None else row.holder_id)
        if row is None or row.sealed is None or (row.uscc, row.purpose) != (uscc, purpose):
            return False
        found = opened(row, decisions, self._makers.registry.sealer)
        if not is_live(found.standing, self._makers.clock()):
            return False
        return self._covers(found, holder, predicate, needs, tags) and await self._counted(work, found)

    def _covers(self, found: Opened, holder: Holder | None, predicate: str, needs: str, tags: Sequence[bytes]) -> bool:
        """Whether everybody whose consent the question takes is among those who gave it, for this predicate."""
        ask = next((ask for ask in found.question.asks if ask.item == predicate), None)
        if ask is None or holder is None or holder.ended_at is not None or holder.sealed is None or not tags:
            return False
        lookup = self._makers.lookup
        if tags[0] != tag_of(lookup, self._enrolled.opened(holder).person):
            return False
        if needs != "both" and len(tags) == 1:
            return True
        return found.both and ask.other is not None and list(tags[1:]) == [tag_of(lookup, ask.other)]

    async def count(self, work: Work, found: Opened) -> None:
        """Count one use of a transaction that was fetched. Raises WrongState if there is none left."""
        if not await self._counted(work, found):
            raise WrongState("the consent is used up or over")

    async def _counted(self, work: Work, found: Opened) -> bool:
        """Of both where two consented; nothing is counted if one of them does not live."""
        grants = [d for d in found.decisions if d.decision is Decision.GRANT]
        count = 2 if found.both else 1
        if len(grants) != count:
            return False
        return await work.consents.use_grants(found.row.trx, count, self._makers.clock())


def tag_of(lookup: LookupKey, person: Person) -> bytes:
    """Of a holder in the access log."""
    return subject_tag(lookup, person.document_type, person.nation, person.number)
