"""Anchors both ways: every row on the chain, every event of the chain among the rows (checks 9 and 11)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chain.anchor.model import Anchored, ChainHead
from chain.audit.model import Check
from chain.audit.ports import AnchorFact, CheckpointRow, TxReader

DAY: Final = 86400
_PENDING: Final = ("prepared", "sent")
_AT_ONCE: Final = 500
Lookup = Callable[[Sequence[int]], Mapping[int, CheckpointRow]]
"""Checkpoints of certain sizes."""
RootAt = Callable[[int], bytes | None]
"""size -> root of our log at that size, as recomputed; None beyond its end."""


@dataclass(frozen=True, slots=True)
class ChainView:
    """What one contract on one chain shows of a log, read after the snapshot; `before` is the largest size that it
    showed before the snapshot: what came meanwhile cannot have a row in it."""

    chain_id: int
    contract: bytes
    head: ChainHead | None
    events: Sequence[Anchored]
    before: int


def check_anchors(
    rows: Iterator[AnchorFact],
    find: Lookup,
    chain: ChainView | None,
    known: frozenset[tuple[int, bytes]],
    read_tx: TxReader,
    check: Check,
    *,
    origin: str,
) -> None:
    """`known`: contracts that a trust bundle names. `chain` None: nobody was asked, and the caller has said so in the
    check. Of the rows only the sizes are kept: one a minute makes five million in ten years."""
    live: set[int] = set()
    events = {} if chain is None else {event.tx_hash: event for event in chain.events}
    while page := list(islice(rows, _AT_ONCE)):
        checkpoints = find([row.size for row in page])
        for row in page:
            check.counted += 1
            if not check.expect(row.size in checkpoints, "anchor", row.anchor_id, "size", "no checkpoint of this size"):
                continue
            if (row.chain_id, row.contract) not in known:
                column = "contract" if any(row.chain_id == chain_id for chain_id, _ in known) else "chain_id"
                check.fault("anchor", row.anchor_id, column, "no trust bundle names this chain and contract")
                continue
            _bytes(row, checkpoints[row.size], read_tx, check, origin)
            if chain is None:
                continue
            if (row.chain_id, row.contract) != (chain.chain_id, chain.contract):
                check.cannot(f"anchors on chain {row.chain_id}: another chain was asked")
                continue
            if row.state == "final" or row.state in _PENDING:
                live.add(row.size)
            if row.state == "final":
                _on_chain(row, checkpoints[row.size], events.get(row.tx_hash), chain, check)
    if chain is not None:
        _chain(chain, live, find, check)


def _bytes(row: AnchorFact, checkpoint: CheckpointRow, read_tx: TxReader, check: Check, origin: str) -> None:
    """The stored transaction against its own row: everything that can be said without a chain."""
    signed, prepared = checkpoint.signed_at, row.prepared_at
    if signed is not None and prepared is not None:
        early = prepared < signed
        late = row.raw is not None and row.block_time is not None and prepared > row.block_time + DAY
        check.expect(not early and not late, "anchor", row.anchor_id, "prepared_at", "not between checkpoint and block")
    if row.raw is None:
        return
    said = read_tx(row.raw)
    if not check.expect(said is not None, "anchor", row.anchor_id, "raw", "not a transaction that anchors"):
        return
    assert said is not None
    check.expect(said.tx_hash == row.tx_hash, "anchor", row.anchor_id, "tx_hash", "differs from the transaction's")
    check.expect(said.nonce == row.nonce, "anchor", row.anchor_id, "nonce", "differs from the transaction's")
    check.expect(said.size == row.size, "anchor", row.anchor_id, "size", "differs from the transaction's")
    check.expect(said.to == row.contract, "anchor", row.anchor_id, "contract", "differs from the transaction's")
    good = said.chain_id in (None, row.chain_id)  # a transaction of the oldest form names no chain
    check.expect(good, "anchor", row.anchor_id, "chain_id", "differs from the transaction's")
    stated = (hashlib.sha256(origin.encode()).digest(), checkpoint.root)
    check.expect((said.origin_id, said.root) == stated, "anchor", row.anchor_id, "raw", "anchors another log or root")
    # `note_hash` is the note as it was when it was sent; cosignatures may stand in it that came since, or not.


def _on_chain(
    row: AnchorFact, checkpoint: CheckpointRow, event: Anchored | None, chain: ChainView, check: Check
) -> None:
    place = row.anchor_id
    if event is None or event.size != row.size:
        known = any(e.size == row.size for e in chain.events)
        column = "tx_hash" if known else "state"
        detail = (
            "another transaction anchored this size" if known else "recorded as final, and the chain has no such anchor"
        )
        check.fault("anchor", place, column, detail)
        return
    check.expect(event.root == checkpoint.root, "checkpoint", row.size, "root", "the chain has another root")
    for column, mine, theirs in (
        ("block_number", row.block_number, event.block_number),
        ("block_hash", row.block_hash, event.block_hash),
        ("block_time", row.block_time, event.block_time),
    ):
        check.expect(mine == theirs, "anchor", place, column, "differs from the chain's")


def _chain(chain: ChainView, live: set[int], find: Lookup, check: Check) -> None:
    """The chain's side: every event has its row; sizes, blocks and head fit together."""
    last: Anchored | None = None
    events = iter(chain.events)
    while page := list(islice(events, _AT_ONCE)):
        checkpoints = find([event.size for event in page])
        for event in page:
            check.counted += 1
            if last is not None:
                grows = event.size > last.size and event.block_number >= last.block_number
                check.expect(grows, "chain", event.size, "Anchored", "sizes and blocks do not grow together")
            last = event
            if event.size <= chain.before:
                _event(event, checkpoints.get(event.size), live, check)
    newest = 0 if last is None else last.size
    shown = 0 if chain.head is None else chain.head.size
    check.expect(newest == shown, "chain", shown, "head", f"the largest event is of size {newest}")
    if chain.head is not None and last is not None:
        check.expect(chain.head.root == last.root, "chain", shown, "head", "root differs from the event's")


def _event(event: Anchored, checkpoint: CheckpointRow | None, live: set[int], check: Check) -> None:
    if checkpoint is None:
        check.fault("checkpoint", event.size, "size", "anchored, and not here: rolled back")
        return
    check.expect(checkpoint.root == event.root, "checkpoint", event.size, "root", "the chain has another root")
    check.expect(event.size in live, "anchor", f"size {event.size}", "size", "on the chain, and no row here")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an outside observer remembers; `failed` says why it could not be asked."""

    name: str
    size: int = 0
    root: bytes = b""
    failed: str = ""


def check_witnesses(seen: Sequence[Seen], size: int, root_at: RootAt, check: Check) -> None:
    """Nobody outside may have seen more than the log holds, or another root at a size of it."""
    for witness in seen:
        check.counted += 1
        if witness.failed:
            check.cannot(f"{witness.name}: {witness.failed}")
        elif witness.size > size:
            check.fault(
                "head", "", "size", f"{witness.name} has seen {witness.size}, the log holds {size}: rolled back"
            )
        elif witness.size:
            same = root_at(witness.size) == witness.root
            check.expect(same, "checkpoint", witness.size, "root", f"{witness.name} has cosigned another root: forked")
