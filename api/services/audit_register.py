"""Certificates and status events against the log, and the log against them (checks 12, 13, 14, 18, 19).

In pages, in order of issue. What a row says beside its signed bytes is an index that can be derived again: every
column is compared with the bytes, or, with the instance's keys, with the sealed record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import partial
from typing import Any, Final

from sqlalchemy import case, func, select, text

from api.db.audit_reader import count_of, pages, slices
from api.db.tables import certificate, donation_total, lookup, status_event
from api.services.audit_context import NO_KEYS, Context, bad_signature, settle, usable
from api.services.audit_terms import shapes
from certs.civilday import day_after, day_start
from certs.commitment import OpenRecord, commitment_root, decode_record, encode_values, event_aad, record_aad
from certs.errors import CertsError
from certs.idem import certificate_idem, event_idem
from certs.keyed import business_key, term_key
from certs.ports import Sealed
from chain.audit.model import Check
from chain.audit.ports import Job
from verifier import cbor, fields
from verifier.cose import Sign1, sig_structure
from verifier.credential import Certificate, Claims
from verifier.errors import Malformed, VerifierError
from verifier.labels import CWT_CTI, CWT_IAT, CWT_ISS, CWT_MZ, KIND_DONATION, TYP_STATUS_EVENT
from verifier.receipt import entry_body, entry_commitment

Claim = tuple[partial[None], Job]
_TERM: Final = 32


def check_certificates(context: Context) -> None:
    """Every certificate: claims, signature, entry, commitment, sealed record, terms."""
    check = context.checks["certificates"]
    if context.secrets is None:
        check.cannot(NO_KEYS)
        context.checks["look-ups"].cannot(NO_KEYS)
    total, expected, erased, terms = count_of(context.connection, certificate), 1, 0, 0
    gapless = context.connection.dialect.name == "sqlite"  # elsewhere a transaction that is undone leaves a gap
    repeated = context.ledger.repeated_bodies()
    for page in pages(context.connection, select(certificate), certificate.c.ordinal, None):
        claims: list[Claim] = []
        idems = [_idem(certificate_idem, row.cti, row.issued_at) for row in page]
        places = context.ledger.entries_by_idem(idems)
        for row, idem in zip(page, idems, strict=True):
            if gapless and row.ordinal != expected:
                check.fault("certificate", expected, "ordinal", "missing")
            expected = row.ordinal + 1
            claims += _certificate(context, row, idem, places.get(idem))
            erased += row.sealed_key is None
        terms += _lookups(context, page)
        _twice(page, repeated, check)
        settle(claims, context.verify)
        context.progress("certificates", check.counted, total)
    if gapless:
        _given_out(context, expected)
    _pairs(context, check)
    extra = count_of(context.connection, lookup) - terms
    context.checks["look-ups"].expect(
        extra <= 0, "lookup", "", "term", f"{extra} rows belong to no certificate's terms"
    )
    if erased:
        check.note(f"{erased} records are erased: what their entries commit to can no longer be recomputed")


def _given_out(context: Context, expected: int) -> None:
    """SQLite remembers the largest number that it gave out: what was cut off at the end shows."""
    query = text("SELECT seq FROM sqlite_sequence WHERE name = 'certificate'")
    last = context.connection.scalar(query) or 0
    good = last < expected
    context.checks["certificates"].expect(good, "certificate", expected, "ordinal", f"missing: {last} were issued")


def _idem(made: Callable[[bytes, int], bytes], cti: bytes, at: int) -> bytes:
    """Of a row as it is stored: where its time cannot be one, a key that no entry has."""
    try:
        return made(cti, at)
    except OverflowError:
        return b""


def _certificate(context: Context, row: Any, idem: bytes, place: tuple[int, bytes] | None) -> list[Claim]:
    check = context.checks["certificates"]
    check.counted += 1
    if place is not None and place[0] < context.base:
        context.known_entries += 1
        return []
    try:
        parsed = Certificate.parse(row.statement)
    except VerifierError as error:
        _entry(context, check, "certificate", row.ordinal, idem, row.entry, place)
        check.fault("certificate", row.ordinal, "statement", str(error))
        return []
    claims = parsed.claims
    _columns(row, claims, check)  # first: the entry is sought by two of them
    _entry(context, check, "certificate", row.ordinal, idem, row.entry, place)
    if context.secrets is not None and row.sealed_key is not None:
        _opened(context, row, claims)
    if claims.kind == KIND_DONATION and claims.public is not None:
        key = claims.iss, claims.public.plan_filing_no
        count, fen = context.totals.get(key, (0, 0))
        context.totals[key] = count + 1, fen + claims.public.amount_fen
    key_ = usable(context.issuer_key(claims.iss, parsed.sign1.kid), claims.iat)
    if key_ is None or claims.kind not in key_.kinds or parsed.sign1.alg != key_.key.alg:
        check.fault("certificate", row.ordinal, "statement", "no key of the trust bundle could sign it then")
        return []
    message = sig_structure(parsed.sign1.protected, parsed.sign1.payload or b"")
    job = Job(key_.key.crv, key_.key.public, parsed.sign1.signature, message)
    return [(bad_signature(check, "certificate", row.ordinal, "statement"), job)]


def _entry(
    context: Context, check: Check, table: str, row: object, idem: bytes, body: bytes, place: tuple[int, bytes] | None
) -> None:
    """The row's entry is in the log under its own key, or waits for it."""
    if place is not None:
        context.known_entries += 1
        check.expect(place[1] == body, table, row, "entry", f"differs from entry {place[0]} of the log")
    else:
        check.expect(context.staged.get(idem) == body, table, row, "entry", "is not in the log under its cti and time")


