"""The log of accesses against the ledger and its sealed records, and the catalogue of purposes against who signed it.

An access that somebody wants forgotten is a missing ordinal, a record that no entry commits to, or a key destroyed
before its time. A purpose that somebody slipped in has no two administrators' signatures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, text

from api.db.access_tables import access_event, access_subject
from api.db.audit_reader import count_of, pages, rows_of, slices
from api.db.party_tables import administrator, client_key, party_usage, purpose_catalogue
from api.services.audit_context import NO_KEYS, Context, Recorded
from certs.errors import CertsError
from certs.idem import access_idem, purposes_idem
from certs.ports import Sealed
from certs.purposes import parse_catalogue
from certs.purposes.statement import OPERATOR, Act, Statement, catalogue_entry
from chain.audit.model import Check
from verifier import cbor, fields
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.labels import ALG_ES256, ALG_SM2, CRV_P256, CRV_SM2
from verifier.receipt import entry_body, entry_commitment

ACCESSES: Final = "accesses"
PURPOSES: Final = "purposes"
QUESTIONS: Final = ("match", "authenticity")  # actions under a consent
LEAST: Final = 3 * 365 * 86400
"""Seconds for which records of handling are kept at least (个人信息保护法 art 56)."""
_EVENT, _SUBJECT, _USAGE, _CATALOGUE = "access_event", "access_subject", "party_usage", "purpose_catalogue"
_CHINA: Final = 8 * 3600
_CURVES: Final = {ALG_SM2: CRV_SM2, ALG_ES256: CRV_P256}


def check_accesses(context: Context) -> None:
    """Every event: none missing, its record, its columns, its entry, its tags; and what they add up to."""
    check, usage, expected, tags, erased = context.checks[ACCESSES], Counter[tuple[str, int]](), 1, 0, 0
    if context.secrets is None:
        check.cannot(NO_KEYS)
    gapless = context.connection.dialect.name == "sqlite"  # elsewhere a transaction that is undone leaves a gap
    for page in pages(context.connection, select(access_event), access_event.c.ordinal, None):
        idems = [_idem(row.request_id, row.at) for row in page]
        places, subjects = context.ledger.entries_by_idem(idems), _subjects(context, [row.ordinal for row in page])
        for row, idem in zip(page, idems, strict=True):
            if gapless and row.ordinal != expected:
                check.fault(_EVENT, expected, "ordinal", "missing")
            expected = row.ordinal + 1
            check.counted += 1
            mine = subjects.get(row.ordinal, set())
            tags += len(mine)
            if row.sealed_key is None:
                erased += 1
                _erased(context, check, row, mine)
            else:
                _opened(context, check, row, mine, usage)
            _entry(context, check, _EVENT, row.ordinal, row.entry, idem, places.get(idem))
    if gapless:
        last = context.connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'access_event'")) or 0
        check.expect(last < expected, _EVENT, expected, "ordinal", f"missing: {last} were recorded")
    extra = count_of(context.connection, access_subject) - tags
    check.expect(extra <= 0, _SUBJECT, "", "tag", f"{extra} rows belong to no event")
    if context.secrets is not None:
        _usage(context, check, usage)
    if erased:
        check.note(f"{erased} events are past their retention: their entries stand, what was asked is gone")


def _idem(request_id: bytes, at: int) -> bytes:
    try:
        return access_idem(request_id, at)
    except OverflowError:  # where the time cannot be one: a key that no entry has
        return b""


def _subjects(context: Context, ordinals: Sequence[int]) -> dict[int, set[bytes]]:
    t, found = access_subject.c, dict[int, set[bytes]]()
    for some in slices(ordinals):
        for tag, ordinal in context.connection.execute(select(t.tag, t.ordinal).where(t.ordinal.in_(some))):
            found.setdefault(ordinal, set()).add(tag)
    return found


def _erased(context: Context, check: Check, row: Any, mine: set[bytes]) -> None:
    """Destroyed only when its time had come, and then with the tags and what they led to."""
    early = row.at > context.as_of - LEAST
    check.expect(not early, _EVENT, row.ordinal, "sealed_key", "was destroyed before its retention ended")
    check.expect(row.sealed_body == b"", _EVENT, row.ordinal, "sealed_body", "is left of an event that was erased")
    check.expect(not mine, _SUBJECT, f"event {row.ordinal}", "tag", "leads to an event that was erased")


def _opened(context: Context, check: Check, row: Any, mine: set[bytes], usage: Counter[tuple[str, int]]) -> None:
    """The columns beside the sealed record are what it says."""
    if context.secrets is None:
        return
    try:
        aad = b"mz-access/1\x00" + row.request_id
        plain = cbor.decode(context.secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), aad))
        salt, record = fields.octets(ACCESSES, plain, 1, 32), plain[2]
        m: dict[int, Any] = cbor.decode(record)
        said = {"request_id": m[2], "at": m[3], "uscc": m[4]}
        purpose, wanted = m[6], set(m[9])
        body = entry_body(entry_commitment(salt, record))
        _keep(context, m)
    except (CertsError, VerifierError, LookupError, TypeError, ValueError):
        opening = "sealed_key and sealed_body do not open together, or are another's"
        check.fault(_EVENT, row.ordinal, "sealed_body", opening)
        return
    for column, value in said.items():
        check.expect(getattr(row, column) == value, _EVENT, row.ordinal, column, "differs from the sealed record's")
    check.expect(body == row.entry, _EVENT, row.ordinal, "entry", "does not commit to the sealed record")
    check.expect(wanted <= mine, _SUBJECT, f"event {row.ordinal}", "tag", "a tag leads nowhere")
    check.expect(mine <= wanted, _SUBJECT, f"event {row.ordinal}", "tag", "is not a tag of this event")
    if purpose != "office":
        usage[row.uscc, (row.at + _CHINA) // 86400] += 1


def _keep(context: Context, said: dict[int, Any]) -> None:
    """What `audit_traces` compares: of the requests, devices and ends that are named, nothing else of any event."""
    action, reference = said[5], said[10].get("reference", "")
    if reference and (action in QUESTIONS or action.startswith(("consent-", "device", "enrol-"))):
        context.record(action, reference, Recorded(said[3], tuple(said[9])))


def _usage(context: Context, check: Check, usage: Counter[tuple[str, int]]) -> None:
    """A day's sum is that of its events, where they can still be opened. Sums are dropped before events are."""
    for row in rows_of(context.connection, party_usage, party_usage.c.day):
        counted = usage.pop((row.uscc, row.day), 0)
        check.expect(row.questions == counted, _USAGE, f"{row.uscc}/{row.day}", "questions", "is not what was asked")
    recent = (context.as_of + _CHINA) // 86400 - 1
    for uscc, day in sorted(usage):
        if day >= recent:
            check.fault(_USAGE, f"{uscc}/{day}", "questions", "a day with questions has no sum")


