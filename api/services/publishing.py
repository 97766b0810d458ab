"""Publishing status lists, on a schedule and after changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from api.db.repositories.status import Publication
from api.db.uow import Work
from api.errors import NotFound
from api.services.makers import Makers
from certs.authority import authority_of
from certs.ports import StatusListState
from verifier.status_list import StatusList, inflate, pack_bits

REFRESH = 2  # a list is signed anew when 1/REFRESH of its life is over, so that caches never run into its end


class PublishingService:
    def __init__(self, makers: Makers) -> None:
        self._makers = makers
        self._lock = asyncio.Lock()
        self.on_change: list[Callable[[], None]] = []

    async def publish(self, *, force: bool = False) -> int:
        """Sign those lists anew that changed, are new or grow old (or all of them); gives how many were signed.

        While nothing changed, the old ones stay until half their life is over.
        """
        async with self._lock:
            registry = self._makers.registry
            async with self._makers.begin() as work:
                now = registry.clock()
                states = await work.statuses.lists()
                due = [state.number for state in states if force or await self._is_due(work, state, now)]
                signed = await registry.publisher.publish(work, now, only=due) if due else {}
        if signed:
            for changed in self.on_change:
                changed()
        return len(signed)

    async def latest(self, number: int) -> Publication:
        """The list that is out. Raises NotFound."""
        async with self._makers.database.read() as work:
            found = await work.statuses.publication(number)
        if found is None:
            raise NotFound
        return found

    async def addresses(self) -> list[str]:
        """Of every list there is, in order: what a relying party fetches to be able to check anything off line."""
        policy = self._makers.policy
        async with self._makers.database.read() as work:
            return [policy.uri(state.number) for state in await work.statuses.lists()]

    async def _is_due(self, work: Work, state: StatusListState, now: int) -> bool:
        last = await work.statuses.publication(state.number)
        if last is None or now >= last.issued_at + (last.expires_at - last.issued_at) // REFRESH:
            return True
        wanted = inflate(pack_bits(state.size, await work.statuses.invalid(state.number)))
        seen = StatusList.parse(last.signed)
        signer = authority_of(self._makers.authorities, state.issuer).list_signer
        return seen.bitmap != wanted or seen.sign1.kid != signer.kid  # of a key that was rotated, or even revoked
