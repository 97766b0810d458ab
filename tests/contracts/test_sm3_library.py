"""SM3.sol against hashlib (OpenSSL), on anvil; a few on py-evm."""

from __future__ import annotations

import random

import pytest
from eth_abi import decode, encode
from web3.contract import Contract

from contracts.loader import load_artifact
from tests.support.evm import Chain, batch_call, deploy
from tests.support.rfc9162_reference import node, sm3

HARNESS = "test/SM3Harness"
EDGES = [bytes(32), b"\xff" * 32, b"\x80" + bytes(31), bytes(31) + b"\x01", b"\x7f\xff\xff\xff" * 8, b"\x80\0\0\0" * 8]


@pytest.fixture(scope="module")
def harness(anvil: Chain) -> Contract:
    return deploy(anvil.w3, load_artifact(HARNESS), sender=anvil.stranger)


@pytest.mark.anvil
def test_every_length_around_the_padding_edges(anvil: Chain, harness: Contract) -> None:
    chooser = random.Random(20260101)
    lengths = [*range(200), 255, 256, 257, 511, 512, 513, 1000, 4095, 4096, 4097]
    messages = [chooser.randbytes(n) for n in lengths] + [b"\xff" * n for n in range(50, 70)]
    answers = batch_call(anvil, harness, [("hash", [m]) for m in messages])
    assert answers == [sm3(m) for m in messages]


@pytest.mark.anvil
def test_nodes_of_random_and_extreme_words(anvil: Chain, harness: Contract) -> None:
    """Carries and sign bits at every lane border: dirt above bit 31 must never come down."""
    chooser = random.Random(20260102)
    pairs = [(a, b) for a in EDGES for b in EDGES]
    pairs += [(chooser.randbytes(32), chooser.randbytes(32)) for _ in range(600)]
    pairs += [(bytes(32), (1 << bit).to_bytes(32, "big")) for bit in range(256)]
    pairs += [((1 << bit).to_bytes(32, "big"), b"\xff" * 32) for bit in range(256)]
    answers = batch_call(anvil, harness, [("node", pair) for pair in pairs])
    assert answers == [node(sm3, a, b) for a, b in pairs]


@pytest.mark.anvil
def test_gas_of_a_node_stays_under_the_limit(anvil: Chain, harness: Contract) -> None:
    """65 bytes, two blocks. The issue asks for at most 100,000; the cost does not depend on the data."""
    answers = batch_call(anvil, harness, [("nodeGas", (a, b)) for a in EDGES for b in EDGES])
    used = {decode(["bytes32", "uint256"], answer)[1] for answer in answers}
    print(f"\ngas per 65-byte SM3 node: {sorted(used)}")
    assert len(used) == 1
    assert used.pop() <= 46_000


def test_standard_vector_on_py_evm(pyevm: Chain) -> None:
    """GB/T 32905-2016 A.1 and A.2."""
    harness = deploy(pyevm.w3, load_artifact(HARNESS), sender=pyevm.stranger)
    for message, digest in (
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ):
        assert harness.functions.hash(message).call().hex() == digest
    assert harness.functions.node(EDGES[1], EDGES[2]).call() == node(sm3, EDGES[1], EDGES[2])


def test_dirty_memory_behind_the_message_is_not_hashed(pyevm: Chain) -> None:
    """ABI padding that is not zero must not reach the padding block."""
    harness = deploy(pyevm.w3, load_artifact(HARNESS), sender=pyevm.stranger)
    call = harness.encode_abi("hash", [b"abc"])
    assert call.endswith("616263" + "00" * 29)
    dirty = call[:-58] + "ff" * 29
    answer = pyevm.w3.eth.call({"to": harness.address, "data": dirty})
    assert bytes(answer) == encode(["bytes32"], [sm3(b"abc")])
