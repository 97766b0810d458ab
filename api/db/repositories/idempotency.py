"""Answers already given under an Idempotency-Key, so that a repeated request is answered and not repeated."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.tables import idempotency


@dataclass(frozen=True, slots=True)
class RememberedAnswer:
    """`request_tag` is the keyed HMAC of the request that was answered."""

    request_tag: bytes
    status: int
    response: bytes


class IdempotencyRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, uscc: str, key_tag: bytes) -> RememberedAnswer | None:
        wanted = select(idempotency).where(idempotency.c.uscc == uscc, idempotency.c.key_tag == key_tag)
        row = (await self._connection.execute(wanted)).one_or_none()
        return None if row is None else RememberedAnswer(row.request_tag, row.status, row.response)

    async def put(self, uscc: str, key_tag: bytes, answer: RememberedAnswer, now: int) -> None:
        """In the transaction of what was done, so that either both are remembered or neither."""
        values = {"request_tag": answer.request_tag, "status": answer.status, "response": answer.response}
        new = insert(idempotency).values(uscc=uscc, key_tag=key_tag, created_at=now, **values)
        await self._connection.execute(new)
