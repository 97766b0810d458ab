"""Parties and their access tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.tables import access_token, party


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation that may do something here. `role` is "registry", "charity" or "auditor"."""

    uscc: str
    role: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token without its secret. Times are UTC seconds; `revoked_at` is None while it is good."""

    token_id: str
    party: Party
    secret_tag: bytes
    expires_at: int
    revoked_at: int | None


class PartyRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, new: Party, now: int) -> None:
        """Add unless the code is known already. An existing party is not changed."""
        if await self.get(new.uscc) is None:
            values = {"uscc": new.uscc, "role": new.role, "name_zh": new.name_zh, "name_en": new.name_en}
            await self._connection.execute(insert(party).values(**values, created_at=now))

    async def get(self, uscc: str) -> Party | None:
        found = (await self._connection.execute(select(party).where(party.c.uscc == uscc))).one_or_none()
        return None if found is None else _party(found)

    async def all(self) -> Sequence[Party]:
        rows = await self._connection.execute(select(party).order_by(party.c.uscc))
        return [_party(row) for row in rows]

    async def add_token(self, token_id: str, uscc: str, secret_tag: bytes, now: int, expires_at: int) -> None:
        values = {"token_id": token_id, "uscc": uscc, "secret_tag": secret_tag, "expires_at": expires_at}
        await self._connection.execute(insert(access_token).values(**values, created_at=now))

    async def token(self, token_id: str) -> TokenRow | None:
        joined = select(access_token, party).join(party).where(access_token.c.token_id == token_id)
        row = (await self._connection.execute(joined)).one_or_none()
        if row is None:
            return None
        return TokenRow(row.token_id, _party(row), row.secret_tag, row.expires_at, row.revoked_at)

    async def revoke_token(self, token_id: str, now: int) -> bool:
        change = update(access_token).where(access_token.c.token_id == token_id, access_token.c.revoked_at.is_(None))
        return (await self._connection.execute(change.values(revoked_at=now))).rowcount == 1


def _party(row: Row[tuple[object, ...]]) -> Party:
    return Party(row.uscc, row.role, row.name_zh, row.name_en)
