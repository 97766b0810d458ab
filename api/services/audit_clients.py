"""Parties, administrators and their keys: what the signed acts made, replayed, is what the rows say.

Whoever inserts a key, revives a revoked one or lifts a suspension in the database has no act for it, and cannot make
one: acts are signed by administrators, those by the institution's root.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from api.db.audit_reader import pages, rows_of, slices
from api.db.holder_tables import holder
from api.db.party_tables import administrator, client_act, client_key, relying_party
from api.db.tables import party
from api.services.acts import Evidence
from api.services.audit_context import Context
from certs import acts
from certs.acts import OPERATOR, OperatorAct, Register, act_entry
from certs.errors import ActRefused
from certs.idem import act_idem
from chain.audit.model import Check
from verifier.cose import CoseKey
from verifier.errors import VerifierError

NAME: Final = "clients"
_ACT: Final = "client_act"
_PARTY_COLUMNS: Final = ("category", "contact", "created_at", "suspended_at")
_KEY_COLUMNS: Final = (
    "owner_kind", "owner", "purpose", "alg", "public_key", "not_before", "not_after", "released_at", "revoked_at",
)  # fmt: skip


@dataclass(slots=True)
class _Replay:
    context: Context
    check: Check
    register: Register = field(default_factory=Register)
    before: bytes = b""

    def act(self, row: Any, idem: bytes, logged: tuple[int, bytes] | None) -> None:
        """One act: who signed it, that he might, and what the log says of it."""
        self.check.counted += 1
        try:
            action, body, actor = self._read(row)
            self.register.apply(action, body, actor, row.at)
        except VerifierError as error:
            self.check.fault(_ACT, row.act_id, "statement", str(error))
        except ActRefused as error:
            self.check.fault(_ACT, row.act_id, "statement", f"could not have been taken: {error.rule}")
        else:
            self.check.expect(action == row.action, _ACT, row.act_id, "action", "differs from the signed one")
            self.check.expect(actor == row.actor, _ACT, row.act_id, "actor", "is not who signed it")
        self._entry(row, idem, logged)

    def _read(self, row: Any) -> tuple[str, bytes, str]:
        """(action, body, actor) of a statement whose signature is good. Raises VerifierError, ActRefused."""
        if row.actor == OPERATOR:
            return self._operator(row)
        evidence = Evidence.parse(row.statement)
        signed, target = evidence.read()
        said = signed.parameters
        key = self.register.keys.get(said.keyid)
        if key is None or key.owner_kind != acts.ADMINISTRATOR or key.revoked_at is not None:
            raise ActRefused("no-administrator")
        if not evidence.signed_by(key.cose_key) or not key.not_before <= row.at < key.not_after:
            raise ActRefused("signature")
        self.check.expect(signed.timely(row.at), _ACT, row.act_id, "at", "is not the time of the signature")
        return acts.PATHS.get(target.path, "") if target.method == "POST" else "", evidence.body, key.owner

    def _operator(self, row: Any) -> tuple[str, bytes, str]:
        said = OperatorAct.parse(row.statement)
        roots = [bundle.parsed.root for bundle in self.context.bundles]
        root: CoseKey | None = next((root for root in roots if root.kid == said.sign1.kid), None)
        if root is None or not said.sign1.verify(root):
            raise ActRefused("signature")
        institution = self.context.institution
        if institution is not None and said.issuer != institution.root_uscc:
            raise ActRefused("issuer")
        self.check.expect(said.at == row.at, _ACT, row.act_id, "at", "is not the time of the signed statement")
        return said.action, said.body, OPERATOR

    def _entry(self, row: Any, idem: bytes, logged: tuple[int, bytes] | None) -> None:
        committed = len(row.entry_salt) == 32 and act_entry(row.entry_salt, self.before, row.statement) == row.entry
        self.check.expect(
            committed, _ACT, row.act_id, "entry_salt", "does not open the entry of this act after the last"
        )
        self.before = row.entry
        if logged is not None:
            self.context.known_entries += 1
            same = logged[1] == row.entry
            self.check.expect(same, _ACT, row.act_id, "entry", f"differs from entry {logged[0]} of the log")
        else:
            waits = self.context.staged.get(idem) == row.entry
            self.check.expect(waits, _ACT, row.act_id, "entry", "is not in the log after the last act, at its time")


def check_clients(context: Context) -> None:
    """Replay the acts; then compare."""
    check = context.checks[NAME]
    replay = _Replay(context, check)
    for page in pages(context.connection, select(client_act), client_act.c.act_id, None):
        places: dict[bytes, tuple[int, bytes]] = {}
        idems = [
            _idem(last, row) for last, row in zip((replay.before, *(row.entry for row in page)), page, strict=False)
        ]
        for some in slices(idems):
            places |= context.ledger.entries_by_idem(some)
        for row, idem in zip(page, idems, strict=True):
            replay.act(row, idem, places.get(idem))
    _parties(context, check, replay.register)
    _administrators(context, check, replay.register)
    _keys(context, check, replay.register)


def _idem(before: bytes, row: Any) -> bytes:
    try:
        return act_idem(before, row.at)
    except OverflowError:  # where the time cannot be one: a key that no entry has
        return b""


def _parties(context: Context, check: Check, register: Register) -> None:
    named = {row.uscc: row for row in rows_of(context.connection, party, party.c.uscc)}
    table = "relying_party"
    for uscc, row, wanted in _both(context, check, relying_party, "uscc", register.parties):
        for column in _PARTY_COLUMNS:
            good = getattr(row, column) == getattr(wanted, column)
            check.expect(good, table, uscc, column, "differs from what the acts made")
        there = named.get(uscc)
        if there is None or there.role != "verifier":
            check.fault("party", uscc, "role", "a relying party is registered, and is none here")
            continue
        for column, text in (("name_zh", wanted.name_zh), ("name_en", wanted.name_en)):
            check.expect(getattr(there, column) == text, "party", uscc, column, "differs from what the acts made")
        check.expect(there.created_at == wanted.created_at, "party", uscc, "created_at", "differs from the act's")
    for uscc in sorted(uscc for uscc, row in named.items() if row.role == "verifier" and uscc not in register.parties):
        check.fault("party", uscc, "role", "a relying party that no act registered")


def _administrators(context: Context, check: Check, register: Register) -> None:
    for admin_id, row, wanted in _both(context, check, administrator, "admin_id", register.admins):
        for column in ("role", "created_at", "revoked_at"):
            good = getattr(row, column) == getattr(wanted, column)
            check.expect(good, "administrator", admin_id, column, "differs from what the acts made")


def _keys(context: Context, check: Check, register: Register) -> None:
    """Of parties and administrators against the acts; of holders by themselves: a holder is who has the key."""
    table = "client_key"
    made = dict(register.keys)
    holders = {row.holder_id.hex() for row in rows_of(context.connection, holder, holder.c.holder_id)}
    for row in rows_of(context.connection, client_key, client_key.c.keyid):
        check.counted += 1
        wanted = made.pop(row.keyid, None)
        check.expect(_keyid(row) == row.keyid, table, row.keyid, "keyid", "is not the public key's")
        if wanted is not None:
            for column in _KEY_COLUMNS:
                stated = wanted.public if column == "public_key" else getattr(wanted, column)
                good = getattr(row, column) == stated
                check.expect(good, table, row.keyid, column, "differs from what the acts made")
        elif row.owner_kind != "holder":
            check.fault(table, row.keyid, "owner_kind", "a key of this kind that no act registered")
        else:
            check.expect(row.owner in holders, table, row.keyid, "owner", "of no holder")
            check.expect(_keyid(row) == row.keyid, table, row.keyid, "keyid", "is not the public key's")
            check.expect(row.not_before < row.not_after, table, row.keyid, "not_after", "ends before it begins")
    for keyid in sorted(made):
        check.fault(table, keyid, "keyid", "an act registered it, and it is not here")


def _keyid(row: Any) -> str:
    if row.purpose == acts.TLS:
        return str(row.public_key.hex())
    try:
        return CoseKey(acts.CURVES[row.alg], row.public_key).kid.hex()
    except (KeyError, VerifierError):
        return ""


def _both(
    context: Context, check: Check, table: Any, column: str, wanted: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """(name, row, what it should say) of rows that should be there. The others are faults."""
    left = dict(wanted)
    for row in rows_of(context.connection, table, table.c[column]):
        check.counted += 1
        name = getattr(row, column)
        made = left.pop(name, None)
        if made is None:
            check.fault(table.name, name, column, "no act registered it")
        else:
            yield name, row, made
    for name in sorted(left):
        check.fault(table.name, name, column, "an act registered it, and it is not here")
