"""The service on a chain of other people's nodes: several endpoints, a profile, and the chain exchanged for another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

import api.keyring
from api.bootstrap import initialise, open_service
from api.settings import Settings, for_directory
from certs.keys import create_software_key
from chain.anchor.anchorer import AnchorStatus
from chain.anchor.several import AgreeingAnchor
from tests.simulators.fisco import ANVIL_FLAGS, FiscoProxy
from tests.support.anvil_node import CHAIN_ID, AnvilNode

pytestmark = pytest.mark.anvil


class Network:
    """Three nodes of a FISCO BCOS chain, as far as anybody can see."""

    def __init__(self, directory: Path, chain_id: int) -> None:
        directory.mkdir()
        self.chain_id = chain_id
        self._node = AnvilNode(directory, *ANVIL_FLAGS)
        self._node.start(chain_id)
        self.nodes = [FiscoProxy(self._node.url) for _ in range(3)]
        for node in self.nodes:
            node.start()

    def settings(self, data: Path) -> Settings:
        urls = ",".join(node.url for node in self.nodes)
        base = for_directory(data)
        return replace(base, chain=urls, chain_id=self.chain_id, chain_profile="fisco", chain_confirmations=0)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()
        self._node.stop()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    made = Network(tmp_path / "one", CHAIN_ID)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))


async def anchors(settings: Settings) -> int:
    """Anchors all there is; gives its size."""
    async with open_service(settings) as service:
        await service.ledger.pad()
        step = await service.ledger.settle()
        assert step.status is AnchorStatus.NOTHING_NEW, step.detail
        figures = await service.figures()
        assert figures.anchored == figures.entries > 0
        found = await service.chain.find(settings.log_origin, figures.anchored)
        assert found is not None
    return figures.anchored


async def test_three_nodes_of_which_one_dies(tmp_path: Path, network: Network) -> None:
    settings = network.settings(tmp_path / "data")
    network.nodes[0].stop()  # at set-up already
    await initialise(settings, progress=lambda _: None)
    place = json.loads((settings.data_dir / "chain" / "place.json").read_text())
    assert (place["chain_id"], place["name"], place["from_block"]) == (CHAIN_ID, f"evm-{CHAIN_ID}", 0)
    size = await anchors(settings)
    async with open_service(settings) as service:
        assert isinstance(service.chain, AgreeingAnchor)
        assert (await service.readiness())["chain"] == "ok"
        network.nodes[1].stop()
        assert (await service.readiness())["chain"] == "not well"
        network.nodes[0].start()
        assert (await service.readiness())["chain"] == "ok"
        assert (await service.anchors.observation(size)).chain_id == CHAIN_ID


async def test_what_waits_for_a_person_is_counted(tmp_path: Path, network: Network) -> None:
    settings = network.settings(tmp_path / "data")
    await initialise(settings, progress=lambda _: None)
    await anchors(settings)
    async with open_service(settings) as service:
        figures = await service.figures()
        assert (figures.parked, figures.failing) == (0, 0)
        async with service.database.write() as work:
            await work.log.stage(bytes(16), b"\xa0")
        async with service.database.log_connection() as connection:
            await connection.execute(text("UPDATE outbox SET state = 'parked'"))
            columns = "log_id, size, chain_id, contract, nonce, raw, state, reason, prepared_at"
            for n in (1, 2):
                await connection.execute(
                    text(
                        f"INSERT INTO anchor ({columns}, tx_hash) SELECT log_id, size, chain_id, contract, {n}, x'00',"
                        f" 'failed', 'included, and failed', 0, x'{n:064x}' FROM anchor WHERE state = 'final' LIMIT 1"
                    )
                )
        figures = await service.figures()
        assert (figures.parked, figures.failing) == (1, 2)
        assert (await service.readiness())["chain"] == "anchors fail"


async def test_a_log_moves_to_another_chain(tmp_path: Path, network: Network) -> None:
    """What the runbook says for a chain that lost a final anchor."""
    settings = network.settings(tmp_path / "data")
    await initialise(settings, progress=lambda _: None)
    before = await anchors(settings)
    other = Network(tmp_path / "other", CHAIN_ID + 7)
    try:
        moved = other.settings(settings.data_dir)
        shutil.rmtree(settings.data_dir / "chain")
        await initialise(moved, progress=lambda _: None)
        assert await anchors(moved) >= before
        async with open_service(moved) as service:
            trusted = {chain.chain_id for chain in service.trust.bundle.chains}
            assert CHAIN_ID + 7 in trusted
            assert len(await service.chain.history(moved.log_origin)) == 1
    finally:
        other.stop()
