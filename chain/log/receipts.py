"""Receipts (RFC 9942) from a stored checkpoint: its one signature and the entry's own path."""

from __future__ import annotations

from chain.errors import NotInLog
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.store import LogReader
from chain.log.view import LogView, TileCache
from verifier.receipt import encode_receipt


async def make_receipt(view: LogView, checkpoint: StoredCheckpoint, index: int) -> bytes:
    """The receipt of entry `index` in the tree of that checkpoint. Raises NotInLog.

    The same bytes whenever it is asked for: nothing in it depends on the time of asking.
    """
    path = await view.inclusion(index, checkpoint.size)
    return encode_receipt(checkpoint.receipt_protected, checkpoint.receipt_signature, checkpoint.size, index, path)


async def receipt_for_leaf(
    identity: LogIdentity,
    reader: LogReader,
    leaf_hash: bytes,
    size: int | None = None,
    cache: TileCache | None = None,
) -> bytes:
    """Receipt of the entry with this leaf hash, in the latest checkpoint or the one of exactly `size`.

    Raises NotInLog: not staged, not sequenced and not yet checkpointed look the same to a stranger.
    """
    index = await reader.find_leaf(leaf_hash)
    checkpoint = await reader.checkpoint(size)
    if index is None or checkpoint is None or index >= checkpoint.size:
        raise NotInLog("no signed checkpoint covers an entry with this leaf hash")
    return await make_receipt(LogView(identity, reader, cache), checkpoint, index)
