"""Anchoring on a real node over JSON-RPC: outages, reorganisations, the wrong chain. Needs anvil."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_client import EvmClient
from chain.anchor.model import Standing, Unknown
from chain.errors import ChainMismatch, ChainUnavailable
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, Cut, CuttingPort, anchored, anchorer, set_up
from tests.support.anvil_node import CHAIN_ID, AnvilNode
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab

pytestmark = pytest.mark.anvil


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AnvilNode]:
    made = AnvilNode(tmp_path)
    made.start()
    yield made
    made.stop()


async def rpc(client: EvmClient, method: str, *params: Any) -> Any:
    return await client.call(lambda w3: w3.manager.request_blocking(method, list(params)))  # type: ignore[arg-type]


@pytest.fixture
async def client(node: AnvilNode) -> AsyncIterator[EvmClient]:
    made = EvmClient.rpc(node.url, CHAIN_ID, timeout=5)
    for account in (ADMIN, SUBMITTER, OTHER):
        await rpc(made, "anvil_setBalance", account.checksummed, hex(10**20))
    yield made
    made.close()


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    yield made
    await made.engines.dispose()


async def grow(lab: Lab, start: int, stop: int) -> None:
    await lab.fill(start, stop)
    await lab.checkpoint()


async def test_node_down_at_each_step_then_resume(lab: Lab, node: AnvilNode, client: EvmClient) -> None:
    port = await set_up(client, lab)
    await grow(lab, 0, 3)
    assert (await anchored(anchorer(lab, port))).status is AnchorStatus.ANCHORED
    await grow(lab, 3, 200)
    with pytest.raises(Cut, match="submit"):
        await anchorer(lab, CuttingPort(port, "before-submit")).step()
    (row,) = await lab.rows("SELECT raw FROM anchor WHERE state = 'prepared'")
    node.stop()
    step = await anchorer(lab, port).step()
    assert step.status is AnchorStatus.UNREACHABLE
    assert node.url not in step.detail  # an endpoint's URL may hold a token
    health = await port.health()
    assert (health.ok, health.block_number) == (False, None)
    await grow(lab, 200, 210)  # issuing and checkpoints go on
    with pytest.raises(ChainUnavailable, match="endpoint"):
        await port.latest(SM3_LOG.origin)
    node.start()
    step = await anchored(anchorer(lab, port))
    assert (step.status, step.size) == (AnchorStatus.ANCHORED, 200)
    assert await lab.rows("SELECT raw FROM anchor WHERE size = 200") == [row]
    step = await anchored(anchorer(lab, port))
    assert (step.status, step.size) == (AnchorStatus.ANCHORED, 210)


async def test_refused_connection_is_unknown_never_rejected(lab: Lab, node: AnvilNode, client: EvmClient) -> None:
    port = await set_up(client, lab)
    await grow(lab, 0, 3)
    with pytest.raises(Cut, match="submit"):
        await anchorer(lab, CuttingPort(port, "before-submit")).step()
    async with lab.anchors(CHAIN_ID, port.capabilities().contract)() as store:
        pending = await store.pending()
    node.stop()
    assert isinstance(await port.submit(pending.tx), Unknown)


async def test_finality_by_depth_survives_a_reorganisation(lab: Lab, node: AnvilNode, client: EvmClient) -> None:
    port = await set_up(client, lab, confirmations=3)
    await grow(lab, 0, 3)
    worker = anchorer(lab, port)
    assert (await worker.step()).status is AnchorStatus.WAITING  # included, two blocks short of final
    (row,) = await lab.rows("SELECT tx_hash, raw FROM anchor")
    receipt = await port.receipt(row.tx_hash)
    assert receipt is not None
    await rpc(client, "anvil_reorg", 1, [])  # the block goes, and the transaction with it
    assert await port.receipt(row.tx_hash) is None
    assert await port.standing(receipt) is not Standing.FINAL
    assert (await worker.step()).status is AnchorStatus.WAITING  # the same bytes are out again
    assert await port.receipt(row.tx_hash) is not None
    await rpc(client, "anvil_mine", "0x3")
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await lab.rows("SELECT tx_hash, raw FROM anchor") == [row]


async def test_receipt_that_comes_late_is_waited_for(lab: Lab, node: AnvilNode, client: EvmClient) -> None:
    port = await set_up(client, lab)
    await grow(lab, 0, 3)
    await rpc(client, "evm_setAutomine", False)
    for _ in range(3):  # the node knows it already each time but the first
        assert (await anchorer(lab, port).step()).status is AnchorStatus.WAITING
    assert await lab.rows("SELECT state FROM anchor") == [("sent",)]
    await rpc(client, "evm_mine")
    assert (await anchored(anchorer(lab, port))).status is AnchorStatus.ANCHORED


async def test_other_chain_behind_the_same_address_is_a_mismatch(lab: Lab, node: AnvilNode, client: EvmClient) -> None:
    port = await set_up(client, lab)
    contract = port.capabilities().contract
    node.forget()
    node.start(chain_id=CHAIN_ID + 1)
    with pytest.raises(ChainMismatch, match="serves chain 990002, not 990001"):
        await EvmAnchor(client, SUBMITTER, EvmSettings(contract)).latest(SM3_LOG.origin)
    assert not (await port.health()).ok
    node.stop()
    node.start()  # right number, no contract
    with pytest.raises(ChainMismatch, match="code is not that of AnchorRegistry"):
        await EvmAnchor(client, SUBMITTER, EvmSettings(contract)).latest(SM3_LOG.origin)


async def test_empty_purse_is_refused_for_now(lab: Lab, node: AnvilNode, client: EvmClient) -> None:
    port = await set_up(client, lab)
    await grow(lab, 0, 3)
    await rpc(client, "anvil_setBalance", SUBMITTER.checksummed, "0x0")
    step = await anchorer(lab, port).step()
    assert step.status is AnchorStatus.REFUSED
    assert "insufficient funds" in step.detail
    health = await port.health()
    assert (health.ok, health.detail) == (True, "the submitting key can pay for 0 anchors")
    await rpc(client, "anvil_setBalance", SUBMITTER.checksummed, hex(10**20))
    assert (await anchored(anchorer(lab, port))).status is AnchorStatus.ANCHORED
    assert await lab.rows("SELECT count(*) FROM anchor") == [(1,)]
