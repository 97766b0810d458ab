"""Grants in use: what a consent carries, question by question, until it is used up, over, or withdrawn."""

from __future__ import annotations

from dataclasses import replace

from api.db.repositories.holders import Holder
from api.db.uow import Work
from api.services.consent.opening import Opened, opened
from api.services.holders.enrolled import Enrolled
from api.services.makers import Makers
from api.services.questions import Question
from certs.access import subject_tag
from certs.consent.asks import Ask
from certs.consent.machine import Decision, WrongState, is_live
from certs.consent.persons import Person
from certs.match import Subject
from certs.ports import LookupKey

_NOBODY = bytes(16)


class GrantService:
    """`api.services.questions.Grants`."""

    def __init__(self, makers: Makers) -> None:
        self._makers, self._enrolled = makers, Enrolled(makers)

    async def use(self, work: Work, uscc: str, question: Question, needs: str) -> bool:
        """See `Grants.use`. Three reads, whatever there is: that somebody is enrolled must not be read off."""
        trx = question.grant or _NOBODY
        row = await work.consents.get(trx)
        decisions = await work.consents.decisions([trx])
        holder = await work.holders.get(_NOBODY if row is None else row.holder_id)
        if row is None or row.sealed is None or (row.uscc, row.purpose) != (uscc, question.purpose):
            return False
        found = opened(row, decisions, self._makers.registry.sealer)
        if not is_live(found.standing, self._makers.clock()):
            return False
        return self._covers(found, holder, question, needs) and await self._counted(work, found)

    def _covers(self, found: Opened, holder: Holder | None, question: Question, needs: str) -> bool:
        """Whether this is what was read and agreed to, of this holder and by everybody whose consent it takes."""
        if holder is None or holder.ended_at is not None or holder.sealed is None or not question.subjects:
            return False
        lookup, subject = self._makers.lookup, person_of(question.subjects[0])
        if tag_of(lookup, subject) != tag_of(lookup, self._enrolled.opened(holder).person):
            return False
        if (needs == "both" or len(question.subjects) > 1) and not found.both:
            return False
        asked = ask_of(question)
        return any(_same(asked, ask) for ask in found.question.asks)

    async def count(self, work: Work, found: Opened) -> None:
        """Count one use of a transaction that was fetched. Raises WrongState if there is none left."""
        if not await self._counted(work, found):
            raise WrongState("the consent is used up or over")

    async def _counted(self, work: Work, found: Opened) -> bool:
        """Of both where two consented; nothing is counted if one of them does not live."""
        grants = [d for d in found.decisions if d.decision is Decision.GRANT]
        count = 2 if found.both else 1
        # A signed withdrawal or refusal outweighs whatever columns say that a thief of the database could set back.
        if len(grants) != count or len(found.decisions) != count:
            return False
        for grant in grants:  # one whose enrolment ended has no device left to withdraw with
            person = await work.holders.get(grant.holder)
            if person is None or person.ended_at is not None:
                return False
        return await work.consents.use_grants(found.row.trx, count, self._makers.clock())


def person_of(subject: Subject) -> Person:
    """Somebody as a party names him, with the birth date that was given or follows from the number."""
    party = subject.party
    return Person(party.document_type, party.nation, party.document_number, party.name, party.birth.isoformat())


def ask_of(question: Question) -> Ask:
    """What a notice would have to say for this question."""
    last = "" if question.as_of is None else question.as_of.isoformat()
    other = person_of(question.subjects[1]) if len(question.subjects) > 1 else None
    if question.first is not None:
        return Ask(question.name, first=question.first.isoformat(), last=last, other=other)
    return Ask(question.name, last, question.months, other=other)


def _same(asked: Ask, agreed: Ask) -> bool:
    """Whether two asks are one: the other person by document, name and birth, for the notice called him by name."""
    if (asked.other is None) != (agreed.other is None):
        return False
    if asked.other is not None and agreed.other is not None and not asked.other.is_same(agreed.other):
        return False
    return replace(asked, other=None) == replace(agreed, other=None)


def tag_of(lookup: LookupKey, person: Person) -> bytes:
    """Of a holder in the access log."""
    return subject_tag(lookup, person.document_type, person.nation, person.number)
