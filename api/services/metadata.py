"""Metadata and directory entries of certificates, for the body that issued them (certs/metadata.py)."""

from __future__ import annotations

from typing import Any

from api.services.access import AccessLog
from api.services.makers import Makers, own
from api.services.parties import Principal
from certs.kinds import kind_by_number
from certs.metadata import STATE, Opened, directory_of, metadata_of, state_of
from certs.ports import StoredCertificate
from certs.records import open_record
from verifier.credential import Certificate


class MetadataService:
    def __init__(self, makers: Makers, access: AccessLog) -> None:
        self._makers, self._access = makers, access

    async def metadata(self, party: Principal, cti: bytes) -> dict[str, Any]:
        """`{"metadata": {"ZZMC": …}, "state": {"code", "zh", "en"}}`. Raises NotFound for what the party did not issue,
        Erased."""
        opened = self._open(await self._own(party, cti))
        await self._access.office(party.uscc, party.token_id, "metadata", cti.hex())
        code = state_of(opened, self._makers.registry.clock())
        zh, en = STATE[code]
        return {"metadata": metadata_of(opened), "state": {"code": code, "zh": zh, "en": en}}

    async def directory(self, party: Principal, cti: bytes, batch: str = "") -> dict[str, Any]:
        """The entry that is exchanged upward. Raises as `metadata`."""
        stored = await self._own(party, cti)
        await self._access.office(party.uscc, party.token_id, "directory", cti.hex())
        now = self._makers.registry.clock()
        return directory_of(self._open(stored), statement=stored.statement, at=now, batch=batch)

    async def _own(self, party: Principal, cti: bytes) -> StoredCertificate:
        async with self._makers.database.read() as work:
            return own(await work.certificates.get(cti), party)

    def _open(self, stored: StoredCertificate) -> Opened:
        return Opened(
            kind=kind_by_number(stored.kind),
            claims=Certificate.parse(stored.statement).claims,
            values=open_record(stored, self._makers.registry).values(),
            made_at=stored.issued_at,
            valid=stored.revoked_at is None,
        )
