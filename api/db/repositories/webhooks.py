"""Endpoints that parties are told things at, what waits to be told, and which certificates they hear of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import insert_rows
from api.db.consent_tables import consent_grant, consent_transaction, consent_watch, webhook_delivery, webhook_endpoint
from api.db.party_tables import relying_party
from certs.ports import Sealed


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a party listens. Times are UTC seconds; `disabled_why` is "party", "failing" or "gone", or None while it is
    enabled. `sealed` opens to its signing secrets."""

    endpoint_id: bytes
    uscc: str
    url: str
    created_at: int
    disabled_at: int | None
    disabled_why: str | None
    failing_since: int | None
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint. `state` is "waiting", "delivered" or "failed"; `status` the HTTP status of the last
    attempt and `trouble` a stable code of what went wrong with it."""

    delivery_id: bytes
    endpoint_id: bytes
    event: str
    payload: bytes
    created_at: int
    next_at: int
    attempts: int
    state: str
    tried_at: int | None
    status: int | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Watcher:
    """A party that verified a certificate under a consent that still lives."""

    cti: bytes
    grant_id: bytes
    trx_id: bytes
    uscc: str
    pseudonym: bytes | None


_IN_LIST = 500  # values per statement, below SQLite's variable limit
_NEW = ("delivery_id", "endpoint_id", "event", "payload", "created_at", "next_at", "state")


class WebhookRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def endpoints(self, uscc: str) -> Sequence[Endpoint]:
        """A party's, oldest first."""
        t = webhook_endpoint.c
        mine = select(webhook_endpoint).where(t.uscc == uscc).order_by(t.created_at, t.endpoint_id)
        return [_endpoint(row) for row in await self._connection.execute(mine)]

    async def endpoint(self, endpoint_id: bytes) -> Endpoint | None:
        wanted = select(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id)
        row = (await self._connection.execute(wanted)).one_or_none()
        return None if row is None else _endpoint(row)

    async def add_endpoint(self, new: Endpoint) -> None:
        names = {"endpoint_id": new.endpoint_id, "uscc": new.uscc, "url": new.url, "created_at": new.created_at}
        sealed = {"sealed_key": new.sealed.key, "sealed_body": new.sealed.body}
        await self._connection.execute(insert(webhook_endpoint).values(**names, **sealed))

    async def set_secrets(self, endpoint_id: bytes, sealed: Sealed) -> None:
        change = update(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id)
        await self._connection.execute(change.values(sealed_key=sealed.key, sealed_body=sealed.body))

    async def disable(self, endpoint_id: bytes, why: str, now: int) -> bool:
        """False if it was disabled before."""
        t = webhook_endpoint.c
        change = update(webhook_endpoint).where(t.endpoint_id == endpoint_id, t.disabled_at.is_(None))
        return (await self._connection.execute(change.values(disabled_at=now, disabled_why=why))).rowcount == 1

    async def enable(self, endpoint_id: bytes, now: int) -> None:
        """What waits for it is tried from now on as if it were new."""
        change = update(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id)
        await self._connection.execute(change.values(disabled_at=None, disabled_why=None, failing_since=None))
        await self.again(endpoint_id, now, states=("waiting",))

    async def again(
        self,
        endpoint_id: bytes,
        now: int,
        *,
        states: Sequence[str],
        since: int = 0,
        only: bytes | None = None,
    ) -> int:
        """Let messages of these states, created at `since` or later, wait anew; gives how many."""
        t = webhook_delivery.c
        change = update(webhook_delivery).where(
            t.endpoint_id == endpoint_id, t.state.in_(states), t.created_at >= since
        )
        if only is not None:
            change = change.where(t.delivery_id == only)
        return (await self._connection.execute(change.values(state="waiting", attempts=0, next_at=now))).rowcount

    async def mark_health(self, endpoint_id: bytes, failing_since: int | None) -> None:
        change = update(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id)
        await self._connection.execute(change.values(failing_since=failing_since))

    async def remove_endpoint(self, endpoint_id: bytes) -> None:
        """With everything that was or was to be sent to it."""
        await self._connection.execute(delete(webhook_delivery).where(webhook_delivery.c.endpoint_id == endpoint_id))
        await self._connection.execute(delete(webhook_endpoint).where(webhook_endpoint.c.endpoint_id == endpoint_id))

    async def add_deliveries(self, new: Sequence[Delivery]) -> None:
        """Those that are there already stay as they are."""
        rows = [(d.delivery_id, d.endpoint_id, d.event, d.payload, d.created_at, d.next_at, d.state) for d in new]
        if rows:
            await insert_rows(self._connection, webhook_delivery, _NEW, rows, skip_known=True)

    async def deliveries(self, endpoint_id: bytes, limit: int, before: bytes | None = None) -> Sequence[Delivery]:
        """Newest first; `before`: only what follows that delivery in this order."""
        t = webhook_delivery.c
        wanted = select(webhook_delivery).where(t.endpoint_id == endpoint_id)
        last = None if before is None else await self.delivery(before)
        if last is not None:
            same = (t.created_at == last.created_at) & (t.delivery_id < last.delivery_id)
            wanted = wanted.where((t.created_at < last.created_at) | same)
        newest = wanted.order_by(t.created_at.desc(), t.delivery_id.desc()).limit(limit)
        return [_delivery(row) for row in await self._connection.execute(newest)]

    async def delivery(self, delivery_id: bytes) -> Delivery | None:
        wanted = select(webhook_delivery).where(webhook_delivery.c.delivery_id == delivery_id)
        row = (await self._connection.execute(wanted)).one_or_none()
        return None if row is None else _delivery(row)

    async def due(self, now: int, limit: int, but: Sequence[bytes] = ()) -> Sequence[Delivery]:
        """What is to be tried now, longest waiting first: of enabled endpoints whose owner is not suspended, but for
        those of `but`."""
        d, e = webhook_delivery.c, webhook_endpoint.c
        suspended = exists().where(relying_party.c.uscc == e.uscc, relying_party.c.suspended_at.is_not(None))
        joined = select(webhook_delivery).join(webhook_endpoint, e.endpoint_id == d.endpoint_id)
        wanted = joined.where(d.state == "waiting", d.next_at <= now, e.disabled_at.is_(None), ~suspended)
        if but:
            wanted = wanted.where(d.endpoint_id.not_in(but))
        return [_delivery(r) for r in await self._connection.execute(wanted.order_by(d.next_at).limit(limit))]

    async def record(self, done: Delivery) -> None:
        """What an attempt came to."""
        t = webhook_delivery.c
        change = update(webhook_delivery).where(t.delivery_id == done.delivery_id)
        values = {"next_at": done.next_at, "attempts": done.attempts, "state": done.state, "tried_at": done.tried_at}
        await self._connection.execute(change.values(**values, status=done.status, trouble=done.trouble))

    async def waiting(self) -> int:
        """How many are not delivered and not given up."""
        wanted = select(func.count()).where(webhook_delivery.c.state == "waiting")
        return (await self._connection.execute(wanted)).scalar_one()

    async def prune(self, before: int) -> int:
        """Forget what was created before that time, delivered or not."""
        done = await self._connection.execute(delete(webhook_delivery).where(webhook_delivery.c.created_at < before))
        return done.rowcount

    async def watch(self, cti: bytes, grant_id: bytes, pseudonym: bytes | None) -> None:
        row = (cti, grant_id, pseudonym)
        columns = ("cti", "grant_id", "pseudonym")
        await insert_rows(self._connection, consent_watch, columns, [row], skip_known=True)

    async def watchers(self, ctis: Iterable[bytes], now: int) -> Sequence[Watcher]:
        """Who is to hear that these certificates ended: consent given, not withdrawn, not over, not told before."""
        w, g, t = consent_watch.c, consent_grant.c, consent_transaction.c
        joined = (
            select(w.cti, w.grant_id, g.trx_id, t.uscc, w.pseudonym)
            .join_from(consent_watch, consent_grant, g.grant_id == w.grant_id)
            .join(consent_transaction, t.trx_id == g.trx_id)
        )
        live = (w.notified_at.is_(None), g.decision == 1, g.withdrawn_at.is_(None), g.expires_at > now)
        named, found = list(ctis), []
        for at in range(0, len(named), _IN_LIST):
            wanted = joined.where(w.cti.in_(named[at : at + _IN_LIST]), *live).order_by(w.cti, w.grant_id)
            found += [Watcher(*row) for row in await self._connection.execute(wanted)]
        return found

    async def notified(self, watcher: Watcher, now: int) -> None:
        w = consent_watch.c
        change = update(consent_watch).where(w.cti == watcher.cti, w.grant_id == watcher.grant_id)
        await self._connection.execute(change.values(notified_at=now))


def _endpoint(row: Row[tuple[object, ...]]) -> Endpoint:
    sealed = Sealed(row.sealed_key, row.sealed_body)
    state = (row.disabled_at, row.disabled_why, row.failing_since)
    return Endpoint(row.endpoint_id, row.uscc, row.url, row.created_at, *state, sealed)


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    times = (row.created_at, row.next_at, row.attempts, row.state, row.tried_at)
    return Delivery(row.delivery_id, row.endpoint_id, row.event, row.payload, *times, row.status, row.trouble)
