"""An endpoint that lies, alone and beside honest ones: no false anchor is ever recorded, and the liar has a number."""

from __future__ import annotations

from typing import Any

import pytest

from chain.anchor.anchorer import AnchorStatus
from chain.anchor.port import AnchorPort
from chain.anchor.sending import GAP_POLLS, SILENT_POLLS
from chain.errors import AnchorLost, ChainMismatch, RolledBack
from tests.simulators.rpc_proxy import Forward, Handler, RpcProxy, refuse
from tests.support.anchor_lab import anchored, anchorer
from tests.support.fault_lab import HEAD, IS_SUBMITTER, ROOT_AT, SEND, World

pytestmark = pytest.mark.anvil


def other_word(position: int) -> Handler:
    """Changes the last byte of one 32-byte word of an answer."""

    def handler(params: list[Any], forward: Forward) -> Any:
        answer = bytearray.fromhex(forward(params)[2:])
        if len(answer) >= 32 * (position + 1) and any(answer):
            answer[32 * position + 31] ^= 32
        return "0x" + answer.hex()

    return handler


def of_contract(method: str, lie: Handler) -> Handler:
    """The lie for calls of one function of the contract, the truth for all others."""

    def handler(params: list[Any], forward: Forward) -> Any:
        data = params[0].get("data", params[0].get("input", ""))
        return lie(params, forward) if data.startswith(method) else forward(params)

    return handler


def with_field(name: str, value: Any) -> Handler:
    """Changes a field of an object, if there is one."""

    def handler(params: list[Any], forward: Forward) -> Any:
        answer = forward(params)
        return {**answer, name: value} if answer is not None else None

    return handler


def other_roots(params: list[Any], forward: Forward) -> Any:
    """Events with the root that `other_word(0)` makes of the true one."""
    events = []
    for event in forward(params):
        data = bytearray.fromhex(event["data"][2:])
        data[31] ^= 32
        events.append({**event, "data": "0x" + data.hex()})
    return events


def nothing(params: list[Any], forward: Forward) -> Any:
    return None


ELSEWHERE = "0x" + "ab" * 32
LIES: dict[str, dict[str, Handler]] = {
    "another root": {"eth_call": of_contract(ROOT_AT, other_word(0)), "eth_getLogs": other_roots},
    "another head": {"eth_call": of_contract(HEAD, other_word(1))},
    "a larger head": {"eth_call": of_contract(HEAD, other_word(0))},
    "no permission": {"eth_call": of_contract(IS_SUBMITTER, lambda params, forward: "0x" + "00" * 32)},
    "another code": {"eth_getCode": lambda params, forward: "0x6000"},
    "another chain": {"eth_chainId": lambda params, forward: "0x1"},
    "another block": {"eth_getBlockByNumber": with_field("hash", ELSEWHERE)},
    "a failed receipt": {"eth_getTransactionReceipt": with_field("status", "0x0")},
    "nonce spent": {"eth_getTransactionCount": lambda params, forward: "0x63"},
    # these show themselves as one node's silence, delay or refusal, and the others go on without it
    "a root without events": {"eth_call": of_contract(ROOT_AT, other_word(0))},
    "no events": {"eth_getLogs": lambda params, forward: []},
    "a receipt elsewhere": {"eth_getTransactionReceipt": with_field("blockHash", ELSEWHERE)},
    "no receipt": {"eth_getTransactionReceipt": nothing},
    "refuses": {SEND: refuse(-32000, "invalid chain id for signer")},
    "says it knows": {SEND: refuse(-32000, "already known")},
}
SILENT = set(list(LIES)[list(LIES).index("a root without events") :])


@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_among_honest_endpoints_is_named_and_not_believed(world: World, lie: str) -> None:
    await world.grow(0, 3)
    assert (await anchored(anchorer(world.lab, world.several()))).status is AnchorStatus.ANCHORED
    await world.grow(3, 9)
    lying(world.proxies[1], lie)
    status, words = await attempt(world, world.several())
    if lie in SILENT:
        assert status is AnchorStatus.ANCHORED
    else:
        assert status is None
        assert "endpoint 2" in words
    assert not any(proxy.url in words for proxy in world.proxies)
    world.proxies[1].honest()
    assert (await attempt(world, world.several()))[0] in (AnchorStatus.ANCHORED, AnchorStatus.NOTHING_NEW)
    await world.assert_one_anchor(9)
    assert await world.lab.rows("SELECT count(*) FROM anchor WHERE state = 'failed'") == [(0,)]


@pytest.mark.parametrize("lie", LIES)
async def test_a_liar_alone_does_not_get_a_false_anchor_recorded(world: World, lie: str) -> None:
    """Alone it may deny service and make the log stop. What is final in our table is on the chain nevertheless."""
    await world.grow(0, 3)
    lying(world.proxies[0], lie)
    await attempt(world, world.one())
    world.proxies[0].honest()
    assert (await attempt(world, world.one(), SILENT_POLLS + GAP_POLLS + 12))[0] in (
        AnchorStatus.ANCHORED,
        AnchorStatus.NOTHING_NEW,
    )
    await world.assert_one_anchor(3)


def lying(proxy: RpcProxy, lie: str) -> None:
    for method, handler in LIES[lie].items():
        proxy.on(method, handler)


async def attempt(world: World, port: AnchorPort, polls: int = 8) -> tuple[AnchorStatus | None, str]:
    """Anchored or nothing to do; else None and the reasons of all polls."""
    worker = anchorer(world.lab, port)
    reasons = []
    for _ in range(polls):
        try:
            step = await worker.step()
        except (AnchorLost, ChainMismatch, RolledBack) as error:
            reasons.append(str(error))
            continue
        if step.status in (AnchorStatus.ANCHORED, AnchorStatus.NOTHING_NEW):
            return step.status, ""
        reasons.append(step.detail)
    return None, "; ".join(reasons)
