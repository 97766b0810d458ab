"""The certificate store of `certs.ports` on SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import insert_rows
from api.db.register_tables import rendition
from api.db.tables import certificate, lookup, status_event
from certs.errors import StoreConflict
from certs.ports import IssuedCertificate, Sealed, StatusEvent, StoredCertificate

_IN_LIST = 500  # values per statement, below SQLite's variable limit
_TERM = 32
_COLUMNS = (
    "cti", "kind", "role", "issuer", "issued_at", "business", "content", "terms", "list_number", "list_index",
    "statement", "entry", "sealed_key", "sealed_body",
)  # fmt: skip


class CertificateRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.inserted: list[IssuedCertificate] = []  # by this transaction
        self.ended: list[tuple[bytes, int]] = []  # by this transaction: cti, and when

    async def by_business(self, keys: Sequence[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
        found: dict[bytes, list[StoredCertificate]] = {}
        for some in _slices(keys):
            wanted = select(certificate).where(certificate.c.business.in_(some)).order_by(certificate.c.ordinal)
            for row in await self._connection.execute(wanted):
                found.setdefault(row.business, []).append(_stored(row))
        return found

    async def by_terms(self, terms: Sequence[bytes]) -> Mapping[bytes, Sequence[StoredCertificate]]:
        found: dict[bytes, list[StoredCertificate]] = {}
        for some in _slices(terms):
            joined: Select[Any] = select(lookup.c.term, certificate).join(lookup, lookup.c.cti == certificate.c.cti)
            wanted = joined.where(lookup.c.term.in_(some)).order_by(certificate.c.ordinal)
            for row in await self._connection.execute(wanted):
                found.setdefault(row.term, []).append(_stored(row))
        return found

    async def get(self, cti: bytes) -> StoredCertificate | None:
        row = (await self._connection.execute(select(certificate).where(certificate.c.cti == cti))).one_or_none()
        return None if row is None else _stored(row)

    async def count_issued_since(self, issuer: str, since: int) -> int:
        """How many that issuer has issued from `since` on, seconds UTC."""
        mine = select(func.count()).where(certificate.c.issuer == issuer, certificate.c.issued_at >= since)
        return (await self._connection.execute(mine)).scalar_one()

    async def insert(self, certificates: Sequence[IssuedCertificate]) -> None:
        if not certificates:
            return
        terms = [(term, c.cti) for c in certificates for term in dict.fromkeys(c.terms)]
        try:
            await insert_rows(self._connection, certificate, _COLUMNS, [_values(c) for c in certificates])
            await insert_rows(self._connection, lookup, ("term", "cti"), terms)
        except IntegrityError:
            raise StoreConflict("a certificate of this business id, cti or status index exists") from None
        self.inserted.extend(certificates)

    async def event(self, cti: bytes) -> StatusEvent | None:
        row = (await self._connection.execute(select(status_event).where(status_event.c.cti == cti))).one_or_none()
        if row is None or row.sealed_key is None:
            return None
        return StatusEvent(row.cti, row.at, row.statement, row.entry, Sealed(row.sealed_key, row.sealed_body))

    async def add_event(self, event: StatusEvent) -> None:
        values = {"cti": event.cti, "at": event.at, "statement": event.statement, "entry": event.entry}
        sealed = {"sealed_key": event.sealed.key, "sealed_body": event.sealed.body}
        try:
            await self._connection.execute(insert(status_event).values(**values, **sealed))
        except IntegrityError:
            raise StoreConflict("this certificate has a status event") from None
        change = update(certificate).where(certificate.c.cti == event.cti, certificate.c.revoked_at.is_(None))
        if (await self._connection.execute(change.values(revoked_at=event.at))).rowcount != 1:
            raise StoreConflict("this certificate is not valid already")
        self.ended.append((event.cti, event.at))

    async def erase(self, cti: bytes) -> bool:
        known = await self.get(cti)
        if known is None:
            return False
        run = self._connection.execute
        await run(update(certificate).where(certificate.c.cti == cti).values(sealed_key=None, terms=b""))
        await run(delete(lookup).where(lookup.c.term.in_(known.terms), lookup.c.cti == cti))
        await run(update(status_event).where(status_event.c.cti == cti).values(sealed_key=None))
        await run(update(rendition).where(rendition.c.cti == cti).values(sealed_key=None))
        return known.sealed is not None


def _slices(values: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [values[at : at + _IN_LIST] for at in range(0, len(values), _IN_LIST)]


def _values(c: IssuedCertificate) -> tuple[Any, ...]:
    """A row of `_COLUMNS`."""
    return (
        c.cti,
        c.kind,
        c.role,
        c.issuer,
        c.issued_at,
        c.business,
        c.content,
        b"".join(c.terms),
        c.status_list,
        c.status_index,
        c.statement,
        c.entry,
        c.sealed.key,
        c.sealed.body,
    )


def _stored(row: Row[Any]) -> StoredCertificate:
    return StoredCertificate(
        cti=row.cti,
        kind=row.kind,
        role=row.role,
        issuer=row.issuer,
        issued_at=row.issued_at,
        business=row.business,
        content=row.content,
        terms=tuple(row.terms[at : at + _TERM] for at in range(0, len(row.terms), _TERM)),
        status_list=row.list_number,
        status_index=row.list_index,
        statement=row.statement,
        entry=row.entry,
        sealed=None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body),
        revoked_at=row.revoked_at,
    )
