"""A log, a contract on an anvil, and three proxies between them that do what a test tells them to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_profile import PROFILES
from chain.anchor.port import AnchorPort
from chain.anchor.several import AgreeingAnchor
from tests.simulators.rpc_proxy import RpcProxy
from tests.support.anchor_lab import SUBMITTER
from tests.support.anvil_node import AnvilNode
from tests.support.log_lab import SM3_LOG, Lab

SEND = "eth_sendRawTransaction"


def selector(signature: str) -> str:
    return "0x" + keccak(text=signature)[:4].hex()


ANCHOR = selector("anchor(bytes32,uint64,bytes32,bytes32,bytes32[])")
IS_SUBMITTER = selector("isSubmitter(address)")
ROOT_AT = selector("rootAt(bytes32,uint64)")
HEAD = selector("head(bytes32)")


@dataclass
class World:
    """`proxies[0]` is the only endpoint of `port`; `several` asks all three."""

    node: AnvilNode
    lab: Lab
    control: EvmClient
    proxies: list[RpcProxy]
    clients: list[EvmClient]
    contract: bytes

    def one(self, confirmations: int = 0) -> AnchorPort:
        return self._port(self.clients[0], confirmations)

    def several(self) -> AnchorPort:
        return AgreeingAnchor([self._port(client) for client in self.clients])

    def _port(self, client: EvmClient, confirmations: int = 0) -> EvmAnchor:
        return EvmAnchor(client, SUBMITTER, EvmSettings(self.contract, PROFILES["evm"], confirmations))

    async def grow(self, start: int, stop: int) -> None:
        await self.lab.fill(start, stop)
        self.lab.now += 1
        await self.lab.checkpoint()

    async def raw(self) -> list[Any]:
        return await self.lab.rows("SELECT size, raw FROM anchor ORDER BY anchor_id")

    async def assert_one_anchor(self, size: int) -> None:
        """On the chain and in the table, once, with our root."""
        honest = self._port(self.control)
        async with self.lab.read() as store:
            checkpoint = await store.checkpoint(size)
        history = [found for found in await honest.history(SM3_LOG.origin) if found.size == size]
        assert [found.root for found in history] == [checkpoint.root if checkpoint else b""]
        rows = await self.lab.rows(f"SELECT state, tx_hash FROM anchor WHERE size = {size} AND state = 'final'")
        assert [tuple(row) for row in rows] == [("final", history[0].tx_hash)]


class ActingPort:
    """Delegates to a port and does something before or after the named call, once."""

    def __init__(self, port: AnchorPort, point: str, act: Callable[[], None]) -> None:
        self._port, self._act = port, act
        self._when, _, self._name = point.partition("-")

    def capabilities(self) -> Any:
        return self._port.capabilities()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._port, name)

        async def call(*arguments: Any) -> Any:
            if name != self._name:
                return await real(*arguments)
            self._name = ""
            if self._when == "before":
                self._act()
                return await real(*arguments)
            result = await real(*arguments)
            self._act()
            return result

        return call
