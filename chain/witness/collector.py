"""Collects cosignatures for a log's checkpoints. Nothing waits for it: a quorum makes level L4, and L2 and L3 go on.

All witnesses are asked at once. A round ends with the quorum, not with the slowest; answers that come later are stored
all the same. A witness's word alone never stops the log: 409 and 422 are anybody's to say. When one contradicts us, the
checkpoint that it holds is fetched, and only one that our own key signed is believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chain.errors import RolledBack, WitnessUnavailable
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.ports import Clock
from chain.witness.model import SIZE_TYPE
from chain.witness.observer import WitnessObserver, contradiction, lines_of
from chain.witness.ports import HttpAnswer, LogSource, WitnessTransport
from chain.witness.request import AddCheckpoint, parse_size_body
from verifier.checkpoint import SignedNote
from verifier.cosignature import Cosignature
from verifier.errors import Malformed
from verifier.fields import CLOCK_SKEW
from verifier.quorum import Witness, WitnessPolicy

TRIES: Final = 3  # a witness may name its size twice: another replica of ours may have moved it meanwhile
LONGEST_PAUSE: Final = 300.0  # seconds between two questions to a witness that does not answer


class WitnessState(Enum):
    """How the last question to a witness ended."""

    NOT_ASKED = "not-asked"
    COSIGNED = "cosigned"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # 400, 403, 404, 429 …: it does not know this log, its key, or likes us less often
    INCONSISTENT = "inconsistent"  # 422: it holds something else, or says so
    AHEAD = "ahead"  # it says that it has seen more than we have signed
    GARBAGE = "garbage"  # a 200 without a good cosignature of its key
    FORGOT = "forgot"  # it holds less than it has cosigned for us: its own store was rolled back


@dataclass(slots=True)
class _Peer:
    witness: Witness
    url: str
    observer: WitnessObserver
    size: int = 0  # what we believe it holds
    proven: int = 0  # largest size that we have its cosignature for
    state: WitnessState = WitnessState.NOT_ASKED
    trial: WitnessState = WitnessState.NOT_ASKED  # of the question that is under way
    failures: int = 0
    not_before: float = 0.0
    busy: bool = False


@dataclass(frozen=True, slots=True)
class Collected:
    """Result of a round: who has cosigned this size by now, and whether that is a quorum."""

    size: int
    names: frozenset[str]
    quorum: bool


class Collector:
    """One log's collector. `timeout`: seconds for everything that one witness is asked in a round."""

    def __init__(
        self,
        identity: LogIdentity,
        policy: WitnessPolicy,
        observers: Mapping[str, tuple[str, WitnessObserver]],
        transport: WitnessTransport,
        log: LogSource,
        clock: Clock,
        monotonic: Callable[[], float],
        timeout: float = 5.0,
    ) -> None:
        """`observers`: (submission prefix, observer) by name; witnesses without an address are never asked."""
        self._identity, self._policy, self._transport, self._log = identity, policy, transport, log
        self._clock, self._monotonic, self._timeout = clock, monotonic, timeout
        self._peers = {w.name: _Peer(w, *observers[w.name]) for w in policy.witnesses if w.name in observers}
        self._running: set[asyncio.Task[str | None]] = set()
        self._fault: RolledBack | None = None
        self._error: BaseException | None = None  # of our own store, in a late task

    @property
    def states(self) -> dict[str, WitnessState]:
        """How the last question to each witness ended."""
        return {name: peer.state for name, peer in self._peers.items()}

    def remember(self, sizes: Mapping[str, int]) -> None:
        """At start: the largest size that each witness has cosigned for us."""
        for name, size in sizes.items():
            if name in self._peers:
                self._peers[name].size = self._peers[name].proven = size

    async def collect(self, checkpoint: StoredCheckpoint, have: AbstractSet[str]) -> Collected:
        """Ask everybody who has not cosigned this committed checkpoint, until the quorum is there or all have answered.

        `have`: names whose cosignatures of it are stored. Raises RolledBack when a witness shows a checkpoint of ours
        that the store does not have, and what the log source raises.
        """
        names = set(have)
        tasks = {self._start(peer, checkpoint) for peer in self._due(names)}
        while tasks and not self._policy.reached(names):
            done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            names |= {name for task in done if (name := _result(task)) is not None}
        error, self._error = self._fault or self._error, None
        if error is not None:
            raise error
        return Collected(checkpoint.size, frozenset(names), self._policy.reached(names))

    async def drain(self) -> None:
        """Wait for late answers (each within its timeout)."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self) -> None:
        """Give up late answers."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _due(self, names: AbstractSet[str]) -> list[_Peer]:
        now = self._monotonic()
        return [
            peer
            for peer in self._peers.values()
            if peer.witness.name not in names and not peer.busy and peer.not_before <= now
        ]

    def _start(self, peer: _Peer, checkpoint: StoredCheckpoint) -> asyncio.Task[str | None]:
        peer.busy = True
        task = asyncio.create_task(self._ask(peer, checkpoint))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[str | None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._error = task.exception()

    async def _ask(self, peer: _Peer, checkpoint: StoredCheckpoint) -> str | None:
        """The witness's name once its cosignature is stored, None if there is none this time.

        What contradicts the log is kept for `collect` to raise, now or the next time: a late answer has no caller.
        """
        peer.trial = WitnessState.UNREACHABLE  # until it says something
        try:
            async with asyncio.timeout(self._timeout):
                cosignature = await self._converse(peer, checkpoint)
            if cosignature is None:
                self._failed(peer)
                return None
            await self._log.keep(checkpoint.size, cosignature)
        except RolledBack as fault:
            self._fault = fault
            self._failed(peer)
            return None
        except (WitnessUnavailable, TimeoutError):
            self._failed(peer)
            return None
        finally:
            peer.busy = False
        peer.state, peer.failures, peer.not_before = WitnessState.COSIGNED, 0, 0.0
        peer.size, peer.proven = checkpoint.size, max(peer.proven, checkpoint.size)
        return peer.witness.name

    def _failed(self, peer: _Peer) -> None:
        peer.state = peer.trial
        peer.failures += 1
        peer.not_before = self._monotonic() + min(LONGEST_PAUSE, 2.0 ** min(peer.failures - 1, 16))

    async def _converse(self, peer: _Peer, checkpoint: StoredCheckpoint) -> Cosignature | None:
        note = SignedNote.parse(checkpoint.note)
        old = min(peer.size, checkpoint.size)
        for _ in range(TRIES):
            proof = await self._log.consistency(old, checkpoint.size) if 0 < old < checkpoint.size else ()
            body = AddCheckpoint(old, tuple(proof), note).encode()
            answer = await self._transport.post(f"{peer.url}/add-checkpoint", body)
            if answer.status == 200:
                return self._read(peer, checkpoint, answer)
            if answer.status != 409 or answer.content_type != SIZE_TYPE:
                await self._refused(peer, answer)
                return None
            held = _size(answer)
            if held > checkpoint.size:
                peer.trial = WitnessState.AHEAD
                await self._compare(peer)
                return None
            if held < peer.proven:  # it could cosign again what it once refused: no quorum should rest on it
                peer.trial = WitnessState.FORGOT
                return None
            old = peer.size = held
        raise WitnessUnavailable(f"{peer.witness.name}: names another size each time")

    def _read(self, peer: _Peer, checkpoint: StoredCheckpoint, answer: HttpAnswer) -> Cosignature | None:
        """The good cosignature of this witness among the lines; a bad line under its key spoils the answer."""
        peer.trial = WitnessState.GARBAGE
        try:
            note = SignedNote.parse(SignedNote.parse(checkpoint.note).encode() + answer.body)
        except Malformed:
            return None
        found = lines_of(note, peer.witness)
        text = note.checkpoint.note_text()
        if not found or not all(c.verify(peer.witness.key, text) for c in found):
            return None
        best = max(found, key=lambda c: c.time)
        usable = peer.witness.not_before <= best.time < peer.witness.not_after
        return best if usable and best.time <= self._clock() + CLOCK_SKEW else None

    async def _refused(self, peer: _Peer, answer: HttpAnswer) -> None:
        peer.trial = WitnessState.INCONSISTENT if answer.status in (409, 422) else WitnessState.REFUSED
        if peer.trial is WitnessState.INCONSISTENT:
            await self._compare(peer)

    async def _compare(self, peer: _Peer) -> None:
        """Raises RolledBack if what the witness holds is ours and is not in the store."""
        seen = await peer.observer.seen(self._identity.origin)
        await contradiction(peer.observer.name, seen, self._log)


def _size(answer: HttpAnswer) -> int:
    try:
        return parse_size_body(answer.body)
    except Malformed:
        raise WitnessUnavailable("a 409 without a size") from None


def _result(task: asyncio.Task[str | None]) -> str | None:
    return None if task.cancelled() or task.exception() is not None else task.result()
