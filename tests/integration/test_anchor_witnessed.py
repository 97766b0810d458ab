"""Which checkpoint goes to the chain when witnesses are behind: the newest with a quorum, and never later for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chain.anchor.anchorer import Anchorer, AnchorStatus
from chain.anchor.evm import EvmAnchor
from chain.anchor.evm_client import EvmClient
from chain.anchor.trigger import Trigger
from tests.support.anchor_lab import embedded, set_up
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab

WAIT = 60


class World:
    def __init__(self, lab: Lab, port: EvmAnchor) -> None:
        self.lab, self.port = lab, port
        self.cosigned: int | None = None
        facts = port.capabilities()
        work = lab.anchors(facts.chain_id, facts.contract)
        self.worker = Anchorer(lab.identity, port, work, lambda: lab.now, Trigger(seconds=WAIT), self.quorum)

    async def quorum(self) -> int | None:
        return self.cosigned

    async def grow(self, stop: int) -> None:
        async with self.lab.read() as store:
            start = (await store.head()).size
        await self.lab.fill(start, stop)
        self.lab.now += 1
        await self.lab.checkpoint()

    async def anchored(self) -> int | None:
        step = await self.worker.step(force=True)
        assert step.status is AnchorStatus.ANCHORED
        return step.size


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    lab = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    chain = embedded(tmp_path / "journal", lambda: lab.now)
    client = EvmClient.embedded(chain)
    yield World(lab, await set_up(client, lab))
    client.close()
    chain.close()
    await lab.engines.dispose()


async def test_the_newest_with_a_quorum_goes_first_and_the_rest_follows(world: World) -> None:
    for stop in (3, 5, 8):
        await world.grow(stop)
    world.cosigned = 5
    assert await world.anchored() == 5
    assert await world.anchored() == 8  # the quorum has not moved, and the news of 8 is still there
    assert (await world.worker.step(force=True)).status is AnchorStatus.NOTHING_NEW


async def test_the_chain_does_not_wait_longer_than_the_trigger(world: World) -> None:
    await world.grow(3)
    world.cosigned = 3
    await world.grow(5)
    world.lab.now += WAIT
    assert await world.anchored() == 5


async def test_what_another_registry_anchored_is_not_gone_back_from(world: World) -> None:
    await world.grow(3)
    await world.grow(5)
    assert await world.anchored() == 5
    await world.grow(8)
    world.cosigned = 3
    assert await world.anchored() == 8


@pytest.mark.parametrize("cosigned", [None, 4, 99])
async def test_without_a_usable_quorum_the_newest_is_anchored(world: World, cosigned: int | None) -> None:
    await world.grow(3)
    await world.grow(5)
    world.cosigned = cosigned
    assert await world.anchored() == 5
