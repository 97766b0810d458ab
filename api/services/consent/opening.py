"""A transaction as stored, opened, and who has a say in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.db.repositories.consents import Transaction
from api.db.uow import Work
from api.errors import NotFound
from api.services.holders.enrolled import Enrolled, Known
from api.services.holders.own import own_certificates
from api.services.makers import Makers
from certs.consent.asks import COUPLES, concerns_spouse, field_of
from certs.consent.machine import Decision, Role, Standing, State, state_at
from certs.consent.persons import Person, holder_tag
from certs.consent.stored import DecisionRow, Question, question_aad
from certs.errors import Erased
from certs.kinds import kind_by_number
from certs.ports import Sealer, StoredCertificate
from certs.records import open_record


@dataclass(frozen=True, slots=True)
class Opened:
    """A transaction, its question, and every decision on it in order of time."""

    row: Transaction
    question: Question = field(repr=False)
    decisions: tuple[DecisionRow, ...]

    @property
    def both(self) -> bool:
        return self.question.spouse_notice is not None

    @property
    def standing(self) -> Standing:
        return Standing(self.row.state, self.both, self.question.decide_by, self.question.until)

    def state(self, now: int) -> State:
        return state_at(self.standing, now)

    def notice_for(self, role: Role) -> str:
        """Raises NotFound if nobody in that role is asked."""
        notice = self.question.notice if role is Role.SUBJECT else self.question.spouse_notice
        if notice is None:
            raise NotFound
        return notice

    @property
    def subject_granted(self) -> bool:
        """Whether the one whose code it was has ever agreed: before that the spouse does not hear of it."""
        return any(d.holder == self.row.holder_id and d.decision is Decision.GRANT for d in self.decisions)

    def decision_of(self, holder: bytes) -> DecisionRow | None:
        """The first word of that person: grant or refusal."""
        return next((d for d in self.decisions if d.holder == holder and d.decision is not Decision.WITHDRAW), None)


def opened(row: Transaction, decisions: Sequence[DecisionRow], sealer: Sealer) -> Opened:
    """Raises Erased once its retention ended, SealBroken."""
    if row.sealed is None:
        raise Erased("the question's data key was destroyed when its retention ended")
    question = Question.decode(sealer.open(row.sealed, question_aad(row.trx)))
    return Opened(row, question, tuple(d for d in decisions if d.trx == row.trx))


async def open_one(work: Work, trx: bytes, sealer: Sealer) -> Opened:
    """Raises NotFound, also for one whose retention ended, and SealBroken."""
    row = await work.consents.get(trx)
    if row is None or row.sealed is None:
        raise NotFound
    return opened(row, await work.consents.decisions([trx]), sealer)


@dataclass(frozen=True, slots=True)
class Say:
    """In which role somebody may decide, and for whom: `holder` is the caller or the caller's ward."""

    role: Role
    holder: Known = field(repr=False)
    as_guardian: bool = False


async def say_of(work: Work, caller: Known, found: Opened, enrolled: Enrolled, now: int) -> Say | None:
    """None for who has no say, and for a spouse before the other one has agreed.

    A guardian who is himself the one that asks another's consent has no say for that other: it would be one consent.
    """
    role = _role(caller, found, now)
    if role is not None:
        return Say(role, caller)
    for ward in await work.holders.wards(caller.holder_id):
        known = await enrolled.known(work, ward)
        role = _role(known, found, now)
        if role is not None and caller.tag != found.row.spouse_tag and caller.holder_id != found.row.holder_id:
            return Say(role, known, as_guardian=True)
    return None


def _role(known: Known, found: Opened, now: int) -> Role | None:
    if known.holder_id == found.row.holder_id:
        return Role.SUBJECT
    if not found.both or known.tag != found.row.spouse_tag:
        return None
    # Before the other one has agreed there is nothing to see, and nothing any more of what ended without this one,
    # whether or not the job that writes down such ends has been there.
    asked = found.subject_granted and found.state(now) in (State.HALF, State.AUTHORISED, State.FETCHED)
    return Role.SPOUSE if asked or found.decision_of(known.holder_id) is not None else None


async def spouse_tag(work: Work, makers: Makers, subject: Person, question: Question) -> bytes | None:
    """Who else has to consent: whom the party named, else who stands on the newest valid certificate it asks about.

    None if nothing says who that is: then nobody can complete the consent, and no one outside learns why.
    """
    named = next((ask.other for ask in question.asks if ask.other is not None), None)
    if named is not None:
        return holder_tag(makers.lookup, named)
    kinds = {field_of(ask.item)[0].name for ask in question.asks if not ask.is_predicate and concerns_spouse(ask)}
    for certificate in reversed(await own_certificates(work, makers.lookup, subject)):
        asked = kind_by_number(certificate.kind).name in (kinds or set(COUPLES))
        if asked and certificate.revoked_at is None:
            return holder_tag(makers.lookup, other_on(certificate, makers))
    return None


def other_on(certificate: StoredCertificate, makers: Makers) -> Person:
    """The other one of the couple, as a marriage or divorce certificate has it. Raises Erased, SealBroken."""
    values = open_record(certificate, makers.registry).values()
    prefix = "spouse" if kind_by_number(certificate.kind).name == "marriage" else "former_spouse"
    said = [str(values[f"{prefix}_{name}"]) for name in ("document_type", "nationality", "document_number", "name")]
    return Person(*said)
