"""The anchorer's rows, on both databases: what is under way, what failed, what is final and proved."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chain.anchor.backoff import Failures
from chain.anchor.model import Anchored, AnchorState, News, PreparedTx, TxReceipt
from chain.errors import Corrupt, LaneBusy
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab

DATABASES = ("sqlite", "postgresql")
CHAIN, CONTRACT = (1 << 53) - 1, b"\xc0" * 20
BLOCK = TxReceipt(True, 2**40, b"\xbb" * 32, 2**33)  # beyond 32 bits: a fast chain, and a later century


def tx(n: int) -> PreparedTx:
    return PreparedTx(n, b"raw %d" % n, n.to_bytes(32, "big"))


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    """Checkpoints at 2, 300 and 301: the outbox orders sizes by their bytes."""
    made = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    for start, stop in ((0, 2), (2, 300), (300, 301)):
        await made.fill(start, stop)
        made.now += 1
        assert await made.checkpoint() is not None
    yield made
    await made.engines.dispose()


async def test_news_is_the_newest_size_and_the_oldest_time(lab: Lab) -> None:
    work = lab.anchors(CHAIN, CONTRACT)
    async with work() as store:
        assert await store.news() == News(lab.now - 2, 301)
        await store.clear_news(2)
        assert await store.news() == News(lab.now - 1, 301)
        await store.clear_news(301)
        assert await store.news() is None


async def test_one_transaction_is_under_way_and_ends_in_one_state(lab: Lab) -> None:
    work = lab.anchors(CHAIN, CONTRACT)
    async with work() as store:
        row = await store.insert_prepared(2, tx(1), 50)
        assert await store.pending() == row
    with pytest.raises(LaneBusy):
        async with work() as store:
            await store.insert_prepared(300, tx(2), 51)
    async with work() as store:
        await store.mark(row.anchor_id, AnchorState.SENT, "", None)
        await store.mark(row.anchor_id, AnchorState.FAILED, "out of gas", None)
        assert await store.pending() is None
        assert await store.failures() == Failures(1, 50, "out of gas")
    with pytest.raises(Corrupt, match="is not under way"):
        async with work() as store:
            await store.mark(row.anchor_id, AnchorState.FINAL, "", BLOCK)
    async with work() as store:
        again = await store.insert_prepared(2, tx(1), 60)  # the same bytes: the same row
        assert again.anchor_id == row.anchor_id
        await store.mark(again.anchor_id, AnchorState.FINAL, "", BLOCK)
        assert await store.failures() == Failures(0, 0, "")
        final = await store.final()
        assert final is not None
        assert (final.size, final.state, final.block) == (2, AnchorState.FINAL, BLOCK)


async def test_what_others_anchored_is_taken_over_once(lab: Lab) -> None:
    work = lab.anchors(CHAIN, CONTRACT)
    seen = Anchored(
        300, b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, BLOCK.block_number, BLOCK.block_hash, BLOCK.block_time
    )
    for _ in range(2):
        async with work() as store:
            await store.insert_found(seen, 70)
    assert await lab.rows("SELECT size, state, nonce FROM anchor") == [(300, "final", None)]
    async with lab.anchors(CHAIN, b"\xc1" * 20)() as other:
        assert await other.final() is None


async def test_proofs_are_kept_once_and_for_good(lab: Lab) -> None:
    work = lab.anchors(CHAIN, CONTRACT)
    async with work() as store:
        row = await store.insert_prepared(2, tx(1), 50)
        await store.mark(row.anchor_id, AnchorState.FINAL, "", BLOCK)
        assert await store.unproved(5) == [2]
        await store.insert_proof(2, b"proof", 80)
        assert await store.unproved(5) == []
    with pytest.raises(IntegrityError):
        async with work() as store:
            await store.insert_proof(2, b"another", 81)
    with pytest.raises(IntegrityError, match="anchor_proof is append-only"):
        async with lab.engines.writer.begin() as connection:
            await connection.execute(text("UPDATE anchor_proof SET proof = proof"))


async def test_two_transactions_under_way_are_refused_by_the_table(lab: Lab) -> None:
    insert = (
        "INSERT INTO anchor (log_id, size, chain_id, contract, nonce, raw, tx_hash, state, prepared_at)"
        " VALUES (1, 2, 1, :contract, :nonce, :raw, :hash, 'prepared', 0)"
    )

    async def prepare(n: int) -> None:
        async with lab.engines.writer.begin() as connection:
            values = {"contract": CONTRACT, "nonce": n, "raw": b"r", "hash": tx(n).tx_hash}
            await connection.execute(text(insert), values)

    await prepare(1)
    with pytest.raises(IntegrityError):
        await prepare(2)
