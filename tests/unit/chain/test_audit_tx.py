"""What the auditor reads from a stored transaction: every envelope, and nothing from anything else."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from chain.anchor.evm_audit import read_anchor_tx
from contracts.loader import load_artifact

KEY = bytes(31) + b"\x01"
TO = bytes.fromhex("540aad0a4e6e40aa49a97b862c6968acc981d53d")
ORIGIN, ROOT, NOTE = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32
CALL = (
    Web3().eth.contract(abi=list(load_artifact().abi)).encode_abi("anchor", [ORIGIN, 4711, ROOT, NOTE, [bytes(32)] * 3])
)
BASE = {"nonce": 7, "gas": 300_000, "to": Web3.to_checksum_address(TO), "value": 0, "data": CALL}
FORMS = {
    "before EIP-155": {"gasPrice": 0},
    "EIP-155": {"gasPrice": 0, "chainId": 990000},
    "EIP-2930": {"gasPrice": 1, "chainId": 990000, "accessList": [], "type": 1},
    "EIP-1559": {"maxFeePerGas": 10, "maxPriorityFeePerGas": 1, "chainId": 990000, "type": 2},
}


def signed(form: str, **changes: object) -> tuple[bytes, bytes]:
    made = Account.sign_transaction({**BASE, **FORMS[form], **changes}, KEY)
    return bytes(made.raw_transaction), bytes(made.hash)


@pytest.mark.parametrize("form", FORMS)
def test_every_envelope_is_read(form: str) -> None:
    raw, tx_hash = signed(form)
    found = read_anchor_tx(raw)
    assert found is not None
    assert (found.tx_hash, found.nonce, found.to) == (tx_hash, 7, TO)
    assert found.chain_id == (None if form == "before EIP-155" else 990000)
    assert (found.origin_id, found.size, found.root, found.note_hash) == (ORIGIN, 4711, ROOT, NOTE)


def test_other_calls_are_no_anchors() -> None:
    assert read_anchor_tx(signed("EIP-1559", data="0x" + "00" * 4 + CALL[10:])[0]) is None
    assert read_anchor_tx(signed("EIP-1559", data="0x")[0]) is None
    assert read_anchor_tx(signed("EIP-155", data=CALL[:-64])[0]) is None


@given(st.binary(max_size=400))
def test_other_bytes_are_none_and_no_crash(data: bytes) -> None:
    assert read_anchor_tx(data) is None


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_never_crashes(place: int, bit: int) -> None:
    raw = bytearray(signed("EIP-1559")[0])
    raw[place % len(raw)] ^= 1 << bit
    read_anchor_tx(bytes(raw))
