"""The log of accesses on SQL: events in order, and the tags under which somebody finds those about himself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.access_tables import access_event, access_subject
from api.db.bulk import find_rows, insert_rows
from certs.access import StoredAccess
from certs.errors import StoreConflict
from certs.ports import Sealed

_EVENT: Final = ("request_id", "at", "uscc", "entry", "sealed_key", "sealed_body")
PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of one party, about one tag, from `since` (inclusive) to `until` (exclusive), before an ordinal."""

    uscc: str | None = None
    tag: bytes | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None


class AccessRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def insert(self, rows: Sequence[StoredAccess]) -> None:
        """Raises StoreConflict if a request was recorded already."""
        values = [_values(row) for row in rows]
        try:
            await insert_rows(self._connection, access_event, _EVENT, values)
        except IntegrityError:
            raise StoreConflict("this request is recorded already") from None
        tagged = {row.request_id: row.subjects for row in rows if row.subjects}
        found = await find_rows(
            self._connection, access_event, ("ordinal", "request_id"), {}, "request_id", list(tagged)
        )
        pairs = [(tag, row.ordinal) for row in found for tag in tagged[bytes(row.request_id)]]
        await insert_rows(self._connection, access_subject, ("tag", "ordinal"), pairs)

    async def find(self, wanted: Wanted, limit: int = PAGE) -> list[StoredAccess]:
        """The newest first; `subjects` are not read: ()."""
        c = access_event.c
        query: Select[Any] = select(access_event).order_by(c.ordinal.desc()).limit(limit)
        if wanted.tag is not None:
            query = query.join(access_subject, access_subject.c.ordinal == c.ordinal)
            query = query.where(access_subject.c.tag == wanted.tag)
        for condition, value in ((c.uscc.__eq__, wanted.uscc), (c.at.__ge__, wanted.since),
                                 (c.at.__lt__, wanted.until), (c.ordinal.__lt__, wanted.before)):  # fmt: skip
            if value is not None:
                query = query.where(condition(value))
        return [_stored(row) for row in await self._connection.execute(query)]

    async def expire(self, before: int, limit: int) -> int:
        """Destroy the data keys and tags of at most `limit` events older than `before`; gives how many had one."""
        c = access_event.c
        due = select(c.ordinal).where(c.at < before, c.sealed_key.is_not(None)).order_by(c.ordinal).limit(limit)
        last = await self._connection.scalar(select(func.max(due.subquery().c.ordinal)))
        if last is None:
            return 0
        mine = (c.at < before) & (c.ordinal <= last) & c.sealed_key.is_not(None)
        ordinals = select(c.ordinal).where(mine)
        await self._connection.execute(delete(access_subject).where(access_subject.c.ordinal.in_(ordinals)))
        gone = await self._connection.execute(update(access_event).where(mine).values(sealed_key=None, sealed_body=b""))
        return gone.rowcount


def _values(row: StoredAccess) -> tuple[Any, ...]:
    """A row of `_EVENT`."""
    key, body = (None, b"") if row.sealed is None else (row.sealed.key, row.sealed.body)
    return (row.request_id, row.at, row.uscc, row.entry, key, body)


def _stored(row: Any) -> StoredAccess:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return StoredAccess(row.request_id, row.at, row.uscc, row.entry, sealed, (), row.ordinal)
