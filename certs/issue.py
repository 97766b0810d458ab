"""Issuing: from drafts to certificates that are stored, logged and provably right, or to nothing at all.

For each draft, in the order of its batch:

1. rules between draft and authority; same business id and content as before gives the first certificates again,
   other content is a conflict; a number in use by another registration is refused
2. a re-issue (补领) finds what it supersedes by keyed look-up; the old certificates must be of the same people, both of
   them, for a 字号 mistyped or tried on purpose must not end the certificates of strangers. None found is allowed, and
   said: older records are on paper. A marriage or divorce is judged against what is recorded of its people, and a
   divorce finds the certificates that it ends (certs/marriage/gate.py)
3. status index, salted claims, commitment root, CWT, SM2 signature
4. self-check: the verifier that relying parties run must answer PASSED on exactly what is handed out here, against the
   status list that is out. Anything else stops the whole batch (SelfCheckFailed): a wrong signature means a broken
   key or machine, and may betray the key. The holder's file is checked the same way when it is made (export.py)
5. sealed record, log entry, registration event, status events of what is superseded or ended: same transaction. One
   registration is issued whole or not at all

A batch is one transaction and can be repeated safely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from verifier.assess import Verifier
from verifier.report import Outcome

from .authority import Authority
from .build import Keys, Unsigned, build, finish, random_bytes, statement_of
from .commitment import ENTRY_SALT
from .errors import Conflict, InvalidField, SelfCheckFailed
from .idem import certificate_idem, registration_idem
from .keyed import business_key, content_key, term_key
from .kinds import kind_by_number
from .kinds.base import Draft, Kind, RowError
from .marriage.entry import make_event
from .marriage.gate import Admitted, Asked, Facts, ask, decide, live_of, read_facts, with_touched
from .ports import Begin, IssuedCertificate, RegistrationEvent, StoredCertificate, UnitOfWork
from .registry import Registry
from .revoke import REASON_DIVORCED, REASON_SUPERSEDED, revoke_in
from .status import allocate

NOTE_OLD_ON_PAPER: Final = "OLD_CERTIFICATE_NOT_HERE"
_Found = Mapping[bytes, Sequence[StoredCertificate]]
_NOTHING: Final = Admitted()
_GROUP: Final = 128  # drafts decided and built together
_CHUNK: Final = 16  # certificates built before their signing starts in the signer's process


class RowOutcome(Enum):
    """What became of one draft."""

    ISSUED = "ISSUED"
    RECORDED = "RECORDED"  # an event without certificates
    ALREADY = "ALREADY_ISSUED"
    REJECTED = "REJECTED"
    CONFLICT = "CONFLICT"


@dataclass(frozen=True, slots=True)
class RowResult:
    """`ctis` in the order of the kind's roles; `errors` only for REJECTED and CONFLICT; `notes` are stable codes.
    `superseded` were replaced by these, `ended` by what was registered: a divorce's marriage certificates."""

    outcome: RowOutcome
    ctis: tuple[bytes, ...] = ()
    errors: tuple[RowError, ...] = ()
    notes: tuple[str, ...] = ()
    superseded: tuple[bytes, ...] = ()
    ended: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    index: int
    draft: Draft
    kind: Kind[Any]
    authority: Authority
    business: bytes
    content: bytes
    exclusive: tuple[tuple[str, bytes], ...]
    once: tuple[tuple[str, bytes], ...]
    old: tuple[str, bytes] | None
    witnesses: tuple[frozenset[bytes], ...]
    asked: Asked | None

    @property
    def touched(self) -> tuple[bytes, ...]:
        """Keys by which another draft of the batch may depend on this one: its people among them."""
        people = () if self.asked is None else self.asked.terms
        return (self.business, *(key for _, key in (*self.exclusive, *self.once)), *people)

    @property
    def read(self) -> tuple[bytes, ...]:
        return self.touched if self.old is None else (*self.touched, self.old[1])

    @property
    def wanted(self) -> tuple[bytes, ...]:
        """Terms of certificates that must be known to decide."""
        old = () if self.old is None else (self.old[1],)
        ends = () if self.asked is None else (term for person in self.asked.ends for term in person)
        return (*(key for _, key in (*self.exclusive, *self.once)), *old, *ends)


