"""What the tests' BFT chain is: a real EVM under real consensus, where our contract costs what it costs elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_client import EvmClient
from chain.log.model import LogIdentity
from tests.support.anchor_lab import anchorer, embedded, set_up
from tests.support.bft import POWER, VALIDATORS, BftNetwork, is_loopback_only
from tests.support.log_lab import NOW, SHA_LOG, SM3_LOG, Ed25519Signer, Lab

pytestmark = pytest.mark.bft
SIZES = (3, 300, 700)


@pytest.fixture
async def client(bft_network: BftNetwork) -> AsyncIterator[EvmClient]:
    made = EvmClient.rpc(bft_network.node(0).evm_url, bft_network.chain_id)
    yield made
    made.close()


async def anchor_sizes(client: EvmClient, directory: Path, identity: LogIdentity, network: BftNetwork | None) -> Any:
    """Anchor three sizes; (gas used of each, the port)."""
    lab = await Lab(directory / "log.db", identity, Ed25519Signer()).create()
    port = await set_up(client, lab)
    worker = anchorer(lab, port)
    gas = []
    for start, stop in zip((0, *SIZES), SIZES, strict=False):
        await lab.fill(start, stop)
        assert await lab.checkpoint() is not None
        step = await worker.step()
        while step.status is AnchorStatus.WAITING:
            assert network is not None, "the embedded chain has no waiting"
            network.wait_blocks(1)
            step = await worker.step()
        assert step.status is AnchorStatus.ANCHORED, step
        (row,) = await lab.rows("SELECT tx_hash FROM anchor WHERE size = :size", size=stop)
        receipt = await client.call(lambda w3, tx=row.tx_hash: w3.eth.get_transaction_receipt(tx))
        gas.append(receipt["gasUsed"])
    assert (await port.latest(identity.origin)) is not None
    await lab.engines.dispose()
    return gas, port


@pytest.mark.parametrize("identity", [SM3_LOG, SHA_LOG], ids=["sm3", "sha256"])
async def test_anchors_cost_the_same_gas_as_in_process(
    bft_network: BftNetwork, client: EvmClient, tmp_path: Path, identity: LogIdentity
) -> None:
    identity = replace(identity, origin=f"{identity.origin}/gas")
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    chain = embedded(tmp_path / "here" / "journal", lambda: NOW)
    inside = EvmClient.embedded(chain)
    expected, _ = await anchor_sizes(inside, tmp_path / "here", identity, None)
    inside.close()
    chain.close()
    gas, port = await anchor_sizes(client, tmp_path / "there", identity, bft_network)
    assert gas == expected
    found = await port.find(identity.origin, SIZES[1])
    for node in bft_network.nodes:  # everybody has the same block, and calls it what consensus calls it
        block = node.evm("eth_getBlockByNumber", hex(found.block_number), False)
        assert bytes.fromhex(block["hash"][2:]) == found.block_hash
        assert int(block["timestamp"], 16) == found.block_time
        commit = node.comet(f"commit?height={found.block_number}")["signed_header"]["commit"]
        assert bytes.fromhex(commit["block_id"]["hash"]) == found.block_hash
        finalised = node.evm("eth_getBlockByNumber", "finalized", False)
        assert int(finalised["number"], 16) >= found.block_number  # final when it is there


def test_validators_are_equal_and_reachable_from_this_machine_only(bft_network: BftNetwork) -> None:
    answer = bft_network.node(2).comet("validators")
    assert [int(v["voting_power"]) for v in answer["validators"]] == [POWER] * VALIDATORS
    assert {v["pub_key"]["value"] for v in answer["validators"]} == {key for key, _ in bft_network.validator_keys()}
    assert bft_network.node(1).evm("eth_chainId") == hex(bft_network.chain_id)
    assert int(bft_network.node(0).comet("net_info")["n_peers"]) == VALIDATORS - 1
    assert is_loopback_only(bft_network)
