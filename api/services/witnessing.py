"""Our log before its witnesses: what they are shown, what they gave, what they remember.

Without a policy every call says so and does nothing. Nothing else of the service waits for a witness, with one
exception: the first signature of a process, for which the rollback guard needs their memory (ADR 0014).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from api.db import cosignatures
from api.db.uow import Database
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.view import LogView
from chain.ports import Clock
from chain.witness.collector import Collected, Collector, WitnessState
from chain.witness.model import KnownLog
from chain.witness.observer import Remembered, WitnessObserver, ask_enough
from chain.witness.ports import WitnessTransport
from chain.witness.rounds import Rounds
from verifier.cose import CoseKey
from verifier.cosignature import Cosignature
from verifier.quorum import WitnessPolicy


class WitnessService:
    """One log's witnesses. Made by `without` or `over`."""

    def __init__(self, database: Database, identity: LogIdentity, policy: WitnessPolicy | None) -> None:
        self.policy = policy
        self._database, self._identity = database, identity
        self._collector: Collector | None = None
        self._rounds: Rounds | None = None
        self._observers: dict[str, tuple[str, WitnessObserver]] = {}
        self._lock = asyncio.Lock()
        self._remembered = False

    @classmethod
    def over(
        cls,
        database: Database,
        log: KnownLog,
        policy: WitnessPolicy,
        urls: Mapping[str, str],
        transport: WitnessTransport,
        clock: Clock,
    ) -> WitnessService:
        """The service of a policy. `urls`: submission prefixes by key name."""
        identity = LogIdentity(log.origin, log.tree)
        service = cls(database, identity, policy)
        service._observers = {
            w.name: (urls[w.name], WitnessObserver(w, urls[w.name], log, transport))
            for w in policy.witnesses
            if w.name in urls
        }
        if policy.aggregating:
            service._rounds = Rounds(policy, urls, transport, clock)
        source = _Source(database, identity)
        service._collector = Collector(identity, policy, service._observers, transport, source, clock, time.monotonic)
        return service

    def know(self, keys: Sequence[CoseKey]) -> None:
        """Every key that the log has signed with: a witness may remember a checkpoint by any of them."""
        for _, observer in self._observers.values():
            observer.know(keys)

    @property
    def states(self) -> Mapping[str, WitnessState]:
        """How the last question to each witness ended."""
        return {} if self._collector is None else self._collector.states

    async def cosign(self) -> Collected | None:
        """One round for the latest checkpoint, if somebody has not cosigned it; None without policy or checkpoint.

        Raises RolledBack: a witness has shown a checkpoint of ours that this store does not have.
        """
        if self._collector is None or self.policy is None:
            return None
        async with self._lock:
            async with self._database.read() as work:
                checkpoint = await work.log.checkpoint()
                if not self._remembered:
                    sizes = await cosignatures.largest_sizes(work.connection, work.log.log_id, self.policy)
                    self._collector.remember(sizes)
                    self._remembered = True
                if checkpoint is None:
                    return None
                have = await cosignatures.for_size(work.connection, work.log.log_id, checkpoint.size)
            names = {c.name for c in have}
            collected = await self._collector.collect(checkpoint, names)
            if collected.quorum and self.policy.quorum not in names:
                await self._round(checkpoint)
            return collected

    async def _round(self, checkpoint: StoredCheckpoint) -> None:
        """One signature for the quorum, where the policy has BLS keys. Nothing depends on it."""
        whole = None if self._rounds is None else await self._rounds.collect(checkpoint)
        if whole is not None:
            async with self._database.log_connection() as connection:
                await cosignatures.add(connection, await self._database.log_id(connection), checkpoint.size, whole)

    async def answers(self) -> Sequence[Remembered]:
        """What enough witnesses remember of our log, for the rollback guard. Raises TooFewWitnesses."""
        if self.policy is None:
            return ()
        pairs = [(w, self._observers[w.name][1]) for w in self.policy.witnesses if w.name in self._observers]
        return await ask_enough(pairs, self.policy, self._identity.origin)

    async def quorum_size(self) -> int | None:
        """The largest size cosigned by a quorum; None if there is none, or no policy."""
        if self.policy is None:
            return None
        async with self._database.read() as work:
            return await cosignatures.largest_quorum_size(work.connection, work.log.log_id, self.policy)

    async def drain(self) -> None:
        """Wait for answers that come after their quorum: for commands, which end when they are done."""
        if self._collector is not None:
            await self._collector.drain()

    async def close(self) -> None:
        """Give up whatever is under way."""
        if self._collector is not None:
            await self._collector.close()


class _Source:
    """`chain.witness.ports.LogSource`: every call is a transaction of its own, so only committed rows are shown."""

    def __init__(self, database: Database, identity: LogIdentity) -> None:
        self._database, self._identity = database, identity

    async def size(self) -> int:
        async with self._database.log_read() as reader:
            return (await reader.head()).size

    async def root_at(self, size: int) -> bytes:
        async with self._database.log_read() as reader:
            return await LogView(self._identity, reader).root_at(size)

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        async with self._database.log_read() as reader:
            return await LogView(self._identity, reader).consistency(old, new)

    async def keep(self, size: int, cosignature: Cosignature) -> None:
        async with self._database.log_connection() as connection:
            await cosignatures.add(connection, await self._database.log_id(connection), size, cosignature)
