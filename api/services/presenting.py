"""Presentations to parties: challenges that are good once, and the check of what a holder's device answered.

A challenge lives in this process for two minutes: there is one process for each instance, and a party whose challenge
went with a restart asks for another one. It is used up by the first try, good or bad, so that nobody tries on it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

from api.db.uow import Database
from api.errors import ChallengeRefused, RateLimited
from api.services.answering import Answered, AnsweringService, Parts
from api.services.clients import Caller
from api.services.questions import Question
from api.services.verification import VerificationService
from certs.ports import Clock, Entropy
from certs.purposes import Allowed
from verifier.answer import Predicate
from verifier.credential import HolderFile
from verifier.errors import VerifierError
from verifier.presentation import NONCE_BYTES, Presentation
from verifier.presented import Expected
from verifier.report import Outcome, Report

LIFE: Final = 120  # seconds
PER_PARTY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the party shows to the holder's device. `expires_at`: seconds UTC."""

    nonce: bytes
    expires_at: int


class Challenges:
    """Those that are out, of each party in order of age; bounded, and the oldest gives way to none: it expires."""

    def __init__(self, entropy: Entropy, clock: Clock) -> None:
        self._entropy, self._clock = entropy, clock
        self._out: dict[str, OrderedDict[bytes, int]] = {}

    def give(self, uscc: str) -> Challenge:
        """A new one. Raises RateLimited while too many are out."""
        now = self._clock()
        mine = self._out.setdefault(uscc, OrderedDict())
        while mine and next(iter(mine.values())) <= now:
            mine.popitem(last=False)
        if len(mine) >= PER_PARTY:
            raise RateLimited(max(1, next(iter(mine.values())) - now))
        nonce = self._entropy(NONCE_BYTES)
        mine[nonce] = now + LIFE
        return Challenge(nonce, now + LIFE)

    def take(self, uscc: str, nonce: bytes) -> None:
        """Use it up. Raises ChallengeRefused unless it is this party's, unused and not too old."""
        mine = self._out.get(uscc)
        expires = None if mine is None else mine.pop(nonce, None)
        if expires is None or self._clock() >= expires:
            raise ChallengeRefused


class PresentingService:
    def __init__(
        self,
        database: Database,
        challenges: Challenges,
        verification: VerificationService,
        answering: AnsweringService,
        parts: Parts,
    ) -> None:
        self._database, self.challenges, self._verification = database, challenges, verification
        self._answering, self._p = answering, parts

    async def verify(self, caller: Caller, question: Question, nonce: bytes) -> Answered:
        """Check what was shown. `question.presented`: the presentation.

        Raises PurposeRefused, RateLimited, ChallengeRefused, Unavailable. A presentation for somebody else, of another
        challenge, too old or altered is an answer: FALSE, with its reason, and nothing of what it disclosed.
        """
        allowed, question = await self._allowed(caller, question)
        await self._answering.admit(caller)
        self.challenges.take(caller.uscc, nonce)
        shown = question.presented if isinstance(question.presented, bytes) else b""
        report = await self._verification.verify_presentation(shown, Expected(caller.uscc, nonce), question.level)
        async with self._database.read() as work:
            found = await self._p.matching.certificate(work, report, _cti(shown))
        told = report.outcome is Outcome.PASSED and not allowed.options.face_to_face
        details = {"report": _shown(report) if told else None}
        answered, event = self._answering.answer(caller, question, allowed, replace(found, details=details))
        await self._p.access.append(event)
        await self._answering.observe(caller, question, answered)
        return answered

    async def _allowed(self, caller: Caller, question: Question) -> tuple[Allowed, Question]:
        """What the catalogue says, and the question as asked for that purpose. Raises PurposeRefused, Unavailable.

        A file that was sent is not face to face; an answer to this party's own nonce of the last two minutes is shown
        as a code is. So a purpose for what is shown takes it, as `authenticity`: genuine and valid, and nothing else.
        """
        purpose = (await self._p.purposes.current()).purposes.get(question.purpose)
        if purpose is None or not purpose.options.face_to_face:
            return await self._answering.allow(caller, question), question
        asked = replace(question, predicate=Predicate.AUTHENTICITY)
        item = question.context.item_code
        return await self._p.purposes.decide(caller.category, purpose.code, asked.name, item_code=item), asked


def _shown(report: Report) -> dict[str, Any]:
    """What the holder chose to show, beside the kind and issuer: in clear, and not under the signature."""
    full = report.to_json()
    return {name: full[name] for name in ("certificate", "disclosed", "public")}


def _cti(shown: bytes) -> bytes | None:
    try:
        return HolderFile.parse(Presentation.parse(shown).file).certificate.claims.cti
    except VerifierError:
        return None
