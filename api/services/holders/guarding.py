"""Guardians: a registered person who decides in another's place, on a device of his own."""

from __future__ import annotations

from collections.abc import Sequence

from api.services.holders.enrolled import Enrolled
from api.services.makers import Makers
from certs.errors import InvalidField


class GuardianService:
    def __init__(self, makers: Makers) -> None:
        self._makers, self._enrolled = makers, Enrolled(makers)

    async def change(self, ward: bytes, guardian: bytes, *, end: bool) -> Sequence[tuple[bytes, int]]:
        """Put a guardian in office or end it, on the papers that the officer saw; gives (guardian, since) of those in
        office. A guardian may not be somebody's ward. Raises NotFound, InvalidField."""
        now = self._makers.clock()
        async with self._makers.database.write() as work:
            await self._enrolled.known(work, ward)
            if end:
                await work.holders.end_guardian(ward, guardian, now)
            else:
                await self._enrolled.known(work, guardian)
                if ward == guardian or await work.holders.guardians(guardian):
                    raise InvalidField("guardian", "IS_A_WARD")
                await work.holders.add_guardian(ward, guardian, now)
            return await work.holders.guardians(ward)
