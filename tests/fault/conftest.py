"""Fixtures of the fault tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chain.anchor.evm_client import EvmClient
from tests.simulators.rpc_proxy import RpcProxy
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, set_up
from tests.support.anvil_node import CHAIN_ID, AnvilNode
from tests.support.chain_engine import rpc
from tests.support.fault_lab import World
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AnvilNode]:
    made = AnvilNode(tmp_path)
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def world(tmp_path: Path, node: AnvilNode) -> AsyncIterator[World]:
    control = EvmClient.rpc(node.url, CHAIN_ID, timeout=20)
    for account in (ADMIN, SUBMITTER, OTHER):
        await rpc(control, "anvil_setBalance", account.checksummed, hex(10**20))
    lab = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    contract = (await set_up(control, lab)).capabilities().contract
    proxies = [RpcProxy(node.url) for _ in range(3)]
    for proxy in proxies:
        proxy.start()
    clients = [EvmClient.rpc(proxy.url, CHAIN_ID, timeout=20) for proxy in proxies]
    yield World(node, lab, control, proxies, clients, contract)
    for client in (control, *clients):
        client.close()
    for proxy in proxies:
        proxy.stop()
    await lab.engines.dispose()
