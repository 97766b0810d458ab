"""Guardians: a registered person who decides in another's place, on a device of his own."""

from __future__ import annotations

from collections.abc import Sequence

from api.services.holders.enrolled import Enrolled
from api.services.holders.recording import Recorder
from api.services.makers import Makers
from certs.errors import InvalidField


class GuardianService:
    def __init__(self, makers: Makers, recorder: Recorder) -> None:
        self._makers, self._enrolled, self._recorder = makers, Enrolled(makers), recorder

    async def change(self, office: str, ward: bytes, guardian: bytes, *, end: bool) -> Sequence[tuple[bytes, int]]:
        """Put a guardian in office or end it, on the papers that an officer of `office` saw; gives (guardian, since) of
        those in office. A guardian may not be somebody's ward. Raises NotFound, InvalidField."""
        now = self._makers.clock()
        async with self._makers.database.write() as work:
            people = await self._enrolled.known(work, ward), await self._enrolled.known(work, guardian)
            if end:
                await work.holders.end_guardian(ward, guardian, now)
            else:
                if ward == guardian or await work.holders.guardians(guardian):
                    raise InvalidField("guardian", "IS_A_WARD")
                await work.holders.add_guardian(ward, guardian, now)
            await self._recorder.record(work, office, "guardian-end" if end else "guardian", *people)
            return await work.holders.guardians(ward)
