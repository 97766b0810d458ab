"""Who is to be told when a donation moves, and what waits to be told. An ended watch is no row: it is erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.charity_tables import charity_donation, charity_epoch, charity_notice, charity_watch
from certs.ports import Sealed


@dataclass(frozen=True, slots=True)
class Watch:
    """`state`: "asked" until its token came back, then "live". `seen`: digest of the state told last, 32 bytes.
    `sealed` opens to the contact (certs.charity.watch)."""

    watch_id: bytes
    donation_id: bytes
    channel: str
    state: str
    created_at: int
    seen: bytes
    confirm_tag: bytes
    address_tag: bytes
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class WatchNotice:
    """One message. `what`: "confirm" or "moved"; `state`: "waiting", "sent" or "failed"; times in seconds UTC."""

    ordinal: int
    watch_id: bytes
    what: str
    at: int
    next_at: int
    attempts: int
    state: str
    trouble: str | None


class CharityWatchRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def knows(self, donation_id: bytes) -> bool:
        wanted = select(charity_donation.c.donation_id).where(charity_donation.c.donation_id == donation_id)
        return (await self._connection.execute(wanted)).first() is not None

    async def add(self, new: Watch) -> None:
        values = {name: getattr(new, name) for name in Watch.__slots__ if name != "sealed"}
        sealed = {"sealed_key": new.sealed.key, "sealed_body": new.sealed.body}
        await self._connection.execute(insert(charity_watch).values(**values, **sealed))

    async def get(self, watch_id: bytes) -> Watch | None:
        row = (
            await self._connection.execute(select(charity_watch).where(charity_watch.c.watch_id == watch_id))
        ).first()
        return None if row is None else _watch(row)

    async def of_donation(self, donation_id: bytes) -> Sequence[Watch]:
        t = charity_watch.c
        wanted = select(charity_watch).where(t.donation_id == donation_id).order_by(t.created_at, t.watch_id)
        return [_watch(row) for row in await self._connection.execute(wanted)]

    async def asked_by(self, address_tag: bytes) -> int:
        """How many watches of that address wait for its word."""
        t = charity_watch.c
        wanted = select(func.count()).where(t.address_tag == address_tag, t.state == "asked")
        return (await self._connection.execute(wanted)).scalar_one()

    async def set_live(self, watch_id: bytes, seen: bytes) -> None:
        change = update(charity_watch).where(charity_watch.c.watch_id == watch_id)
        await self._connection.execute(change.values(state="live", seen=seen))

    async def set_seen(self, watch_id: bytes, seen: bytes) -> None:
        change = update(charity_watch).where(charity_watch.c.watch_id == watch_id)
        await self._connection.execute(change.values(seen=seen))

    async def live(self, after: bytes, limit: int) -> Sequence[Watch]:
        """The next page in order of the id; b"" begins."""
        t = charity_watch.c
        wanted = select(charity_watch).where(t.state == "live", t.watch_id > after).order_by(t.watch_id).limit(limit)
        return [_watch(row) for row in await self._connection.execute(wanted)]

    async def past(self, asked_before: int, live_before: int) -> Sequence[bytes]:
        """Ids of watches nobody confirmed, and of those that have lasted long enough."""
        t = charity_watch.c
        unconfirmed = (t.state == "asked") & (t.created_at < asked_before)
        over = (t.state == "live") & (t.created_at < live_before)
        wanted = select(t.watch_id).where(unconfirmed | over)
        return [bytes(row.watch_id) for row in await self._connection.execute(wanted)]

    async def remove(self, watch_id: bytes) -> None:
        """With everything that was or was to be told."""
        await self._connection.execute(delete(charity_notice).where(charity_notice.c.watch_id == watch_id))
        await self._connection.execute(delete(charity_watch).where(charity_watch.c.watch_id == watch_id))

    async def newest_epoch(self) -> tuple[int, int]:
        """(how many, second of the newest): nothing that a trace shows changes before this does."""
        t = charity_epoch.c
        row = (await self._connection.execute(select(func.count(), func.max(t.at)))).one()
        return row[0], row[1] or 0

    async def notify(self, watch_id: bytes, what: str, now: int) -> bool:
        """Let one message wait; False if one of that sort waits already."""
        t = charity_notice.c
        waiting = select(t.ordinal).where(t.watch_id == watch_id, t.what == what, t.state == "waiting")
        if (await self._connection.execute(waiting)).first() is not None:
            return False
        values = {"watch_id": watch_id, "what": what, "at": now, "next_at": now, "attempts": 0, "state": "waiting"}
        await self._connection.execute(insert(charity_notice).values(**values))
        return True

    async def notices(self, watch_id: bytes) -> Sequence[WatchNotice]:
        t = charity_notice.c
        wanted = select(charity_notice).where(t.watch_id == watch_id).order_by(t.ordinal)
        return [_notice(row) for row in await self._connection.execute(wanted)]

    async def due(self, now: int, limit: int) -> Sequence[WatchNotice]:
        """Longest waiting first."""
        t = charity_notice.c
        wanted = select(charity_notice).where(t.state == "waiting", t.next_at <= now).order_by(t.next_at, t.ordinal)
        return [_notice(row) for row in await self._connection.execute(wanted.limit(limit))]

    async def record(self, done: WatchNotice) -> None:
        """What an attempt came to."""
        change = update(charity_notice).where(charity_notice.c.ordinal == done.ordinal)
        values = {"next_at": done.next_at, "attempts": done.attempts, "state": done.state, "trouble": done.trouble}
        await self._connection.execute(change.values(**values))

    async def prune(self, before: int) -> int:
        """Forget what was told or given up before that time."""
        t = charity_notice.c
        done = await self._connection.execute(delete(charity_notice).where(t.state != "waiting", t.at < before))
        return done.rowcount


def _watch(row: Row[tuple[object, ...]]) -> Watch:
    sealed = Sealed(row.sealed_key, row.sealed_body)
    names = (row.watch_id, row.donation_id, row.channel, row.state, row.created_at)
    return Watch(*names, row.seen, row.confirm_tag, row.address_tag, sealed)


def _notice(row: Row[tuple[object, ...]]) -> WatchNotice:
    times = (row.what, row.at, row.next_at, row.attempts)
    return WatchNotice(row.ordinal, row.watch_id, *times, row.state, row.trouble)
