"""Faults between us and the chain, injected for real: refused connections, full pools, lost transactions,
reorganisations, exchanged nodes. Whatever happens, one anchor results, or none and a reason.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.crypto import keccak

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.evm_deploy import EvmSetup
from chain.anchor.evm_profile import PROFILES
from chain.anchor.sending import GAP_POLLS, SILENT_POLLS
from chain.errors import AnchorLost, ChainMismatch
from tests.simulators.rpc_proxy import Forward, refuse, vanish
from tests.support.anchor_lab import ADMIN, SUBMITTER, Cut, CuttingPort, anchored, anchorer
from tests.support.anvil_node import CHAIN_ID
from tests.support.chain_engine import rpc
from tests.support.fault_lab import ANCHOR, IS_SUBMITTER, SEND, ActingPort, World

pytestmark = pytest.mark.anvil


CALLS = ("latest", "prepare", "receipt", "submit", "standing", "find")


@pytest.mark.parametrize("point", [f"{when}-{name}" for when in ("before", "after") for name in CALLS])
async def test_the_node_goes_down_at_any_step(world: World, point: str) -> None:
    await world.grow(0, 3)
    proxy = world.proxies[0]
    worker = anchorer(world.lab, ActingPort(world.one(), point, proxy.stop))
    step = await anchored(worker)
    if point != "after-find":  # then everything was asked
        assert (step.status, proxy.url in step.detail) == (AnchorStatus.UNREACHABLE, False)
    before = await world.raw()
    proxy.start()
    await anchored(worker)
    await world.assert_one_anchor(3)
    assert before in ([], await world.raw())


async def test_one_dead_endpoint_of_three_stops_nothing_and_two_do(world: World) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.several())
    world.proxies[1].stop()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    await world.grow(3, 9)
    world.proxies[2].stop()
    step = await anchored(worker)
    assert step.status is AnchorStatus.UNREACHABLE
    assert step.detail.startswith("1 of 3 endpoints answer. endpoint 2: endpoint: ConnectionError; endpoint 3: ")
    world.proxies[1].start()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    await world.assert_one_anchor(9)


@pytest.mark.parametrize(
    "words",
    ["mempool is full: number of txs 5000 (max: 5000)", "txpool is full", "insufficient funds", "underpriced"],
)
async def test_refused_for_now_keeps_the_bytes(world: World, words: str) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one())
    world.proxies[0].on(SEND, refuse(-32000, words))
    for _ in range(SILENT_POLLS + 2):
        step = await worker.step()
        assert (step.status, step.detail) == (AnchorStatus.REFUSED, words)
    rows = await world.raw()
    assert len(rows) == 1
    world.proxies[0].honest()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await world.raw() == rows


def swallow(params: list[Any], forward: Forward) -> Any:
    """Answers with the hash and forgets the transaction."""
    return "0x" + keccak(hexstr=params[0]).hex()


async def test_a_swallowed_transaction_is_sent_again(world: World) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one())
    world.proxies[0].on(SEND, swallow)
    for _ in range(SILENT_POLLS + 2):
        assert (await worker.step()).status is AnchorStatus.WAITING
    rows = await world.raw()
    world.proxies[0].honest()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await world.raw() == rows


async def test_one_swallowing_endpoint_of_three_holds_nothing_up(world: World) -> None:
    await world.grow(0, 3)
    world.proxies[0].on(SEND, swallow)
    assert (await anchored(anchorer(world.lab, world.several()))).status is AnchorStatus.ANCHORED


async def test_a_lost_hash_is_reconciled_by_the_nonce(world: World) -> None:
    """Accepted, never included, and its nonce goes to another transaction: found out without a word of the node."""
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one())
    world.proxies[0].on(SEND, swallow)
    assert (await worker.step()).status is AnchorStatus.WAITING
    await other_use_of_the_key(world)
    statuses = [(await worker.step()).status for _ in range(SILENT_POLLS - 1)]
    assert statuses == [AnchorStatus.WAITING] * (SILENT_POLLS - 2) + [AnchorStatus.FAILED]
    world.proxies[0].honest()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    states = await world.lab.rows("SELECT state, reason FROM anchor ORDER BY anchor_id")
    assert [tuple(row) for row in states] == [("failed", "another transaction took its nonce"), ("final", "")]
    await world.assert_one_anchor(3)


async def test_an_answer_that_never_arrives_is_unknown(world: World) -> None:
    await world.grow(0, 3)
    world.proxies[0].on(SEND, vanish)
    worker = anchorer(world.lab, world.one())
    step = await anchored(worker)
    assert step.status in (AnchorStatus.UNREACHABLE, AnchorStatus.ANCHORED)
    rows = await world.raw()
    if step.status is AnchorStatus.UNREACHABLE:
        assert (await anchored(worker)).status is AnchorStatus.ANCHORED  # it was in a block all the time
    assert len(rows) == 1
    assert await world.raw() == rows
    await world.assert_one_anchor(3)


async def test_a_node_that_says_spent_is_not_believed(world: World) -> None:
    await world.grow(0, 3)
    world.proxies[0].on(SEND, refuse(-32001, "Nonce too low"))
    worker = anchorer(world.lab, world.one())
    for _ in range(SILENT_POLLS + 2):
        assert (await worker.step()).status is AnchorStatus.REFUSED
    rows = await world.raw()
    assert len(rows) == 1
    world.proxies[0].honest()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await world.raw() == rows


async def test_a_gap_that_stays_is_closed_by_a_new_transaction(world: World) -> None:
    await world.grow(0, 3)
    port, proxy = world.one(), world.proxies[0]
    proxy.on("eth_getTransactionCount", lambda params, forward: "0x7" if "pending" in params else forward(params))
    with pytest.raises(Cut, match="submit"):
        await anchorer(world.lab, CuttingPort(port, "before-submit")).step()
    proxy.honest()
    proxy.on(SEND, refuse(-32000, "invalid nonce; got 7, expected 0: invalid sequence"))
    worker = anchorer(world.lab, port)
    statuses = [(await worker.step()).status for _ in range(GAP_POLLS)]
    assert statuses == [AnchorStatus.REFUSED] * (GAP_POLLS - 1) + [AnchorStatus.FAILED]
    proxy.honest()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await world.lab.rows("SELECT nonce, state FROM anchor ORDER BY anchor_id") == [(7, "failed"), (0, "final")]


async def test_transactions_that_keep_failing_pause_longer_and_longer(world: World) -> None:
    """The rehearsal is made to lie, so that every transaction is included and fails: a few an hour, not one a poll."""
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one())
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    await world.grow(3, 9)
    setup = EvmSetup(world.control, ADMIN)
    await setup._call(world.contract, setup._functions(world.contract).removeSubmitter(SUBMITTER.checksummed))
    world.proxies[0].on("eth_call", rehearsal_passes)
    start = world.lab.now
    failed_at = []
    for _ in range(200):
        step = await anchored(worker)
        if step.status is AnchorStatus.FAILED:
            failed_at.append(world.lab.now - start)
        else:
            assert step.status is AnchorStatus.PAUSED
            assert "transactions failed, next in" in step.detail
            assert "included, and failed" in step.detail
            world.lab.now += 60
    assert failed_at[:5] == [0, 0, 60, 180, 420]
    assert len(failed_at) <= 12  # of two hundred polls in three hours
    again = anchorer(world.lab, world.one())
    assert (await again.step()).status is AnchorStatus.PAUSED  # a restart is no way around it


def rehearsal_passes(params: list[Any], forward: Forward) -> Any:
    """Rehearsals and the question of permission get the answer that is wanted."""
    data = params[0].get("data", params[0].get("input", ""))
    if data.startswith(ANCHOR):
        return "0x"
    if data.startswith(IS_SUBMITTER):
        return "0x" + "00" * 31 + "01"
    return forward(params)


async def other_use_of_the_key(world: World) -> None:
    nonce = await world.control.call(lambda w3: w3.eth.get_transaction_count(SUBMITTER.checksummed))
    tx = SUBMITTER.sign(ADMIN.address, b"", nonce, 21_000, CHAIN_ID, PROFILES["evm"].fees)
    await world.control.call(lambda w3: w3.eth.send_raw_transaction(tx.raw))
    await world.control.call(lambda w3: w3.eth.wait_for_transaction_receipt(tx.tx_hash, poll_latency=0.01))


# -- reorganisations


async def test_a_reorganisation_before_finality_costs_time_only(world: World) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one(confirmations=3))
    for _ in range(2):
        step = await until(worker, "shallow")
        rows = await world.raw()
        await rpc(world.control, "anvil_reorg", 1, [])
        assert (await worker.step()).status is AnchorStatus.WAITING
        assert await world.raw() == rows
    assert step.detail == "not final yet: its block is shallow"
    await until(worker, "shallow")
    await rpc(world.control, "anvil_mine", "0x3")
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await world.raw() == rows


async def test_a_reorganisation_after_finality_is_an_anchor_lost(world: World) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one(confirmations=1))
    await until(worker, "shallow")
    await rpc(world.control, "anvil_mine", "0x1")
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    await rpc(world.control, "anvil_reorg", 2, [])
    with pytest.raises(AnchorLost, match="size 3"):
        await anchorer(world.lab, world.one(confirmations=1)).check_last()
    await world.grow(3, 9)
    with pytest.raises(AnchorLost, match="size 3"):
        await worker.step()


async def test_the_same_anchor_in_another_block_is_noticed(world: World) -> None:
    await world.grow(0, 3)
    worker = anchorer(world.lab, world.one())
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    (raw,) = await world.lab.rows("SELECT raw FROM anchor")
    await rpc(world.control, "anvil_reorg", 1, [])
    await rpc(world.control, SEND, "0x" + raw.raw.hex())
    await rpc(world.control, "anvil_mine", "0x1")
    words = "in another block than the one recorded as final"
    with pytest.raises(AnchorLost, match=words):
        await worker.check_last()
    await world.grow(3, 9)
    with pytest.raises(AnchorLost, match=words):
        await worker.step()


async def until(worker: Any, words: str) -> Any:
    """The first step whose detail says so."""
    for _ in range(400):
        step = await worker.step()
        if words in step.detail:
            return step
    raise AssertionError(f"never {words}: {step}")


# -- another node behind the same address


async def test_a_node_of_another_chain_after_a_restart(world: World) -> None:
    await world.grow(0, 3)
    with pytest.raises(Cut, match="submit"):
        await anchorer(world.lab, CuttingPort(world.one(), "before-submit")).step()
    rows = await world.raw()
    world.node.stop()
    keep = world.node.state.read_bytes()
    world.node.forget()
    world.node.start(chain_id=CHAIN_ID + 1)
    worker = anchorer(world.lab, world.one())
    for _ in range(2):
        with pytest.raises(ChainMismatch, match="serves chain 990002, not 990001"):
            await worker.step()
    world.node.forget()
    world.node.start()  # the right number, and nothing on it
    with pytest.raises(ChainMismatch, match="code is not that of AnchorRegistry"):
        await worker.step()
    world.node.forget()
    world.node.state.write_bytes(keep)
    world.node.start()
    assert (await anchored(worker)).status is AnchorStatus.ANCHORED
    assert await world.raw() == rows
