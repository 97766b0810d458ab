"""Fetch: the party gets, once, what was consented to. Nothing of the answer is kept.

Everything is read and signed first; then one transaction moves the state, counts the use, records who was told what and
notes which certificates the party is to hear of. Only what that transaction committed is handed out. An outage before
it leaves the consent as it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from api.db.uow import Work
from api.services.access import AccessLog
from api.services.answering import Answered, AnsweringService
from api.services.clients import Caller
from api.services.consent.asking import Decide
from api.services.consent.granting import GrantService, tag_of
from api.services.consent.opening import Opened, other_on
from api.services.consent.viewing import own_transaction
from api.services.files import FileService
from api.services.holders.enrolled import Enrolled, Known
from api.services.holders.own import own_certificates
from api.services.makers import Makers
from api.services.matching import Matching
from api.services.questions import Found, Question, QuestionContext, base64_of
from api.services.webhooks import watch_in
from certs.access import AccessEvent
from certs.civilday import UTC_OFFSET
from certs.consent.asks import DIVORCE, Ask, concerns_spouse, field_of, in_catalogue
from certs.consent.machine import Decision, fetched
from certs.consent.persons import Person, holder_tag
from certs.kinds import kind_by_number
from certs.match import NOT_ESTABLISHED, Finding, Subject, make_subject
from certs.ports import StoredCertificate
from certs.purposes import Allowed
from verifier.answer import Predicate, Result
from verifier.credential import HolderFile

DISCLOSED: Final = Finding(Result.TRUE, ("DISCLOSED",))


@dataclass(frozen=True, slots=True)
class Told:
    """One answer with its event. `watched`: the certificate that it rests on."""

    item: str
    answered: Answered = field(repr=False)
    event: AccessEvent = field(repr=False)
    watched: bytes | None = None

    def to_json(self) -> dict[str, Any]:
        """As of /v1/match, with what it answers."""
        return {"item": self.item, **self.answered.to_json()}


@dataclass(frozen=True, slots=True)
class _Run:
    """What is the same for every answer of one fetch."""

    caller: Caller
    found: Opened
    subject: Known
    now: int


class FetchService:
    def __init__(
        self,
        makers: Makers,
        matching: Matching,
        answering: AnsweringService,
        decide: Decide,
        files: FileService,
        access: AccessLog,
        admit: Callable[[], Awaitable[None]],
    ) -> None:
        """`admit` raises if the log must not grow; see `LedgerService.admit`."""
        self._makers, self._matching, self._answering, self._files = makers, matching, answering, files
        self._decide, self._access, self._admit, self._enrolled = decide, access, admit, Enrolled(makers)
        self._grants = GrantService(makers)

    async def fetch(self, caller: Caller, trx: bytes) -> list[Told]:
        """Raises NotFound for another party's, WrongState, PurposeRefused if the catalogue has changed since,
        Unavailable: then the consent is as it was."""
        now = self._makers.clock()
        async with self._makers.database.read() as work:
            found = await own_transaction(work, caller.uscc, trx, self._makers)
            fetched(found.standing, now)
            subject = await self._enrolled.known(work, found.row.holder_id)
            run = _Run(caller, found, subject, now)
            told = [await self._predicate(work, run, ask) for ask in found.question.asks if ask.is_predicate]
            held = await own_certificates(work, self._makers.lookup, subject.person)
        told += await self._fields(run, held)
        await self._admit()
        async with self._makers.database.write() as work:
            await self._settle(work, run, told)
        return told

    async def _settle(self, work: Work, run: _Run, told: list[Told]) -> None:
        """The one commit. Another fetch, a withdrawal, or the end of the consent may have come before it."""
        again = await own_transaction(work, run.caller.uscc, run.found.row.trx, self._makers)
        now = self._makers.clock()
        state = fetched(again.standing, now)
        await self._grants.count(work, again)
        await work.consents.move(again.row, state, now, again.question.until)
        await self._access.record_in(work, *(one.event for one in told))
        grant = next(d.grant_id for d in again.decisions if d.decision is Decision.GRANT)
        for one in told:
            if one.watched is not None:
                await watch_in(work, one.watched, grant, one.answered.claims.pseudonym)

    async def _predicate(self, work: Work, run: _Run, ask: Ask) -> Told:
        others = () if ask.other is None else (_subject(ask.other),)
        question = replace(
            self._question(run, Predicate[ask.item.upper()]),
            subjects=(_subject(run.subject.person), *others),
            as_of=_day(ask.last or ask.as_of, run.now),
            months=ask.months,
            first=date.fromisoformat(ask.first) if ask.first else None,
            shown=True,
        )
        found = await self._matching.find(work, question)
        return await self._answer(run, ask.item, question, (), found, other=ask.other)

    async def _fields(self, run: _Run, held: list[StoredCertificate]) -> list[Told]:
        """One answer for each kind of certificate: the file with those slots, from the newest that is valid."""
        wanted: dict[int, list[str]] = {}
        for ask in run.found.question.asks:
            if not ask.is_predicate:
                kind, slot = field_of(ask.item)
                wanted.setdefault(kind.number, []).append(slot)
        return [await self._disclosed(run, number, slots, held) for number, slots in sorted(wanted.items())]

    async def _disclosed(self, run: _Run, number: int, slots: list[str], held: list[StoredCertificate]) -> Told:
        kind = kind_by_number(number)
        question = self._question(run, Predicate.DISCLOSED_FIELDS)
        valid = [c for c in held if c.kind == number and c.revoked_at is None]
        other = None
        if valid and any(concerns_spouse(Ask(f"{kind.name}.{slot}")) for slot in slots):
            other = other_on(valid[-1], self._makers)
            # Consents live for months, and people marry again: what is another's is not told on the first one's word.
            if holder_tag(self._makers.lookup, other) != run.found.row.spouse_tag:
                valid, other = [], None
        if not valid:
            return await self._answer(run, kind.name, question, slots, Found(NOT_ESTABLISHED))
        cti = valid[-1].cti
        file = await self._files.build(valid[-1], names=slots)
        shown = {d.name: d.value for d in HolderFile.parse(file).disclosures}
        details = {"fields": shown, "file": base64_of(file)}
        found = Found(DISCLOSED, identity=f"cti:{cti.hex()}", details=details)
        question = replace(question, presented=file)
        return await self._answer(run, kind.name, question, slots, found, watched=cti, other=other)

    async def _answer(
        self,
        run: _Run,
        item: str,
        question: Question,
        slots: list[str] | tuple[()],
        found: Found,
        *,
        watched: bytes | None = None,
        other: Person | None = None,
    ) -> Told:
        """`other`: who agreed as well, and so sees it, too."""
        allowed = await self._allowed(run, item, question, slots)
        answered, event = self._answering.answer(run.caller, question, allowed, found)
        tags = [tag_of(self._makers.lookup, run.subject.person)]
        if other is not None:
            tags.append(tag_of(self._makers.lookup, other))
        context = {**event.context, "reference": run.found.row.trx.hex()}
        event = replace(event, action="consent-fetch", predicate=item, subjects=tuple(tags), context=context)
        return Told(item, answered, event, watched)

    async def _allowed(self, run: _Run, item: str, question: Question, slots: Sequence[str]) -> Allowed:
        """What the catalogue says today. Raises PurposeRefused."""
        names, of_divorce = in_catalogue(f"{item}.{slot}" for slot in slots)
        party, purpose, code = run.caller.category, question.purpose, question.context.item_code
        if of_divorce:
            await self._decide(party, purpose, DIVORCE, (), code)
        return await self._decide(party, purpose, "" if slots else question.name, names, code)

    def _question(self, run: _Run, predicate: Predicate) -> Question:
        context = QuestionContext(**dict(run.found.question.context))
        return Question(predicate, run.found.row.purpose, context, grant=run.found.row.trx)


def _subject(person: Person) -> Subject:
    birth = date.fromisoformat(person.birth) if person.birth else None
    return make_subject(person.document_type, person.number, person.name, person.nation, birth)


def _day(text: str, now: int) -> date:
    """The day asked about; today in China where the question names none."""
    return date.fromisoformat(text) if text else datetime.fromtimestamp(now + UTC_OFFSET, UTC).date()
