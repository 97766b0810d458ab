"""Outbox, entries that belong to no record, remembered answers (checks 17, 18, 22)."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import func, select

from api.db.audit_reader import pages, rows_of, slices
from api.db.log_tables import anchor, checkpoint, log, outbox
from api.db.tables import certificate, idempotency
from api.services.audit_context import NO_KEYS, Context
from certs.errors import CertsError
from certs.kinds import kind_by_number
from chain.audit.ledger import public_form
from chain.audit.model import Check
from verifier.code import parse_code
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.receipt import entry_body

DAY: Final = 86400
KEY_BYTES: Final = 16


def read_staged(context: Context) -> None:
    """What waits for the sequencer, for the checks that look for an entry; and the outbox itself."""
    check, t = context.checks["outbox"], outbox.c
    mine = select(outbox).where(t.log_id == context.ledger.log_id)
    waiting = 0
    for page in pages(context.connection, mine, t.outbox_id, None):
        known = context.ledger.entries_by_idem([row.key for row in page if row.kind == "log"])
        for row in page:
            check.counted += 1
            if row.kind == "log":
                waiting += row.state == "queued"
                _staged(context, row, known, check)
    if waiting:
        newest = context.connection.scalar(select(func.max(checkpoint.c.signed_at)))
        since = "no checkpoint yet"
        if newest is not None:
            since = f"{max(0, context.as_of - newest)} s after the last checkpoint"
        check.note(f"{waiting} entries wait for the sequencer, {since}")
    _news(context, check)


def _staged(context: Context, row: Any, known: dict[bytes, tuple[int, bytes]], check: Check) -> None:
    place = row.outbox_id
    if row.state == "parked":
        check.fault("outbox", place, "state", "parked: its key stands for another entry of the log")
        return
    check.expect(row.state == "queued", "outbox", place, "state", "is no state")
    check.expect(
        row.queued_at is None, "outbox", place, "queued_at", "an entry waits without a time: nobody signed one"
    )
    check.expect(len(row.key) == KEY_BYTES, "outbox", place, "key", "not 16 bytes")
    check.expect(public_form([row.payload]) is None, "outbox", place, "payload", "not of the public form")
    check.expect(row.key not in known, "outbox", place, "key", "is in the log, and waits for it")
    context.staged[row.key] = row.payload


def _news(context: Context, check: Check) -> None:
    """Every checkpoint above the last anchor is news, with its root and time; nothing else is."""
    t, c = outbox.c, checkpoint.c
    log_id = context.ledger.log_id
    final = select(func.max(anchor.c.size)).where(anchor.c.log_id == log_id, anchor.c.state == "final")
    anchored = context.connection.scalar(final) or 0
    query = select(c.size, c.root, c.signed_at).where(c.log_id == log_id, c.size > anchored)
    wanted = {row.size.to_bytes(8, "big"): row for row in context.connection.execute(query)}
    for row in context.connection.execute(select(outbox).where(t.log_id == log_id, t.kind == "anchor")):
        stated = wanted.pop(row.key, None)
        if stated is None:
            check.fault("outbox", row.outbox_id, "key", "no checkpoint above the last anchor has this size")
            continue
        check.expect(row.state == "queued", "outbox", row.outbox_id, "state", "news is never parked")
        check.expect(row.payload == stated.root, "outbox", row.outbox_id, "payload", "is not the checkpoint's root")
        good = row.queued_at == stated.signed_at
        check.expect(good, "outbox", row.outbox_id, "queued_at", "is not the checkpoint's time")
    for key in sorted(wanted):
        check.fault("outbox", f"size {int.from_bytes(key, 'big')}", "key", "not anchored, and nobody would anchor it")


def check_foreign(context: Context) -> None:
    """Padding is recomputed; the rest, which only its own office can open, is counted."""
    check = context.checks["foreign entries"]
    created = context.connection.scalar(select(log.c.created_at).where(log.c.log_id == context.ledger.log_id)) or 0
    first = context.connection.scalar(select(func.min(checkpoint.c.signed_at))) or context.as_of
    check.expect(created <= first, "log", context.ledger.log_id, "created_at", "later than its first checkpoint")
    days = {sm3(b"mz-padding\x00" + day.to_bytes(8, "big"))[:16]: day for day in _days(min(created, first), context)}
    padding = 0
    for some in slices(list(days)):
        for idem, (index, body) in context.ledger.entries_by_idem(some).items():
            padding += 1
            if context.secrets is None:
                check.cannot(NO_KEYS)
            else:
                wanted = entry_body(context.secrets.lookup.hmac(f"padding\x1f{days[idem]}"))
                check.expect(body == wanted, "entry", index, "body", "under a padding's key, and no padding of ours")
    check.counted = context.size
    foreign = context.size - context.known_entries - padding
    if foreign < 0:
        check.fault("entry", "", "idem", "more records than entries")
    if padding:
        check.note(f"{padding} padding entries")
    if foreign > 0:
        check.note(
            f"{foreign} entries belong to no record here: other offices' commitments, or records that were deleted"
        )


def _days(first: int, context: Context) -> range:
    return range(max(0, first) // DAY - 1, context.as_of // DAY + 2)


def check_answers(context: Context) -> None:
    """Remembered answers name certificates as the register has them."""
    check = context.checks["answers"]
    for row in rows_of(context.connection, idempotency, idempotency.c.key_tag):
        check.counted += 1
        place = row.key_tag.hex()[:16]
        try:
            answer = json.loads(row.response)
            created, views = answer["created"], answer["certificates"]
            ctis = [bytes.fromhex(view["cti"]) for view in views]
        except (ValueError, KeyError, TypeError):
            check.fault("idempotency", place, "response", "not of its format")
            continue
        good = row.status == (201 if created else 200)
        check.expect(good, "idempotency", place, "status", "contradicts the answer")
        known = select(certificate).where(certificate.c.cti.in_(ctis))
        found = {c.cti: c for c in context.connection.execute(known)}
        for cti, view in zip(ctis, views, strict=True):
            c = found.get(cti)
            if c is None or not _same(context, view, c):
                check.fault("idempotency", place, "response", "differs from the register")
                break
            check.expect(row.uscc == c.issuer, "idempotency", place, "uscc", "is not who issued what it was answered")


def _same(context: Context, view: dict[str, Any], c: Any) -> bool:
    """As `api.services.views` shows a certificate; whether it was valid then nobody can say now."""
    try:
        return bool(
            parse_code(view["code"]) == c.statement
            and view["kind"] == kind_by_number(c.kind).name
            and view["role"] == c.role
            and bytes.fromhex(view["leaf"]) == context.leaf(c.entry)
            and view["status"]["idx"] == c.list_index
            and view["status"]["uri"].rpartition("/")[2] == str(c.list_number)
        )
    except (VerifierError, CertsError, KeyError, TypeError, ValueError):
        return False