def _columns(row: Any, claims: Claims, check: Check) -> None:
    list_number = claims.status.uri.rpartition("/")[2]
    for column, mine, said in (
        ("cti", row.cti, claims.cti),
        ("kind", row.kind, claims.kind),
        ("issuer", row.issuer, claims.iss),
        ("issued_at", day_start(row.issued_at), claims.iat),
        ("list_number", str(row.list_number), list_number),
        ("list_index", row.list_index, claims.status.idx),
    ):
        check.expect(mine == said, "certificate", row.ordinal, column, "differs from the signed claims")
    shape = shapes().get(claims.kind)
    check.expect(
        shape is not None and row.role in shape.roles, "certificate", row.ordinal, "role", "not a role of this kind"
    )


def _opened(context: Context, row: Any, claims: Claims) -> None:
    """The sealed record is that of the signed statement, and the entry commits to it."""
    check, secrets = context.checks["certificates"], context.secrets
    assert secrets is not None
    try:
        plain = secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), record_aad(row.cti))
        record = decode_record(claims.kind, plain)
        root = commitment_root(record.random, record.claims, encode_values(record.claims))
        body = entry_body(entry_commitment(record.entry_salt, row.statement))
    except (CertsError, VerifierError, LookupError):
        check.fault(
            "certificate",
            row.ordinal,
            "sealed_body",
            "sealed_key and sealed_body do not open together, or are another's",
        )
        return
    check.expect(root == claims.root, "certificate", row.ordinal, "sealed_body", "is not what was signed")
    check.expect(body == row.entry, "certificate", row.ordinal, "statement", "is not what its entry commits to")
    _keyed(context, row, record, claims, check)