def _entry(
    context: Context, check: Check, table: str, where: int, entry: bytes | None, idem: bytes,
    place: tuple[int, bytes] | None,
) -> None:  # fmt: skip
    """It is in the log under its own key, or waits for it."""
    if place is not None:
        context.known_entries += 1
        check.expect(place[1] == entry, table, where, "entry", f"differs from entry {place[0]} of the log")
        return
    waits = entry is not None and context.staged.get(idem) == entry
    check.expect(waits, table, where, "entry", "is not in the log under its own key")


def check_purposes(context: Context) -> None:
    """Every version: the document, both signatures, two persons, the entry; one after the other without a gap."""
    check, expected = context.checks[PURPOSES], 1
    for row in rows_of(context.connection, purpose_catalogue, purpose_catalogue.c.version):
        check.counted += 1
        check.expect(row.version == expected, _CATALOGUE, expected, "version", "missing")
        expected = row.version + 1
        try:
            catalogue = parse_catalogue(row.document)
            good = catalogue.version == row.version
            check.expect(good, _CATALOGUE, row.version, "document", "says another version")
        except CertsError:
            check.fault(_CATALOGUE, row.version, "document", "is no catalogue, or no lawful one")
        first = _statement(context, check, row, "proposal", Act.PROPOSES)
        if row.approved_at is None:
            check.note(f"version {row.version} waits for its approval")
            continue
        second = _statement(context, check, row, "approval", Act.APPROVES)
        if first is not None and second is not None:
            alone = (first.admin, first.sign1.kid) != (OPERATOR, second.sign1.kid) and (
                first.admin == second.admin or first.sign1.kid == second.sign1.kid
            )
            check.expect(not alone, _CATALOGUE, row.version, "approval", "is by whoever proposed it")
        check.expect(row.proposed_at <= row.approved_at, _CATALOGUE, row.version, "proposed_at", "later than approved")
        _committed(context, check, row)
    check.expect(expected > 1, _CATALOGUE, 1, "version", "missing")


def _committed(context: Context, check: Check, row: Any) -> None:
    salt, idem = row.entry_salt, b""
    if salt is None or row.approval is None or len(salt) != 32:
        check.fault(_CATALOGUE, row.version, "entry_salt", "is missing")
        return
    try:
        idem = purposes_idem(row.version, row.approved_at)
    except OverflowError:
        check.fault(_CATALOGUE, row.version, "approved_at", "is no time")
    entry = catalogue_entry(salt, row.document, row.proposal, row.approval)
    check.expect(row.entry == entry, _CATALOGUE, row.version, "entry", "does not commit to document and signatures")
    _entry(context, check, _CATALOGUE, row.version, row.entry, idem, context.ledger.entries_by_idem([idem]).get(idem))


def _statement(context: Context, check: Check, row: Any, column: str, act: Act) -> Statement | None:
    """What was signed is about this document and version, and by who was an administrator then."""
    try:
        said = Statement.parse(getattr(row, column) or b"")
        key = _key(context, said, row.proposed_at if act is Act.PROPOSES else row.approved_at)
        about = (said.act, said.version, said.digest) == (act, row.version, sm3(row.document))
        good = about and key is not None and key.alg == said.sign1.alg and said.sign1.verify(key)
    except VerifierError:
        check.fault(_CATALOGUE, row.version, column, "cannot be read")
        return None
    check.expect(good, _CATALOGUE, row.version, column, "is not an administrator's signature of this document")
    return said


def _key(context: Context, said: Statement, at: int) -> CoseKey | None:
    """The signer's key; version 1 is the operator's word, under the institution's root."""
    if said.admin == OPERATOR:
        roots = (bundle.parsed.root for bundle in context.bundles)
        return next((root for root in roots if root.kid == said.sign1.kid), None) if said.version == 1 else None
    k, a = client_key.c, administrator.c
    joined = client_key.join(administrator, k.owner == a.admin_id)
    mine = k.keyid == said.sign1.kid.hex(), k.owner_kind == "administrator", a.admin_id == said.admin
    query = select(k.alg, k.public_key, k.not_before, k.not_after, a.role).select_from(joined).where(*mine)
    row = context.connection.execute(query).one_or_none()
    if row is None or row.role not in ("security", "system") or not row.not_before <= at < row.not_after:
        return None
    try:
        return CoseKey(_CURVES[row.alg], row.public_key)
    except (KeyError, VerifierError):  # a row that was tampered with: see "clients"
        return None
