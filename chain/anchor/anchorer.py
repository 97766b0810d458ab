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
from collections.abc import Awaitable, Callable

from chain.anchor.model import AnchorRequest, AnchorRow
from chain.anchor.port import AnchorPort
from chain.anchor.prover import Prover
from chain.anchor.sending import Sender
from chain.anchor.steps import AnchorStatus, AnchorStep
from chain.anchor.store import AnchorUnitOfWork
from chain.anchor.trigger import Trigger
from chain.errors import AnchorLost, ChainRejected, ChainUnavailable, LaneBusy, RolledBack
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.view import LogView
from chain.ports import Clock

__all__ = ["AnchorStatus", "AnchorStep", "Anchorer"]


WitnessedSize = Callable[[], Awaitable[int | None]]


class Anchorer:
    """The one anchorer of one log on one chain."""

    def __init__(
        self,
        identity: LogIdentity,
        port: AnchorPort,
        work: AnchorUnitOfWork,
        clock: Clock,
        trigger: Trigger | None = None,
        witnessed: WitnessedSize | None = None,
    ) -> None:
        """`witnessed`: gives the largest size that a quorum of witnesses cosigned; see `_chosen`."""
        self._identity = identity
        self._port = port
        self._work = work
        self._clock = clock
        self._trigger = trigger if trigger is not None else Trigger()
        self._sender = Sender(identity.origin, port, work, clock)
        self._prover = Prover(identity.origin, port, work, clock)
        self._witnessed = witnessed
        self._lock = asyncio.Lock()

    @property
    def proof_trouble(self) -> str:
        """Why proofs of finality keep failing; empty if they do not."""
        return self._prover.trouble

    async def step(self, *, force: bool = False) -> AnchorStep:
        """Do whatever can be done now. Call it again after a while, and after every restart.

        Raises RolledBack or AnchorLost when chain and store contradict each other: stop and look.
        """
        async with self._lock:
            try:
                step = await self._step(force)
                await self._prover.step()
                return step
            except ChainUnavailable as error:
                return AnchorStep(AnchorStatus.UNREACHABLE, None, str(error))
            except ChainRejected as error:
                return AnchorStep(AnchorStatus.REFUSED, None, str(error))
            except LaneBusy as error:
                return AnchorStep(AnchorStatus.WAITING, None, str(error))

    async def check_last(self) -> None:
        """At start and before each anchor: the last final one must still be on the chain, in the same block.

        Raises AnchorLost. What is final by the engine's rule cannot go away; if it did, the rule was wrong for this
        chain (too few confirmations), or somebody exchanged the chain.
        """
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
        return await self._sender.push(row)

    # -- a new transaction

    async def _prepare(self, force: bool) -> AnchorRow | AnchorStep:
        now = self._clock()
        async with self._work() as store:
            checkpoint = await store.checkpoint()
            news = await store.news()
            last = await store.final()
            failures = await store.failures()
        last_size = last.size if last is not None else 0
        if checkpoint is None or checkpoint.size == last_size or news is None:
            time = last.block.block_time if last is not None and last.block is not None else None
            quiet = self._trigger.is_quiet(now, time)
            return AnchorStep(AnchorStatus.HEARTBEAT_DUE if quiet else AnchorStatus.NOTHING_NEW)
        if not force and not self._trigger.is_due(now, news, last_size):
            return AnchorStep(AnchorStatus.NOT_DUE, checkpoint.size)
        if now < failures.resume_at:
            pause = f"{failures.count} transactions failed, next in {failures.resume_at - now} s: {failures.reason}"
            return AnchorStep(AnchorStatus.PAUSED, checkpoint.size, pause)
        checkpoint = await self._chosen(checkpoint, last_size, now)
        proof = await self._proof(checkpoint, last_size)
        await self.check_last()
        if proof is None:
            return await self._sender.adopt(checkpoint)
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

    async def _chosen(self, newest: StoredCheckpoint, last_size: int, now: int) -> StoredCheckpoint:
        """The newest checkpoint that a quorum of witnesses cosigned, so that one tree reaches levels L4 and L5; the
        newest of all if that one is older than the trigger's wait: the chain never waits longer for a witness.
        """
        size = None if self._witnessed is None else await self._witnessed()
        if size is None or not last_size < size < newest.size:
            return newest
        async with self._work() as store:
            cosigned = await store.checkpoint(size)
        if cosigned is None or now - cosigned.signed_at >= self._trigger.seconds:
            return newest
        seen = await self._port.latest(self._identity.origin)  # another registry may have anchored a newer one
        return newest if seen is not None and seen.size > size else cosigned

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