def _keyed(context: Context, row: Any, record: OpenRecord, claims: Claims, check: Check) -> None:
    """Keyed hashes, the role and the end, as far as they follow from the record alone."""
    assert context.secrets is not None
    values, shape, key = record.values(), shapes()[record.kind], context.secrets.lookup
    try:
        terms = [term_key(key, record.kind, term, value) for term, value in shape.terms(values, row.issuer)]
        business = None if shape.business_claim is None else str(values[shape.business_claim])
        role = row.role if shape.role_claim is None else values[shape.role_claim]
        end = None if shape.last_day is None else day_after(shape.last_day(values))
    except (KeyError, ValueError):
        check.fault("certificate", row.ordinal, "sealed_body", "lacks claims of its kind")
        return
    check.expect(role == row.role, "certificate", row.ordinal, "role", "differs from the record's")
    good = (claims.nbf, claims.exp) == (None, end)
    check.expect(good, "certificate", row.ordinal, "statement", "ends on another day than its record says")
    if business is not None:
        good = business_key(key, record.kind, row.issuer, business) == row.business
        check.expect(good, "certificate", row.ordinal, "business", "is not that of the record")
    good = b"".join(terms) == row.terms
    context.checks["look-ups"].expect(good, "certificate", row.ordinal, "terms", "are not those of the record")


def _lookups(context: Context, page: Sequence[Any]) -> int:
    """Rows of `lookup` for a page of certificates: exactly their terms. Gives how many there must be."""
    check, wanted = context.checks["look-ups"], 0
    found: dict[bytes, set[bytes]] = {}
    for some in slices([row.cti for row in page]):
        for term, cti in context.connection.execute(select(lookup.c.term, lookup.c.cti).where(lookup.c.cti.in_(some))):
            found.setdefault(cti, set()).add(term)
    for row in page:
        terms = {row.terms[i : i + _TERM] for i in range(0, len(row.terms), _TERM)}
        check.counted += len(terms)
        wanted += len(terms)
        mine = found.get(row.cti, set())
        check.expect(terms <= mine, "lookup", f"certificate {row.ordinal}", "term", "a term leads nowhere")
        check.expect(mine <= terms, "lookup", f"certificate {row.ordinal}", "term", "is not a term of this certificate")
    return wanted


def _twice(page: Sequence[Any], repeated: Set[bytes], check: Check) -> None:
    """Exactly one entry: the same commitment twice in the log would be two receipts for one statement."""
    for row in page:
        check.expect(row.entry not in repeated, "certificate", row.ordinal, "entry", "stands in the log more than once")


def _pairs(context: Context, check: Check) -> None:
    """One registration: one certificate for each role, all of one content."""
    t = certificate.c
    wanted = case(*((t.kind == kind, len(shape.roles)) for kind, shape in shapes().items()), else_=0)
    query = select(func.min(t.ordinal).label("first"), func.count(), func.count(t.content.distinct()))
    bad = query.group_by(t.business, t.kind).having((func.count() != wanted) | (func.count(t.content.distinct()) > 1))
    for first, count, contents in context.connection.execute(bad.order_by("first")):
        column, detail = ("content", "differs within one registration") if contents > 1 else ("business", "")
        check.fault("certificate", first, column, detail or f"{count} certificates of one registration")


def check_events(context: Context) -> None:
    """Every status event: claims, signature, entry, commitment; and the certificates they end, both ways."""
    check = context.checks["status events"]
    for page in pages(context.connection, select(status_event), status_event.c.cti, None):
        revoked = _revoked(context, [row.cti for row in page])
        idems = [_idem(event_idem, row.cti, row.at) for row in page]
        places = context.ledger.entries_by_idem(idems)
        claims: list[Claim] = []
        for row, idem in zip(page, idems, strict=True):
            claims += _event(context, row, idem, places.get(idem), revoked.get(row.cti))
        settle(claims, context.verify)
    t, e = certificate.c, status_event.c
    ended = select(t.ordinal).select_from(certificate.outerjoin(status_event, t.cti == e.cti))
    for ordinal in context.connection.scalars(
        ended.where(t.revoked_at.is_not(None), e.cti.is_(None)).order_by(t.ordinal)
    ):
        check.fault("certificate", ordinal, "revoked_at", "revoked, and there is no event")


