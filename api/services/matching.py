"""Reading what is recorded for one question, in work that says nothing of what was found.

Whether a person exists in the register must not be read off the time: every question about people takes two statements
of fixed form and opens a number of records that goes up in steps, dummies among them; every question about a
certificate takes one statement and opens one record. What is opened and not needed is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from api.db.uow import Work
from api.services.questions import Found, Question
from api.services.verification import VerificationService
from certs.access import subject_tag
from certs.commitment import decode_record, record_aad
from certs.errors import Erased
from certs.kinds import KINDS
from certs.marriage.entry import decode_registration, open_sealed, registration_aad, registration_term
from certs.marriage.events import Op
from certs.marriage.history import Known
from certs.marriage.party import Party
from certs.match import (
    NOT_ESTABLISHED,
    Finding,
    Rendered,
    Subject,
    certificate_valid,
    document_authentic,
    registered_between,
    registered_divorce_within,
    registered_married,
    spouses_match,
)
from certs.ports import Clock, Entropy, LookupKey, RegistrationEvent, Sealed, Sealer, StoredCertificate
from verifier import cbor
from verifier.answer import Predicate
from verifier.code import parse_code
from verifier.credential import Certificate, HolderFile
from verifier.documents import is_document, read_document
from verifier.errors import VerifierError
from verifier.report import Report

TERMS: Final = 4  # look-up keys of the first statement: two of each of two people
OTHERS: Final = 8  # of the second one, for those whom they married
STEP: Final = 4  # records are opened in multiples of this
_OF_ONE: Final = frozenset({Op.DEATH, Op.CORRECTION})
_NOBODY: Final = bytes(16)
_DOCUMENT: Final = ("holder_document_type", "holder_document_number")


class Matching:
    """Finds; who may ask, and what becomes of the answer, is `answering`'s."""

    def __init__(
        self, verification: VerificationService, lookup: LookupKey, sealer: Sealer, entropy: Entropy, clock: Clock
    ) -> None:
        self._verification, self._lookup, self._sealer, self._clock = verification, lookup, sealer, clock
        self._nobody = entropy(32)  # a look-up key that nothing is under
        self._dummy = _dummy(sealer, entropy)

    async def report(self, question: Question) -> Report | None:
        """What the verifier says of what was presented; None for questions without. Outside of any transaction: it may
        read lists in one of its own, and whoever waits for a connection while holding one waits for ever."""
        if question.presented is None:
            return None
        return await self._verification.verify(question.presented, question.level)

    async def find(
        self, work: Work, question: Question, report: Report | None = None, *, no_record: bool = False
    ) -> Found:
        """The answer to a question, with its `report`. Raises SealBroken or Unavailable: an outage is no answer."""
        if question.subjects:
            return await self._people(work, question, no_record)
        if question.digest is not None:
            return await self._document(work, question.digest)
        if report is None or question.presented is None:
            raise ValueError("a question about a certificate comes with its report")
        return await self.certificate(work, report, _cti(question.presented))

    async def certificate(self, work: Work, report: Report, cti: bytes | None) -> Found:
        """What the register adds to a report: whether the certificate ended meanwhile, and whose it is."""
        row = await work.certificates.get(cti or _NOBODY)
        about = self._about(row)
        ended = row is not None and row.revoked_at is not None
        level = 0 if report.level is None else int(report.level[1:])
        age = None if report.status is None else report.status.age
        identity = "" if cti is None else f"cti:{cti.hex()}"
        return Found(certificate_valid(report, ended=ended), about, identity, level, age)

    async def _document(self, work: Work, digest: bytes) -> Found:
        rendition = await work.renditions.get(digest)
        row = await work.certificates.get(_NOBODY if rendition is None else rendition.cti)
        file = None if rendition is None or row is None else Rendered(rendition.expires_at, row.revoked_at)
        return Found(document_authentic(file, self._clock()), self._about(row), f"sm3:{digest.hex()}")

    def _about(self, row: StoredCertificate | None) -> tuple[bytes, ...]:
        """Tag of whoever holds the certificate. A dummy is opened where there is none."""
        if row is None or row.sealed is None:
            self._sealer.open(self._dummy, registration_aad(_NOBODY))
            return ()
        values = decode_record(row.kind, self._sealer.open(row.sealed, record_aad(row.cti))).values()
        names = KINDS[row.kind].info.names
        kind, number = values.get(names.document_type or ""), values.get(names.document or "")
        if not isinstance(kind, str) or not isinstance(number, str):
            return ()
        nation = values.get("holder_nationality", "156")
        return (subject_tag(self._lookup, kind, str(nation), number),)

    async def _people(self, work: Work, question: Question, no_record: bool) -> Found:
        subjects = question.subjects
        known = await self._recorded(work, subjects)
        finding = (
            NOT_ESTABLISHED
            if known is None
            else _ANSWERS[question.predicate](question, known, self._clock(), no_record)
        )
        identities = sorted(s.party.identity_key for s in subjects)
        tags = tuple(tag_of(self._lookup, s) for s in subjects)
        return Found(finding, tags, "\x1f".join(identities))

    async def _recorded(self, work: Work, subjects: Sequence[Subject]) -> list[Known] | None:
        """What is recorded under these people's documents and names, and the deaths of those named there. None if a
        part of it was erased: who is married is not told from a part."""
        mine = [key for s in subjects for key in self._keys(s.party)]
        first = await self._under(work, mine, TERMS)
        opened = self._open(first)
        named = {p.identity_key: p for r in opened or () for _, p in r[1].people}
        others = [key for p in named.values() for key in self._keys(p) if key not in mine]
        seen = {event.event_id for event in first}
        second = [e for e in await self._under(work, others, OTHERS) if e.event_id not in seen]
        further = self._open(second)
        if opened is None or further is None:
            return None
        return sorted((*opened, *(k for k in further if k[1].op in _OF_ONE)), key=lambda k: k[2])

    def _keys(self, party: Party) -> tuple[bytes, bytes]:
        """By document, and by name and birth date: under a renewed document somebody is found by these."""
        by = (("holder", party.identity_key), ("person", party.person_key))
        holder, person = (registration_term(self._lookup, term, value) for term, value in by)
        return holder, person

    async def _under(self, work: Work, terms: Sequence[bytes], width: int) -> list[RegistrationEvent]:
        """Events under these keys, each once. Statements of `width` keys: more than one only for those who married
        often."""
        found: dict[bytes, RegistrationEvent] = {}
        for at in range(0, max(len(terms), 1), width):
            part = [*terms[at : at + width]]
            part += [self._nobody] * (width - len(part))
            for event in await work.registrations.under(part):
                found[event.event_id] = event
        return list(found.values())

    def _open(self, events: Sequence[RegistrationEvent]) -> list[Known] | None:
        """The events in the clear; None if one was erased. As many openings for one record as for `STEP` of them."""
        opened: list[Known] = []
        erased = 0
        for event in events:
            try:
                opened.append((event.registration, *decode_registration(open_sealed(event, self._sealer)[1])))
            except Erased:
                erased += 1
        for _ in range(-len(opened) % STEP if opened else STEP):
            cbor.decode(self._sealer.open(self._dummy, registration_aad(_NOBODY)))
        return None if erased else opened


