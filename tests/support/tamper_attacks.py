"""Attacks that need more than one row: what a person would do who knows the system, some of them with its keys."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.clock import system_entropy
from api.keyring import KeyDirectory
from certs.idem import certificate_idem, registration_idem
from chain.anchor.model import ChainHead
from chain.audit.anchors import ChainView, Seen
from chain.log.model import LogIdentity, leaf_key
from chain.log.plan import cut_tiles
from chain.log.signing import sign_checkpoint
from tests.support import rfc9162_reference as rfc
from tests.support import tamper_acts
from tests.support.audit_lab import WitnessKey
from tests.support.tamper import Place, insert, put, remove, rows_of
from tests.support.tamper_charity import CHARITY
from tests.support.tamper_people import PEOPLE
from verifier.merkle import Frontier, TreeHash
from verifier.receipt import entry_body


@dataclass(frozen=True)
class World:
    """What an audit is told from outside, and the instance whose keys the intruder may have."""

    data: Path
    origin: str
    chain: ChainView | None
    seen: tuple[Seen, ...]
    yesterday: Path


Does = Callable[[sqlite3.Connection, World], World]


@dataclass(frozen=True)
class Story:
    """`place` None: found by nobody, or only as INCOMPLETE; `outcome` says which."""

    name: str
    does: Does
    place: Place | None
    says: str = ""
    outcome: str = "fault"


def _rollback(connection: sqlite3.Connection, world: World) -> World:
    """Yesterday's whole database in today's place."""
    connection.rollback()  # a whole database cannot be put in place inside a transaction
    with sqlite3.connect(world.yesterday) as old:
        old.backup(connection)
    old.close()
    return world


def _rollback_unwatched(connection: sqlite3.Connection, world: World) -> World:
    """The same, with nobody outside to ask."""
    return replace(_rollback(connection, world), chain=None, seen=())


def _rewrite(connection: sqlite3.Connection, world: World) -> World:
    """Entry 300 replaced, and tree, tiles, head and every checkpoint made anew and signed with the log's own key."""
    entries = rows_of(connection, "entry")
    body = entry_body(hashlib.sha256(b"another history").digest())
    put(connection, "entry", entries[300], body=body, leaf_key=leaf_key(TreeHash.SM3.leaf(body)))
    leaves = [TreeHash.SM3.leaf(row["body"]) for row in rows_of(connection, "entry")]
    for tile in rows_of(connection, "tile"):
        remove(connection, "tile", tile)
    log_id = entries[0]["log_id"]
    for t in cut_tiles(TreeHash.SM3, 0, 0, leaves):
        insert(connection, "tile", {"log_id": log_id, "level": t.level, "n": t.n, "root": t.root, "data": t.data})
    frontier = Frontier(TreeHash.SM3).extend(leaves)
    put(connection, "head", rows_of(connection, "head")[0], root=frontier.root(), frontier=frontier.encode())
    signer = KeyDirectory(world.data, system_entropy).open("software:log.key")
    for row in rows_of(connection, "checkpoint"):
        root = rfc.root(rfc.sm3, leaves[: row["size"]])
        made = sign_checkpoint(LogIdentity(world.origin, TreeHash.SM3), [signer], row["size"], root, row["signed_at"])
        values = {"root": made.root, "note": made.note, "receipt_protected": made.receipt_protected}
        put(connection, "checkpoint", row, receipt_signature=made.receipt_signature, **values)
        for waits in rows_of(connection, "outbox"):
            if waits["key"] == row["size"].to_bytes(8, "big"):
                put(connection, "outbox", waits, payload=made.root)
    for row in rows_of(connection, "anchor"):
        put(connection, "anchor", row, raw=None, nonce=None)  # as if somebody else had sent it: no bytes to compare
    signer.close()
    return world


def _rewrite_alone(connection: sqlite3.Connection, world: World) -> World:
    """The same without the witnesses' lines, which he cannot make, and without anybody to ask."""
    connection.execute("DELETE FROM cosignature")
    return replace(_rewrite(connection, world), chain=None, seen=())


