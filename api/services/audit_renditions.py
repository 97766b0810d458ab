"""Statements about rendered files: signed by a key that could, logged, of a certificate that is here (check 24).

The files themselves are not kept, so what can be derived again are the columns, the entry and the sealed salt.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from api.db.audit_reader import count_of, pages
from api.db.register_tables import rendition
from api.db.tables import certificate
from api.services.audit_context import NO_KEYS, Context, bad_signature, settle, usable
from certs.errors import CertsError
from certs.idem import rendition_idem
from certs.ports import Sealed
from chain.audit.model import Check
from chain.audit.ports import Job
from verifier.cose import sig_structure
from verifier.errors import VerifierError
from verifier.receipt import entry_body, entry_commitment
from verifier.rendition import Rendition

NAME: Final = "renditions"
_TABLE: Final = "rendition"
Claim = tuple[partial[None], Job]


def check_renditions(context: Context) -> None:
    """Every statement: columns, signature, certificate, entry, salt."""
    check = context.checks[NAME]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    total = count_of(context.connection, rendition)
    for page in pages(context.connection, select(rendition), rendition.c.digest, None):
        claims: list[Claim] = []
        idems = [_idem(row.digest, row.issued_at) for row in page]
        places = context.ledger.entries_by_idem(idems)
        for row, idem in zip(page, idems, strict=True):
            check.counted += 1
            claims += _row(context, check, row)
            _entry(context, check, row, idem, places.get(idem))
        settle(claims, context.verify)
        context.progress(NAME, check.counted, total)


def _idem(digest: bytes, at: int) -> bytes:
    try:
        return rendition_idem(digest, at)
    except OverflowError:  # where the time cannot be one: a key that no entry has
        return b""


def _place(row: Any) -> str:
    return bytes(row.digest).hex()


def _row(context: Context, check: Check, row: Any) -> list[Claim]:
    place = _place(row)
    try:
        parsed = Rendition.parse(row.statement)
    except VerifierError as error:
        check.fault(_TABLE, place, "statement", str(error))
        return []
    said = parsed.claims
    pairs = (("digest", said.digest), ("cti", said.cti), ("media", said.media), ("issued_at", said.iat),
             ("expires_at", said.expires))  # fmt: skip
    for column, value in pairs:
        check.expect(getattr(row, column) == value, _TABLE, place, column, "differs from the statement's")
    check.expect(parsed.statement == row.statement, _TABLE, place, "statement", "is not the bare statement")
    _salt(context, check, row, place)
    found = _certificate(context.connection, said.cti)
    kind, issuer, erased = (None, None, False) if found is None else found
    check.expect(issuer == said.iss, _TABLE, place, "cti", "is of no certificate of that issuer")
    lost = row.sealed_key is None and not erased
    check.expect(not lost, _TABLE, place, "sealed_key", "is gone, and the certificate was not erased")
    key = usable(context.issuer_key(said.iss, parsed.sign1.kid), said.iat)
    if key is None or kind not in key.kinds or parsed.sign1.alg != key.key.alg:
        check.fault(_TABLE, place, "statement", "no key of the trust bundle could sign it then")
        return []
    message = sig_structure(parsed.sign1.protected, parsed.sign1.payload or b"")
    job = Job(key.key.crv, key.key.public, parsed.sign1.signature, message)
    return [(bad_signature(check, _TABLE, place, "statement"), job)]


def _certificate(connection: Connection, cti: bytes) -> tuple[int, str, bool] | None:
    c = certificate.c
    row = connection.execute(select(c.kind, c.issuer, c.sealed_key).where(c.cti == cti)).one_or_none()
    return None if row is None else (row.kind, row.issuer, row.sealed_key is None)


def _salt(context: Context, check: Check, row: Any, place: str) -> None:
    if context.secrets is None or row.sealed_key is None:
        return
    try:
        salt = context.secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), b"mz-rendition/1\x00" + row.digest)
        body = entry_body(entry_commitment(salt, row.statement))
    except (CertsError, VerifierError, TypeError, ValueError):
        check.fault(_TABLE, place, "sealed_body", "sealed_key and sealed_body do not open together, or are another's")
        return
    check.expect(body == row.entry, _TABLE, place, "entry", "does not commit to the statement")


def _entry(context: Context, check: Check, row: Any, idem: bytes, place: tuple[int, bytes] | None) -> None:
    """The statement's entry is in the log under its own key, or waits for it."""
    if place is not None:
        context.known_entries += 1
        check.expect(place[1] == row.entry, _TABLE, _place(row), "entry", f"differs from entry {place[0]} of the log")
        return
    waits = context.staged.get(idem) == row.entry
    check.expect(waits, _TABLE, _place(row), "entry", "is not in the log under its digest and time")
