"""Revoking by the party that issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.services.makers import Makers, own
from api.services.parties import Principal
from certs.revoke import revoke_in


@dataclass(frozen=True, slots=True)
class Revocation:
    """How many certificates this call made not valid, and how many were already."""

    revoked: int
    already: int


class RevokingService:
    def __init__(self, makers: Makers) -> None:
        self._makers = makers

    async def revoke(self, party: Principal, ctis: Sequence[bytes], reason: str) -> Revocation:
        """All of them in one transaction, or none. Raises NotFound if one is not the party's own."""
        registry = self._makers.registry
        revoked = already = 0
        async with self._makers.begin() as work:
            for cti in dict.fromkeys(ctis):
                certificate = own(await work.certificates.get(cti), party)
                done = await revoke_in(work, certificate, reason, registry, registry.clock())
                already += done.again
                revoked += not done.again
        return Revocation(revoked, already)