def _rewrite_anchored(connection: sqlite3.Connection, world: World) -> World:
    """The same without the witnesses' lines; the chain remembers."""
    connection.execute("DELETE FROM cosignature")
    return _rewrite(connection, world)


def _witness_ahead(_: sqlite3.Connection, world: World) -> World:
    return replace(world, seen=(Seen("witness.east", 5000, bytes(32)),))


def _witness_other_root(connection: sqlite3.Connection, world: World) -> World:
    return replace(world, seen=(Seen("witness.east", rows_of(connection, "checkpoint")[1]["size"], bytes(32)),))


def _witness_silent(_: sqlite3.Connection, world: World) -> World:
    return replace(world, seen=(Seen("witness.east", failed="WitnessUnavailable"),))


def _chain_down(_: sqlite3.Connection, world: World) -> World:
    return replace(world, chain=None)


def _chain_replaced(_: sqlite3.Connection, world: World) -> World:
    """A fresh chain with the same contract, on which nothing was ever anchored."""
    assert world.chain is not None
    return replace(world, chain=replace(world.chain, head=None, events=(), before=0))


def _chain_reorganised(_: sqlite3.Connection, world: World) -> World:
    assert world.chain is not None
    moved = tuple(replace(e, block_hash=bytes(32)) for e in world.chain.events)
    return replace(world, chain=replace(world.chain, events=moved))


def _chain_ahead(_: sqlite3.Connection, world: World) -> World:
    """The chain has an anchor of ours that the database has forgotten."""
    assert world.chain is not None
    last = world.chain.events[-1]
    more = replace(last, size=9000, root=bytes(32), tx_hash=bytes(32), block_number=last.block_number + 1)
    events, head = (*world.chain.events, more), ChainHead(9000, bytes(32))
    return replace(world, chain=replace(world.chain, events=events, head=head, before=9000))


def _fake_anchor(connection: sqlite3.Connection, world: World) -> World:
    """A final anchor of the newest checkpoint that never was."""
    row = rows_of(connection, "anchor")[-1]
    newest = rows_of(connection, "checkpoint")[-1]
    fake = row | {"anchor_id": 77, "size": newest["size"], "raw": None, "nonce": None, "tx_hash": bytes(32)}
    insert(connection, "anchor", fake | {"prepared_at": newest["signed_at"] + 1})
    return world


def _forged_cosignature(connection: sqlite3.Connection, world: World) -> World:
    """A line under a witness's name by another key."""
    row = rows_of(connection, "cosignature")[0]
    note = rows_of(connection, "checkpoint")[0]["note"]
    forged = WitnessKey("witness.of.the.intruder").cosign(note, row["signed_at"])
    put(connection, "cosignature", row, signature=forged.signature)
    return world


def _no_cosignatures(connection: sqlite3.Connection, world: World) -> World:
    connection.execute("DELETE FROM cosignature")
    return world


def _no_trigger(connection: sqlite3.Connection, world: World) -> World:
    """Not put back: the mark of a hurried intruder."""
    connection.execute("CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry WHEN 0 BEGIN SELECT 1; END")
    return world


def _extra_table(connection: sqlite3.Connection, world: World) -> World:
    connection.execute("CREATE TABLE notes (text TEXT)")
    return world


def _extra_column(connection: sqlite3.Connection, world: World) -> World:
    connection.execute("ALTER TABLE certificate ADD COLUMN holder TEXT")
    return world


def _older_revision(connection: sqlite3.Connection, world: World) -> World:
    connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    return world


def _wrong_type(connection: sqlite3.Connection, world: World) -> World:
    connection.execute("UPDATE checkpoint SET signed_at = 'yesterday' WHERE size = (SELECT min(size) FROM checkpoint)")
    return world