@dataclass(frozen=True, slots=True)
class _Accepted:
    candidate: _Candidate
    supersedes: tuple[StoredCertificate, ...]
    notes: tuple[str, ...]
    admitted: Admitted = _NOTHING


async def issue(draft: Draft, registry: Registry, begin: Begin) -> RowResult:
    """Issue one registration. Raises Conflict, InvalidField (first broken rule), and what `issue_batch` raises."""
    result = (await issue_batch([draft], registry, begin))[0]
    if result.outcome is RowOutcome.CONFLICT:
        raise Conflict("this business id was issued with other content")
    if result.outcome is RowOutcome.REJECTED:
        raise InvalidField(result.errors[0].field, result.errors[0].code)
    return result


async def issue_batch(drafts: Sequence[Draft], registry: Registry, begin: Begin) -> list[RowResult]:
    """Issue every draft that may be issued, in one transaction; one result per draft, in order.

    Raises SelfCheckFailed, SigningFailed, AuthorityUnknown or StoreConflict, and then nothing was issued.
    """
    results: dict[int, RowResult] = {}
    candidates = []
    for index, draft in enumerate(drafts):
        prepared = _prepare(index, draft, registry)
        if isinstance(prepared, RowResult):
            results[index] = prepared
        else:
            candidates.append(prepared)
    async with begin() as uow:
        now = registry.clock()
        for group in _groups(candidates):
            accepted = await _decide(uow, group, registry, results)
            if accepted:
                results.update(await _issue_group(uow, accepted, registry, now))
    return [results[i] for i in range(len(drafts))]


def _prepare(index: int, draft: Draft, registry: Registry) -> _Candidate | RowResult:
    kind = kind_by_number(draft.kind_number)
    authority = registry.authorities.get(draft.issuer_uscc)
    if authority is None:
        return _rejected(RowError("issuer", "ISSUER_UNKNOWN"))
    if kind.number not in authority.type_codes:
        return _rejected(RowError("issuer", "KIND_NOT_ALLOWED"))
    errors = kind.check_authority(draft, authority)
    if errors:
        return _rejected(*errors)
    lookup, number = registry.lookup, kind.number
    old = kind.supersedes(draft)
    return _Candidate(
        index=index,
        draft=draft,
        kind=kind,
        authority=authority,
        business=business_key(lookup, number, authority.uscc, draft.business_id),
        content=content_key(lookup, kind, draft),
        exclusive=tuple((f, term_key(lookup, number, t, v)) for f, t, v in kind.exclusive_terms(draft)),
        once=tuple((f, term_key(lookup, number, t, v)) for f, t, v in kind.once_terms(draft)),
        old=None if old is None else (old[0], term_key(lookup, number, old[1], old[2])),
        witnesses=tuple(
            frozenset(term_key(lookup, number, t, v) for t, v in person) for person in kind.witnesses(draft)
        )
        if old
        else (),
        asked=ask(kind, draft, lookup),
    )


def _rejected(*errors: RowError) -> RowResult:
    return RowResult(RowOutcome.REJECTED, errors=errors)


def _groups(candidates: Sequence[_Candidate]) -> Iterator[list[_Candidate]]:
    """Runs of drafts that do not depend on each other: a re-issue may follow its first issue in the same file."""
    group: list[_Candidate] = []
    touched: set[bytes] = set()
    for candidate in candidates:
        if len(group) == _GROUP or not touched.isdisjoint(candidate.read):
            yield group
            group, touched = [], set()
        group.append(candidate)
        touched.update(candidate.read)
    if group:
        yield group


async def _decide(
    uow: UnitOfWork, group: Sequence[_Candidate], registry: Registry, results: dict[int, RowResult]
) -> list[_Accepted]:
    """What may be issued; the others get their result."""
    known = await uow.certificates.by_business([c.business for c in group])
    wanted = {key for c in group for key in c.wanted}
    found = await uow.certificates.by_terms(sorted(wanted)) if wanted else {}
    asked = ((c.business, c.asked) for c in group if c.asked is not None)
    facts = await read_facts(uow, asked, registry.lookup, registry.sealer)
    accepted = []
    for candidate in group:
        decision = _decide_one(candidate, known.get(candidate.business, ()), found, registry)
        if isinstance(decision, _Accepted):
            decision = _admitted(decision, facts, found, registry)
        if isinstance(decision, RowResult):
            results[candidate.index] = decision
        else:
            accepted.append(decision)
    live = await live_of(uow, {key for a in accepted for key in a.admitted.touched})
    if not live:
        return accepted
    return [replace(a, admitted=replace(a.admitted, ended=with_touched(a.admitted, live))) for a in accepted]


