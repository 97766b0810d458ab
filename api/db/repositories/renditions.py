"""Statements about rendered files."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.register_tables import rendition
from certs.errors import StoreConflict
from certs.ports import Sealed, StoredRendition


class RenditionRepository:
    """`certs.ports.RenditionStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, digest: bytes) -> StoredRendition | None:
        row = (await self._connection.execute(select(rendition).where(rendition.c.digest == digest))).one_or_none()
        return None if row is None else _stored(row)

    async def of(self, cti: bytes) -> Sequence[StoredRendition]:
        mine = select(rendition).where(rendition.c.cti == cti).order_by(rendition.c.issued_at, rendition.c.digest)
        return [_stored(row) for row in await self._connection.execute(mine)]

    async def insert(self, made: StoredRendition) -> None:
        sealed = made.sealed
        assert sealed is not None  # only an erased one has none, and those are not inserted
        values = {
            "digest": made.digest,
            "cti": made.cti,
            "media": made.media,
            "issued_at": made.issued_at,
            "expires_at": made.expires_at,
            "statement": made.statement,
            "entry": made.entry,
            "sealed_key": sealed.key,
            "sealed_body": sealed.body,
        }
        try:
            await self._connection.execute(insert(rendition).values(**values))
        except IntegrityError:
            raise StoreConflict("a statement about these bytes exists") from None


def _stored(row: Row[tuple[object, ...]]) -> StoredRendition:
    return StoredRendition(
        digest=row.digest,
        cti=row.cti,
        media=row.media,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        statement=row.statement,
        entry=row.entry,
        sealed=None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body),
    )