def _older_list(connection: sqlite3.Connection, world: World) -> World:
    """What was published since the revocation is gone: the list before, rightly signed, is the newest again."""
    rows = [row for row in rows_of(connection, "status_publication") if row["number"] == 1]
    for row in rows[1:]:
        remove(connection, "status_publication", row)
    return world


def _revived(connection: sqlite3.Connection, world: World) -> World:
    """Every trace of a revocation in the register removed; the signed list remembers."""
    event = rows_of(connection, "status_event")[0]
    remove(connection, "status_event", event)
    connection.execute("UPDATE certificate SET revoked_at = NULL WHERE cti = ?", (event["cti"],))
    found = connection.execute(
        "SELECT list_number, list_index FROM certificate WHERE cti = ?", (event["cti"],)
    ).fetchone()
    connection.execute("UPDATE status_entry SET invalid = 0 WHERE number = ? AND idx = ?", tuple(found))
    return world


def _swapped_records(connection: sqlite3.Connection, world: World) -> World:
    """Sealed record and wrapped key of two people exchanged, both parts."""
    one, other = rows_of(connection, "certificate")[4:6]
    put(connection, "certificate", one, sealed_key=other["sealed_key"], sealed_body=other["sealed_body"])
    put(connection, "certificate", other, sealed_key=one["sealed_key"], sealed_body=one["sealed_body"])
    return world


def _erased(connection: sqlite3.Connection, world: World) -> World:
    put(connection, "certificate", rows_of(connection, "certificate")[4], sealed_key=None)
    return world


def _within_day(connection: sqlite3.Connection, world: World) -> World:
    row = rows_of(connection, "certificate")[4]
    put(connection, "certificate", row, issued_at=row["issued_at"] ^ 1)
    return world


def _donation_content(connection: sqlite3.Connection, world: World) -> World:
    put(connection, "certificate", rows_of(connection, "certificate")[-1], content=bytes(32))
    return world


def _root_times(connection: sqlite3.Connection, world: World) -> World:
    root = next(row for row in rows_of(connection, "signing_key") if row["purpose"] == "root")
    put(connection, "signing_key", root, not_before=root["not_before"] - 8)
    return world


def _foreign_idem(connection: sqlite3.Connection, world: World) -> World:
    known = {certificate_idem(row["cti"], row["issued_at"]) for row in rows_of(connection, "certificate")}
    events = rows_of(connection, "registration_event")
    known |= {registration_idem(row["event_id"], row["known_at"]) for row in events}
    row = next(row for row in rows_of(connection, "entry")[20:] if row["idem"] not in known)
    put(connection, "entry", row, idem=bytes(16))
    return world


def _no_event(connection: sqlite3.Connection, world: World) -> World:
    """The last marriage's event removed with its terms, and the counter set back: nothing is missing in the order."""
    event = rows_of(connection, "registration_event")[-1]
    for term in rows_of(connection, "registration_term"):
        if term["event_id"] == event["event_id"]:
            remove(connection, "registration_term", term)
    remove(connection, "registration_event", event)
    number = event["ordinal"] - 1
    connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'registration_event'", (number,))
    return world


def _other_log_key(connection: sqlite3.Connection, world: World) -> World:
    """A checkpoint signed by the issuer's key instead of the log's."""
    row = rows_of(connection, "checkpoint")[0]
    signer = KeyDirectory(world.data, system_entropy).open("software:registry-990101-issuer.key")
    identity = LogIdentity(world.origin, TreeHash.SM3)
    made = sign_checkpoint(identity, [signer], row["size"], row["root"], row["signed_at"])
    put(connection, "checkpoint", row, note=made.note)
    signer.close()
    return world


def _forged_administrator(connection: sqlite3.Connection, world: World) -> World:
    tamper_acts.forged_administrator(connection)
    return world


def _swapped_key(connection: sqlite3.Connection, world: World) -> World:
    tamper_acts.swapped_key(connection)
    return world


def _alone(does: Callable[[sqlite3.Connection], None]) -> Does:
    """An attack on the database alone."""

    def attack(connection: sqlite3.Connection, world: World) -> World:
        does(connection)
        return world

    return attack


