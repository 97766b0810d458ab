"""What nodes say when they refuse a transaction, and what it means. JSON-RPC has no codes for it: only words.

Anything that is not listed is Unknown, and the same bytes go out again: safe whatever the node meant.
"""

from __future__ import annotations

from typing import Final

from chain.anchor.model import Accepted, Refusal, Rejected, Submission, Unknown

_KNOWN_ALREADY: Final = ("already known", "already imported", "already exists", "known transaction", "in cache")
_NONCE_SPENT: Final = ("nonce too low", "invalid nonce", "invalid transaction nonce", "nonce is too low")
_FOR_NOW: Final = (
    "insufficient funds",
    "insufficient fee",
    "mempool is full",
    "txpool is full",
    "underpriced",
    "fee cap",
)


def classify(message: str) -> Submission:
    """`message`: the node's words in lower case."""
    if any(words in message for words in _KNOWN_ALREADY):
        return Accepted()
    if any(words in message for words in _NONCE_SPENT):
        return Rejected(message, Refusal.SPENT)
    if any(words in message for words in _FOR_NOW):
        return Rejected(message, Refusal.FOR_NOW)
    return Unknown(message)
