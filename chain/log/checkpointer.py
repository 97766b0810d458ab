"""Signs checkpoints: derive again, compare, sign, store, and only then may anybody see it.

Order matters. A signed note that got out can never be taken back, and a log that signed two roots for one
size is finished. So the note leaves this module inside a `StoredCheckpoint` only after it was inserted, and
the caller publishes it only after its commit returned.
"""

from __future__ import annotations

from collections.abc import Sequence

from chain.errors import ClockWentBackwards, Corrupt, UnknownLog
from chain.log.guard import SigningPermit
from chain.log.model import LogIdentity, StoredCheckpoint
from chain.log.rederive import rederive
from chain.log.signing import sign_checkpoint
from chain.log.store import LogStore
from chain.ports import Clock, LogSigner


class Checkpointer:
    """The one signer of one log. Needs a permit: proof that nobody outside has seen more than the store
    holds.
    """

    def __init__(
        self, identity: LogIdentity, signers: Sequence[LogSigner], clock: Clock, permit: SigningPermit
    ) -> None:
        if permit.origin != identity.origin:
            raise UnknownLog("the signing permit is for another log")
        self._identity = identity
        self._signers = tuple(signers)
        self._clock = clock
        self._permit = permit

    def signing_with(self, signers: Sequence[LogSigner]) -> Checkpointer:
        """The same log under the same permit with other keys: a rotation says nothing of what others have seen."""
        return Checkpointer(self._identity, signers, self._clock, self._permit)

    async def checkpoint(self, store: LogStore) -> StoredCheckpoint | None:
        """The checkpoint of the current head, made now if there is none yet; None for an empty log.

        Publish the result after the caller's commit. Raises Corrupt, ClockWentBackwards or SigningFailed:
        then nothing was stored and nothing may be published.
        """
        head = await store.head()
        last = await store.checkpoint()
        if last is not None and last.size == head.size:
            if last.root != head.root:
                raise Corrupt("head", str(head.size), "root differs from the signed one")
            return last
        if head.size == 0:
            return None
        root = await rederive(self._identity, store, last, head)
        now = self._clock()
        if last is not None and now < last.signed_at:
            raise ClockWentBackwards(now, last.signed_at)
        made = sign_checkpoint(self._identity, self._signers, head.size, root, now)
        await store.insert_checkpoint(made)
        return made