STORIES: Final = (
    Story(
        "administrator made by an act that the root did not sign", _forged_administrator,
        Place("client_act", "[0-9]+", "statement"), "acts are signed, and only the root makes administrators",
    ),
    Story("a bank's key exchanged for the intruder's", _swapped_key, Place("client_key", "[0-9a-f]{16}", "owner_kind")),
    *(Story(name, _alone(does), place, says) for name, does, place, says in (*PEOPLE, *CHARITY)),
    Story("whole database rolled back a day", _rollback, Place("checkpoint", ".*", "size"), "the chain has seen more"),
    Story(
        "whole database rolled back a day, nobody outside to ask", _rollback_unwatched, None,
        "a whole and honest yesterday: only chain and witnesses know that there was a today", "incomplete",
    ),
    Story(
        "history rewritten with the log's own key", _rewrite,
        Place("cosignature", "[0-9]+/.*", "signature"), "witnesses signed the first one",
    ),
    Story(
        "history rewritten with the log's own key, witnesses' lines removed", _rewrite_anchored,
        Place("checkpoint", "[0-9]+", "root"), "the chain has the first one",
    ),
    Story(
        "history rewritten with the log's own key, nobody outside to ask", _rewrite_alone, None,
        "consistent in itself: nothing but chain and witnesses can know", "incomplete",
    ),
    Story("witness has seen a larger tree", _witness_ahead, Place("head", "", "size")),
    Story("witness has cosigned another root", _witness_other_root, Place("checkpoint", "[0-9]+", "root")),
    Story("witness does not answer", _witness_silent, None, "nothing follows from silence", "incomplete"),
    Story("chain does not answer", _chain_down, None, "nothing follows from silence", "incomplete"),
    Story("chain replaced by an empty one", _chain_replaced, Place("anchor", "1", "state")),
    Story("chain reorganised under a final anchor", _chain_reorganised, Place("anchor", "1", "block_hash")),
    Story("chain holds an anchor that the database forgot", _chain_ahead, Place("checkpoint", "9000", "size")),
    Story("anchor row faked", _fake_anchor, Place("anchor", "77", "state")),
    Story("cosignature forged", _forged_cosignature, Place("cosignature", "[0-9]+/.*", "signature")),
    Story("every cosignature removed", _no_cosignatures, None, "level L4 is gone, and that is said", "incomplete"),
    Story("append-only trigger exchanged", _no_trigger, Place("trigger", "entry_no_update", "")),
    Story("table added", _extra_table, Place("table", "notes", "")),
    Story("column added", _extra_column, Place("table", "certificate", "")),
    Story("schema revision changed", _older_revision, Place("alembic_version", "", "version_num")),
    Story("value stored under another type", _wrong_type, Place("checkpoint", "", "signed_at")),
    Story("status list replaced by an older one", _older_list, Place("status_publication", "1/1", "signed")),
    Story("revocation undone in every table", _revived, Place("status_publication", "1/[0-9]+", "signed")),
    Story("sealed records of two certificates exchanged", _swapped_records, Place("certificate", "5", "sealed_body")),
    Story("checkpoint signed by another key of the institution", _other_log_key, Place("checkpoint", "[0-9]+", "note")),
    Story("root key's own validity moved", _root_times, None, "no bundle states it; the pin holds the root", "clean"),
    Story("record erased without a receipt", _erased, Place("certificate", "5", "sealed_key")),
    Story(
        "second of issue changed within its day", _within_day, Place("certificate", "5", "entry"),
        "only the day is signed, but the log's key of the entry holds the second",
    ),
    Story("donation's content key changed", _donation_content, None, "says only what a repeated request is", "clean"),
    Story("a marriage's event removed without a trace", _no_event, Place("certificate", "[0-9]+", "business")),
    Story("key of another office's entry changed", _foreign_idem, None, "the body is under the tree", "clean"),
)  # fmt: skip
