"""Takes signed checkpoints to the chain: prepare, store, send, wait for the receipt, wait for finality,
store.

Every arrow may be the last thing this process does. What makes a crash harmless: the signed bytes are
stored before they are sent, so a restart sends the same bytes again and never signs a second transaction
while the first may still be included; and whatever happened to it, `find(origin, size)` on the contract
says whether the anchor exists.

A chain that is down delays anchors and nothing else: issuing, sequencing and checkpoints go on, the step
says UNREACHABLE.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from enum import Enum

from chain.anchor.model import (
    Accepted,
    AnchorRequest,
    AnchorRow,
    AnchorState,
    Refusal,
    Rejected,
    Standing,
    TxReceipt,
    Unknown,
)
from chain.anchor.port import AnchorPort
from chain.anchor.store import AnchorUnitOfWork
from chain.anchor.trigger import Trigger
from chain.errors import AnchorLost, ChainRejected, ChainUnavailable, RolledBack
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.view import LogView
from chain.ports import Clock


class AnchorStatus(Enum):
    """What a step ended with."""

    NOTHING_NEW = "nothing-new"
    HEARTBEAT_DUE = "heartbeat-due"  # nothing new for so long that a padding entry should be staged
    NOT_DUE = "not-due"
    WAITING = "waiting"  # sent, not in a final block yet
    UNREACHABLE = "unreachable"  # no usable answer; the same step is taken again later
    REFUSED = "refused"  # the node refuses for now (no funds, pool full); the same bytes are tried again
    FAILED = "failed"  # this transaction can never succeed; a new one is prepared by the next step
    ANCHORED = "anchored"


@dataclass(frozen=True, slots=True)
class AnchorStep:
    """Result of one step, for logs, metrics and readiness. `size` is the checkpoint concerned."""

    status: AnchorStatus
    size: int | None = None
    detail: str = ""


class Anchorer:
    """The one anchorer of one log on one chain."""

    def __init__(
        self,
        identity: LogIdentity,
        port: AnchorPort,
        work: AnchorUnitOfWork,
        clock: Clock,
        trigger: Trigger | None = None,
    ) -> None:
        self._identity = identity
        self._port = port
        self._work = work
        self._clock = clock
        self._trigger = trigger if trigger is not None else Trigger()
        self._lock = asyncio.Lock()

    async def step(self, *, force: bool = False) -> AnchorStep:
        """Do whatever can be done now. Call it again after a while, and after every restart.

        Raises RolledBack or AnchorLost when chain and store contradict each other: stop and look.
        """
        async with self._lock:
            try:
                return await self._step(force)
            except ChainUnavailable as error:
                return AnchorStep(AnchorStatus.UNREACHABLE, None, str(error))
            except ChainRejected as error:
                return AnchorStep(AnchorStatus.REFUSED, None, str(error))

    async def check_last(self) -> None:
        """At start: the last final anchor must still be on the chain, in the same block. Raises AnchorLost."""
        async with self._work() as store:
            last = await store.final()
        if last is None or last.block is None:
            return
        found = await self._port.find(self._identity.origin, last.size)
        if found is None:
            raise AnchorLost(last.size, "is not on the chain any more")
        if (found.tx_hash, found.block_hash) != (last.tx_hash, last.block.block_hash):
            raise AnchorLost(last.size, "is in another block than the one recorded as final")

    async def _step(self, force: bool) -> AnchorStep:
        async with self._work() as store:
            row = await store.pending()
        if row is None:
            prepared = await self._prepare(force)
            if isinstance(prepared, AnchorStep):
                return prepared
            row = prepared
        return await self._push(row)

    # -- a new transaction

    async def _prepare(self, force: bool) -> AnchorRow | AnchorStep:
        now = self._clock()
        async with self._work() as store:
            checkpoint = await store.checkpoint()
            news = await store.news()
            last = await store.final()
        last_size = last.size if last is not None else 0
        if checkpoint is None or checkpoint.size == last_size or news is None:
            time = last.block.block_time if last is not None and last.block is not None else None
            quiet = self._trigger.is_quiet(now, time)
            return AnchorStep(AnchorStatus.HEARTBEAT_DUE if quiet else AnchorStatus.NOTHING_NEW)
        if not force and not self._trigger.is_due(now, news, last_size):
            return AnchorStep(AnchorStatus.NOT_DUE, checkpoint.size)
        proof = await self._proof(checkpoint, last_size)
        if proof is None:
            return await self._found(checkpoint)
        request = AnchorRequest(
            self._identity.origin,
            self._identity.hash,
            checkpoint.size,
            checkpoint.root,
            hashlib.sha256(checkpoint.note).digest(),
            proof,
        )
        tx = await self._port.prepare(request)
        async with self._work() as store:
            return await store.insert_prepared(checkpoint.size, tx, now)

    async def _proof(self, checkpoint: StoredCheckpoint, last_size: int) -> tuple[bytes, ...] | None:
        """Consistency proof from the chain's head, None if the chain is at this size already."""
        seen = await self._port.latest(self._identity.origin)
        if seen is None:
            if last_size:
                raise AnchorLost(last_size, "the chain shows no anchor of this log")
            return ()
        if seen.size < last_size:
            raise AnchorLost(last_size, f"the chain's head is at {seen.size}")
        if seen.size > checkpoint.size:
            raise RolledBack("chain", seen.size, checkpoint.size, "the chain is ahead of the last checkpoint")
        async with self._work() as store:
            view = LogView(self._identity, store)
            if await view.root_at(seen.size) != seen.root:
                raise RolledBack("chain", seen.size, checkpoint.size, "another root at that size")
            if seen.size == checkpoint.size:
                return None
            return tuple(await view.consistency(seen.size, checkpoint.size))

    # -- a transaction that exists

    async def _push(self, row: AnchorRow) -> AnchorStep:
        receipt = await self._port.receipt(row.tx_hash)
        if receipt is None:
            assert row.tx is not None  # pending rows have their bytes, by a constraint of the table
            outcome = await self._port.submit(row.tx)
            match outcome:
                case Unknown(reason):
                    return AnchorStep(AnchorStatus.UNREACHABLE, row.size, reason)
                case Rejected(reason, kind):
                    if kind is Refusal.SPENT:
                        return await self._reconcile(row, reason)
                    return AnchorStep(AnchorStatus.REFUSED, row.size, reason)
                case Accepted():
                    await self._mark(row, AnchorState.SENT, "", None)
            receipt = await self._port.receipt(row.tx_hash)
        if receipt is None:
            return AnchorStep(AnchorStatus.WAITING, row.size)
        if not receipt.ok:
            return await self._reconcile(row, "included, and failed")
        if await self._port.standing(receipt) is not Standing.FINAL:
            return AnchorStep(AnchorStatus.WAITING, row.size, "not final yet")
        return await self._finish(row, receipt)

    async def _finish(self, row: AnchorRow, receipt: TxReceipt) -> AnchorStep:
        async with self._work() as store:
            checkpoint = await store.checkpoint(row.size)
        found = await self._port.find(self._identity.origin, row.size)
        if checkpoint is None or found is None or found.root != checkpoint.root:
            raise RolledBack("chain", row.size, row.size, "a final anchor does not show our root")
        async with self._work() as store:
            await store.mark(row.anchor_id, AnchorState.FINAL, "", receipt)
            await store.clear_news(row.size)
        return AnchorStep(AnchorStatus.ANCHORED, row.size)

    async def _reconcile(self, row: AnchorRow, reason: str) -> AnchorStep:
        """The transaction is dead. Ask the contract whether its purpose is fulfilled all the same."""
        await self._mark(row, AnchorState.FAILED, reason, None)
        async with self._work() as store:
            checkpoint = await store.checkpoint(row.size)
        if checkpoint is not None and await self._port.find(self._identity.origin, row.size) is not None:
            return await self._found(checkpoint)
        return AnchorStep(AnchorStatus.FAILED, row.size, reason)

    async def _found(self, checkpoint: StoredCheckpoint) -> AnchorStep:
        """The chain has this size already: another registry, or a transaction of ours that the store
        forgot.
        """
        found = await self._port.find(self._identity.origin, checkpoint.size)
        if found is None:
            raise ChainUnavailable("the chain's head and its events disagree for now")
        if found.root != checkpoint.root:
            raise RolledBack("chain", found.size, checkpoint.size, "another root is anchored at this size")
        place = TxReceipt(True, found.block_number, found.block_hash, found.block_time)
        if await self._port.standing(place) is not Standing.FINAL:
            return AnchorStep(AnchorStatus.WAITING, checkpoint.size, "not final yet")
        async with self._work() as store:
            await store.insert_found(found, self._clock())
            await store.clear_news(checkpoint.size)
        return AnchorStep(AnchorStatus.ANCHORED, checkpoint.size)

    async def _mark(self, row: AnchorRow, state: AnchorState, reason: str, block: TxReceipt | None) -> None:
        async with self._work() as store:
            await store.mark(row.anchor_id, state, reason, block)
