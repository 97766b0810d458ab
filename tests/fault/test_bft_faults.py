"""Validators killed with SIGKILL under our real anchorer: what goes on, what stands still, what is lost (nothing).

One network for all drills, every drill leaves it whole. Contracts may be created by ADMIN only.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain.anchor import evm_deploy
from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_account import GWEI, Fees
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup
from chain.anchor.evm_profile import PROFILES
from chain.anchor.port import AnchorPort
from chain.anchor.several import AgreeingAnchor
from chain.errors import ChainRejected
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, anchorer, set_up
from tests.support.bft import BftNetwork, running_network
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab

pytestmark = pytest.mark.bft
POOL = 12  # transactions that a node's mempool holds: small, so that it can be filled
IMPATIENT = replace(PROFILES["cometbft"], halt_seconds=2)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BftNetwork]:
    funded = [account.address for account in (ADMIN, SUBMITTER, OTHER)]
    directory = tmp_path_factory.mktemp("bft-faults")
    with running_network(directory, funded=funded, deployers=[ADMIN.address], mempool=POOL) as made:
        yield made


@pytest.fixture
async def client(network: BftNetwork) -> AsyncIterator[EvmClient]:
    network.start()  # whatever the drill before left
    made = EvmClient.rpc(network.node(0).evm_url, network.chain_id, timeout=5)
    yield made
    made.close()


@pytest.fixture
async def lab(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
    identity = replace(SM3_LOG, origin=f"{SM3_LOG.origin}/{request.node.name}")
    made = await Lab(tmp_path / "log.db", identity, Ed25519Signer()).create()
    yield made
    await made.engines.dispose()


async def grow(lab: Lab, start: int, stop: int) -> None:
    await lab.fill(start, stop)
    assert await lab.checkpoint() is not None


async def settle(lab: Lab, port: AnchorPort, network: BftNetwork) -> None:
    """Step until the anchor is there, a block at a time. Nodes that have just come back may refuse for a while."""
    worker = anchorer(lab, port)
    for _ in range(40):
        step = await worker.step()
        if step.status not in (AnchorStatus.WAITING, AnchorStatus.REFUSED, AnchorStatus.UNREACHABLE):
            break
        network.wait_blocks(1)
    assert step.status is AnchorStatus.ANCHORED, step


async def rows(lab: Lab) -> list[Any]:
    return await lab.rows("SELECT nonce, raw, tx_hash, state, size FROM anchor ORDER BY nonce")


@asynccontextmanager
async def ports(network: BftNetwork, contract: bytes) -> AsyncIterator[list[EvmAnchor]]:
    """A port for every validator's endpoint."""
    settings = EvmSettings(contract, IMPATIENT)
    clients = [EvmClient.rpc(url, network.chain_id, timeout=5) for url in network.evm_urls]
    try:
        yield [EvmAnchor(client, SUBMITTER, settings, clock=lambda: int(time.time())) for client in clients]
    finally:
        for client in clients:
            client.close()


async def agree(network: BftNetwork, lab: Lab, contract: bytes, size: int) -> None:
    """Every validator shows the same anchor, in the same block, and the same block at a common height."""
    height = max(h or 0 for h in network.heights())
    network.wait_height(height)
    origin = lab.identity.origin
    async with ports(network, contract) as each:
        anchors = {(await port.find(origin, size), await port.latest(origin)) for port in each}
    blocks = {node.evm("eth_getBlockByNumber", hex(height), False)["hash"] for node in network.nodes}
    assert (len(anchors), len(blocks)) == (1, 1), (anchors, blocks)
    ((found, head),) = anchors
    assert found is not None
    assert head is not None
    assert (found.size, head.size) == (size, size)


async def test_one_of_four_killed_and_anchoring_goes_on(network: BftNetwork, client: EvmClient, lab: Lab) -> None:
    contract = (await set_up(client, lab)).capabilities().contract
    await grow(lab, 0, 3)
    async with ports(network, contract) as each:
        port = AgreeingAnchor(each)  # the dead validator's endpoint is among ours
        await settle(lab, port, network)
        network.node(3).kill()
        await grow(lab, 3, 10)
        await settle(lab, port, network)
        nodes = await port.node_set()
        assert [node.ok for node in nodes] == [True, True, True, False]
        network.node(3).start()
        await agree(network, lab, contract, 10)


