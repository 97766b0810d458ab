"""What the log of accesses and the ledger remember of consents and devices, held against the tables.

Every request stands in the log of accesses under its own number, every device that was bound or ended under its key's,
every use of a consent under the request's. Whoever removes a row, or takes back what ended, leaves these behind; and
a decision's entry can be recognised without its row, because its key is made of person, request and decision.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select

from api.db.access_tables import access_event
from api.db.audit_reader import pages, rows_of, slices
from api.db.consent_tables import consent_grant, consent_transaction
from api.db.holder_tables import guardianship, holder
from api.db.party_tables import client_act, client_key, purpose_catalogue
from api.services.audit_accesses import PURPOSES, QUESTIONS
from api.services.audit_clients import NAME as CLIENTS
from api.services.audit_consents import CONSENTS, HOLDERS, LEAST
from api.services.audit_context import Context
from certs.errors import CertsError
from certs.idem import follows_act, of_version
from certs.ports import Sealed
from chain.audit.model import Check
from verifier import cbor
from verifier.cose import Sign1
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.labels import ALG_SM2

_KEY, _TRX, _GRANT_TABLE = "client_key", "consent_transaction", "consent_grant"
_GRANT: Final = 1
_Gone = tuple[str, str, str, str, str]
"""Check, table, position and column of what is missing, and what it is."""
_SAID: Final = {1: "a grant", 2: "a refusal", 3: "a withdrawal"}


def check_traces(context: Context) -> None:
    """After the log of accesses was read: what it says of devices and requests, and what the ledger of decisions."""
    people = _people(context)
    _devices(context, context.checks[HOLDERS], people)
    _ends(context, context.checks[HOLDERS])
    _requests(context, context.checks[CONSENTS], people)
    gone: dict[bytes, _Gone] = {}
    for number, (trx, said) in _undecided(context, context.checks[CONSENTS], people).items():
        ending = sm3(b"mz-consent\x00" + number)[:10]
        gone[ending] = CONSENTS, _TRX, trx, "state", f"{_SAID[said]}, and its row is not here"
    acts, versions = _last(context, client_act.c.act_id), _last(context, purpose_catalogue.c.version)
    last = context.connection.scalar(select(client_act.c.entry).where(client_act.c.act_id == acts)) or b""
    gone[follows_act(last)] = CLIENTS, "client_act", str(acts + 1), "act_id", "the act after the last one here"
    gone[of_version(versions + 1)] = (
        PURPOSES,
        "purpose_catalogue",
        str(versions + 1),
        "version",
        "the next version, and its row is not here",
    )
    _look(context, gone)


def _last(context: Context, column: Any) -> int:
    return int(context.connection.scalar(select(func.max(column))) or 0)


def _look(context: Context, gone: dict[bytes, _Gone]) -> None:
    """Whatever is in the log, or waits for it, and has no row."""
    found = list(context.ledger.entries_ending(gone.keys(), context.base))
    waiting = (idem[6:] for idem in context.staged)
    found += [(context.size, ending) for ending in waiting if ending in gone]
    for index, ending in found:
        name, table, position, column, what = gone[ending]
        context.checks[name].fault(table, position, column, f"entry {index} is {what}")


def _people(context: Context) -> dict[bytes, tuple[bytes, bytes | None]]:
    """holder id -> (tag, tag in the log of accesses or None where nothing can be opened)."""
    found: dict[bytes, tuple[bytes, bytes | None]] = {}
    for row in rows_of(context.connection, holder, holder.c.holder_id):
        found[row.holder_id] = row.tag, _subject(context, row)
    return found


def _ends(context: Context, check: Check) -> None:
    """An enrolment ended if and when that was recorded: nobody is enrolled again by setting it back."""
    if context.secrets is None:
        return
    for row in rows_of(context.connection, holder, holder.c.holder_id):
        ends = context.recorded_as("enrol-end", row.holder_id.hex())
        if not ends and row.ended_at is not None and row.ended_at <= context.as_of - LEAST:
            continue  # what was recorded has been erased since
        same = row.ended_at == (ends[0].at if ends else None)
        check.expect(same, "holder", row.holder_id.hex(), "ended_at", "is not when the end was recorded")


def _subject(context: Context, row: Any) -> bytes | None:
    if context.secrets is None or row.sealed_key is None:
        return None
    try:
        sealed = Sealed(row.sealed_key, row.sealed_body)
        m: dict[int, Any] = cbor.decode(context.secrets.sealer.open(sealed, b"mz-holder/1\x00" + row.holder_id))
        kind, nation, number = m[2][:3]
    except (CertsError, VerifierError, LookupError, TypeError, ValueError):  # see "holders"
        return None
    document = f"{'111' if kind == '112' else kind}:{nation}:{number}"
    return context.secrets.lookup.hmac(f"access-subject\x1f{document}")


def _devices(context: Context, check: Check, people: dict[bytes, tuple[bytes, bytes | None]]) -> None:
    """A holder's key is one that was bound, then, by that holder; it is revoked if and when that was recorded."""
    if context.secrets is None:
        return
    bound = {row.keyid: row for row in rows_of(context.connection, client_key, client_key.c.keyid)}
    k = {number.hex(): tags[1] for number, tags in people.items()}
    for keyid, row in bound.items():
        if row.owner_kind != "holder":
            continue
        begins, ends = context.recorded_as("device", keyid), context.recorded_as("device-end", keyid)
        if not begins:
            kept = row.not_before > context.as_of - LEAST
            check.expect(not kept, _KEY, keyid, "owner", "nobody bound this device")
            continue
        check.expect(row.not_before == begins[0].at, _KEY, keyid, "not_before", "is not when the device was bound")
        mine = k.get(row.owner) in (None, *begins[0].subjects)
        check.expect(mine, _KEY, keyid, "owner", "is not who bound the device")
        fits = row.revoked_at is None if not ends else _soon(row.revoked_at, ends[0].at)
        check.expect(fits, _KEY, keyid, "revoked_at", "is not when the holder ended the device")
        never = row.released_at is None and (row.purpose, row.alg) == ("sign", ALG_SM2)
        check.expect(never, _KEY, keyid, "purpose", "is not what a device's key is for")
    for keyid in sorted(context.named("device") - bound.keys()):
        check.fault(_KEY, keyid, "keyid", "a holder bound this device, and it is not here")


