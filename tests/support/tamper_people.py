"""Intruders in the tables of holders and consent: what ended lives again, what was asked was never asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from api.db.party_tables import client_key
from tests.support.api_lab import NOW
from tests.support.kit import TestSigner
from tests.support.tamper import Place, Row, insert, put, remove, rows_of
from verifier.hazmat.sm3 import sm3

HEX: Final = "[0-9a-f]+"
THIEF: Final = TestSigner(b"whoever has the database")


def _request(connection: sqlite3.Connection, state: str) -> tuple[Row, list[Row]]:
    """The first request in a state, and its decisions."""
    found = next(row for row in rows_of(connection, "consent_transaction") if row["state"] == state)
    return found, [row for row in rows_of(connection, "consent_grant") if row["trx_id"] == found["trx_id"]]


def _revived_grant(connection: sqlite3.Connection) -> None:
    found, (grant, withdrawal) = _request(connection, "withdrawn")
    remove(connection, "consent_grant", withdrawal)
    put(connection, "consent_grant", grant, withdrawn_at=None)
    put(connection, "consent_transaction", found, state="authorised", updated_at=grant["granted_at"])


def _refusal_forgotten(connection: sqlite3.Connection) -> None:
    found, (refusal,) = _request(connection, "refused")
    remove(connection, "consent_grant", refusal)
    put(connection, "consent_transaction", found, state="begun", updated_at=found["created_at"])


def _request_forgotten(connection: sqlite3.Connection) -> None:
    found, decisions = _request(connection, "withdrawn")
    for row in decisions:
        remove(connection, "consent_grant", row)
    remove(connection, "consent_transaction", found)


def _other_than(connection: sqlite3.Connection, holder: bytes) -> bytes:
    found: Any = next(row["holder_id"] for row in rows_of(connection, "holder") if row["holder_id"] != holder)
    return bytes(found)


def _moved_consent(connection: sqlite3.Connection) -> None:
    """With the number that such a decision would have: anybody can compute it."""
    found, (grant,) = _request(connection, "fetched")
    other = _other_than(connection, found["holder_id"])
    number = sm3(b"mz-consent-decision\x00" + found["trx_id"] + other + bytes([grant["decision"]]))[:16]
    put(connection, "consent_grant", grant, holder_id=other, grant_id=number)
    connection.execute("UPDATE consent_watch SET grant_id = ? WHERE grant_id = ?", (number, grant["grant_id"]))
    put(connection, "consent_transaction", found, holder_id=other)


def _moved_request(connection: sqlite3.Connection) -> None:
    found, _ = _request(connection, "expired")
    put(connection, "consent_transaction", found, holder_id=_other_than(connection, found["holder_id"]))


def _unused(connection: sqlite3.Connection) -> None:
    _, (grant,) = _request(connection, "fetched")
    put(connection, "consent_grant", grant, uses=0)


def _fetched_again(connection: sqlite3.Connection) -> None:
    found, (grant,) = _request(connection, "fetched")
    put(connection, "consent_transaction", found, state="authorised", updated_at=grant["granted_at"])


def _devices(connection: sqlite3.Connection) -> list[Row]:
    return [row for row in rows_of(connection, "client_key") if row["owner_kind"] == "holder"]


def _revived_device(connection: sqlite3.Connection) -> None:
    ended = next(row for row in _devices(connection) if row["revoked_at"] is not None)
    put(connection, "client_key", ended, revoked_at=None)


def _added_device(connection: sqlite3.Connection) -> None:
    own = {"keyid": THIEF.kid.hex(), "public_key": THIEF.public_key, "alg": THIEF.alg, "not_before": NOW}
    insert(connection, client_key.name, _devices(connection)[0] | own)


def _event_with_subjects(connection: sqlite3.Connection) -> None:
    event = next(row["ordinal"] for row in rows_of(connection, "access_subject"))
    connection.execute("DELETE FROM access_subject WHERE ordinal = ?", (event,))
    connection.execute("DELETE FROM access_event WHERE ordinal = ?", (event,))


def _act_taken_back(connection: sqlite3.Connection) -> None:
    """The last act, which made an administrator, with everything it made, and the counter set back."""
    act = rows_of(connection, "client_act")[-1]
    admin = rows_of(connection, "administrator")[-1]
    assert act["action"] == "admin-add"
    connection.execute("DELETE FROM client_key WHERE owner = ?", (admin["admin_id"],))
    remove(connection, "administrator", admin)
    remove(connection, "client_act", act)
    connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'client_act'", (act["act_id"] - 1,))


_STATE: Final = Place("consent_transaction", HEX, "state")
PEOPLE: Final[tuple[tuple[str, Callable[[sqlite3.Connection], None], Place, str], ...]] = (
    ("withdrawn consent revived, the withdrawal removed", _revived_grant, _STATE, "the ledger has the withdrawal"),
    ("refusal removed, the request open again", _refusal_forgotten, _STATE, "the ledger has the refusal"),
    (
        "request removed with every decision", _request_forgotten,
        Place("consent_transaction", HEX, "trx_id"), "the log of accesses has its beginning",
    ),
    ("consent moved to another holder", _moved_consent, Place("consent_grant", HEX, "entry"), ""),
    (
        "open request moved to another holder", _moved_request,
        Place("consent_transaction", HEX, "holder_id"), "the log of accesses has who was asked",
    ),
    ("use of a consent uncounted", _unused, Place("consent_grant", HEX, "uses"), "the log of accesses has it"),
    ("consent that was fetched made good again", _fetched_again, _STATE, "the log of accesses has the fetch"),
    (
        "device that was ended made good again", _revived_device,
        Place("client_key", HEX, "revoked_at"), "the log of accesses has its end",
    ),
    ("device of the intruder's given to a holder", _added_device, Place("client_key", HEX, "owner"), "nobody bound it"),
    ("access removed with its tags", _event_with_subjects, Place("access_event", "[0-9]+", "ordinal"), ""),
    (
        "last act taken back with what it made", _act_taken_back,
        Place("client_act", "[0-9]+", "act_id"), "the ledger has an act that follows the one before",
    ),
)  # fmt: skip
