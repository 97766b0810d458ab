"""What nodes say when they refuse a transaction, and what it means. JSON-RPC has no codes for it: only words.

Anything that is not listed is Unknown, and the same bytes go out again: safe whatever the node meant. What is listed
is one node's claim; that a nonce is used up is asked of the chain's state before anything is concluded from it.

Where the words come from (compared in lower case, as parts of the message):

| node | source |
|---|---|
| go-ethereum | `core/txpool/errors.go`, `core/error.go`, `core/txpool/legacypool/legacypool.go` |
| Besu | `RpcErrorType.java`: -32001 "Nonce too low" … -32009, and -32000 for the pool's own |
| anvil | `crates/anvil/src/eth/error.rs` ("transaction already imported") |
| CometBFT | `mempool/errors.go` ("mempool is full: number of txs …", "tx already exists in cache") |
| ethermint, injectived | ante handlers: "invalid nonce; got 812, expected 810", "sender balance < tx cost" |
| FISCO BCOS 3.x | `TransactionStatus.h`: names, or the number in hex ("reason: 0x2712"), by version |
| py-evm | `eth/vm/forks/frontier/validation.py`: "expected 1, but got 0", "cannot afford txn gas" |
"""

from __future__ import annotations

import re
from typing import Final

from chain.anchor.model import Accepted, Refusal, Rejected, Submission, Unknown

_KNOWN_ALREADY: Final = (
    "already known",  # go-ethereum, Besu since 24
    "known transaction",  # Besu, go-ethereum before 1.9
    "already imported",  # anvil
    "already exists",  # "tx already exists in cache": CometBFT
    "already in cache",
    "already in mempool",
    "alreadyintxpool",  # FISCO BCOS
    "txalreadyinchain",
    "reason: 0x2714",
    "reason: 0x2715",
)
_SPENT: Final = (
    "nonce too low",  # go-ethereum, Besu, anvil
    "nonce is too low",
    "noncecheckfail",  # FISCO BCOS: below the account's, or seen before
    "reason: 0x2710",
)
_GAP: Final = (
    "nonce too high",  # go-ethereum (call and block building), Besu, hardhat
    "nonce gap",
    "too distant from current sender nonce",  # Besu
    "transaction with a lower nonce exists",  # Besu: "An invalid transaction with a lower nonce exists"
)
_FOR_NOW: Final = (
    "insufficient funds",  # go-ethereum, anvil
    "upfront cost exceeds account balance",  # Besu
    "cannot afford txn",  # py-evm
    "sender balance < tx cost",  # ethermint
    "notenoughcash",  # FISCO BCOS
    "insufficient fee",  # cosmos-sdk
    "mempool is full",  # CometBFT
    "txpool is full",  # go-ethereum, FISCO BCOS 3.17
    "txpoolisfull",  # FISCO BCOS
    "reason: 0x2712",
    "underpriced",  # "transaction underpriced", "replacement transaction underpriced"
    "tries to replace pending",  # go-ethereum: "future transaction tries to replace pending"
    "fee cap",  # Besu: "Transaction fee cap exceeded"
    "below configured minimum",  # Besu: gas price
    "base fee",  # "max fee per gas less than block base fee", Besu: "Gas price below current base fee"
    "not authorized",  # Besu: "Sender account not authorized to send transactions"
    "sync is still in progress",  # Besu
    "catching up",  # injectived: "endpoint is closed while node is catching up"
)
_NEVER: Final = (
    "chain id",  # go-ethereum: "invalid chain id for signer"
    "chainid",  # Besu: "Wrong chainId"; FISCO BCOS: InvalidChainId
    "reason: 0x2716",
    "invalid sender",
    "invalid signature",
    "invalidsignature",
    "intrinsic gas",
    "exceeds block gas limit",
    "oversized data",
    "tx too large",
    "transaction type not supported",
    "invalid transaction type",
)
# The one family that names both numbers, in either direction with the same words: only the comparison tells.
_NUMBERS: Final = (
    re.compile(r"invalid nonce; got (?P<got>\d+), (?:should be )?expected (?P<expected>\d+)"),
    re.compile(r"nonce: expected (?P<expected>\d+), but got (?P<got>\d+)"),
    re.compile(r"sequence mismatch, expected (?P<expected>\d+), got (?P<got>\d+)"),
)


def classify(message: str) -> Submission:
    """What a refusal means. `message`: the node's words in lower case."""
    if _any(_KNOWN_ALREADY, message):
        return Accepted()
    for pattern in _NUMBERS:
        numbers = pattern.search(message)
        if numbers is not None:
            low = int(numbers["got"]) < int(numbers["expected"])
            return Rejected(message, Refusal.SPENT if low else Refusal.GAP)
    for words, kind in ((_SPENT, Refusal.SPENT), (_GAP, Refusal.GAP), (_FOR_NOW, Refusal.FOR_NOW)):
        if _any(words, message):
            return Rejected(message, kind)
    return Rejected(message, Refusal.NEVER) if _any(_NEVER, message) else Unknown(message)


def _any(words: tuple[str, ...], message: str) -> bool:
    return any(part in message for part in words)