def _soon(done: int | None, recorded: int) -> bool:
    """Whether it was recorded when it was done: in one transaction, which may have waited for its turn."""
    return done is not None and 0 <= recorded - done <= 600


def _requests(context: Context, check: Check, people: dict[bytes, tuple[bytes, bytes | None]]) -> None:
    """Each as it was recorded when it began: time, party, holder; none gone; used as often as was recorded."""
    e, there = access_event.c, set[str]()
    for page in pages(context.connection, select(consent_transaction), consent_transaction.c.trx_id, None):
        numbers = [row.trx_id for row in page]
        there.update(number.hex() for number in numbers)
        begun: dict[bytes, Any] = {}
        for some in slices(numbers):
            query = select(e.request_id, e.at, e.uscc).where(e.request_id.in_(some))
            begun.update({row.request_id: row for row in context.connection.execute(query)})
        for row in page:
            _request(context, check, row, begun.get(row.trx_id), people)
    for trx in sorted(context.named("consent-begin") - there):
        check.fault(_TRX, trx, "trx_id", "the log of accesses has its beginning, and it is not here")
    g = consent_grant.c
    for row in context.connection.execute(select(g.grant_id, g.trx_id, g.uses).where(g.decision == _GRANT)):
        trx = row.trx_id.hex()
        used = int(bool(context.recorded_as("consent-fetch", trx)))
        used += sum(len(context.recorded_as(action, trx)) for action in QUESTIONS)
        few = f"{used} uses were recorded"
        check.expect(row.uses >= used, _GRANT_TABLE, row.grant_id.hex(), "uses", few)


def _request(context: Context, check: Check, row: Any, began: Any, people: dict[bytes, tuple[bytes, Any]]) -> None:
    place = row.trx_id.hex()
    if began is None:
        check.fault(_TRX, place, "trx_id", "is not in the log of accesses")
        return
    check.expect(row.created_at == began.at, _TRX, place, "created_at", "is not when it was recorded")
    check.expect(row.uscc == began.uscc, _TRX, place, "uscc", "is not who asked as recorded")
    mine = people.get(row.holder_id, (b"", None))[1]
    for event in context.recorded_as("consent-begin", place):
        check.expect(mine is None or mine in event.subjects, _TRX, place, "holder_id", "is not who was asked")
    fetched = context.recorded_as("consent-fetch", place)
    if row.state == "fetched":
        erased = row.created_at <= context.as_of - LEAST or context.secrets is None
        check.expect(bool(fetched) or erased, _TRX, place, "state", "fetched, and no access was recorded")
    elif fetched:
        check.expect(row.state == "withdrawn", _TRX, place, "state", "it was fetched")


def _undecided(
    context: Context, check: Check, people: dict[bytes, tuple[bytes, bytes | None]]
) -> dict[bytes, tuple[str, int]]:
    """Ids of decisions of which there is no row, with request and decision; and no guardian's decision who was none."""
    by_tag = {tags[0]: number for number, tags in people.items()}
    wanted: dict[bytes, tuple[str, int]] = {}
    for page in pages(context.connection, select(consent_transaction), consent_transaction.c.trx_id, None):
        for row in page:
            for person in {row.holder_id, by_tag.get(row.spouse_tag)} - {None}:
                for said in _SAID:
                    number = sm3(b"mz-consent-decision\x00" + row.trx_id + person + bytes([said]))[:16]
                    wanted[number] = row.trx_id.hex(), said
    guardians = _guardians(context)
    owners = {row.keyid: row.owner for row in rows_of(context.connection, client_key, client_key.c.keyid)
              if row.owner_kind == "holder"}  # fmt: skip
    for page in pages(context.connection, select(consent_grant), consent_grant.c.grant_id, None):
        for made in page:
            wanted.pop(made.grant_id, None)
            _guardian(check, made, owners, guardians)
    return wanted


def _guardians(context: Context) -> dict[tuple[str, str], Any]:
    found = context.connection.execute(select(guardianship))
    return {(row.ward.hex(), row.guardian.hex()): row for row in found}


def _guardian(check: Check, made: Any, owners: dict[str, str], guardians: dict[tuple[str, str], Any]) -> None:
    try:
        signer = owners.get(Sign1.parse(made.statement, typ="mz-consent+cwt").kid.hex())
    except VerifierError:  # see "consents"
        return
    if signer in (None, made.holder_id.hex()):
        return
    # A guardian who came back has one row: its beginning is the last one, so the earlier time in office is not there.
    known = (made.holder_id.hex(), signer) in guardians
    check.expect(known, _GRANT_TABLE, made.grant_id.hex(), "statement", "is signed by somebody who was no guardian")
