"""Anchors as they are read from the chain: never from our own table, which would only be our word."""

from __future__ import annotations

from collections import OrderedDict

from api.db.anchor_proofs import proof_of
from api.db.anchors import largest_anchored_size
from api.db.uow import Database
from certs.ports import Clock
from chain.anchor.model import observation
from chain.anchor.port import AnchorPort
from chain.errors import NotInLog
from chain.log.model import LogIdentity
from verifier.anchor import AnchorObservation

KEEP = 30
CAPACITY = 256


class AnchorService:
    """What was read is kept for `KEEP` seconds: a final anchor does not change, and asking costs a round trip."""

    def __init__(self, database: Database, identity: LogIdentity, port: AnchorPort, clock: Clock) -> None:
        self._database, self._identity, self._port, self._clock = database, identity, port, clock
        self._read: OrderedDict[int, tuple[int, AnchorObservation]] = OrderedDict()

    async def proof(self, size: int | None = None) -> bytes:
        """The proof of finality kept for `size`, or for the largest proved size. Raises NotInLog.

        It needs no chain and nobody's word: whoever has the trust bundle checks it.
        """
        async with self._database.read() as work:
            found = await proof_of(work.connection, work.log.log_id, size)
        if found is None:
            raise NotInLog("no proof of finality is kept for this size")
        return found

    async def observation(self, size: int | None = None) -> AnchorObservation:
        """The anchor of `size`, or of the largest anchored size. Raises NotInLog, or ChainUnavailable."""
        if size is None:
            async with self._database.read() as work:
                size = await largest_anchored_size(work.connection, work.log.log_id)
        kept = self._read.get(size)
        if kept is not None and 0 <= self._clock() - kept[0] < KEEP:
            return kept[1]
        found = None if size == 0 else await self._port.find(self._identity.origin, size)
        if found is None:
            raise NotInLog("this size is not anchored")
        seen = observation(self._port.capabilities(), self._identity.origin, found)
        self._read[size] = (self._clock(), seen)
        if len(self._read) > CAPACITY:
            self._read.popitem(last=False)
        return seen
