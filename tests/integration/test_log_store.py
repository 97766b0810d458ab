"""The log on SQL: sequencing, idempotency, tiles, checkpoints, receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from unittest.mock import AsyncMock

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.db.log_store import SqlLogStore, create_log, open_log
from certs.keys._evp import PrivateKey
from certs.keys.software import SoftwareSigner
from chain.errors import ClockWentBackwards, Conflict, LostSwap, NotInLog, SigningFailed, UnknownLog
from chain.log.checkpointer import Checkpointer
from chain.log.model import LogIdentity
from chain.log.receipts import make_receipt
from chain.log.tiles import TileAddress, decode_bundle, split_hashes
from chain.log.view import LogView
from tests.support import rfc9162_reference as rfc
from tests.support.log_lab import REFERENCE_HASH, SHA_LOG, SM3_LOG, Ed25519Signer, Lab, check_everything, item
from verifier.checkpoint import SignedNote
from verifier.cose import CoseKey
from verifier.labels import CRV_SM2
from verifier.merkle import TreeHash, verify_consistency, verify_inclusion
from verifier.receipt import Receipt

DATABASES = ("sqlite", "postgresql")


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    made = await Lab(database_url, SM3_LOG, SoftwareSigner(PrivateKey.generate())).create()
    yield made
    await made.engines.dispose()


async def test_same_key_and_body_keeps_its_first_index(lab: Lab) -> None:
    await lab.fill(0, 5)
    await lab.stage(item(2), item(5), item(5))
    (batch,) = await lab.sequencer.drain(lab.write)
    assert dict(batch.indices) == {item(5)[0]: 5}
    assert len(await check_everything(lab)) == 6


async def test_same_key_and_another_body_is_a_conflict(lab: Lab) -> None:
    await lab.fill(0, 3)
    with pytest.raises(Conflict, match="at 1"):
        await lab.stage((item(1)[0], b"something else"))
    await lab.stage(item(7))
    with pytest.raises(Conflict, match=r"taken by another entry$"):
        await lab.stage((item(7)[0], b"something else"))


async def test_conflicting_row_is_parked_and_does_not_block_the_queue(lab: Lab) -> None:
    await lab.stage(item(0), item(1))
    async with lab.engines.writer.begin() as conn:  # a race that only a database with many writers allows
        sql = "INSERT INTO entry (log_id, idx, leaf_key, body, idem) VALUES (1, 0, 0, :body, :idem)"
        leaf = SM3_LOG.hash.leaf(b"x")
        await conn.execute(text(sql), {"idem": item(0)[0], "body": b"x"})
        await conn.execute(text("UPDATE head SET size = 1, root = :leaf, frontier = :leaf"), {"leaf": leaf})
    (batch,) = await lab.sequencer.drain(lab.write)
    assert (batch.parked, batch.new_size) == (1, 2)
    assert await lab.rows("SELECT state FROM outbox") == [("parked",)]
    assert await lab.sequencer.drain(lab.write) == []


async def test_lost_swap_is_fatal_and_leaves_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lab.read() as store:
        stale = await store.head()
    await lab.fill(0, 3)
    await lab.stage(item(3))
    with monkeypatch.context() as patch:  # what a second writer sees that read the head too early
        patch.setattr(SqlLogStore, "head", AsyncMock(return_value=stale))
        with pytest.raises(LostSwap, match="no longer at size 0"):
            await lab.sequencer.drain(lab.write)
    assert len(await check_everything(lab)) == 3
    with pytest.raises(LostSwap, match="another writer is active"):
        await lab.sequencer.drain(lab.write)  # for ever: the process has to be looked at
    await lab.restart()
    await lab.sequencer.drain(lab.write)
    assert len(await check_everything(lab)) == 4


@pytest.mark.parametrize("identity", [SM3_LOG, SHA_LOG], ids=["sm3", "sha256"])
async def test_tiles_bundles_and_proofs_follow_the_definitions(database_url: str, identity: LogIdentity) -> None:
    lab = await Lab(database_url, identity, Ed25519Signer()).create()
    sizes = [1, 2, 255, 256, 257, 600, 700]
    for size in sizes:
        (old,) = await lab.rows("SELECT size FROM head")
        await lab.fill(old.size, size)
        assert await lab.checkpoint() is not None
    bodies = await check_everything(lab)
    h = REFERENCE_HASH[identity.hash]
    leaves = [rfc.leaf(h, body) for body in bodies]
    async with lab.read() as store:
        view = LogView(identity, store)
        assert split_hashes(await view.tile(0, TileAddress(1), 700)) == leaves[256:512]
        assert split_hashes(await view.tile(0, TileAddress(2, 88), 600)) == leaves[512:600]
        roots = [rfc.root(h, leaves[:256]), rfc.root(h, leaves[256:512])]
        assert split_hashes(await view.tile(1, TileAddress(0, 2), 700)) == roots
        assert decode_bundle(await view.bundle(TileAddress(2, 5), 600)) == bodies[512:517]
        for address, level in ((TileAddress(2), 0), (TileAddress(2, 200), 0), (TileAddress(0, 3), 1)):
            with pytest.raises(NotInLog, match="is not in the tree"):
                await view.tile(level, address, 700)
        for size in sizes:
            root = rfc.root(h, leaves[:size])
            assert await view.root_at(size) == root
            for index in {0, size // 2, size - 1}:
                path = await view.inclusion(index, size)
                assert verify_inclusion(identity.hash, leaves[index], index, size, path, root)
            for old_size in [s for s in sizes if s <= size]:
                proof = await view.consistency(old_size, size)
                assert proof == rfc.consistency_proof(h, old_size, leaves[:size])
                assert verify_consistency(identity.hash, old_size, rfc.root(h, leaves[:old_size]), size, root, proof)
    await lab.engines.dispose()


async def test_one_signature_serves_every_receipt_of_a_size(lab: Lab) -> None:
    await lab.fill(0, 300)
    made = await lab.checkpoint()
    assert made is not None
    key = CoseKey(CRV_SM2, lab.signer.public_key)
    assert SignedNote.parse(made.note).verify(SM3_LOG.origin, key)
    signatures = set()
    async with lab.read() as store:
        for index in (0, 255, 256, 299):
            leaf = SM3_LOG.hash.leaf(item(index)[1])
            receipt = Receipt.parse(await make_receipt(LogView(SM3_LOG, store), made, index))
            assert (receipt.index, receipt.size) == (index, 300)
            assert receipt.verify(key, leaf)
            signatures.add(receipt.sign1.signature)
    assert signatures == {made.receipt_signature}


async def test_unsigned_entries_get_no_receipt(lab: Lab) -> None:
    await lab.fill(0, 3)
    made = await lab.checkpoint()
    await lab.fill(3, 4)
    assert made is not None
    async with lab.read() as store:
        assert await store.checkpoint(2) is None
        with pytest.raises(NotInLog, match="entry 3 is not in the tree"):
            await make_receipt(LogView(SM3_LOG, store), made, 3)


async def test_checkpoint_is_made_once_per_size(lab: Lab) -> None:
    assert await lab.checkpoint() is None
    await lab.fill(0, 2)
    first = await lab.checkpoint()
    lab.now += 50
    assert await lab.checkpoint() == first
    assert await lab.rows("SELECT count(*) FROM outbox WHERE kind = 'anchor'") == [(1,)]


async def test_clock_that_goes_backwards_stops_signing(lab: Lab) -> None:
    await lab.fill(0, 1)
    await lab.checkpoint()
    await lab.fill(1, 2)
    lab.now -= 1
    with pytest.raises(ClockWentBackwards, match="last checkpoint was signed at"):
        await lab.checkpoint()
    assert await lab.rows("SELECT count(*) FROM checkpoint") == [(1,)]


async def test_wrong_signature_is_neither_stored_nor_shown(lab: Lab) -> None:
    class Faulty(Ed25519Signer):
        def sign(self, message: bytes) -> bytes:
            good = super().sign(message)
            return good[:-1] + bytes([good[-1] ^ 1])

    await lab.fill(0, 1)
    maker = Checkpointer(SM3_LOG, [Faulty()], lambda: lab.now, await lab.permit())
    with pytest.raises(SigningFailed, match="does not verify"):
        async with lab.write() as store:
            await maker.checkpoint(store)
    assert await lab.rows("SELECT * FROM checkpoint") == []


@pytest.mark.parametrize("table", ["entry", "tile", "checkpoint"])
@pytest.mark.parametrize("action", ["UPDATE {t} SET log_id = log_id", "DELETE FROM {t}"])
async def test_history_tables_refuse_changes(lab: Lab, table: str, action: str) -> None:
    await lab.fill(0, 256)
    await lab.checkpoint()
    with pytest.raises(IntegrityError, match=f"{table} is append-only"):
        async with lab.engines.writer.begin() as conn:
            await conn.execute(text(action.format(t=table)))


async def test_a_log_keeps_its_hash(lab: Lab) -> None:
    other = LogIdentity(SM3_LOG.origin, TreeHash.SHA256)
    async with lab.engines.writer.begin() as conn:
        with pytest.raises(UnknownLog, match="uses sm3, not sha-256"):
            await create_log(conn, other, lab.now)
        with pytest.raises(UnknownLog, match="no log of origin"):
            await open_log(conn, LogIdentity("nobody.example/log", TreeHash.SM3))


async def test_readers_cannot_write(lab: Lab) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        async with lab.read() as store:
            await store.stage(*item(1))
