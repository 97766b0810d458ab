"""Holders, the codes and cards they were handed, and who acts for whom. Codes are found by keyed hashes only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.holder_tables import activation, dynamic_code, guardianship, holder, holder_card
from certs.errors import StoreConflict
from certs.ports import Sealed


@dataclass(frozen=True, slots=True)
class Holder:
    """An enrolled person. Times are UTC seconds; `sealed` opens to the document (certs/consent/persons.py)."""

    holder_id: bytes
    tag: bytes
    enrolled_at: int
    enrolled_by: str
    sealed: Sealed | None = field(repr=False)
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation code. `attempts`: how often its second half was wrong."""

    code_tag: bytes
    holder_id: bytes
    secret_tag: bytes
    expires_at: int
    attempts: int = 0
    used_at: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A printed card. `failures`: wrong PINs since the last right one."""

    card_tag: bytes
    holder_id: bytes
    pin_tag: bytes
    issued_at: int
    revoked_at: int | None = None
    failures: int = 0


class HolderRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, holder_id: bytes) -> Holder | None:
        """Somebody who is enrolled now or was."""
        return await self._one(holder.c.holder_id == holder_id)

    async def by_tag(self, tag: bytes) -> Holder | None:
        return await self._one(holder.c.tag == tag)

    async def _one(self, condition: object) -> Holder | None:
        row = (await self._connection.execute(select(holder).where(condition))).one_or_none()  # type: ignore[arg-type]
        if row is None:
            return None
        sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
        return Holder(row.holder_id, row.tag, row.enrolled_at, row.enrolled_by, sealed, row.ended_at)

    async def insert(self, new: Holder) -> None:
        """Raises StoreConflict if the person is enrolled."""
        assert new.sealed is not None  # only one whose retention ended has none
        values = {
            "holder_id": new.holder_id, "tag": new.tag, "enrolled_at": new.enrolled_at,
            "enrolled_by": new.enrolled_by, "sealed_key": new.sealed.key, "sealed_body": new.sealed.body,
        }  # fmt: skip
        await self._add(holder, values, "this person is enrolled")

    async def _add(self, table: Table, values: dict[str, object], trouble: str) -> None:
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(table).values(**values))
        except IntegrityError:
            raise StoreConflict(trouble) from None

    async def end(self, holder_id: bytes, now: int) -> None:
        """Nobody is enrolled any more, and no code of his is good."""
        gone = update(holder).where(holder.c.holder_id == holder_id, holder.c.ended_at.is_(None))
        await self._connection.execute(gone.values(ended_at=now))
        a, d = activation.c, dynamic_code.c
        await self._connection.execute(delete(activation).where(a.holder_id == holder_id, a.used_at.is_(None)))
        shown = update(dynamic_code).where(d.holder_id == holder_id, d.used_at.is_(None), d.expires_at > now)
        await self._connection.execute(shown.values(expires_at=now))

    # -- activation codes

    async def activation(self, code_tag: bytes) -> Activation | None:
        found = await self._connection.execute(select(activation).where(activation.c.code_tag == code_tag))
        row = found.one_or_none()
        return None if row is None else _activation(row)

    async def replace_activation(self, new: Activation) -> None:
        """The holder's one code that is not used yet. Raises StoreConflict in the one case of 2^40."""
        a = activation.c
        await self._connection.execute(delete(activation).where(a.holder_id == new.holder_id, a.used_at.is_(None)))
        values = {
            "code_tag": new.code_tag, "holder_id": new.holder_id, "secret_tag": new.secret_tag,
            "expires_at": new.expires_at,
        }  # fmt: skip
        await self._add(activation, values, "a code of this first half exists")

    async def failed_activation(self, code_tag: bytes) -> None:
        change = update(activation).where(activation.c.code_tag == code_tag)
        await self._connection.execute(change.values(attempts=activation.c.attempts + 1))

    async def use_activation(self, code_tag: bytes, now: int) -> bool:
        """Whether this call used it; the second one of two does not."""
        a = activation.c
        change = update(activation).where(a.code_tag == code_tag, a.used_at.is_(None)).values(used_at=now)
        return (await self._connection.execute(change)).rowcount == 1

    # -- dynamic codes

    async def codes_since(self, holder_id: bytes, since: int) -> int:
        d = dynamic_code.c
        mine = select(func.count()).where(d.holder_id == holder_id, d.created_at > since)
        return int((await self._connection.execute(mine)).scalar_one())

    async def replace_code(self, code_tag: bytes, holder_id: bytes, now: int, expires_at: int) -> None:
        """A new code; the holder's older ones end now."""
        d = dynamic_code.c
        older = update(dynamic_code).where(d.holder_id == holder_id, d.used_at.is_(None), d.expires_at > now)
        await self._connection.execute(older.values(expires_at=now))
        values = {"code_tag": code_tag, "holder_id": holder_id, "created_at": now, "expires_at": expires_at}
        await self._connection.execute(insert(dynamic_code).values(**values))

    async def use_code(self, code_tag: bytes, now: int) -> bytes | None:
        """The holder of a code that was good until this call; None for every other one."""
        d = dynamic_code.c
        good = d.code_tag == code_tag, d.used_at.is_(None), d.expires_at > now
        change = update(dynamic_code).where(*good).values(used_at=now).returning(d.holder_id)
        row = (await self._connection.execute(change)).one_or_none()
        return None if row is None else bytes(row.holder_id)

    async def forget_codes(self, before: int) -> int:
        """Delete codes, dynamic ones and for activation, that ended before that second; gives how many."""
        gone = delete(dynamic_code).where(dynamic_code.c.expires_at < before)
        old = delete(activation).where(activation.c.expires_at < before)
        return (await self._connection.execute(gone)).rowcount + (await self._connection.execute(old)).rowcount

    # -- cards

    async def card(self, card_tag: bytes) -> Card | None:
        row = (
            await self._connection.execute(select(holder_card).where(holder_card.c.card_tag == card_tag))
        ).one_or_none()
        if row is None:
            return None
        return Card(row.card_tag, row.holder_id, row.pin_tag, row.issued_at, row.revoked_at, row.failures)

    async def revoke_cards(self, holder_id: bytes, now: int) -> int:
        c = holder_card.c
        change = update(holder_card).where(c.holder_id == holder_id, c.revoked_at.is_(None)).values(revoked_at=now)
        return (await self._connection.execute(change)).rowcount

    async def add_card(self, new: Card) -> None:
        values = {
            "card_tag": new.card_tag, "holder_id": new.holder_id, "pin_tag": new.pin_tag, "issued_at": new.issued_at,
        }  # fmt: skip
        await self._connection.execute(insert(holder_card).values(**values))

    async def take_try(self, card_tag: bytes, limit: int) -> bool:
        """Count a PIN as wrong before it is looked at; False if the card is locked or revoked.

        Counted first, and committed: a hundred guesses at once are a hundred, not one.
        """
        c = holder_card.c
        open_card = c.card_tag == card_tag, c.failures < limit, c.revoked_at.is_(None)
        change = update(holder_card).where(*open_card).values(failures=c.failures + 1)
        return (await self._connection.execute(change)).rowcount == 1

    async def right_pin(self, card_tag: bytes) -> None:
        change = update(holder_card).where(holder_card.c.card_tag == card_tag)
        await self._connection.execute(change.values(failures=0))

    # -- guardians

    async def guardians(self, ward: bytes) -> Sequence[tuple[bytes, int]]:
        """(guardian, since) of those in office."""
        g = guardianship.c
        now = select(g.guardian, g.since).where(g.ward == ward, g.ended_at.is_(None)).order_by(g.since, g.guardian)
        return [(row.guardian, row.since) for row in await self._connection.execute(now)]

    async def wards(self, guardian: bytes) -> Sequence[bytes]:
        g = guardianship.c
        mine = select(g.ward).where(g.guardian == guardian, g.ended_at.is_(None)).order_by(g.ward)
        return list((await self._connection.execute(mine)).scalars())

    async def add_guardian(self, ward: bytes, guardian: bytes, now: int) -> None:
        """One who was before is again, from now on. Raises StoreConflict if one of them is not enrolled."""
        g = guardianship.c
        again = update(guardianship).where(g.ward == ward, g.guardian == guardian, g.ended_at.is_not(None))
        if (await self._connection.execute(again.values(since=now, ended_at=None))).rowcount:
            return
        known = select(g.since).where(g.ward == ward, g.guardian == guardian)
        if (await self._connection.execute(known)).one_or_none() is None:
            await self._add(guardianship, {"ward": ward, "guardian": guardian, "since": now}, "not enrolled")

    async def end_guardian(self, ward: bytes, guardian: bytes, now: int) -> None:
        g = guardianship.c
        change = update(guardianship).where(g.ward == ward, g.guardian == guardian, g.ended_at.is_(None))
        await self._connection.execute(change.values(ended_at=now))


def _activation(row: Row[tuple[object, ...]]) -> Activation:
    return Activation(row.code_tag, row.holder_id, row.secret_tag, row.expires_at, row.attempts, row.used_at)
