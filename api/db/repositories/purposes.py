"""Versions of the purpose catalogue on SQL: what was proposed, what is approved, by whose signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.party_tables import purpose_catalogue


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A version. The last four are None until it is approved. Times are seconds UTC, as the service saw them."""

    version: int
    document: bytes
    proposed_at: int
    proposal: bytes
    approved_at: int | None = None
    approval: bytes | None = None
    entry: bytes | None = None
    entry_salt: bytes | None = None


class PurposeRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def approved_version(self) -> int:
        """The version in force; 0 where there is none."""
        c = purpose_catalogue.c
        query = select(func.max(c.version)).where(c.approved_at.is_not(None))
        return (await self._connection.scalar(query)) or 0

    async def get(self, version: int) -> CatalogueRow | None:
        query = select(purpose_catalogue).where(purpose_catalogue.c.version == version)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _row(row)

    async def propose(self, row: CatalogueRow) -> None:
        """Take the place of whatever was proposed and not approved."""
        c = purpose_catalogue.c
        await self._connection.execute(delete(purpose_catalogue).where(c.approved_at.is_(None)))
        await self._connection.execute(insert(purpose_catalogue).values(**{f: getattr(row, f) for f in _FIELDS}))

    async def approve(self, row: CatalogueRow) -> bool:
        """False if that proposal is not there any more, or is approved already."""
        c = purpose_catalogue.c
        waiting = (c.version == row.version) & (c.proposal == row.proposal) & c.approved_at.is_(None)
        values = {f: getattr(row, f) for f in ("approved_at", "approval", "entry", "entry_salt")}
        change = update(purpose_catalogue).where(waiting).values(**values)
        return (await self._connection.execute(change)).rowcount == 1


_FIELDS: Final = tuple(CatalogueRow.__dataclass_fields__)


def _row(row: Any) -> CatalogueRow:
    return CatalogueRow(**{f: getattr(row, f) for f in _FIELDS})
