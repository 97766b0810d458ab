"""Receipts (RFC 9942) from a stored checkpoint: its one signature and the entry's own path."""

from __future__ import annotations

from chain.log.model import StoredCheckpoint
from chain.log.view import LogView
from verifier.receipt import encode_receipt


async def make_receipt(view: LogView, checkpoint: StoredCheckpoint, index: int) -> bytes:
    """The receipt of entry `index` in the tree of that checkpoint. Raises NotInLog.

    The same bytes whenever it is asked for: nothing in it depends on the time of asking.
    """
    path = await view.inclusion(index, checkpoint.size)
    return encode_receipt(checkpoint.receipt_protected, checkpoint.receipt_signature, checkpoint.size, index, path)
