"""The rules of the generated network, as far as another engine can follow them: its genesis file, London, free gas.

anvil reads the same genesis.json (it has no QBFT and passes over that part). What is shown: the file is a genesis file,
the contract runs under London rules, and an account without money deploys and anchors with the `besu` profile.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_profile import PROFILES
from chain.anchor.model import FeeModel
from chain.besu.files import network_files
from chain.besu.plan import BesuPlan, NodeKey
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, anchored, anchorer, set_up
from tests.support.bft import free_ports
from tests.support.evm import ANVIL
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab

pytestmark = pytest.mark.anvil
PLAN = BesuPlan(990010, 4, (OTHER.address,), 1767225600)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[EvmClient]:
    if not ANVIL.is_file():
        pytest.skip(f"anvil is not installed ({ANVIL.name} missing; run npm ci in contracts/)")
    files = network_files(PLAN, [NodeKey(bytes([n]) * 32) for n in range(1, 5)])
    genesis = tmp_path / "genesis.json"
    genesis.write_bytes(files["genesis.json"])
    (port,) = free_ports(1)
    rules = ["--hardfork", "london", "--gas-price", "0", "--block-base-fee-per-gas", "0"]
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--quiet", "--init", str(genesis), *rules]
    process = subprocess.Popen([ANVIL, *arguments], stdout=subprocess.DEVNULL)
    made = EvmClient.rpc(f"http://127.0.0.1:{port}", PLAN.chain_id, timeout=5)
    try:
        deadline = time.monotonic() + 20
        while not await made.call(lambda w3: w3.is_connected()):
            assert process.poll() is None, "anvil ended at once"
            assert time.monotonic() < deadline, "anvil does not answer"
        yield made
    finally:
        made.close()
        process.kill()
        process.wait()


async def test_account_without_money_deploys_and_anchors(client: EvmClient, tmp_path: Path) -> None:
    first = await client.call(lambda w3: w3.eth.get_block(0))
    assert (first["timestamp"], first["gasLimit"], first["baseFeePerGas"]) == (PLAN.time, 30_000_000, 0)
    assert "withdrawalsRoot" not in first
    lab = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    port = await set_up(client, lab, profile=PROFILES["besu"])
    assert port.capabilities().fees is FeeModel.FREE
    await lab.fill(0, 300)
    await lab.checkpoint()
    assert (await anchored(anchorer(lab, port))).status is AnchorStatus.ANCHORED
    await lab.fill(300, 700)
    await lab.checkpoint()
    assert (await anchored(anchorer(lab, port))).status is AnchorStatus.ANCHORED
    for account in (ADMIN, SUBMITTER):
        assert await client.call(lambda w3, a=account: w3.eth.get_balance(a.checksummed)) == 0
    assert await client.call(lambda w3: w3.eth.get_balance(OTHER.checksummed)) == 10**18
    await lab.engines.dispose()
