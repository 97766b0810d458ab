"""Trust bundles, the register of keys, parties (checks 2, 6, 20, 21)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from api.db.audit_reader import rows_of
from api.db.tables import access_token, party, signing_key, trust_bundle
from api.services.audit_context import Bundle, Context
from chain.audit.model import Check
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.hazmat.sm3 import sm3
from verifier.labels import CRV_ED25519, CRV_SM2
from verifier.policy import TrustBundle
from verifier.receipt import entry_body, entry_commitment


def read_bundles(connection: Connection, check: Check, pin: str | None) -> tuple[Bundle, ...]:
    """Every bundle that verifies, oldest first. `pin`: the root's fingerprint as relying parties hold it."""
    found: list[Bundle] = []
    root: str | None = pin
    for number, row in enumerate(rows_of(connection, trust_bundle, trust_bundle.c.sequence), start=1):
        check.counted += 1
        check.expect(row.sequence == number, "trust_bundle", row.sequence, "sequence", f"expected {number}")
        try:
            parsed = TrustBundle.parse(row.signed, root)
        except VerifierError as error:
            check.fault("trust_bundle", row.sequence, "signed", str(error))
            continue
        root = parsed.root_fingerprint
        for column, mine, said in (
            ("sequence", row.sequence, parsed.sequence),
            ("issued_at", row.issued_at, parsed.issued_at),
            ("expires_at", row.expires_at, parsed.expires),
        ):
            check.expect(mine == said, "trust_bundle", row.sequence, column, "differs from the signed bundle's")
        blank = replace(parsed, sequence=0, issued_at=0, expires=1)
        good = sm3(blank.encode_payload()) == row.subject
        check.expect(good, "trust_bundle", row.sequence, "subject", "differs from the signed bundle's")
        found.append(Bundle(row, parsed))
    return tuple(found)


def log_keys(connection: Connection, origin: str) -> list[CoseKey]:
    """Every key that a trust bundle names for the log."""
    bundles = read_bundles(connection, Check(0, "", ""), None)
    logs = [log for bundle in bundles for log in bundle.parsed.logs if log.origin == origin]
    return list({key.key.kid: key.key for log in logs for key in log.keys}.values())


def check_bundles(context: Context) -> None:
    """Each is logged, and issued no earlier than the one before; the newest is in force."""
    check = context.checks["trust bundles"]
    last = 0
    for bundle in context.bundles:
        row = bundle.row
        check.expect(row.issued_at >= last, "trust_bundle", row.sequence, "issued_at", "earlier than the one before")
        last = row.issued_at
        idem = _idem(row.sequence)
        body = entry_body(entry_commitment(row.entry_salt, row.signed))
        place = context.ledger.entries_by_idem([idem]).get(idem)
        if place is None:
            _staged(context, check, idem, body, row.sequence)
            continue
        context.known_entries += 1
        good = place[1] == body
        check.expect(good, "trust_bundle", row.sequence, "entry_salt", f"entry {place[0]} commits to something else")
    _cut_off(context, check, last=context.bundles[-1].row.sequence)
    newest = context.trust
    if not newest.issued_at <= context.as_of < newest.expires:
        check.note("the newest bundle is not in force")


def _idem(sequence: int) -> bytes:
    return sm3(b"mz-trust-bundle\x00" + sequence.to_bytes(8, "big"))[:16]


def _cut_off(context: Context, check: Check, last: int) -> None:
    """The log remembers bundles that the table has lost."""
    later = [_idem(sequence) for sequence in range(last + 1, last + 65)]
    found = context.ledger.entries_by_idem(later).keys() | context.staged.keys()
    for sequence, idem in enumerate(later, start=last + 1):
        check.expect(idem not in found, "trust_bundle", sequence, "sequence", "logged, and not here")


def _staged(context: Context, check: Check, idem: bytes, body: bytes, sequence: int) -> None:
    if idem not in context.staged:
        check.fault("trust_bundle", sequence, "sequence", "no entry of the log commits to it")
        return
    good = context.staged[idem] == body
    check.expect(good, "trust_bundle", sequence, "entry_salt", "what waits in the outbox commits to something else")


OF_X509 = ("ca-root", "ca-sub", "maker")  # no member of the bundle; what certifies them is checked in audit_x509

Stated = tuple[str, str, int, int, int | None]
"""What a bundle says of a key: purpose, kinds, times."""


def _stated(trust: TrustBundle) -> tuple[dict[bytes, Stated], dict[bytes, str]]:
    """Keys of the newest bundle by id, and the issuers that own some of them."""
    wanted: dict[bytes, Stated] = {
        key.key.kid: ("log", "", key.not_before, key.not_after, None) for log in trust.logs for key in log.keys
    }
    owner: dict[bytes, str] = {}
    for a in trust.answers:
        wanted[a.key.kid] = ("answer", "", a.not_before, a.not_after, a.revoked_from)
        owner[a.key.kid] = a.uscc
    for issuer in trust.issuers:
        for k in issuer.keys:
            kinds = ",".join(str(kind) for kind in sorted(k.kinds))
            purpose = "status" if k.status_lists else "seal" if k.seals else "issuer"
            wanted[k.key.kid] = (purpose, kinds, k.not_before, k.not_after, k.revoked_from)
            owner[k.key.kid] = issuer.uscc
    return wanted, owner


