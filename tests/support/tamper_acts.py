"""Intruders who want a key of their own to be good: by acts that they sign, or in the place of another."""

from __future__ import annotations

import json
import sqlite3

from certs.acts import act_entry, operator_act
from certs.idem import act_idem
from tests.support.api_lab import NOW
from tests.support.kit import TestSigner
from tests.support.signing import BANK
from tests.support.tamper import insert, remove, rows_of

THIEF = TestSigner(b"whoever has the database")
ISSUER = "11990000MB9T00011H"


def forged_administrator(connection: sqlite3.Connection) -> str:
    """A whole act of the operator, logged and chained, with every row it would make; but for the root's signature."""
    said = {"admin_id": "system-99", "role": "system", "alg": "sm2", "public_key": THIEF.public_key.hex()}
    times = {"not_before": NOW, "not_after": NOW + 1000}
    statement = operator_act(THIEF, ISSUER, NOW, "admin-add", json.dumps(said | times).encode())
    acts = rows_of(connection, "client_act")
    salt = bytes(32)
    entry = act_entry(salt, acts[-1]["entry"], statement)
    number = acts[-1]["act_id"] + 1
    row = {"act_id": number, "at": NOW, "action": "admin-add", "actor": "operator", "statement": statement}
    insert(connection, "client_act", row | {"entry": entry, "entry_salt": salt})
    admin = {"admin_id": "system-99", "role": "system", "created_at": NOW, "revoked_at": None}
    insert(connection, "administrator", admin)
    key = rows_of(connection, "client_key")[0] | times | {"released_at": NOW, "revoked_at": None, "alg": THIEF.alg}
    owner = {"owner_kind": "administrator", "owner": "system-99", "purpose": "sign"}
    insert(
        connection, "client_key", key | owner | {"keyid": THIEF.kid.hex(), "public_key": THIEF.public_key}
    )  # fmt: skip
    waiting = dict.fromkeys(rows_of(connection, "outbox")[0])
    staged = {"log_id": rows_of(connection, "log")[0]["log_id"], "kind": "log", "key": act_idem(acts[-1]["entry"], NOW)}
    insert(connection, "outbox", waiting | staged | {"outbox_id": 10**6, "payload": entry, "state": "queued"})
    return str(number)


def swapped_key(connection: sqlite3.Connection) -> None:
    """A bank's released key becomes the intruder's, under the intruder's own key id."""
    key = next(row for row in rows_of(connection, "client_key") if row["owner"] == BANK and row["released_at"])
    remove(connection, "client_key", key)
    own = {"keyid": THIEF.kid.hex(), "public_key": THIEF.public_key, "alg": THIEF.alg}
    insert(connection, "client_key", key | own)
