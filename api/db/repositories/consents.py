"""Consent transactions and the signed decisions on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.consent_tables import consent_grant, consent_transaction
from certs.consent.machine import Decision, State
from certs.consent.stored import DecisionRow
from certs.errors import StoreConflict
from certs.ports import Sealed


@dataclass(frozen=True, slots=True)
class Transaction:
    """One question of one party. `spouse_tag`: who else must consent, as in `holder.tag`; `channel`: "code" or "card".
    `expires_at`: a decision must come before, and once authorised the fetch. Times are UTC seconds."""

    trx: bytes
    uscc: str
    holder_id: bytes
    spouse_tag: bytes | None
    purpose: str
    state: State
    channel: str
    created_at: int
    expires_at: int
    updated_at: int
    sealed: Sealed | None = field(repr=False)


class ConsentRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, trx: bytes) -> Transaction | None:
        found = select(consent_transaction).where(consent_transaction.c.trx_id == trx)
        row = (await self._connection.execute(found)).one_or_none()
        return None if row is None else _transaction(row)

    async def insert(self, new: Transaction) -> None:
        assert new.sealed is not None  # only one whose retention ended has none
        values = {
            "trx_id": new.trx, "uscc": new.uscc, "holder_id": new.holder_id, "spouse_tag": new.spouse_tag,
            "purpose": new.purpose, "state": new.state.value, "channel": new.channel, "created_at": new.created_at,
            "expires_at": new.expires_at, "updated_at": new.updated_at, "sealed_key": new.sealed.key,
            "sealed_body": new.sealed.body,
        }  # fmt: skip
        await self._connection.execute(insert(consent_transaction).values(**values))

    async def move(self, was: Transaction, state: State, now: int, expires_at: int) -> None:
        """Raises StoreConflict if it has moved since it was read: of two at once one wins."""
        t = consent_transaction.c
        same = t.trx_id == was.trx, t.state == was.state.value, t.updated_at == was.updated_at
        change = update(consent_transaction).where(*same)
        done = await self._connection.execute(
            change.values(state=state.value, updated_at=max(now, was.updated_at), expires_at=expires_at)
        )
        if done.rowcount != 1:
            raise StoreConflict("the transaction has moved")

    async def concerning(self, holders: Collection[bytes], tag: bytes, limit: int) -> Sequence[Transaction]:
        """Transactions of these holders, and those in which the person of that tag was asked as a spouse; newest first.
        Those that nobody granted before are not the spouse's to see, and are left out by who reads."""
        t = consent_transaction.c
        mine = or_(t.holder_id.in_(holders), t.spouse_tag == tag)
        newest = select(consent_transaction).where(mine).order_by(t.created_at.desc(), t.trx_id).limit(limit)
        return [_transaction(row) for row in await self._connection.execute(newest)]

    async def name_spouse(self, trx: bytes, tag: bytes | None) -> None:
        """Who else has to consent, known when the first one has."""
        change = update(consent_transaction).where(consent_transaction.c.trx_id == trx)
        await self._connection.execute(change.values(spouse_tag=tag))

    async def open_count(self, uscc: str, holder_id: bytes, now: int) -> int:
        """How many requests of one party wait for one holder."""
        t = consent_transaction.c
        waits = t.state.in_([State.BEGUN.value, State.HALF.value]), t.expires_at > now
        counted = select(func.count()).where(t.uscc == uscc, t.holder_id == holder_id, *waits)
        return int((await self._connection.execute(counted)).scalar_one())

    async def open_of(self, holder_id: bytes, tag: bytes) -> Sequence[Transaction]:
        """What waits for that holder's decision or for its fetch, and what waits for its fetch with the person of that
        tag as a spouse."""
        t, waits = consent_transaction.c, [State.BEGUN.value, State.HALF.value, State.AUTHORISED.value]
        mine = and_(t.holder_id == holder_id, t.state.in_(waits))
        agreed = and_(t.spouse_tag == tag, t.state == State.AUTHORISED.value)
        found = select(consent_transaction).where(or_(mine, agreed)).order_by(t.trx_id)
        return [_transaction(row) for row in await self._connection.execute(found)]

    async def overdue(self, now: int, limit: int) -> Sequence[Transaction]:
        """Those whose time is over and that do not say so yet."""
        t = consent_transaction.c
        open_states = [State.BEGUN.value, State.HALF.value, State.AUTHORISED.value]
        found = select(consent_transaction).where(t.state.in_(open_states), t.expires_at <= now)
        return [_transaction(row) for row in await self._connection.execute(found.order_by(t.expires_at).limit(limit))]

    async def forget(self, before: int, limit: int) -> int:
        """Destroy the data keys of transactions, and of decisions on them, that ended before that second."""
        t, g = consent_transaction.c, consent_grant.c
        ended = [State.REFUSED.value, State.WITHDRAWN.value, State.EXPIRED.value, State.FETCHED.value]
        over = and_(t.sealed_key.is_not(None), t.state.in_(ended), t.updated_at < before, t.expires_at < before)
        found = select(t.trx_id).where(over).order_by(t.updated_at).limit(limit)
        ids = list((await self._connection.execute(found)).scalars())
        if ids:
            await self._connection.execute(update(consent_transaction).where(t.trx_id.in_(ids)).values(sealed_key=None))
            await self._connection.execute(update(consent_grant).where(g.trx_id.in_(ids)).values(sealed_key=None))
        return len(ids)

    # -- decisions

    async def decisions(self, trx: Collection[bytes]) -> Sequence[DecisionRow]:
        """Every signed decision on these, in order of time."""
        g = consent_grant.c
        found = select(consent_grant).where(g.trx_id.in_(trx)).order_by(g.granted_at, g.decision, g.grant_id)
        return [_decision(row) for row in await self._connection.execute(found)]

    async def add_decision(self, new: DecisionRow) -> None:
        """Raises StoreConflict if this person has decided this before."""
        assert new.sealed is not None  # only one whose retention ended has none
        values = {
            "grant_id": new.grant_id, "trx_id": new.trx, "holder_id": new.holder, "decision": int(new.decision),
            "granted_at": new.at, "expires_at": new.expires_at, "max_uses": new.max_uses, "statement": new.statement,
            "entry": new.entry, "sealed_key": new.sealed.key, "sealed_body": new.sealed.body,
        }  # fmt: skip
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(insert(consent_grant).values(**values))
        except IntegrityError:
            raise StoreConflict("this person has decided this") from None

    async def withdraw_grants(self, trx: bytes, now: int) -> None:
        """Every grant of a transaction ends: without one of two there is none."""
        g = consent_grant.c
        live = g.trx_id == trx, g.decision == int(Decision.GRANT), g.withdrawn_at.is_(None)
        await self._connection.execute(update(consent_grant).where(*live).values(withdrawn_at=now))

    async def use_grants(self, trx: bytes, count: int, now: int) -> bool:
        """Count one use of a transaction's `count` grants; False, and nothing counted, unless all of them are live."""
        g = consent_grant.c
        mine = g.trx_id == trx, g.decision == int(Decision.GRANT)
        live = g.withdrawn_at.is_(None), g.expires_at > now, g.uses < g.max_uses
        if len(list(await self._connection.execute(select(g.grant_id).where(*mine, *live)))) != count:
            return False
        done = await self._connection.execute(update(consent_grant).where(*mine, *live).values(uses=g.uses + 1))
        return done.rowcount == count


def _transaction(row: Row[tuple[object, ...]]) -> Transaction:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return Transaction(
        row.trx_id, row.uscc, row.holder_id, row.spouse_tag, row.purpose, State(row.state), row.channel,
        row.created_at, row.expires_at, row.updated_at, sealed,
    )  # fmt: skip


def _decision(row: Row[tuple[object, ...]]) -> DecisionRow:
    sealed = None if row.sealed_key is None else Sealed(row.sealed_key, row.sealed_body)
    return DecisionRow(
        row.grant_id, row.trx_id, row.holder_id, Decision(row.decision), row.granted_at, row.expires_at,
        row.statement, row.entry, sealed, row.max_uses, row.uses, row.withdrawn_at,
    )  # fmt: skip