def check_keys(context: Context) -> None:
    """The register of keys against the newest bundle, both ways."""
    check, trust, seen = context.checks["keys"], context.trust, set()
    wanted, owner = _stated(trust)
    for row in rows_of(context.connection, signing_key, signing_key.c.kid):
        check.counted += 1
        place = row.kid.hex()
        try:
            good = CoseKey(CRV_SM2 if len(row.public_key) == 65 else CRV_ED25519, row.public_key).kid == row.kid
        except VerifierError:
            good = False
        if not check.expect(good, "signing_key", place, "public_key", "is not the key of this id"):
            continue
        seen.add(row.kid)
        _key_file(context, row, check)
        stated = wanted.get(row.kid)
        if row.kid == trust.root.kid:
            if check.expect(row.purpose == "root", "signing_key", place, "purpose", "is the root in the bundle"):
                _root_row(context, row, check)
        elif stated is None and row.purpose not in OF_X509:
            check.fault("signing_key", place, "purpose", "no such key in the trust bundle")
        elif stated is not None:
            mine = (row.purpose, row.kinds, row.not_before, row.not_after, row.revoked_from)
            _same(check, place, ("purpose", "kinds", "not_before", "not_after", "revoked_from"), mine, stated)
            uscc = owner.get(row.kid, _root_uscc(context))
            check.expect(
                uscc in (None, row.uscc), "signing_key", place, "uscc", "is another organisation's in the bundle"
            )
    for kid in sorted({*wanted, trust.root.kid} - seen):
        check.fault("signing_key", kid.hex(), "kid", "in the trust bundle, and not here")


def _same(check: Check, place: str, columns: Sequence[str], mine: Sequence[Any], stated: Sequence[Any]) -> None:
    for column, here, there in zip(columns, mine, stated, strict=True):
        check.expect(here == there, "signing_key", place, column, "differs from the trust bundle's")


def _root_uscc(context: Context) -> str | None:
    return None if context.institution is None else context.institution.root_uscc


def _root_row(context: Context, row: Any, check: Check) -> None:
    """The bundle says of its root the key and nothing more; it must have been valid whenever it signed one."""
    place = row.kid.hex()
    check.expect(row.kinds == "", "signing_key", place, "kinds", "a root certifies no kind")
    check.expect(row.revoked_from is None, "signing_key", place, "revoked_from", "the root is revoked")
    check.expect(_root_uscc(context) in (None, row.uscc), "signing_key", place, "uscc", "is not the institution's root")
    times = [bundle.row.issued_at for bundle in context.bundles]
    check.expect(row.not_before <= min(times), "signing_key", place, "not_before", "later than a bundle it signed")
    check.expect(max(times) < row.not_after, "signing_key", place, "not_after", "earlier than a bundle it signed")


def _key_file(context: Context, row: Any, check: Check) -> None:
    """The file that `uri` names holds this key: its public half stands there, authenticated whenever it is opened."""
    if context.keys_directory is None:
        check.cannot("the directory of key files was not given: `uri` is not checked")
        return
    if row.uri.startswith("pkcs11:"):  # whoever opens it compares: another key there is refused
        check.note(f"{row.kid.hex()} is in a token, which was not asked")
        return
    path = context.keys_directory / row.uri.removeprefix("software:")
    if not path.exists() and (row.retired_at is not None or row.revoked_from is not None):
        check.note(f"{row.kid.hex()} signs no more, and its file is gone")
        return
    try:
        held = bytes.fromhex(json.loads(path.read_bytes())["public_key"])
    except (OSError, ValueError, KeyError, TypeError):
        check.fault("signing_key", row.kid.hex(), "uri", "names no key file")
        return
    check.expect(held == row.public_key, "signing_key", row.kid.hex(), "uri", "names the file of another key")


def check_parties(context: Context) -> None:
    """Organisations as the institution file and the signed bundle have them; tokens name a party, and live in order."""
    check = context.checks["parties"]
    wanted: dict[str, tuple[str | None, str, str]] = {
        i.uscc: (None, i.name_zh, i.name_en) for i in context.trust.issuers
    }
    if context.institution is None:
        check.cannot("the institution file was not given: parties that issue nothing are not checked")
    else:
        wanted |= {o.uscc: (o.role, o.zh, o.en) for o in context.institution.organisations}
    seen = set()
    for row in rows_of(context.connection, party, party.c.uscc):
        check.counted += 1
        seen.add(row.uscc)
        stated = wanted.get(row.uscc)
        if stated is None:
            if context.institution is not None and row.role != "verifier":  # those are what acts made: see "clients"
                check.fault("party", row.uscc, "uscc", "not an organisation of this institution")
            continue
        check.expect(stated[0] in (None, row.role), "party", row.uscc, "role", "differs from the institution's")
        check.expect(stated[1] == row.name_zh, "party", row.uscc, "name_zh", "differs from the institution's")
        check.expect(stated[2] == row.name_en, "party", row.uscc, "name_en", "differs from the institution's")
    for uscc in sorted(wanted.keys() - seen):
        check.fault("party", uscc, "uscc", "an organisation of this institution, and not here")
    for token in rows_of(context.connection, access_token, access_token.c.token_id):
        check.expect(token.uscc in seen, "access_token", token.token_id, "uscc", "of no party")
        lives = token.created_at < token.expires_at
        check.expect(lives, "access_token", token.token_id, "expires_at", "ends before it begins")
