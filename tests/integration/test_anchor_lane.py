"""One submitting key, several logs: one transaction under way at a time, by the code and by the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup
from chain.errors import LaneBusy
from tests.support.anchor_lab import ADMIN, Cut, CuttingPort, anchorer, embedded, set_up
from tests.support.log_lab import SHA_LOG, SM3_LOG, Ed25519Signer, Lab


async def test_a_second_log_waits_for_the_key(tmp_path: Path) -> None:
    first = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    second = await Lab(tmp_path / "log.db", SHA_LOG, Ed25519Signer()).create()
    chain = embedded(tmp_path / "journal", lambda: first.now)
    client = EvmClient.embedded(chain)
    port = await set_up(client, first)
    contract = port.capabilities().contract
    await EvmSetup(client, ADMIN).ensure_log(contract, SHA_LOG)
    for lab in (first, second):
        await lab.fill(0, 3)
        await lab.checkpoint()
    with pytest.raises(Cut, match="submit"):
        await anchorer(first, CuttingPort(port, "before-submit")).step()
    step = await anchorer(second, port).step()
    assert (step.status, step.detail) == (
        AnchorStatus.WAITING,
        "another log's transaction of this key is under way on this chain",
    )
    place = port.capabilities()
    (row,) = await first.rows("SELECT nonce, raw, tx_hash FROM anchor")
    async with first.anchors(place.chain_id, contract)() as store:
        own = await store.pending()
        with pytest.raises(LaneBusy):
            await store.insert_prepared(3, own.tx, 0)
    twice = (
        "INSERT INTO anchor (log_id, size, chain_id, contract, nonce, raw, tx_hash, state, prepared_at)"
        " SELECT 2, 3, chain_id, contract, nonce, raw, tx_hash, 'prepared', 0 FROM anchor"
    )
    with pytest.raises(IntegrityError):
        async with second.engines.writer.begin() as connection:
            await connection.execute(text(twice))
    assert (await anchorer(first, port).step()).status is AnchorStatus.ANCHORED
    assert (await anchorer(second, port).step()).status is AnchorStatus.ANCHORED
    rows = await first.rows("SELECT log_id, nonce, state FROM anchor ORDER BY anchor_id")
    assert rows == [(1, row.nonce, "final"), (2, row.nonce + 1, "final")]
    client.close()
    chain.close()
    for lab in (first, second):
        await lab.engines.dispose()


async def test_failures_are_counted_from_the_last_anchor(tmp_path: Path) -> None:
    lab = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    await lab.fill(0, 3)
    await lab.checkpoint()
    values = "1, 3, 990000, zeroblob(20), {n}, x'00', randomblob(32), '{state}', 'included, and failed'"
    for n, state in enumerate(["failed", "failed", "final", "failed", "failed", "failed"]):
        block = ", 1, zeroblob(32), 1" if state == "final" else ", null, null, null"
        await lab.tamper(
            "INSERT INTO anchor (log_id, size, chain_id, contract, nonce, raw, tx_hash, state, reason, block_number,"
            f" block_hash, block_time, prepared_at) VALUES ({values.format(n=n, state=state)}{block}, {1000 + n})"
        )
    async with lab.anchors(990000, bytes(20))() as store:
        failures = await store.failures()
    assert (failures.count, failures.newest, failures.reason) == (3, 1005, "included, and failed")
    assert failures.resume_at == 1005 + 120
    await lab.engines.dispose()
