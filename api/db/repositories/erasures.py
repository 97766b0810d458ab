"""The erasure store of `certs.erasure` on SQL."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.register_tables import erasure, registration_event, registration_term
from certs.erasure import Erasure, ErasureReason
from certs.errors import StoreConflict


class ErasureRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, cti: bytes) -> Erasure | None:
        row = (await self._connection.execute(select(erasure).where(erasure.c.cti == cti))).one_or_none()
        if row is None:
            return None
        return Erasure(row.cti, row.at, ErasureReason(row.reason), row.statement, row.entry, row.salt)

    async def add(self, made: Erasure) -> None:
        values = {"cti": made.cti, "at": made.at, "reason": made.reason.value}
        signed = {"statement": made.statement, "entry": made.entry, "salt": made.salt}
        try:
            await self._connection.execute(insert(erasure).values(**values, **signed))
        except IntegrityError:
            raise StoreConflict("this certificate's record has been erased") from None

    async def order(self, cti: bytes) -> None:
        change = update(erasure).where(erasure.c.cti == cti)
        await self._connection.execute(change.values(reason=ErasureReason.STATUTORY_ORDER.value))

    async def destroy_registration(self, registration: bytes) -> int:
        t = registration_event.c
        mine = t.registration == registration
        change = update(registration_event).where(mine, t.sealed_key.is_not(None)).values(sealed_key=None)
        done = (await self._connection.execute(change)).rowcount
        events = select(t.event_id).where(mine)  # reads all terms: an order of this kind is rare
        await self._connection.execute(delete(registration_term).where(registration_term.c.event_id.in_(events)))
        return done
