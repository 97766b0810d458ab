"""A log with a contract on a chain, in process or on anvil, and a port that fails on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chain.anchor.anchorer import Anchorer, AnchorStatus, AnchorStep
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_account import EvmAccount
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup
from chain.anchor.evm_embedded import GENESIS_BALANCE, EmbeddedChain
from chain.anchor.evm_profile import EMBEDDED
from chain.anchor.port import AnchorPort
from chain.anchor.trigger import Trigger
from tests.support.log_lab import Lab

ADMIN_SECRET = bytes(31) + b"\x41"
ADMIN = EvmAccount(ADMIN_SECRET)
SUBMITTER = EvmAccount(bytes(31) + b"\x42")
OTHER = EvmAccount(bytes(31) + b"\x43")
NOW_TRIGGER = Trigger(seconds=0)


def embedded(path: Path, clock: Callable[[], int]) -> EmbeddedChain:
    """The in-process chain with three funded keys."""
    chain = EmbeddedChain(path, clock)
    chain.open({a.address: GENESIS_BALANCE for a in (ADMIN, SUBMITTER, OTHER)})
    return chain


async def set_up(client: EvmClient, lab: Lab, known: bytes | None = None, **settings: Any) -> EvmAnchor:
    """Registry, submitters and log, made or found; the port of SUBMITTER."""
    setup = EvmSetup(client, ADMIN, settings.get("profile", EMBEDDED).fees)
    registry = await setup.ensure_registry(known)
    for account in (SUBMITTER, OTHER):
        await setup.ensure_submitter(registry, account.address)
    await setup.ensure_log(registry, lab.identity)
    return EvmAnchor(client, SUBMITTER, EvmSettings(registry, **settings))


def anchorer(lab: Lab, port: AnchorPort, trigger: Trigger = NOW_TRIGGER) -> Anchorer:
    """An anchorer with no memory of earlier ones."""
    facts = port.capabilities()
    work = lab.anchors(facts.chain_id, facts.contract)
    return Anchorer(lab.identity, port, work, lambda: lab.now, trigger)


async def anchored(worker: Anchorer, *, force: bool = False) -> AnchorStep:
    """The first step that does not end in WAITING: a node may answer before its block is there."""
    for _ in range(400):
        step = await worker.step(force=force)
        if step.status is not AnchorStatus.WAITING:
            return step
        await asyncio.sleep(0.025)
    raise AssertionError("no receipt within ten seconds")


class Cut(Exception):
    """The injected fault: the process dies here."""


class CuttingPort:
    """Delegates to a port and raises Cut before or after the named call, once."""

    def __init__(self, port: AnchorPort, point: str) -> None:
        self._port = port
        self._when, _, self._name = point.partition("-")

    def capabilities(self) -> Any:
        return self._port.capabilities()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._port, name)

        async def call(*arguments: Any) -> Any:
            if name != self._name:
                return await real(*arguments)
            if self._when == "before":
                raise Cut(name)
            await real(*arguments)
            raise Cut(name)

        return call
