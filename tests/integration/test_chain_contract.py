"""What every engine must do, whatever it is: the contract of `chain.anchor.port.AnchorPort`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm import origin_id
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup, contract_address
from chain.anchor.model import (
    Accepted,
    AnchorRequest,
    AnchorState,
    FeeModel,
    FinalityModel,
    NonceState,
    PreparedTx,
    Refusal,
    Rejected,
    Standing,
    Submission,
    TxReceipt,
    observation,
)
from chain.anchor.port import AnchorPort
from chain.errors import ChainMismatch, ChainRejected
from chain.log.model import LogIdentity
from contracts.loader import load_artifact
from tests.support.anchor_lab import ADMIN, SUBMITTER, Cut, CuttingPort, anchored, anchorer, set_up
from tests.support.chain_engine import ENGINES, PARAMS, BftEngine, Engine
from tests.support.log_lab import Ed25519Signer, Lab
from verifier.anchor import AnchorObservation
from verifier.merkle import TreeHash

POLLS = 400
ONE_BYTE_OF_CODE = bytes.fromhex("600060005360016000f3")


@dataclass
class World:
    engine: Engine
    lab: Lab
    clients: list[EvmClient]
    port: AnchorPort
    contract: bytes

    @property
    def origin(self) -> str:
        return self.lab.identity.origin

    async def grow(self, start: int, stop: int) -> None:
        await self.lab.fill(start, stop)
        self.lab.now += 1
        await self.lab.checkpoint()

    async def request(self, size: int, root: bytes, proof: tuple[bytes, ...] = ()) -> AnchorRequest:
        return AnchorRequest(self.origin, self.lab.identity.hash, size, root, bytes(31) + b"\1", proof)

    def reconnect(self, chain_id: int | None = None, contract: bytes | None = None) -> AnchorPort:
        """A port that knows nothing yet."""
        for client in self.clients:
            client.close()
        self.clients = self.engine.clients(self.engine.chain_id if chain_id is None else chain_id)
        self.port = self.engine.port(self.clients, self.contract if contract is None else contract)
        return self.port

    async def anchor(self, size: int) -> None:
        step = await anchored(anchorer(self.lab, self.port))
        assert (step.status, step.size) == (AnchorStatus.ANCHORED, size), step.detail


@pytest.fixture(params=PARAMS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "bft":
        engine: Engine = BftEngine(request.getfixturevalue("bft_network"))
    else:
        engine = ENGINES[request.param](tmp_path)
    await engine.start()
    identity = LogIdentity(f"log.minzheng.example/{uuid4().hex}", TreeHash.SM3)
    lab = await Lab(tmp_path / "log.db", identity, Ed25519Signer()).create()
    clients = engine.clients(engine.chain_id)
    contract = (await set_up(clients[0], lab, profile=engine.profile)).capabilities().contract
    made = World(engine, lab, clients, engine.port(clients, contract), contract)
    yield made
    for client in made.clients:
        client.close()
    engine.stop()
    await lab.engines.dispose()


async def test_an_engine_says_what_it_is(world: World) -> None:
    facts, profile = world.port.capabilities(), world.engine.profile
    assert (facts.chain_id, facts.contract) == (world.engine.chain_id, world.contract)
    assert (facts.finality, facts.confirmations) == (profile.finality, 0)
    assert facts.max_batch == (8 if profile.name == "fisco" else profile.max_batch) >= 1
    assert (facts.fees is FeeModel.FREE) == (profile.name in ("fisco", "besu"))
    assert facts.finality is (FinalityModel.DEPTH if profile.name == "evm" else FinalityModel.INSTANT)
    assert not facts.finality_proof
    assert await world.port.finality_proof(world.origin, 1) is None
    nodes = await world.port.node_set()
    assert [node.number for node in nodes] == list(range(1, world.engine.nodes + 1))
    for node in nodes:
        assert (node.ok, node.block_hash is None, node.detail == "") in ((True, False, True), (False, True, False))
        assert "127.0.0.1" not in node.detail
    assert sum(not node.ok for node in nodes) == (1 if world.engine.nodes == 3 else 0)
    assert (await world.port.health()).ok


async def test_before_the_first_anchor_there_is_nothing(world: World) -> None:
    assert await world.port.latest(world.origin) is None
    assert await world.port.find(world.origin, 1) is None
    assert list(await world.port.history(world.origin)) == []
    assert await world.port.receipt(bytes(31) + b"\1") is None
    assert await world.port.standing(TxReceipt(True, 0, bytes(32), 0)) is Standing.REPLACED
    assert await world.port.standing(TxReceipt(True, 10**9, bytes(32), 0)) is Standing.ABSENT


async def test_anchors_are_made_shown_and_found_again(world: World) -> None:
    for size in (3, 4, 300):
        await world.grow(0 if size == 3 else {4: 3, 300: 4}[size], size)
        await world.anchor(size)
    port = world.port
    history = list(await port.history(world.origin))
    assert [found.size for found in history] == [3, 4, 300]
    async with world.lab.read() as store:
        for found in history:
            checkpoint = await store.checkpoint(found.size)
            assert checkpoint is not None
            assert found.root == checkpoint.root
            assert await port.find(world.origin, found.size) == found
            place = TxReceipt(True, found.block_number, found.block_hash, found.block_time)
            assert await port.receipt(found.tx_hash) == place
            assert await port.standing(place) is Standing.FINAL
            seen = observation(port.capabilities(), world.origin, found)
            assert AnchorObservation.parse(seen.encode()) == seen
    head = await port.latest(world.origin)
    assert head is not None
    assert (head.size, head.root) == (300, history[-1].root)
    assert await port.find(world.origin, 5) is None
    other = TxReceipt(True, history[0].block_number, bytes(32), 0)
    assert await port.standing(other) is Standing.REPLACED
    await anchorer(world.lab, port).check_last()
    later = world.engine.port(world.clients, world.contract, from_block=history[1].block_number)
    assert list(await later.history(world.origin)) == history[1:]


async def test_the_same_bytes_do_no_harm(world: World) -> None:
    await world.grow(0, 3)
    with pytest.raises(Cut, match="submit"):
        await anchorer(world.lab, CuttingPort(world.port, "before-submit")).step()
    tx = await pending(world)
    assert await world.port.nonce_state(tx) is NonceState.NEXT
    behind = PreparedTx(tx.nonce + 1, tx.raw, tx.tx_hash)
    assert await world.port.nonce_state(behind) is NonceState.AHEAD
    assert isinstance(await world.port.submit(tx), Accepted)
    assert same_or_spent(await world.port.submit(tx))
    receipt = await included(world.port, tx)
    assert receipt.ok
    assert await world.port.nonce_state(tx) is NonceState.SPENT
    assert same_or_spent(await world.port.submit(tx))
    await world.anchor(3)
    assert len(await world.port.history(world.origin)) == 1
    assert await world.lab.rows("SELECT count(*) FROM anchor") == [(1,)]


@pytest.mark.parametrize("point", ["before-submit", "after-submit", "before-find"])
async def test_a_restart_of_everything_in_the_middle(world: World, point: str) -> None:
    await world.grow(0, 3)
    with pytest.raises(Cut, match=point.partition("-")[2]):
        await anchored(anchorer(world.lab, CuttingPort(world.port, point)))
    before = await world.lab.rows("SELECT raw FROM anchor")
    for client in world.clients:
        client.close()
    await world.engine.restart()
    await world.lab.restart()
    world.reconnect()
    await world.anchor(3)
    assert await world.lab.rows("SELECT raw FROM anchor") == before


async def test_another_chain_is_no_chain(world: World) -> None:
    port = world.reconnect(chain_id=world.engine.chain_id + 1)
    with pytest.raises(ChainMismatch, match=f"serves chain {world.engine.chain_id}, not {world.engine.chain_id + 1}"):
        await port.latest(world.origin)
    assert not (await port.health()).ok
    assert not any(node.ok for node in await port.node_set())


async def test_no_contract_or_another_contract_is_no_contract(world: World) -> None:
    setup = EvmSetup(world.clients[0], ADMIN, world.engine.profile.fees)
    nonce = await setup._nonce()
    await setup._send(None, ONE_BYTE_OF_CODE, 200_000)
    for address in (bytes(19) + b"\xff", contract_address(ADMIN.address, nonce)):
        port = world.reconnect(contract=address)
        with pytest.raises(ChainMismatch, match="code is not that of AnchorRegistry"):
            await port.latest(world.origin)
        health = await port.health()
        assert (health.ok, "AnchorRegistry" in health.detail) == (False, True)


async def test_what_must_fail_is_known_before_anything_is_sent(world: World) -> None:
    await world.grow(0, 3)
    root = bytes(31) + b"\7"
    other_log = AnchorRequest("nobody.example/log", TreeHash.SM3, 3, root, root, ())
    with pytest.raises(ChainRejected, match="does not know this log"):
        await world.port.prepare(other_log)
    other_hash = AnchorRequest(world.origin, TreeHash.SHA256, 3, root, root, ())
    with pytest.raises(ChainRejected, match="knows it with another hash"):
        await world.port.prepare(other_hash)
    stranger = world.engine.port(world.clients, world.contract, ADMIN)
    with pytest.raises(ChainRejected, match="this key as a submitter"):
        await stranger.prepare(await world.request(3, root))
    assert (await anchorer(world.lab, stranger).step()).status is AnchorStatus.REFUSED
    assert await world.lab.rows("SELECT * FROM anchor") == []
    await world.anchor(3)
    for request, error in (
        (await world.request(3, root), "RootConflict"),
        (await world.request(2, root), "SizeNotIncreasing"),
        (await world.request(5, root, (bytes(32),)), "InconsistentHistory"),
    ):
        with pytest.raises(ChainRejected, match=f"the contract would refuse: .*{error}"):
            await world.port.prepare(request)


async def test_the_contract_itself_refuses_a_rewritten_history(world: World) -> None:
    """Whoever skips the rehearsal burns a nonce and moves nothing."""
    await world.grow(0, 3)
    await world.anchor(3)
    before = await world.port.latest(world.origin)
    tx = await forged(world, 5, bytes(31) + b"\7", [bytes(32), bytes(32)])
    assert isinstance(await world.port.submit(tx), Accepted)
    receipt = await included(world.port, tx)
    assert not receipt.ok
    assert await world.port.latest(world.origin) == before
    await world.grow(3, 9)
    await world.anchor(9)


def same_or_spent(outcome: Submission) -> bool:
    """A node has these bytes already, or they are in a block by now."""
    return isinstance(outcome, Accepted) or (isinstance(outcome, Rejected) and outcome.kind is Refusal.SPENT)


async def pending(world: World) -> PreparedTx:
    async with world.lab.anchors(world.engine.chain_id, world.contract)() as store:
        row = await store.pending()
    assert row is not None
    assert row.tx is not None
    assert row.state is AnchorState.PREPARED
    tx: PreparedTx = row.tx
    return tx


async def included(port: AnchorPort, tx: PreparedTx) -> TxReceipt:
    for _ in range(POLLS):
        receipt = await port.receipt(tx.tx_hash)
        if receipt is not None:
            return receipt
        await port.submit(tx)
    raise AssertionError("no receipt")


async def forged(world: World, size: int, root: bytes, proof: list[bytes]) -> PreparedTx:
    client = world.clients[0]
    artifact = load_artifact()
    contract: Any = client.w3.eth.contract(bytes(world.contract), abi=list(artifact.abi))
    call = contract.functions.anchor(origin_id(world.origin), size, root, root, proof)
    data = bytes.fromhex(call._encode_transaction_data()[2:])
    nonce = await client.call(lambda w3: w3.eth.get_transaction_count(SUBMITTER.checksummed, "latest"))
    return SUBMITTER.sign(world.contract, data, nonce, 2_000_000, world.engine.chain_id, world.engine.profile.fees)
