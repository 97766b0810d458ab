"""X.509 certificates of the signing keys, and the revocation lists of the authorities. All of it is public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.key_tables import crl, x509


@dataclass(frozen=True, slots=True)
class X509Row:
    """A certificate as it was handed out. Times UTC seconds, `not_after` its last; `reason` is a CRLReason number."""

    issuer_kid: bytes
    serial: bytes
    kid: bytes
    der: bytes
    not_before: int
    not_after: int
    revoked_at: int | None = None
    reason: int | None = None


@dataclass(frozen=True, slots=True)
class CrlRow:
    """A revocation list as it was published."""

    issuer_kid: bytes
    number: int
    der: bytes
    this_update: int
    next_update: int


class PkiRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, row: X509Row) -> None:
        """The primary key refuses a serial number that the authority has given already."""
        names = {"issuer_kid": row.issuer_kid, "serial": row.serial, "kid": row.kid, "der": row.der}
        times = {"not_before": row.not_before, "not_after": row.not_after}
        await self._connection.execute(insert(x509).values(**names, **times))

    async def certificates(self) -> Sequence[X509Row]:
        """All, in the order in which they were made: what is published under a number keeps it."""
        ordered = select(x509).order_by(x509.c.not_before, x509.c.issuer_kid, x509.c.serial)
        return [
            X509Row(r.issuer_kid, r.serial, r.kid, r.der, r.not_before, r.not_after, r.revoked_at, r.reason)
            for r in await self._connection.execute(ordered)
        ]

    async def revoke(self, row: X509Row, at: int, reason: int) -> None:
        """Once: a revocation is not taken back, nor given another date."""
        mine = and_(x509.c.issuer_kid == row.issuer_kid, x509.c.serial == row.serial, x509.c.revoked_at.is_(None))
        await self._connection.execute(update(x509).where(mine).values(revoked_at=at, reason=reason))

    async def latest_list(self, issuer_kid: bytes) -> CrlRow | None:
        newest = select(crl).where(crl.c.issuer_kid == issuer_kid).order_by(crl.c.number.desc()).limit(1)
        row = (await self._connection.execute(newest)).one_or_none()
        return None if row is None else CrlRow(row.issuer_kid, row.number, row.der, row.this_update, row.next_update)

    async def add_list(self, row: CrlRow) -> None:
        names = {"issuer_kid": row.issuer_kid, "number": row.number, "der": row.der}
        times = {"this_update": row.this_update, "next_update": row.next_update}
        await self._connection.execute(insert(crl).values(**names, **times))
