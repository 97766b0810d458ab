"""Anchoring on the in-process chain: the whole path, restarts, reconciliation, contradictions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm import EvmAnchor, EvmSettings
from chain.anchor.evm_account import Fees
from chain.anchor.evm_client import EvmClient
from chain.anchor.evm_deploy import EvmSetup, contract_address
from chain.anchor.evm_embedded import EmbeddedChain
from chain.anchor.journal import Journal
from chain.anchor.model import Accepted, AnchorRequest, Refusal, Rejected, observation
from chain.anchor.observer import ChainObserver
from chain.anchor.trigger import Trigger
from chain.errors import (
    AlreadyLocked,
    AnchorLost,
    ChainMismatch,
    ChainRejected,
    JournalMismatch,
    RolledBack,
)
from chain.log.guard import check_rollback
from tests.support.anchor_lab import ADMIN, OTHER, SUBMITTER, Cut, CuttingPort, anchorer, embedded, set_up
from tests.support.log_lab import SHA_LOG, SM3_LOG, Ed25519Signer, Lab
from verifier.anchor import AnchorObservation


@dataclass
class World:
    lab: Lab
    chain: EmbeddedChain
    client: EvmClient
    port: EvmAnchor
    journal: Path

    async def grow(self, start: int, stop: int) -> None:
        await self.lab.fill(start, stop)
        self.lab.now += 1
        await self.lab.checkpoint()

    async def reopen(self) -> None:
        """Kill chain and service, start both again."""
        self.client.close()
        self.chain.close()
        await self.lab.restart()
        self.chain = embedded(self.journal, lambda: self.lab.now)
        self.client = EvmClient.embedded(self.chain)
        contract = self.port.capabilities().contract
        self.port = EvmAnchor(self.client, SUBMITTER, EvmSettings(contract))


@pytest.fixture(params=[SM3_LOG, SHA_LOG], ids=["sm3", "sha256"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    lab = await Lab(tmp_path / "log.db", request.param, Ed25519Signer()).create()
    chain = embedded(tmp_path / "journal", lambda: lab.now)
    client = EvmClient.embedded(chain)
    made = World(lab, chain, client, await set_up(client, lab), tmp_path / "journal")
    yield made
    made.client.close()
    made.chain.close()
    await lab.engines.dispose()


async def test_checkpoints_are_anchored_and_observed(world: World) -> None:
    lab, port = world.lab, world.port
    worker = anchorer(lab, port)
    assert (await worker.step()).status is AnchorStatus.NOTHING_NEW
    for start, stop in ((0, 3), (3, 7), (7, 300)):
        await world.grow(start, stop)
        step = await worker.step()
        assert (step.status, step.size) == (AnchorStatus.ANCHORED, stop)
        assert (await worker.step()).status is AnchorStatus.NOTHING_NEW
    found = await port.find(lab.identity.origin, 7)
    assert found is not None
    async with lab.read() as store:
        checkpoint = await store.checkpoint(7)
        assert checkpoint is not None
        await check_rollback(lab.identity, store, [ChainObserver(port)])
    seen = observation(port.capabilities(), lab.identity.origin, found)
    assert AnchorObservation.parse(seen.encode()) == seen
    assert (seen.root, seen.chain_id, seen.origin) == (checkpoint.root, 990000, lab.identity.origin)
    assert await port.find(lab.identity.origin, 8) is None
    assert await lab.rows("SELECT state, count(*) FROM anchor GROUP BY state") == [("final", 3)]
    assert await lab.rows("SELECT * FROM outbox") == []
    await worker.check_last()


async def test_trigger_waits_for_age_or_number(world: World) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.port, Trigger(seconds=60, entries=10))
    assert (await worker.step()).status is AnchorStatus.NOT_DUE
    world.lab.now += 60
    assert (await worker.step()).status is AnchorStatus.ANCHORED
    await world.grow(3, 12)
    assert (await worker.step()).status is AnchorStatus.NOT_DUE
    assert (await worker.step(force=True)).size == 12
    world.lab.now += 90_000
    assert (await worker.step()).status is AnchorStatus.HEARTBEAT_DUE


POINTS = [f"{when}-{name}" for when in ("before", "after") for name in ("prepare", "submit", "receipt", "find")]


@pytest.mark.parametrize("point", [*POINTS, "before-standing", "after-standing"])
async def test_death_at_any_call_ends_in_one_anchor(world: World, point: str) -> None:
    await world.grow(0, 3)
    await anchorer(world.lab, world.port).step()
    await world.grow(3, 9)
    with pytest.raises(Cut, match=point.partition("-")[2]):
        await anchorer(world.lab, CuttingPort(world.port, point)).step()
    before = await world.lab.rows("SELECT raw FROM anchor WHERE size = 9")
    await world.reopen()
    step = await anchorer(world.lab, world.port).step()
    assert (step.status, step.size) == (AnchorStatus.ANCHORED, 9)
    after = await world.lab.rows("SELECT raw FROM anchor WHERE size = 9")
    assert len(after) == 1  # the same bytes, never a second transaction
    assert before in ([], after)


async def test_journal_gives_the_same_chain_again(world: World) -> None:
    await world.grow(0, 5)
    await anchorer(world.lab, world.port).step()
    before = await world.client.call(lambda w3: w3.eth.get_block("latest")["hash"])
    await world.reopen()
    assert await world.client.call(lambda w3: w3.eth.get_block("latest")["hash"]) == before
    assert (await world.port.health()).ok
    await anchorer(world.lab, world.port).check_last()


async def test_set_up_is_idempotent_and_finds_a_forgotten_contract(world: World) -> None:
    address = world.port.capabilities().contract
    height = await world.client.call(lambda w3: w3.eth.block_number)
    assert (await set_up(world.client, world.lab)).capabilities().contract == address
    assert (await set_up(world.client, world.lab, address)).capabilities().contract == address
    assert await world.client.call(lambda w3: w3.eth.block_number) == height
    assert address == contract_address(ADMIN.address, 0)
    with pytest.raises(ChainMismatch, match="no AnchorRegistry at the recorded address"):
        await EvmSetup(world.client, ADMIN).ensure_registry(bytes(20))


async def test_anothers_anchor_is_adopted(world: World) -> None:
    await world.grow(0, 4)
    stranger = EvmAnchor(world.client, OTHER, EvmSettings(world.port.capabilities().contract))
    async with world.lab.read() as store:
        checkpoint = await store.checkpoint()
    assert checkpoint is not None
    identity = world.lab.identity
    request = AnchorRequest(identity.origin, identity.hash, 4, checkpoint.root, bytes(31) + b"\1", ())
    mine = CuttingPort(world.port, "before-submit")
    with pytest.raises(Cut, match="submit"):
        await anchorer(world.lab, mine).step()  # ours is signed and stored, not sent …
    assert isinstance(await stranger.submit(await stranger.prepare(request)), Accepted)  # … and he is faster
    step = await anchorer(world.lab, world.port).step()
    assert (step.status, step.size) == (AnchorStatus.ANCHORED, 4)
    states = await world.lab.rows("SELECT state, reason FROM anchor ORDER BY anchor_id")
    assert [tuple(row) for row in states] == [("failed", "included, and failed"), ("final", "")]


async def test_spent_nonce_leads_to_a_new_transaction(world: World) -> None:
    await world.grow(0, 4)
    with pytest.raises(Cut, match="submit"):
        await anchorer(world.lab, CuttingPort(world.port, "before-submit")).step()
    other_use = SUBMITTER.sign(ADMIN.address, b"", 0, 21_000, 990000, Fees())
    assert isinstance(await world.port.submit(other_use), Accepted)
    step = await anchorer(world.lab, world.port).step()
    assert step.status is AnchorStatus.FAILED
    assert "nonce" in step.detail
    assert (await anchorer(world.lab, world.port).step()).status is AnchorStatus.ANCHORED


async def test_same_bytes_are_accepted_again_and_other_refusals_are_told_apart(world: World) -> None:
    tx = SUBMITTER.sign(ADMIN.address, b"", 0, 21_000, 990000, Fees())
    assert isinstance(await world.port.submit(tx), Accepted)
    assert isinstance(await world.port.submit(tx), Accepted)
    stale = SUBMITTER.sign(ADMIN.address, b"\1", 0, 30_000, 990000, Fees())
    assert await world.port.submit(stale) == Rejected("invalid transaction nonce: expected 1, but got 0", Refusal.SPENT)


async def test_unregistered_key_or_log_is_known_before_anything_is_sent(world: World, tmp_path: Path) -> None:
    contract = world.port.capabilities().contract
    stranger = EvmAnchor(world.client, ADMIN, EvmSettings(contract))
    await world.grow(0, 2)
    step = await anchorer(world.lab, stranger).step()
    assert step.status is AnchorStatus.REFUSED
    assert "submitter" in step.detail
    request = AnchorRequest("nobody.example/log", world.lab.identity.hash, 1, bytes(32), bytes(32), ())
    with pytest.raises(ChainRejected, match="does not know this log"):
        await world.port.prepare(request)
    assert await world.lab.rows("SELECT * FROM anchor") == []


async def test_address_without_our_code_is_a_mismatch(world: World) -> None:
    nowhere = EvmAnchor(world.client, SUBMITTER, EvmSettings(bytes(19) + b"\1"))
    with pytest.raises(ChainMismatch, match="code is not that of AnchorRegistry"):
        await nowhere.latest(SM3_LOG.origin)
    health = await nowhere.health()
    assert (health.ok, health.block_number) == (False, None)


async def test_chain_that_lost_a_final_anchor_is_named(world: World) -> None:
    await world.grow(0, 2)
    await anchorer(world.lab, world.port).step()
    world.client.close()
    world.chain.close()
    journal = world.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))  # the anchor's transaction and its block
    await world.reopen()
    worker = anchorer(world.lab, world.port)
    with pytest.raises(AnchorLost, match="not on the chain any more"):
        await worker.check_last()
    await world.grow(2, 3)
    with pytest.raises(AnchorLost, match="shows no anchor"):
        await worker.step()


async def test_rewritten_log_is_not_anchored(world: World, tmp_path: Path) -> None:
    await world.grow(0, 5)
    await anchorer(world.lab, world.port).step()
    forger = await Lab(tmp_path / "forged.db", world.lab.identity, Ed25519Signer()).create()
    await forger.fill(100, 120)
    await forger.checkpoint()
    with pytest.raises(RolledBack, match="another root at that size"):
        await anchorer(forger, world.port).step()
    async with forger.read() as store:
        with pytest.raises(RolledBack, match="chain 990000 has seen size 5"):
            await check_rollback(forger.identity, store, [ChainObserver(world.port)])
    await forger.engines.dispose()


async def test_second_process_and_edited_journal_are_refused(world: World) -> None:
    journal = world.journal
    with pytest.raises(AlreadyLocked, match="another writer"):
        embedded(journal, lambda: 0)
    world.client.close()
    world.chain.close()
    _forge_block_hash(journal)
    with pytest.raises(JournalMismatch, match="line 3: replay gives another block"):
        embedded(journal, lambda: 0)
    journal.unlink()
    world.chain = embedded(journal, lambda: world.lab.now)


def _forge_block_hash(path: Path) -> None:
    """Change the first recorded block hash and make every checksum fit again."""
    records = [json.loads(line.split(b" ", 1)[1]) for line in path.read_bytes().splitlines()]
    records[2]["hash"] = "00" * 32
    path.unlink()
    journal = Journal(path)
    journal.open()
    for record in records:
        journal.append(record, sync=False)
    journal.close()
