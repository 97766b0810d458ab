"""Nodes' refusals in their own words, and what is concluded from them."""

from __future__ import annotations

import pytest

from chain.anchor.evm_texts import classify
from chain.anchor.model import Accepted, Refusal, Rejected, Unknown

CASES = [
    ("already known", None),
    ("Known transaction", None),
    ("transaction already imported", None),
    ("tx already exists in cache", None),
    ("VM Exception while processing transaction, reason: 0x2714, msg: 0x", None),
    ("TxAlreadyInChain", None),
    ("nonce too low: next nonce 82, tx nonce 81", Refusal.SPENT),
    ("Nonce too low", Refusal.SPENT),
    ("NonceCheckFail", Refusal.SPENT),
    (
        "broadcast error: invalid nonce; got 286, expected 288: invalid sequence",
        Refusal.SPENT,
    ),
    ("invalid nonce; got 812, expected 810: invalid sequence", Refusal.GAP),
    ("invalid nonce; got 2, should be expected 3 or higher with pending txs in the same block", Refusal.SPENT),
    ("Invalid transaction nonce: expected 1, but got 0", Refusal.SPENT),
    ("Invalid transaction nonce: expected 0, but got 4", Refusal.GAP),
    ("account sequence mismatch, expected 7, got 9: incorrect account sequence", Refusal.GAP),
    ("nonce too high: address 0x…, tx: 5 state: 3", Refusal.GAP),
    ("Transaction nonce is too distant from current sender nonce", Refusal.GAP),
    ("insufficient funds for gas * price + value: balance 0, tx cost 1", Refusal.FOR_NOW),
    ("Upfront cost exceeds account balance", Refusal.FOR_NOW),
    ("mempool is full: number of txs 5000 (max: 5000), total txs bytes 1 (max: 2)", Refusal.FOR_NOW),
    ("txpool is full", Refusal.FOR_NOW),
    ("TxPoolIsFull", Refusal.FOR_NOW),
    ("insufficient fees; got: 0inj required: 1inj: insufficient fee", Refusal.FOR_NOW),
    ("replacement transaction underpriced", Refusal.FOR_NOW),
    ("Gas price below configured minimum gas price", Refusal.FOR_NOW),
    ("max fee per gas less than block base fee", Refusal.FOR_NOW),
    ("Sender account not authorized to send transactions", Refusal.FOR_NOW),
    ("endpoint is closed while node is catching up", Refusal.FOR_NOW),
    ("Wrong chainId", Refusal.NEVER),
    ("invalid chain id for signer: have 1 want 2", Refusal.NEVER),
    ("InvalidChainId", Refusal.NEVER),
    ("intrinsic gas too low", Refusal.NEVER),
    ("Transaction gas limit exceeds block gas limit", Refusal.NEVER),
]


@pytest.mark.parametrize(("words", "kind"), CASES)
def test_words_of_nodes(words: str, kind: Refusal | None) -> None:
    message = words.lower()
    assert classify(message) == (Accepted() if kind is None else Rejected(message, kind))


def test_what_is_not_known_is_not_guessed() -> None:
    assert classify("the hamster is asleep") == Unknown("the hamster is asleep")
    assert classify("") == Unknown("")
