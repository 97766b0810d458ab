"""Rollback guard: before the first signature of a process, ask those who remember.

A restored backup is the classic fork: the log forgets entries that others have already seen, and signs
other ones in their place. The store cannot notice this by itself. The chain (and later every witness and
mirror) can: it remembers the largest size and its root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chain.errors import RolledBack
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.store import LogReader
from chain.log.view import LogView


@dataclass(frozen=True, slots=True)
class SeenHead:
    """Size and root of a log as an outside observer remembers them."""

    size: int
    root: bytes


class Observer(Protocol):
    """Somebody outside who remembers heads: a chain, a witness, a mirror."""

    @property
    def name(self) -> str:
        """Short name for messages, e.g. `chain 990000`."""

    async def seen(self, origin: str) -> SeenHead | None:
        """The largest head seen, None if none yet. Raises if it cannot say (not the same as None)."""


class OwnMemory:
    """What this process has signed itself. Small, but of use at once: a database that fails over to a server which was
    behind forgets the last seconds, and nobody outside has seen those yet.
    """

    name = "this process"

    def __init__(self) -> None:
        self._signed: SeenHead | None = None

    def signed(self, checkpoint: StoredCheckpoint) -> None:
        """Remember it. Call when its commit returned."""
        self._signed = SeenHead(checkpoint.size, checkpoint.root)

    async def seen(self, origin: str) -> SeenHead | None:
        """Of the one log that this process writes, whatever `origin`."""
        return self._signed


@dataclass(frozen=True, slots=True)
class SigningPermit:
    """Given by `check_rollback` only: this store has been compared with the outside in this process."""

    origin: str
    observers: tuple[str, ...]


async def check_rollback(identity: LogIdentity, reader: LogReader, observers: Sequence[Observer]) -> SigningPermit:
    """Compare the store with every observer. Raises RolledBack, or whatever an observer raises when it
    cannot
    say.

    Fails closed: without an answer there is no permit, so no checkpoint. Sequencing does not need one and
    goes on.
    """
    head = await reader.head()
    view = LogView(identity, reader)
    for observer in observers:
        seen = await observer.seen(identity.origin)
        if seen is None or seen.size == 0:
            continue
        if seen.size > head.size:
            raise RolledBack(observer.name, seen.size, head.size, "the store is older than that")
        if await view.root_at(seen.size) != seen.root:
            raise RolledBack(observer.name, seen.size, head.size, "the store has another root at that size")
    return SigningPermit(identity.origin, tuple(observer.name for observer in observers))
