"""The log's own work: sequence what was staged, sign a checkpoint, anchor it. For jobs, the command line and the demo.

The order is the safety: an entry is sequenced only after its transaction committed, a checkpoint shows only what was
sequenced, an anchor only what was signed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from api.db.anchor_store import SqlAnchorStore
from api.db.log_store import SqlLogStore
from api.db.uow import Database
from api.errors import Unavailable
from api.services.witnessing import WitnessService
from chain.anchor.anchorer import Anchorer, AnchorStatus, AnchorStep
from chain.anchor.observer import ChainObserver
from chain.anchor.port import AnchorPort
from chain.anchor.trigger import Trigger
from chain.errors import AnchorLost, ChainFault, Corrupt, LostSwap, QueueFull, RolledBack, SigningFailed
from chain.log.checkpointer import Checkpointer
from chain.log.committer import Appended, GroupCommitter
from chain.log.guard import OwnMemory, check_rollback
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.sequencer import Sequencer
from chain.log.writer import LogWriter
from chain.ports import Clock, LogSigner
from chain.witness.collector import Collected
from verifier.hazmat.sm3 import sm3
from verifier.receipt import entry_body

_CONTRADICTIONS = (AnchorLost, Corrupt, LostSwap, RolledBack, SigningFailed)
DAY = 86400
SETTLE_STEPS = 200  # anchoring steps that `settle` takes before it gives up waiting for finality
SETTLE_PAUSE = 0.05  # seconds between two of them


class LedgerService:
    def __init__(
        self,
        database: Database,
        identity: LogIdentity,
        signers: Sequence[LogSigner],
        port: AnchorPort,
        clock: Clock,
        trigger: Trigger,
        blind: Callable[[str], bytes],
        witnesses: WitnessService,
        max_backlog: int,
    ) -> None:
        """`blind`: keyed hash, 32 bytes, that nobody outside can compute. `max_backlog`: staged entries, at which
        issuing stops.
        """
        self._max_backlog = max_backlog
        self._database, self._identity, self._signers = database, identity, tuple(signers)
        self._port, self._clock, self._blind, self._witnesses = port, clock, blind, witnesses
        self._writer = LogWriter(identity)
        self._sequencer = Sequencer(self._writer)
        self._committer = GroupCommitter(identity, self._append_work, self._writer)
        self._anchorer = Anchorer(identity, port, self._anchor_work, clock, trigger, witnesses.quorum_size)
        self._checkpointer: Checkpointer | None = None
        self._lock = asyncio.Lock()
        self._fault: ChainFault | None = None
        self._memory = OwnMemory()
        self._lineage: tuple[int, int] | None = None  # of the database, when it was last compared with the outside
        self._compared = False

    @property
    def stopped(self) -> str | None:
        """Class of the fault after which nothing is signed any more by this process, if there was one."""
        return None if self._fault is None else type(self._fault).__name__

    async def admit(self) -> None:
        """Raises Unavailable if this register must not grow, QueueFull if the log cannot keep up with it. For whoever
        issues, before each transaction.
        """
        await self._compare()
        async with self._database.read() as work:
            waiting = await work.log.backlog()
        if waiting >= self._max_backlog:
            raise QueueFull(f"{self._max_backlog} entries wait to be sequenced")

    async def _compare(self) -> None:
        """Raises Unavailable if the log has stopped.

        A restored old backup has forgotten certificates that people hold: it would issue them a second time, and to
        status bits that are taken. So the first caller of a process has the chain asked, and again when the database
        was connected to anew. No answer is no objection, for a chain that is down delays anchors and nothing else.
        """
        self._look()
        if not self._compared:
            async with self._lock:
                if not self._compared:
                    with suppress(ChainFault), self._stopping():
                        await self._permitted()
        if self._fault is not None:
            raise Unavailable("the log has stopped")

    async def append(self, party: str, idem: bytes, commitment: bytes) -> Appended:
        """Log a commitment directly: durable when this returns. `idem`, 16 bytes, is the party's own name for it.

        Raises QueueFull, Conflict, OutcomeUnknown (repeat it), LostSwap, Unavailable.
        """
        await self._compare()
        # Blinded by party, or one could take the keys of another's. The first bytes stay: time-ordered keys (UUIDs of
        # version 7) keep the index of keys in order, which a random key does not.
        key = idem[:6] + self._blind(f"append\x1f{party}\x1f{idem.hex()}")[:10]
        with self._stopping():
            return await self._committer.append(key, entry_body(commitment))

    async def close(self) -> None:
        """Take no more appends; return when those that were taken are answered."""
        await self._committer.close()

    async def sequence(self) -> int:
        """Drain the outbox into the log; gives the number of entries that went in."""
        with self._stopping():
            batches = await self._sequencer.drain(self._database.log_write)
        return sum(batch.new_size - batch.old_size for batch in batches)

    async def checkpoint(self) -> StoredCheckpoint | None:
        """Sign the head, if there is one and it is not signed. Raises AnchorFault while the chain cannot be asked at
        all, TooFewWitnesses while too many witnesses cannot: the first signature of a process needs their word that
        nobody has seen more than we hold."""
        async with self._lock:
            with self._stopping():
                made = await self._signed()
                if made is not None:
                    self._memory.signed(made)
                return made

    async def _signed(self) -> StoredCheckpoint | None:
        """Sign in a transaction on the very connection up to which the store was compared with the outside."""
        work = self._database.log_write
        for _ in range(2):
            signer = await self._permitted()
            async with self._writer.turn(work), work() as store:
                if self._database.lineage() == self._lineage:
                    await self._writer.confirm(store)
                    return await signer.checkpoint(store)
        raise Unavailable("the database was connected to anew")

    async def sign_with(self, signers: Sequence[LogSigner]) -> None:
        """From the next checkpoint on these sign: the log's key was rotated. The permit to sign stays good."""
        async with self._lock:
            self._signers = tuple(signers)
            if self._checkpointer is not None:
                self._checkpointer = self._checkpointer.signing_with(self._signers)

    async def cosign(self) -> Collected | None:
        """One round of asking witnesses for the latest checkpoint; None without a policy. Nothing waits for it."""
        with self._stopping():
            return await self._witnesses.cosign()

    @property
    def proof_trouble(self) -> str:
        """Why proofs of finality keep failing; empty if they do not."""
        return self._anchorer.proof_trouble

    async def anchor(self, *, force: bool = False) -> AnchorStep:
        """One step of anchoring; see `chain.anchor.anchorer`."""
        with self._stopping():
            return await self._anchorer.step(force=force)

    async def pad(self) -> None:
        """Stage the day's padding entry, once however often it is asked for.

        A log that has been silent for a day proves its silence by it, and a single registration on a quiet day is not
        the only thing that moved. To anybody without the key it looks like every other entry.
        """
        day = self._clock() // DAY
        idem = sm3(b"mz-padding\x00" + day.to_bytes(8, "big"))[:16]
        async with self._database.write() as work:
            await work.log.stage(idem, entry_body(self._blind(f"padding\x1f{day}")))

    async def settle(self) -> AnchorStep:
        """Sequence, checkpoint, ask the witnesses once, and anchor until nothing is left to do.

        Gives the last step; it may be UNREACHABLE.
        """
        await self.sequence()
        await self.checkpoint()
        await self.cosign()
        await self._witnesses.drain()
        step = await self.anchor(force=True)
        for _ in range(SETTLE_STEPS):
            if step.status not in (AnchorStatus.WAITING, AnchorStatus.ANCHORED, AnchorStatus.FAILED):
                return step
            if step.status is not AnchorStatus.ANCHORED:
                await asyncio.sleep(SETTLE_PAUSE)
            step = await self.anchor(force=True)
        return step

    def _look(self) -> None:
        """Forget every permit if the database is not surely the one that was compared. Raises Unavailable."""
        lineage = self._database.lineage()
        if lineage != self._lineage:
            self._lineage, self._checkpointer, self._compared = lineage, None, False

    async def _permitted(self) -> Checkpointer:
        self._look()
        self._compared = True
        if self._checkpointer is None:
            remembered = await self._witnesses.answers()
            async with self._database.log_read() as reader:
                permit = await check_rollback(
                    self._identity, reader, [self._memory, ChainObserver(self._port), *remembered]
                )
            await self._anchorer.check_last()
            self._checkpointer = Checkpointer(self._identity, self._signers, self._clock, permit)
        return self._checkpointer

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """A contradiction (fork, lost swap, damage) stops this process's log for good. An outage does not."""
        if self._fault is not None:
            raise self._fault
        try:
            yield
        except _CONTRADICTIONS as fault:
            self._fault = fault
            raise

    @asynccontextmanager
    async def _append_work(self) -> AsyncIterator[SqlLogStore]:
        async with self._database.log_write() as store:
            yield store
        self._database.news.set()

    @asynccontextmanager
    async def _anchor_work(self) -> AsyncIterator[SqlAnchorStore]:
        place = self._port.capabilities()
        async with self._database.log_connection() as connection:
            log_id = await self._database.log_id(connection)
            yield SqlAnchorStore(connection, self._identity, log_id, place.chain_id, place.contract)
