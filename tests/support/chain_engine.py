"""Every engine that can start here, behind one face, for the contract tests of `AnchorPort`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_account import EvmAccount
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_embedded import DEFAULT_CHAIN_ID, EmbeddedChain, EmbeddedProvider
from chain.anchor.evm_profile import EMBEDDED, PROFILES, EvmProfile
from chain.anchor.port import AnchorPort
from chain.anchor.several import AgreeingAnchor
from tests.simulators.fisco import ANVIL_FLAGS, FiscoProxy
from tests.simulators.rpc_proxy import RpcProxy
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, embedded
from tests.support.anvil_node import CHAIN_ID, AnvilNode
from tests.support.bft import BftNetwork


class Engine:
    """`clients(chain_id)` connects anew to every endpoint, expecting that chain id."""

    profile: EvmProfile = EMBEDDED
    chain_id = CHAIN_ID
    nodes = 1

    async def start(self) -> None:
        """Ready for transactions of ADMIN, SUBMITTER and OTHER."""

    async def restart(self) -> None:
        """Everything of the engine that can die does, and comes back with its disk."""

    def stop(self) -> None:
        """For good."""

    def clients(self, chain_id: int) -> list[EvmClient]:
        raise NotImplementedError

    def port(
        self, clients: Sequence[EvmClient], contract: bytes, account: EvmAccount = SUBMITTER, from_block: int = 0
    ) -> AnchorPort:
        where = EvmSettings(contract, self.profile, 0, from_block)
        ports = [EvmAnchor(client, account, where) for client in clients]
        return ports[0] if len(ports) == 1 else AgreeingAnchor(ports)


class EmbeddedEngine(Engine):
    chain_id = DEFAULT_CHAIN_ID

    def __init__(self, directory: Path) -> None:
        self._journal = directory / "journal"
        self._chain: EmbeddedChain | None = None

    async def start(self) -> None:
        self._chain = embedded(self._journal, lambda: int(time.time()))

    async def restart(self) -> None:
        self.stop()
        await self.start()

    def stop(self) -> None:
        if self._chain is not None:
            self._chain.close()

    def clients(self, chain_id: int) -> list[EvmClient]:
        assert self._chain is not None
        return [EvmClient(EmbeddedProvider(self._chain), chain_id, "py-evm")]


class AnvilEngine(Engine):
    profile = PROFILES["evm"]
    flags: tuple[str, ...] = ()

    def __init__(self, directory: Path) -> None:
        self.node = AnvilNode(directory, *self.flags)

    async def start(self) -> None:
        self.node.start()
        await self._fund(10**20 if self.profile.fees.max_fee else 0)

    async def restart(self) -> None:
        self.node.stop()
        self.node.start()

    def stop(self) -> None:
        self.node.stop()

    def clients(self, chain_id: int) -> list[EvmClient]:
        return [EvmClient.rpc(self.node.url, chain_id, timeout=20)]

    async def _fund(self, wei: int) -> None:
        client = EvmClient.rpc(self.node.url, CHAIN_ID, timeout=20)
        for account in (ADMIN, SUBMITTER, OTHER):
            await rpc(client, "anvil_setBalance", account.checksummed, hex(wei))
        client.close()


class FiscoEngine(AnvilEngine):
    """FISCO BCOS's Web3 RPC; nobody has money."""

    profile = PROFILES["fisco"]
    flags = ANVIL_FLAGS

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._proxy = FiscoProxy(self.node.url)

    async def start(self) -> None:
        await super().start()
        self._proxy.start()

    def stop(self) -> None:
        self._proxy.stop()
        super().stop()

    def clients(self, chain_id: int) -> list[EvmClient]:
        return [EvmClient.rpc(self._proxy.url, chain_id, timeout=20)]


class SeveralEngine(AnvilEngine):
    """Three endpoints, of which the second is dead."""

    nodes = 3

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._proxies = [RpcProxy(self.node.url) for _ in range(self.nodes)]

    async def start(self) -> None:
        await super().start()
        for number in (0, 2):
            self._proxies[number].start()

    def stop(self) -> None:
        with ExitStack() as stack:
            for proxy in self._proxies:
                stack.callback(proxy.stop)
        super().stop()

    def clients(self, chain_id: int) -> list[EvmClient]:
        return [EvmClient.rpc(proxy.url, chain_id, timeout=20) for proxy in self._proxies]


class BftEngine(Engine):
    """Four validators of CometBFT, asked through two of them. A restart is that of one validator."""

    profile = PROFILES["cometbft"]
    nodes = 2

    def __init__(self, network: BftNetwork) -> None:
        self.chain_id = network.chain_id
        self._network = network

    async def restart(self) -> None:
        self._network.node(1).kill()
        self._network.start()

    def clients(self, chain_id: int) -> list[EvmClient]:
        return [EvmClient.rpc(url, chain_id, timeout=20) for url in self._network.evm_urls[: self.nodes]]


async def rpc(client: EvmClient, method: str, *params: Any) -> Any:
    """A call that web3 has no name for."""
    return await client.call(lambda w3: w3.manager.request_blocking(method, list(params)))  # type: ignore[arg-type]


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "embedded": EmbeddedEngine,
    "anvil": AnvilEngine,
    "fisco": FiscoEngine,
    "several": SeveralEngine,
}
PARAMS = [
    pytest.param("embedded"),
    *(pytest.param(name, marks=pytest.mark.anvil) for name in ("anvil", "fisco", "several")),
    pytest.param("bft", marks=pytest.mark.bft),
]