def _stands_beside(c: _Candidate, other: StoredCertificate) -> bool:
    """Another registration's certificate that is in force and would stay so."""
    replaced = c.old is not None and c.old[1] in other.terms
    return other.business != c.business and other.revoked_at is None and not replaced


def _decide_one(
    c: _Candidate,
    mine: Sequence[StoredCertificate],
    found: _Found,
    registry: Registry,
) -> _Accepted | RowResult:
    if mine:
        if any(certificate.content != c.content for certificate in mine):
            error = RowError(c.kind.info.columns[0], "CONFLICT")
            return RowResult(RowOutcome.CONFLICT, errors=(error,))
        by_role = {certificate.role: certificate.cti for certificate in mine}
        return RowResult(RowOutcome.ALREADY, tuple(by_role[r] for r in c.kind.roles(c.draft)))
    for field, key in c.exclusive:
        if any(certificate.business != c.business for certificate in found.get(key, ())):
            return _rejected(RowError(field, "NUMBER_TAKEN"))
    for field, key in c.once:
        if any(_stands_beside(c, certificate) for certificate in found.get(key, ())):
            return _rejected(RowError(field, "HAS_ONE_ALREADY"))
    if c.old is None:
        return _Accepted(c, (), ())
    field, key = c.old
    old = found.get(key, ())
    if not old:
        return _Accepted(c, (), (NOTE_OLD_ON_PAPER,))
    carried = frozenset(term for certificate in old for term in certificate.terms)
    if any(carried.isdisjoint(person) for person in c.witnesses):
        return _rejected(RowError(field, "OLD_OF_OTHER_PEOPLE"))
    live = tuple(certificate for certificate in old if certificate.revoked_at is None)
    if any(certificate.issuer not in registry.authorities for certificate in live):
        return _rejected(RowError(field, "OLD_ISSUER_UNKNOWN"))
    return _Accepted(c, live, ())


def _admitted(a: _Accepted, facts: Facts, found: _Found, registry: Registry) -> _Accepted | RowResult:
    """Against what is recorded of the people, for kinds that register."""
    c = a.candidate
    if c.asked is None:
        return a
    decision = decide(
        c.asked, c.business, c.content, facts, found, registry.sealer, registry.authorities, registry.clock()
    )
    if isinstance(decision, Admitted):
        return replace(a, notes=(*a.notes, *decision.notes), admitted=decision)
    conflict = any(error.code == "CONFLICT" for error in decision)
    return RowResult(RowOutcome.CONFLICT if conflict else RowOutcome.REJECTED, errors=decision)


async def _issue_group(
    uow: UnitOfWork, accepted: Sequence[_Accepted], registry: Registry, now: int
) -> dict[int, RowResult]:
    indices = await _allocate(uow, accepted, registry)
    iterators = {uscc: iter(pairs) for uscc, pairs in indices.items()}
    unsigned = [
        (a.candidate, role, next(iterators[a.candidate.authority.uscc]))
        for a in accepted
        for role in a.candidate.kind.roles(a.candidate.draft)
    ]
    running = _signing(unsigned, registry, now)
    # Only now: the status lists are read and checked while the first signatures are made.
    numbers = sorted({number for pairs in indices.values() for number, _ in pairs})
    verifier = Verifier(registry.trust, [await registry.publisher.fresh(uow, n, now) for n in numbers])
    issued: list[IssuedCertificate] = []
    for chunk, signatures in running:
        # Check all, then finish all: one at a time, the two keep pushing each other out of the processor's cache
        checked = [_checked(u, next(signatures[u.authority.uscc]), verifier, now) for u in chunk]
        issued += [finish(u, statement, registry.sealer, public) for u, statement, public in checked]
    await uow.certificates.insert(issued)
    events = [_event(a.candidate, registry, now) for a in accepted if a.admitted.record]
    await uow.registrations.insert(events)
    # In the order of the commitments, which are random: else the two certificates of one registration would stand next
    # to each other in the log, and two receipts with neighbouring indices would say "spouses" to whoever sees both.
    entries = [(c.entry, certificate_idem(c.cti, c.issued_at)) for c in issued]
    entries += [(e.entry, registration_idem(e.event_id, e.known_at)) for e in events]
    await uow.log.stage_many([(idem, entry) for entry, idem in sorted(entries)])
    for a in accepted:
        for old in a.supersedes:
            await revoke_in(uow, old, REASON_SUPERSEDED, registry, now)
        for old in a.admitted.ended:
            await revoke_in(uow, old, REASON_DIVORCED, registry, now)
    return _results(accepted, issued)


