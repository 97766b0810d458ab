"""What offices do to somebody's standing here (cards, guardians): in the log of accesses, for the person to see.

A card with its PIN, or a guardian, decides in a person's place. An officer who makes one for himself cannot be kept
from it by a program; that nobody would hear of it can.
"""

from __future__ import annotations

from api.db.uow import Work
from api.services.access import OFFICE, AccessLog
from api.services.holders.enrolled import Known
from api.services.makers import Makers
from certs.access import AccessEvent


class Recorder:
    def __init__(self, makers: Makers, access: AccessLog) -> None:
        self._makers, self._access = makers, access

    async def record(self, work: Work, office: str, action: str, *people: Known) -> None:
        """In the transaction of the act itself. `office`: code of who did it; everybody concerned sees it."""
        tags = tuple(self._access.tag(p.document_type, p.nation, p.number) for p in (known.person for known in people))
        registry = self._makers.registry
        event = AccessEvent(registry.entropy(16), registry.clock(), office, action, OFFICE, subjects=tags)
        await self._access.record_in(work, event)