async def test_two_of_four_killed_and_nothing_moves_until_they_are_back(
    network: BftNetwork, client: EvmClient, lab: Lab
) -> None:
    contract = (await set_up(client, lab)).capabilities().contract
    await grow(lab, 0, 3)
    async with ports(network, contract) as each:
        port = each[0]
        await settle(lab, port, network)
        network.node(2).kill()
        network.node(3).kill()
        await grow(lab, 3, 10)
        halted = network.wait_halt()
        worker = anchorer(lab, port)
        for _ in range(3):  # the node takes it, and no block comes
            assert (await worker.step()).status is AnchorStatus.WAITING
        sick = await port.health()
        assert (sick.ok, sick.block_number) == (False, halted)
        assert "stands still" in sick.detail
        sick = await AgreeingAnchor(each).health()
        assert not sick.ok
        assert "stands still" in sick.detail
        unsure = await anchorer(lab, AgreeingAnchor(each)).step()  # two of four endpoints are not enough to believe
        assert unsure.status is AnchorStatus.UNREACHABLE
        assert "2 of 4 endpoints answer" in unsure.detail
        sent = await rows(lab)
        assert [row.state for row in sent] == ["final", "sent"]
        assert network.heights() == [halted, halted, None, None]
        network.start()
        await settle(lab, port, network)
        assert [row[:3] for row in await rows(lab)] == [row[:3] for row in sent]  # same bytes: no second nonce spent
        while not (await AgreeingAnchor(each).health()).ok:
            network.wait_blocks(1)
    await agree(network, lab, contract, 10)


async def test_transaction_lost_with_every_mempool_is_sent_again(
    network: BftNetwork, client: EvmClient, lab: Lab
) -> None:
    port = await set_up(client, lab)
    await grow(lab, 0, 3)
    network.node(2).kill()
    network.node(3).kill()
    network.wait_halt()
    worker = anchorer(lab, port)
    assert (await worker.step()).status is AnchorStatus.WAITING  # a node said yes: the hash is known, no block holds it
    sent = await rows(lab)
    network.stop()
    step = await worker.step()
    assert step.status is AnchorStatus.UNREACHABLE
    network.start()
    await settle(lab, port, network)
    assert [row[:3] for row in await rows(lab)] == [row[:3] for row in sent]
    await agree(network, lab, port.capabilities().contract, 3)


async def test_full_mempool_is_a_refusal_for_now(network: BftNetwork, client: EvmClient, lab: Lab) -> None:
    port = await set_up(client, lab)
    await grow(lab, 0, 3)
    network.node(2).kill()
    network.node(3).kill()
    network.wait_halt()
    answers = await crowd(network, client)
    assert "mempool is full" in str(answers[-1]), answers[-1]
    worker = anchorer(lab, port)
    for _ in range(2):
        step = await worker.step()
        assert step.status is AnchorStatus.REFUSED
        assert "mempool is full" in step.detail
    sent = await rows(lab)
    network.start()
    await settle(lab, port, network)
    assert [row[:3] for row in await rows(lab)] == [row[:3] for row in sent]


async def crowd(network: BftNetwork, client: EvmClient) -> list[Any]:
    """Send one transfer more than node 0 has room for; its answers."""
    nonce = await client.call(lambda w3: w3.eth.get_transaction_count(OTHER.checksummed, "pending"))
    fees = Fees(max_fee=GWEI, priority=1)
    transfers = [OTHER.sign(OTHER.address, b"", nonce + n, 21_000, network.chain_id, fees) for n in range(POOL + 1)]
    return [network.node(0).evm("eth_sendRawTransaction", "0x" + tx.raw.hex()) for tx in transfers]


async def test_deployment_by_a_stranger_never_lands(
    network: BftNetwork, client: EvmClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken, its nonce is used up, and no receipt ever comes: the reason must be told from a slow chain's."""
    monkeypatch.setattr(evm_deploy, "_POLLS", 8)
    with pytest.raises(ChainRejected, match="shows no receipt: may this key do that"):
        await EvmSetup(client, OTHER).ensure_registry(None)
    assert await EvmSetup(client, ADMIN).ensure_registry(None)