def tag_of(lookup: LookupKey, subject: Subject) -> bytes:
    """Of somebody in the access log, 32 bytes."""
    party = subject.party
    return subject_tag(lookup, party.document_type, party.nation, party.document_number)


def _married(q: Question, known: Sequence[Known], now: int, no_record: bool) -> Finding:
    return registered_married(q.subjects[0], known, as_of=_day(q), known_at=now, no_record=no_record)


def _spouses(q: Question, known: Sequence[Known], now: int, _: bool) -> Finding:
    return spouses_match(q.subjects[0], q.subjects[1], known, as_of=_day(q), known_at=now)


def _divorced(q: Question, known: Sequence[Known], now: int, _: bool) -> Finding:
    return registered_divorce_within(q.subjects[0], q.months, known, as_of=_day(q), known_at=now)


def _between(q: Question, known: Sequence[Known], now: int, no_record: bool) -> Finding:
    first = q.first if q.first is not None else _day(q)
    return registered_between(q.subjects[0], first, _day(q), known, known_at=now, no_record=no_record)


_ANSWERS: Final[Mapping[Predicate, Callable[[Question, Sequence[Known], int, bool], Finding]]] = {
    Predicate.REGISTERED_MARRIED: _married,
    Predicate.SPOUSES_MATCH: _spouses,
    Predicate.REGISTERED_DIVORCE_WITHIN: _divorced,
    Predicate.REGISTERED_BETWEEN: _between,
}


def _day(question: Question) -> date:
    if question.as_of is None:
        raise ValueError("a question about people names a day")
    return question.as_of


def _cti(presented: bytes | str) -> bytes | None:
    """Of what was presented, whether or not it is genuine; None if it cannot be read."""
    try:
        if isinstance(presented, str):
            return Certificate.parse(parse_code(presented)).claims.cti
        file = read_document(presented).holder_file if is_document(presented) else presented
        return None if file is None else HolderFile.parse(file).certificate.claims.cti
    except VerifierError:
        return None


def _dummy(sealer: Sealer, entropy: Entropy) -> Sealed:
    """A record of the usual size that is nobody's."""
    return sealer.seal(cbor.encode({1: entropy(32), 2: entropy(480)}), registration_aad(_NOBODY))
