"""Keccak-256 against known answers and two other implementations, at every length around the block."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from Crypto.Hash import keccak as pycryptodome
from eth_utils.crypto import keccak as eth_keccak

from verifier.hazmat.keccak import RATE_BYTES, keccak256

# Keccak reference KATs (ShortMsgKAT_256) and the values every EVM chain has in its state: empty code, empty trie.
KNOWN = {
    "": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    "80": "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "cc": "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a",
    "41fb": "a8eaceda4d47b3281a795ad9e1ea2122b407baf9aabcb9e18b5717b7873537d2",
    "616263": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
}


@pytest.mark.parametrize(("message", "digest"), KNOWN.items())
def test_known_answers(message: str, digest: str) -> None:
    assert keccak256(bytes.fromhex(message)).hex() == digest


@pytest.mark.parametrize("length", [*range(2 * RATE_BYTES + 3), 1000, 4096])
def test_agrees_with_two_others(length: int) -> None:
    data = Random(length).randbytes(length)
    expected = pycryptodome.new(digest_bits=256, data=data).digest()
    assert keccak256(data) == expected == eth_keccak(data)


def test_is_not_the_standard_sha3() -> None:
    assert keccak256(b"") != hashlib.sha3_256(b"").digest()
