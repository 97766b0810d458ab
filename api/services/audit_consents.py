"""Holders and consent against what was sealed, signed and logged.

A consent that somebody invents has no signature of a holder's key; one that is to be forgotten leaves an entry behind
that belongs to nothing, or a transaction whose state nothing explains; one that was withdrawn and lives again
contradicts the signed withdrawal. Reads the formats by itself: `certs.consent` made what is checked here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from api.db.audit_reader import pages, rows_of
from api.db.consent_tables import consent_grant, consent_transaction
from api.db.holder_tables import activation, dynamic_code, guardianship, holder, holder_card
from api.db.party_tables import client_key
from api.services.audit_context import NO_KEYS, Context
from certs.errors import CertsError
from certs.ports import Sealed
from chain.audit.model import Check
from verifier import cbor
from verifier.cose import CoseKey, Sign1
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.labels import ALG_ES256, ALG_SM2, CRV_P256, CRV_SM2
from verifier.receipt import entry_body, entry_commitment

HOLDERS: Final = "holders"
CONSENTS: Final = "consents"
LEAST: Final = 3 * 365 * 86400  # seconds for which what was asked and agreed is kept at least (PIPL art. 56)
ACCEPTED: Final = 120
_CURVES: Final = {ALG_SM2: CRV_SM2, ALG_ES256: CRV_P256}
_GRANT, _REFUSE, _WITHDRAW = 1, 2, 3
_FINAL: Final = {"refused": _REFUSE, "withdrawn": _WITHDRAW}


def check_holders(context: Context) -> None:
    """Every holder as the sealed document says; codes, cards and guardians in order of time."""
    check = context.checks[HOLDERS]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    for row in rows_of(context.connection, holder, holder.c.holder_id):
        check.counted += 1
        _person(context, check, row)
        if row.ended_at is not None:
            check.expect(row.ended_at >= row.enrolled_at, "holder", row.holder_id.hex(), "ended_at", "before enrolment")
    for row in rows_of(context.connection, dynamic_code, dynamic_code.c.code_tag):
        place, life = row.code_tag.hex(), row.expires_at - row.created_at
        check.expect(0 <= life <= ACCEPTED, "dynamic_code", place, "expires_at", "is not two minutes from its making")
        used = row.used_at is None or row.created_at <= row.used_at < row.expires_at
        check.expect(used, "dynamic_code", place, "used_at", "is not while it was good")
    for row in rows_of(context.connection, activation, activation.c.code_tag):
        good = row.used_at is None or row.used_at < row.expires_at
        check.expect(good, "activation", row.code_tag.hex(), "used_at", "is not while it was good")
        check.expect(0 <= row.attempts <= 5, "activation", row.code_tag.hex(), "attempts", "more than are let")
    newer: dict[bytes, int] = {}
    for row in sorted(rows_of(context.connection, holder_card, holder_card.c.card_tag), key=_newest):
        place, next_at = row.card_tag.hex(), newer.get(row.holder_id)
        ended = next_at is None or (row.revoked_at is not None and row.revoked_at <= next_at)
        check.expect(ended, "holder_card", place, "revoked_at", "was still good when the next one was issued")
        newer[row.holder_id] = row.issued_at
        good = row.revoked_at is None or row.revoked_at >= row.issued_at
        check.expect(good, "holder_card", place, "revoked_at", "before it was issued")
        check.expect(0 <= row.failures <= 5, "holder_card", place, "failures", "more than are let")
        check.expect(len(row.pin_tag) == 48, "holder_card", place, "pin_tag", "has another length")
    for row in context.connection.execute(select(guardianship).order_by(guardianship.c.ward, guardianship.c.guardian)):
        place = f"{row.ward.hex()}/{row.guardian.hex()}"
        good = row.ended_at is None or row.ended_at >= row.since
        check.expect(good, "guardianship", place, "ended_at", "before it began")
        check.expect(row.ward != row.guardian, "guardianship", place, "guardian", "is the ward")


def _newest(card: Any) -> int:
    return -int(card.issued_at)


def _person(context: Context, check: Check, row: Any) -> None:
    place = row.holder_id.hex()
    if context.secrets is None:
        return
    if row.sealed_key is None:
        check.fault("holder", place, "sealed_key", "is gone")
        return
    try:
        sealed = Sealed(row.sealed_key, row.sealed_body)
        m: dict[int, Any] = cbor.decode(context.secrets.sealer.open(sealed, b"mz-holder/1\x00" + row.holder_id))
        kind, nation, number = m[2][:3]
        document = f"{'111' if kind == '112' else kind}:{nation}:{number}"
        said = (m[3], m[4])
    except (CertsError, VerifierError, LookupError, TypeError, ValueError):
        check.fault("holder", place, "sealed_body", "does not open under its number, or is another's")
        return
    lookup = context.secrets.lookup
    check.expect(row.tag == lookup.hmac(f"holder\x1f{document}"), "holder", place, "tag", "is not of the document")
    check.expect(row.enrolled_at == said[0], "holder", place, "enrolled_at", "differs from the sealed record's")
    check.expect(row.enrolled_by == said[1], "holder", place, "enrolled_by", "differs from the sealed record's")


def check_consents(context: Context) -> None:
    """Every transaction as its question and decisions say; every decision signed, logged, in time."""
    check = context.checks[CONSENTS]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    keys = {row.keyid: row for row in rows_of(context.connection, client_key, client_key.c.keyid)}
    for page in pages(context.connection, select(consent_transaction), consent_transaction.c.trx_id, None):
        g = consent_grant.c
        found = select(consent_grant).where(g.trx_id.in_([row.trx_id for row in page]))
        decisions: dict[bytes, list[Any]] = {}
        for made in context.connection.execute(found.order_by(g.granted_at, g.decision)):
            decisions.setdefault(made.trx_id, []).append(made)
        for row in page:
            check.counted += 1
            mine = decisions.get(row.trx_id, [])
            question = _question(context, check, row)
            _state(check, row, mine, question)
            for made in mine:
                _decision(context, check, row, made, question, keys)


def _question(context: Context, check: Check, row: Any) -> dict[int, Any] | None:
    place = row.trx_id.hex()
    if row.sealed_key is None:
        early = max(row.updated_at, row.expires_at) > context.as_of - LEAST
        check.expect(not early, "consent_transaction", place, "sealed_key", "was destroyed before its retention ended")
        return None
    if context.secrets is None:
        return None
    try:
        aad = b"mz-consent-question/1\x00" + row.trx_id
        m: dict[int, Any] = cbor.decode(context.secrets.sealer.open(Sealed(row.sealed_key, row.sealed_body), aad))
        subject: dict[str, Any] = json.loads(m[9])
    except (CertsError, VerifierError, LookupError, TypeError, ValueError):
        check.fault("consent_transaction", place, "sealed_body", "does not open under its number, or is another's")
        return None
    told = subject["recipient"]["uscc"], subject["purpose"]["code"]
    check.expect(row.uscc == told[0], "consent_transaction", place, "uscc", "is not the recipient that was read")
    check.expect(row.purpose == told[1], "consent_transaction", place, "purpose", "is not the purpose that was read")
    times = row.expires_at in (m[6], m[7])
    check.expect(times, "consent_transaction", place, "expires_at", "is none of the times that were read")
    check.expect(row.created_at < m[6], "consent_transaction", place, "created_at", "is not before the time to decide")
    alone = m[10] is not None or row.spouse_tag is None
    check.expect(alone, "consent_transaction", place, "spouse_tag", "nobody else was asked")
    return m


def _state(check: Check, row: Any, decisions: Sequence[Any], question: dict[int, Any] | None) -> None:
    """The state is what the signed decisions make it."""
    place = row.trx_id.hex()
    said = [made.decision for made in decisions]
    latest = max((made.granted_at for made in decisions), default=row.created_at)
    check.expect(row.updated_at >= latest, "consent_transaction", place, "updated_at", "before what happened last")
    for state, decision in _FINAL.items():
        agree = (row.state == state) == (decision in said)
        check.expect(agree, "consent_transaction", place, "state", f"{state}: not as signed")
    if question is not None and row.state in ("begun", "half", "authorised", "fetched"):
        needed = 2 if question[10] is not None else 1
        grants = {"begun": 0, "half": 1}.get(row.state, needed)
        check.expect(said.count(_GRANT) == grants, "consent_transaction", place, "state", "is not what was granted")
    if decisions:
        first = decisions[0].holder_id == row.holder_id
        check.expect(first, "consent_transaction", place, "holder_id", "is not who decided first")
    exact = row.state in ("expired", "fetched") or row.updated_at == latest
    check.expect(exact, "consent_transaction", place, "updated_at", "is not when the last decision was")


def _decision(
    context: Context, check: Check, row: Any, made: Any, question: dict[int, Any] | None, keys: dict[str, Any]
) -> None:
    place, table = made.grant_id.hex(), "consent_grant"
    number = sm3(b"mz-consent-decision\x00" + made.trx_id + made.holder_id + bytes([made.decision]))[:16]
    check.expect(number == made.grant_id, table, place, "grant_id", "is not of this person, transaction and decision")
    digest = _signed(check, row, made, keys)
    _logged(context, check, made)
    if made.decision == _GRANT:
        end = row.updated_at if row.state == "withdrawn" else None
        check.expect(made.withdrawn_at == end, table, place, "withdrawn_at", "is not when it was withdrawn")
        check.expect(0 <= made.uses <= made.max_uses, table, place, "uses", "more than were agreed to")
        if question is not None:
            check.expect(made.expires_at == question[7], table, place, "expires_at", "is not what was read")
    else:
        check.expect(made.withdrawn_at is None, table, place, "withdrawn_at", "of what is no grant")
        check.expect(made.expires_at == made.granted_at, table, place, "expires_at", "of what is no grant")
        check.expect(made.uses == 0, table, place, "uses", "of what is no grant")
    if question is not None:
        check.expect(made.max_uses == question[5], table, place, "max_uses", "is not what was read")
    _salt(context, check, made, digest)


def _signed(check: Check, row: Any, made: Any, keys: dict[str, Any]) -> bytes | None:
    """SM3 of the text that was read, if the statement is of this party and transaction and its signature good."""
    place, table = made.grant_id.hex(), "consent_grant"
    try:
        sign1 = Sign1.parse(made.statement, typ="mz-consent+cwt")
        m: dict[int, Any] = cbor.decode(sign1.payload or b"")
        party, at, trx, private = m[3], m[6], m[7], m[-65600]
        key = keys.get(sign1.kid.hex())
        good = key is not None and sign1.verify(CoseKey(_CURVES[key.alg], key.public_key))
    except (VerifierError, LookupError, TypeError):
        check.fault(table, place, "statement", "cannot be read")
        return None
    check.expect(good, table, place, "statement", "is not signed by a key that was ever bound")
    check.expect((party, trx) == (row.uscc, made.trx_id), table, place, "statement", "is of another request")
    check.expect(private.get(2) == made.decision, table, place, "decision", "is not what was signed")
    check.expect(abs(at - made.granted_at) <= 300, table, place, "granted_at", "is not when it was signed")
    if key is not None and key.owner_kind == "holder" and key.owner != made.holder_id.hex():
        check.note(f"decision {place} was signed by a guardian")
    digest = private.get(1)
    return digest if isinstance(digest, bytes) else None


def _logged(context: Context, check: Check, made: Any) -> None:
    place, table = made.grant_id.hex(), "consent_grant"
    try:
        idem = (1000 * made.granted_at).to_bytes(6, "big") + sm3(b"mz-consent\x00" + made.grant_id)[:10]
    except OverflowError:
        check.fault(table, place, "granted_at", "is no time")
        return
    found = context.ledger.entries_by_idem([idem]).get(idem)
    if found is None:
        waits = context.staged.get(idem) == made.entry
        check.expect(waits, table, place, "entry", "is not in the log under its own key")
        return
    context.known_entries += 1
    check.expect(found[1] == made.entry, table, place, "entry", f"differs from entry {found[0]} of the log")


def _salt(context: Context, check: Check, made: Any, digest: bytes | None) -> None:
    """What is sealed opens the entry, and is the text that was signed."""
    place, table = made.grant_id.hex(), "consent_grant"
    if context.secrets is None:
        return
    if made.sealed_key is None:
        early = made.granted_at > context.as_of - LEAST
        check.expect(not early, table, place, "sealed_key", "was destroyed before its retention ended")
        return
    try:
        aad = b"mz-consent-decision/1\x00" + made.grant_id
        m: dict[int, Any] = cbor.decode(context.secrets.sealer.open(Sealed(made.sealed_key, made.sealed_body), aad))
        entry, read = entry_body(entry_commitment(m[1], made.statement)), sm3(m[2].encode("utf-8"))
    except (CertsError, VerifierError, LookupError, TypeError, ValueError):
        check.fault(table, place, "sealed_body", "does not open under its number, or is another's")
        return
    check.expect(entry == made.entry, table, place, "entry", "does not commit to the statement")
    check.expect(digest is None or read == digest, table, place, "statement", "was signed over another text")