def _revoked(context: Context, ctis: Sequence[bytes]) -> dict[bytes, tuple[int, str, int | None]]:
    t = certificate.c
    found = {}
    for some in slices(ctis):
        for row in context.connection.execute(select(t.cti, t.ordinal, t.issuer, t.revoked_at).where(t.cti.in_(some))):
            found[row.cti] = (row.ordinal, row.issuer, row.revoked_at)
    return found


def _event(
    context: Context, row: Any, idem: bytes, place: tuple[int, bytes] | None, ended: tuple[int, str, int | None] | None
) -> list[Claim]:
    check = context.checks["status events"]
    check.counted += 1
    where = "?" if ended is None else f"certificate {ended[0]}"
    try:
        sign1 = Sign1.parse(row.statement, typ=TYP_STATUS_EVENT)
        said = fields.mapping("status-event", cbor.decode(sign1.payload or b""), (CWT_ISS, CWT_IAT, CWT_CTI, CWT_MZ))
        iss, at = fields.uscc("status-event", said, CWT_ISS), fields.time("status-event", said, CWT_IAT)
        if said[CWT_MZ] != {1: 1}:
            raise Malformed("status-event", "status")
    except VerifierError as error:
        _entry(context, check, "status_event", where, idem, row.entry, place)
        check.fault("status_event", where, "statement", str(error))
        return []
    check.expect(said[CWT_CTI] == row.cti, "status_event", where, "cti", "differs from the signed event's")
    check.expect(at == row.at, "status_event", where, "at", "differs from the signed event's")
    _entry(context, check, "status_event", where, idem, row.entry, place)
    if ended is None:
        check.fault("status_event", where, "cti", "no such certificate")
    else:
        check.expect(ended[1] == iss, "status_event", where, "statement", "ends another issuer's certificate")
        good = ended[2] == at
        check.expect(good, "certificate", ended[0], "revoked_at", "differs from its event's")
    if context.secrets is not None and row.sealed_key is not None:
        _opened_event(context, row, where)
    elif row.sealed_key is not None:
        check.cannot(NO_KEYS)
    key = usable(context.issuer_key(iss, sign1.kid), at)
    if key is None or sign1.alg != key.key.alg:
        check.fault("status_event", where, "statement", "no key of the trust bundle could sign it then")
        return []
    job = Job(key.key.crv, key.key.public, sign1.signature, sig_structure(sign1.protected, sign1.payload or b""))
    return [(bad_signature(check, "status_event", where, "statement"), job)]


def _opened_event(context: Context, row: Any, where: str) -> None:
    check, secrets = context.checks["status events"], context.secrets
    assert secrets is not None
    try:
        plain: dict[int, Any] = cbor.decode(
            secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), event_aad(row.cti))
        )
        body = entry_body(entry_commitment(fields.octets("status-event", plain, 1, 32), row.statement))
    except (CertsError, VerifierError):
        check.fault(
            "status_event", where, "sealed_body", "sealed_key and sealed_body do not open together, or are another's"
        )
        return
    check.expect(body == row.entry, "status_event", where, "statement", "is not what its entry commits to")


def check_totals(context: Context) -> None:
    """Public totals against the sums of what was signed, both ways."""
    check, t = context.checks["donation totals"], donation_total.c
    if context.base:
        check.note("sums need every donation: not re-checked from the middle of the log")
        return
    wanted = dict(context.totals)
    for row in context.connection.execute(select(donation_total).order_by(t.issuer, t.plan)):
        check.counted += 1
        place = f"{row.issuer}/{row.plan}"
        stated = wanted.pop((row.issuer, row.plan), None)
        if stated is None:
            check.fault("donation_total", place, "plan", "no donation to this plan was signed")
            continue
        check.expect(row.donations == stated[0], "donation_total", place, "donations", f"{stated[0]} were signed")
        check.expect(row.amount_fen == stated[1], "donation_total", place, "amount_fen", f"{stated[1]} were signed")
    for issuer, plan in sorted(wanted):
        check.fault("donation_total", f"{issuer}/{plan}", "plan", "donations were signed, and there is no total")
