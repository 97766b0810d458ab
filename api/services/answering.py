"""From a party's question to a signed answer: purpose, quota, consent, look, sign, record; told last of all.

    decide ─► admit ─► [consent, in one transaction with the rest] ─► find ─► sign ─► access event committed ─► answer

Nothing is looked at before the purpose allows it and, where the purpose takes one, a consent is live. Nothing is told
before it is durable who was told it. Every answer has one shape and one signature, whatever was found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from api.db.uow import Database
from api.errors import ConsentMissing, EncryptionKeyMissing, PurposeRefused
from api.services.access import AccessLog
from api.services.alarms import Guard
from api.services.answers import AnswerService
from api.services.clients import Caller
from api.services.matching import Matching
from api.services.purposes import PurposeService
from api.services.questions import Found, Grants, Question, base64_of, pseudonym
from certs.access import AccessEvent
from certs.envelope import seal_to
from certs.ports import Clock, Entropy, LookupKey
from certs.purposes import Allowed
from verifier.answer import SALT_BYTES, AnswerClaims, Basis, Predicate, question_commitment
from verifier.report import iso

ENVELOPE_MEDIA: Final = "application/pkcs7-mime"
_NOT_ASKED: Final = "PREDICATE_NOT_IN_PURPOSE"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer ready to be told: what was signed, and what opens its commitment."""

    claims: AnswerClaims
    signed: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    question: bytes = field(repr=False)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """What the party gets. The members beside `answer` repeat it, for reading; what counts is signed."""
        c = self.claims
        return {
            "request_id": c.request_id.hex(),
            "predicate": c.predicate.name.lower(),
            "result": c.result.name,
            "reasons": list(c.reasons),
            "as_of": None if c.as_of is None else c.as_of.isoformat(),
            "known_at": iso(c.known_at),
            "level": f"L{c.level}" if c.level else None,
            "status_age_seconds": c.status_age,
            "answer": base64_of(self.signed),
            "opening": {"salt": base64_of(self.salt), "question": base64_of(self.question)},
            **self.details,
        }


@dataclass(frozen=True, slots=True)
class Parts:
    """What answering takes, beside the database."""

    purposes: PurposeService
    guard: Guard
    grants: Grants
    matching: Matching
    access: AccessLog
    answers: AnswerService
    lookup: LookupKey
    entropy: Entropy
    clock: Clock


class AnsweringService:
    def __init__(self, database: Database, parts: Parts) -> None:
        self._database, self._p = database, parts

    async def ask(self, caller: Caller, question: Question) -> Answered:
        """One question, answered and recorded.

        Raises PurposeRefused, RateLimited, ConsentMissing, Unavailable and what signing raises: then nothing is told.
        """
        allowed = await self.allow(caller, question)
        await self.admit(caller)
        if allowed.needs_consent != "none":
            return await self._with_consent(caller, question, allowed)
        report = await self._p.matching.report(question)
        async with self._database.read() as work:
            found = await self._p.matching.find(work, question, report, no_record=allowed.options.no_record)
        answered, event = self.answer(caller, question, allowed, found)
        await self._p.access.append(event)
        await self.observe(caller, question, answered)
        return answered

    async def allow(self, caller: Caller, question: Question) -> Allowed:
        """What the catalogue says. Raises PurposeRefused, Unavailable."""
        item = question.context.item_code
        allowed = await self._p.purposes.decide(caller.category, question.purpose, question.name, item_code=item)
        options = allowed.options
        if question.months > options.months or (options.face_to_face and isinstance(question.presented, bytes)):
            raise PurposeRefused(_NOT_ASKED)
        return allowed

    async def admit(self, caller: Caller) -> None:
        """Raises RateLimited, before anything is looked up."""
        await self._p.guard.admit(caller.uscc)

    async def observe(self, caller: Caller, question: Question, answered: Answered) -> None:
        """Let patterns of searching be seen, before the answer is given. It refuses nothing."""
        guard = self._p.guard
        people = [
            guard.asked(p.document_type, p.nation, p.document_number, p.name)
            for p in (subject.party for subject in question.subjects)
        ]
        await guard.observe(caller.uscc, answered.claims.result.name, people)

    def answer(
        self, caller: Caller, question: Question, allowed: Allowed, found: Found
    ) -> tuple[Answered, AccessEvent]:
        """Signed, with the event that has to be committed before it is told. Raises what signing raises."""
        p, now = self._p, self._p.clock()
        random = p.entropy(16 + SALT_BYTES)
        request_id, salt, encoded = random[:16], random[16:], question.encode()
        identity = found.identity
        claims = AnswerClaims(
            iss=p.answers.uscc,
            aud=caller.uscc,
            iat=now,
            request_id=request_id,
            predicate=question.predicate,
            result=found.finding.result,
            purpose=question.purpose,
            as_of=question.as_of,
            known_at=now,
            commitment=question_commitment(salt, encoded),
            pseudonym=pseudonym(p.lookup, caller.uscc, identity) if identity else None,
            level=found.level,
            status_age=found.status_age,
            reasons=found.finding.reasons,
            basis=Basis(allowed.basis_number),
            catalogue=allowed.version,
        )
        event = AccessEvent(
            request_id, now, caller.uscc, _action(question), question.purpose, question.name,
            found.finding.result.name, found.about, question.context.to_map(),
        )  # fmt: skip
        return Answered(claims, p.answers.sign(claims), salt, encoded, found.details), event

    async def _with_consent(self, caller: Caller, question: Question, allowed: Allowed) -> Answered:
        """Consent, look and record are one transaction: a consent that is withdrawn meanwhile answers nothing, and one
        use is counted for one answer."""
        p = self._p
        if question.grant is None:
            raise ConsentMissing
        report = await p.matching.report(question)
        async with self._database.write() as work:
            if not await p.grants.use(work, caller.uscc, question, allowed.needs_consent):
                raise ConsentMissing
            found = await p.matching.find(work, question, report, no_record=allowed.options.no_record)
            answered, event = self.answer(caller, question, allowed, found)
            used = {**event.context, "reference": question.grant.hex()}  # so that uses can be counted again
            await p.access.record_in(work, replace(event, context=used))
        await self.observe(caller, question, answered)
        return answered

    def told(self, caller: Caller, content: Mapping[str, Any], *, encrypt: bool) -> bytes:
        """The JSON text of an answer; with `encrypt` of an envelope around it. Raises EncryptionKeyMissing."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        if not encrypt:
            return text
        if caller.encrypt_key is None:
            raise EncryptionKeyMissing
        envelope = seal_to(caller.encrypt_key, text, self._p.answers.uscc, self._p.entropy)
        return json.dumps({"envelope": base64_of(envelope), "media_type": ENVELOPE_MEDIA}).encode()


def _action(question: Question) -> str:
    return "authenticity" if question.predicate is Predicate.AUTHENTICITY else "match"