def _event(c: _Candidate, registry: Registry, now: int) -> RegistrationEvent:
    """The row of what the candidate registers."""
    assert c.asked is not None
    salt = registry.entropy(ENTRY_SALT)
    return make_event(c.asked.registration, c.business, c.content, salt, registry.lookup, registry.sealer, now)


async def _allocate(
    uow: UnitOfWork, accepted: Sequence[_Accepted], registry: Registry
) -> dict[str, list[tuple[int, int]]]:
    counts: dict[str, int] = {}
    for a in accepted:
        c = a.candidate
        counts[c.authority.uscc] = counts.get(c.authority.uscc, 0) + len(c.kind.roles(c.draft))
    return {uscc: await allocate(uow.statuses, uscc, n, registry.entropy) for uscc, n in counts.items()}


def _signing(
    work: Sequence[tuple[_Candidate, str, tuple[int, int]]], registry: Registry, now: int
) -> list[tuple[list[Unsigned], dict[str, Iterator[bytes]]]]:
    """Chunks of certificates, each with its signatures by authority, to be read in order. Signing runs in the signer's
    process while later ones are built."""
    running = []
    for start in range(0, len(work), _CHUNK):
        chunk = [_build(c, role, status, registry, now) for c, role, status in work[start : start + _CHUNK]]
        signatures: dict[str, Iterator[bytes]] = {}
        for uscc in dict.fromkeys(u.authority.uscc for u in chunk):
            mine = [u for u in chunk if u.authority.uscc == uscc]
            signatures[uscc] = mine[0].authority.signer.sign_many([u.message for u in mine])
        running.append((chunk, signatures))
    return running


def _build(c: _Candidate, role: str, status: tuple[int, int], registry: Registry, now: int) -> Unsigned:
    terms = tuple(term_key(registry.lookup, c.kind.number, t, v) for t, v in c.kind.terms(c.draft, role))
    return build(
        c.kind,
        c.draft,
        role,
        authority=c.authority,
        keys=Keys(c.business, c.content, terms),
        status=status,
        status_uri=registry.status.uri(status[0]),
        now=now,
        random=registry.entropy(random_bytes(c.kind)),
    )


def _checked(
    unsigned: Unsigned, signature: bytes, verifier: Verifier, now: int
) -> tuple[Unsigned, bytes, Mapping[str, str | int]]:
    """The statement, and what it says in clear, once a verifier has passed it. Raises SelfCheckFailed."""
    statement = statement_of(unsigned, signature)
    report = verifier.assess(statement, at=now, level="L1")
    if report.outcome is not Outcome.PASSED:
        raise SelfCheckFailed(report.reason.value)
    return unsigned, statement, report.public


def _results(accepted: Sequence[_Accepted], issued: Sequence[IssuedCertificate]) -> dict[int, RowResult]:
    results = {}
    ctis = iter(certificate.cti for certificate in issued)
    for a in accepted:
        c = a.candidate
        results[c.index] = RowResult(
            RowOutcome.ISSUED,
            tuple(next(ctis) for _ in c.kind.roles(c.draft)),
            notes=(*a.notes, *dict.fromkeys(note.code for note in c.kind.notes(c.draft))),
            superseded=tuple(old.cti for old in a.supersedes),
            ended=tuple(old.cti for old in a.admitted.ended),
        )
    return results
