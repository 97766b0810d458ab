"""Witnesses as the log's memory: what they saw last, for the rollback guard.

A restored backup does not know what it forgot. Each witness serves the checkpoint that it cosigned last, with the log's
own signature under it: a larger size, or another root, is proof from our own key that this store is not the latest.

How many must answer: so many that every quorum has a member among them. A checkpoint that reached a quorum (level L4)
was seen by all of its members, so at least one of those asked remembers it. With 2 of 3, two answers are enough and one
dead witness stops nothing; two dead ones do, for they could be the quorum of what was forgotten.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chain.errors import RolledBack, TooFewWitnesses, WitnessUnavailable
from chain.log.guard import SeenHead
from chain.witness.core import signed_by
from chain.witness.model import KnownLog
from chain.witness.ports import LogSource, WitnessTransport
from verifier.checkpoint import SignedNote
from verifier.cose import CoseKey
from verifier.cosignature import Cosignature, cosigner_key_id
from verifier.errors import Malformed
from verifier.quorum import Witness, WitnessPolicy


class WitnessObserver:
    """`chain.log.guard.Observer` over a witness's monitoring address. `log`: our log, with every key it ever had."""

    def __init__(self, witness: Witness, url: str, log: KnownLog, transport: WitnessTransport) -> None:
        self._witness, self._url, self._log, self._transport = witness, url, log, transport

    def know(self, keys: Sequence[CoseKey]) -> None:
        """The log's keys, a new one among them."""
        self._log = replace(self._log, keys=tuple(keys))

    @property
    def name(self) -> str:
        """E.g. `witness witness.north.example/w1`."""
        return f"witness {self._witness.name}"

    async def seen(self, origin: str) -> SeenHead | None:
        """The checkpoint that the witness cosigned last. Raises WitnessUnavailable; 404 is the answer "none yet"."""
        address = f"{self._url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
        answer = await self._transport.get(address)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise WitnessUnavailable(f"{self.name}: status {answer.status}")
        try:
            note = SignedNote.parse(answer.body)
        except Malformed:
            raise WitnessUnavailable(f"{self.name}: not a checkpoint") from None
        point = note.checkpoint
        if point.origin != origin or signed_by(self._log, note) is None:
            raise WitnessUnavailable(f"{self.name}: a checkpoint that this log never signed")
        if not cosigned(note, self._witness):
            raise WitnessUnavailable(f"{self.name}: a checkpoint without its cosignature")
        return SeenHead(point.size, point.root)


def cosigned(note: SignedNote, witness: Witness) -> bool:
    """Whether the witness's line is there and good, whenever it was made."""
    return any(c.verify(witness.key, note.checkpoint.note_text()) for c in lines_of(note, witness))


def lines_of(note: SignedNote, witness: Witness) -> list[Cosignature]:
    """Unverified cosignatures under the witness's name and key id; lines of another shape are left out."""
    key_id = cosigner_key_id(witness.name, witness.key)
    found = []
    for line in note.signatures:
        if (line.name, line.key_id) == (witness.name, key_id):
            try:
                found.append(Cosignature.from_line(line))
            except Malformed:
                continue
    return found


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that was given already, as an observer for `check_rollback`."""

    name: str
    head: SeenHead | None

    async def seen(self, origin: str) -> SeenHead | None:
        """What it was."""
        return self.head


async def ask_enough(
    observers: Sequence[tuple[Witness, WitnessObserver]], policy: WitnessPolicy, origin: str, timeout: float = 5.0
) -> tuple[Remembered, ...]:
    """Ask all witnesses at once; their answers. Raises TooFewWitnesses if the silent ones could make a quorum.

    `timeout`: seconds for each, in all: the first one to issue waits for this, and one that drips must not hold it up.
    """
    answers = await asyncio.gather(*(_answer(observer, origin, timeout) for _, observer in observers))
    silent = {w.name for w in policy.witnesses} - {
        witness.name for (witness, _), answer in zip(observers, answers, strict=True) if answer is not None
    }
    if policy.reached(silent):
        raise TooFewWitnesses(f"{len(silent)} of {len(policy.witnesses)} witnesses do not answer")
    return tuple(answer for answer in answers if answer is not None)


async def _answer(observer: WitnessObserver, origin: str, timeout: float) -> Remembered | None:
    try:
        async with asyncio.timeout(timeout):
            return Remembered(observer.name, await observer.seen(origin))
    except (WitnessUnavailable, TimeoutError):
        return None


async def contradiction(name: str, seen: SeenHead | None, log: LogSource) -> None:
    """Raises RolledBack if the log's own signature shows a head that the store does not have."""
    if seen is None:
        return
    size = await log.size()
    if seen.size > size:
        raise RolledBack(name, seen.size, size, "the store is older than that")
    if await log.root_at(seen.size) != seen.root:
        raise RolledBack(name, seen.size, size, "the store has another root at that size")
