"""Anchors as they are read from the chain: never from our own table, which would only be our word."""

from __future__ import annotations

from api.db.anchors import largest_anchored_size
from api.db.uow import Database
from chain.anchor.model import observation
from chain.anchor.port import AnchorPort
from chain.errors import NotInLog
from chain.log.model import LogIdentity
from verifier.anchor import AnchorObservation


class AnchorService:
    def __init__(self, database: Database, identity: LogIdentity, port: AnchorPort) -> None:
        self._database, self._identity, self._port = database, identity, port

    async def observation(self, size: int | None = None) -> AnchorObservation:
        """The anchor of `size`, or of the largest anchored size. Raises NotInLog, or ChainUnavailable."""
        if size is None:
            async with self._database.read() as work:
                size = await largest_anchored_size(work.connection, work.log.log_id)
        found = None if size == 0 else await self._port.find(self._identity.origin, size)
        if found is None:
            raise NotInLog("this size is not anchored")
        return observation(self._port.capabilities(), self._identity.origin, found)
