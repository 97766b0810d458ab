"""Registration events against the log and their sealed records (check 24).

Nothing here is signed: what holds an event is the log, which commits to its record. Terms are recomputed from the
record as docs/formats/registration-record.md has it, a second time and not by the code that made them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select, text

from api.db.audit_reader import count_of, pages, slices
from api.db.register_tables import registration_event, registration_term
from api.db.tables import certificate
from api.services.audit_context import NO_KEYS, Context
from certs.errors import CertsError
from certs.idem import registration_idem
from certs.ports import LookupKey, Sealed
from certs.text import comparison_key
from chain.audit.model import Check
from verifier import cbor, fields
from verifier.errors import VerifierError
from verifier.labels import KIND_DIVORCE, KIND_MARRIAGE
from verifier.receipt import entry_body, entry_commitment

NAME: Final = "registrations"
_EVENT: Final = "registration_event"
_TERM: Final = "registration_term"
_SEP: Final = "\x1f"
_OFFICIAL: Final = re.compile(r"B?[JL][0-9]{6}-[0-9]{4}")
_OPENING: Final = "sealed_key and sealed_body do not open together, or are another's"


def check_registrations(context: Context) -> None:
    """Every event: its record, its columns, its entry, its terms; and an event for every certificate of the kinds."""
    check = context.checks[NAME]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    total, expected, terms, erased = count_of(context.connection, registration_event), 1, 0, 0
    gapless = context.connection.dialect.name == "sqlite"  # elsewhere a transaction that is undone leaves a gap
    for page in pages(context.connection, select(registration_event), registration_event.c.ordinal, None):
        found = _terms_of(context, [row.event_id for row in page])
        idems = [_idem(row.event_id, row.known_at) for row in page]
        places = context.ledger.entries_by_idem(idems)
        for row, idem in zip(page, idems, strict=True):
            if gapless and row.ordinal != expected:
                check.fault(_EVENT, expected, "ordinal", "missing")
            expected = row.ordinal + 1
            check.counted += 1
            erased += row.sealed_key is None
            mine = found.get(row.event_id, set())
            terms += len(mine)
            _row(context, check, row, mine)
            _entry(context, check, row, idem, places.get(idem))
        context.progress(NAME, check.counted, total)
    if gapless:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = 'registration_event'")
        last = context.connection.scalar(query) or 0
        check.expect(last < expected, _EVENT, expected, "ordinal", f"missing: {last} were recorded")
    extra = count_of(context.connection, registration_term) - terms
    check.expect(extra <= 0, _TERM, "", "term", f"{extra} rows belong to no event")
    _of_certificates(context, check)
    if erased:
        check.note(f"{erased} records are erased: what their entries commit to can no longer be recomputed")


def _idem(event_id: bytes, known_at: int) -> bytes:
    try:
        return registration_idem(event_id, known_at)
    except OverflowError:  # where the time cannot be one: a key that no entry has
        return b""


def _terms_of(context: Context, ids: Sequence[bytes]) -> dict[bytes, set[bytes]]:
    t, found = registration_term.c, dict[bytes, set[bytes]]()
    for some in slices(ids):
        for term, event_id in context.connection.execute(select(t.term, t.event_id).where(t.event_id.in_(some))):
            found.setdefault(event_id, set()).add(term)
    return found


def _row(context: Context, check: Check, row: Any, mine: set[bytes]) -> None:
    """The columns beside the sealed record are what it says."""
    if context.secrets is None or row.sealed_key is None:
        return
    try:
        aad = b"mz-registration/1\x00" + row.event_id
        plain = cbor.decode(context.secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), aad))
        salt, record = fields.octets(NAME, plain, 1, 32), plain[2]
        m: dict[int, Any] = cbor.decode(record)
        wanted = _terms(m, context.secrets.lookup)
        business = _SEP.join(("business", str(m[3]), m[4], m[5]))
        said = {"issuer": m[4], "known_at": m[17], "registration": context.secrets.lookup.hmac(business)}
        body = entry_body(entry_commitment(salt, record))
    except (CertsError, VerifierError, LookupError, TypeError, ValueError):
        check.fault(_EVENT, row.ordinal, "sealed_body", _OPENING)
        return
    for column, value in said.items():
        check.expect(getattr(row, column) == value, _EVENT, row.ordinal, column, "differs from the sealed record's")
    check.expect(body == row.entry, _EVENT, row.ordinal, "entry", "does not commit to the sealed record")
    where = f"event {row.ordinal}"
    check.expect(wanted <= mine, _TERM, where, "term", "a term leads nowhere")
    check.expect(mine <= wanted, _TERM, where, "term", "is not a term of this event")


def _terms(m: Mapping[int, Any], key: LookupKey) -> set[bytes]:
    """Number; each person by document, a temporary identity card under the lasting one's type; by name and birth date
    those who have another document."""
    texts = []
    head, _, serial = str(m.get(6, "")).rpartition("-")
    if _OFFICIAL.fullmatch(head) and serial.isascii() and serial.isdigit():  # no free form of before 2004
        texts.append(("zihao", f"{head}-{int(serial):06d}"))
    for name, _, birth, kind, number, nation, _ in (m[member] for member in (10, 11) if member in m):
        texts.append(("holder", f"{'111' if kind == '112' else kind}:{nation}:{number}"))
        if kind not in ("111", "112"):
            texts.append(("person", f"{comparison_key(name)}:{date.fromisoformat(birth)}"))
    return {key.hmac(_SEP.join(("registration", term, value))) for term, value in texts}


def _entry(context: Context, check: Check, row: Any, idem: bytes, place: tuple[int, bytes] | None) -> None:
    """The event's entry is in the log under its own key, or waits for it."""
    if place is not None:
        context.known_entries += 1
        check.expect(place[1] == row.entry, _EVENT, row.ordinal, "entry", f"differs from entry {place[0]} of the log")
        return
    waits = context.staged.get(idem) == row.entry
    check.expect(waits, _EVENT, row.ordinal, "entry", "is not in the log under its event_id and time")


def _of_certificates(context: Context, check: Check) -> None:
    """Marriages and divorces are recorded with their certificates, since there are records."""
    c, e = certificate.c, registration_event.c
    since = context.connection.scalar(select(func.min(e.known_at)))
    if since is None:
        return
    joined = certificate.outerjoin(registration_event, c.business == e.registration)
    kinds = c.kind.in_((KIND_MARRIAGE, KIND_DIVORCE))
    query = select(c.ordinal).select_from(joined).where(kinds, c.issued_at >= since, e.event_id.is_(None))
    for ordinal in context.connection.scalars(query.order_by(c.ordinal)):
        check.fault("certificate", ordinal, "business", "its registration is not recorded")
