"""Erasures: every receipt is of a record that is gone, every record that is gone has its receipt (check 26).

Without the second half a vandal's NULL would look like an erasure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import select

from api.db.audit_reader import pages, slices
from api.db.register_tables import erasure, registration_event
from api.db.tables import certificate, status_event
from api.services.audit_context import Context, bad_signature, settle, usable
from certs.erasure import ErasureReason
from certs.idem import erasure_idem
from chain.audit.model import Check
from chain.audit.ports import Job
from verifier.cose import sig_structure
from verifier.erasure import ErasureReceipt
from verifier.errors import VerifierError
from verifier.receipt import entry_body, entry_commitment

NAME: Final = "erasures"
_TABLE: Final = "erasure"
Claim = tuple[partial[None], Job]


def check_erasures(context: Context) -> None:
    """Every receipt against its certificate and the log; then every record without a data key against the receipts."""
    check = context.checks[NAME]
    for page in pages(context.connection, select(erasure), erasure.c.cti, None):
        found = _certificates(context, [row.cti for row in page])
        idems = [_idem(row.cti, row.at) for row in page]
        places = context.ledger.entries_by_idem(idems)
        claims: list[Claim] = []
        for row, idem in zip(page, idems, strict=True):
            check.counted += 1
            claims += _row(context, check, row, found.get(row.cti))
            _entry(context, check, row, _place(found.get(row.cti)), idem, places.get(idem))
        settle(claims, context.verify)
    _unexplained(context, check)


def _idem(cti: bytes, at: int) -> bytes:
    try:
        return erasure_idem(cti, at)
    except OverflowError:  # where the time cannot be one: a key that no entry has
        return b""


def _certificates(context: Context, ctis: Sequence[bytes]) -> dict[bytes, Any]:
    c, e = certificate.c, status_event.c
    asked = select(c.cti, c.ordinal, c.issuer, c.entry, c.terms, c.sealed_key, e.sealed_key.label("event_key"), e.at)
    joined = asked.select_from(certificate.outerjoin(status_event, c.cti == e.cti))
    return {row.cti: row for some in slices(ctis) for row in context.connection.execute(joined.where(c.cti.in_(some)))}


def _place(found: Any) -> str:
    return "?" if found is None else f"certificate {found.ordinal}"


def _row(context: Context, check: Check, row: Any, found: Any) -> list[Claim]:
    place = _place(found)
    try:
        receipt = ErasureReceipt.parse(row.statement)
    except VerifierError as error:
        check.fault(_TABLE, place, "statement", str(error))
        return []
    check.expect(receipt.cti == row.cti, _TABLE, place, "cti", "differs from the signed receipt's")
    check.expect(receipt.at == row.at, _TABLE, place, "at", "differs from the signed receipt's")
    check.expect(row.reason in set(ErasureReason), _TABLE, place, "reason", "is no reason")
    committed = entry_body(entry_commitment(row.salt, row.statement)) == row.entry if len(row.salt) == 32 else False
    check.expect(committed, _TABLE, place, "salt", "does not open the entry of the receipt")
    if found is None:
        check.fault(_TABLE, place, "cti", "no such certificate")
    else:
        check.expect(found.issuer == receipt.issuer, _TABLE, place, "statement", "erases another issuer's record")
        check.expect(receipt.concerns(found.entry), _TABLE, place, "statement", "names another entry of the log")
        _gone(check, row, found)
    key = usable(context.issuer_key(receipt.issuer, receipt.sign1.kid), receipt.at)
    if key is None or receipt.sign1.alg != key.key.alg:
        check.fault(_TABLE, place, "statement", "no key of the trust bundle could sign it then")
        return []
    message = sig_structure(receipt.sign1.protected, receipt.sign1.payload or b"")
    job = Job(key.key.crv, key.key.public, receipt.sign1.signature, message)
    return [(bad_signature(check, _TABLE, place, "statement"), job)]


def _gone(check: Check, row: Any, found: Any) -> None:
    """What was to be destroyed is. A status event of later has a data key of its own, until it is erased as well."""
    good = found.sealed_key is None
    check.expect(good, "certificate", found.ordinal, "sealed_key", "is there, and a receipt says that it is not")
    check.expect(found.terms == b"", "certificate", found.ordinal, "terms", "are there, and the record is erased")
    old = found.event_key is not None and found.at < row.at
    check.expect(not old, "status_event", _place(found), "sealed_key", "is there, and was erased with the record")


def _entry(context: Context, check: Check, row: Any, place: str, idem: bytes, logged: tuple[int, bytes] | None) -> None:
    """The receipt's entry is in the log under its own key, or waits for it."""
    if logged is not None:
        context.known_entries += 1
        check.expect(logged[1] == row.entry, _TABLE, place, "entry", f"differs from entry {logged[0]} of the log")
    else:
        waits = context.staged.get(idem) == row.entry
        check.expect(waits, _TABLE, place, "entry", "is not in the log under its cti and time")


def _unexplained(context: Context, check: Check) -> None:
    """Data keys that are gone without a receipt, of certificates, their events, and registrations."""
    c, e, r = certificate.c, status_event.c, registration_event.c
    lost = select(c.ordinal).select_from(certificate.outerjoin(erasure, c.cti == erasure.c.cti))
    for ordinal in context.connection.scalars(
        lost.where(c.sealed_key.is_(None), erasure.c.cti.is_(None)).order_by(c.ordinal)
    ):
        check.fault("certificate", ordinal, "sealed_key", "is gone, and no receipt says that it was erased")
    joined = status_event.join(certificate, e.cti == c.cti).outerjoin(erasure, e.cti == erasure.c.cti)
    events = select(c.ordinal).select_from(joined).where(e.sealed_key.is_(None), erasure.c.cti.is_(None))
    for ordinal in context.connection.scalars(events.order_by(c.ordinal)):
        place = f"certificate {ordinal}"
        check.fault("status_event", place, "sealed_key", "is gone, and no receipt says that it was erased")
    ordered = select(c.business).join(erasure, c.cti == erasure.c.cti)
    ordered = ordered.where(erasure.c.reason == ErasureReason.STATUTORY_ORDER.value)
    kept = select(r.ordinal).where(r.sealed_key.is_(None), r.registration.not_in(ordered)).order_by(r.ordinal)
    for ordinal in context.connection.scalars(kept):
        check.fault("registration_event", ordinal, "sealed_key", "is gone, and no statutory order says why")
