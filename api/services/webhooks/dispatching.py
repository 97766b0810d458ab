"""Sending what waits. What an attempt came to is stored after it: killed in between, the message is sent again, with
the id that it had, which is why receivers must look at the id.

One endpoint's messages go one after another, oldest first, and its turn ends with the first that fails: a dead
endpoint costs one attempt a turn, and holds up nobody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from api.db.repositories.webhooks import Delivery, Endpoint
from api.db.uow import Database, Work
from api.services.webhooks.sending import Answer, NotDelivered, Patience, Random, Transport
from api.services.webhooks.signing import endpoint_aad, message_id, signed_headers, unseal
from certs.errors import SealBroken, SealingKeyMissing
from certs.ports import Clock, Sealer

KEPT: Final = 30 * 86400  # seconds after which a message is forgotten, whatever became of it
_AT_ONCE: Final = 64  # endpoints
_LOOKED_AT: Final = 500  # messages in one turn
_GONE: Final = 410  # the endpoint says that it wants no more


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn came to: messages delivered, attempts that failed, messages given up, endpoints disabled."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    disabled: tuple[bytes, ...] = ()

    def __add__(self, other: Turn) -> Turn:
        return Turn(
            self.delivered + other.delivered,
            self.failed + other.failed,
            self.given_up + other.given_up,
            self.disabled + other.disabled,
        )


class Dispatcher:
    def __init__(
        self,
        database: Database,
        transport: Transport,
        sealer: Sealer,
        clock: Clock,
        random: Random,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        self._database, self._transport, self._sealer = database, transport, sealer
        self._clock, self._random, self._patience = clock, random, patience
        self._busy: set[bytes] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def turn(self) -> Turn:
        """Try everything that is due, but for endpoints that another turn is at. Raises Unavailable."""
        async with self._database.read() as work:
            due = await work.webhooks.due(self._clock(), _LOOKED_AT, tuple(self._busy))
        mine: dict[bytes, list[Delivery]] = {}
        for delivery in due:
            mine.setdefault(delivery.endpoint_id, []).append(delivery)
        self._busy.update(mine)
        served = (self._serve(endpoint, some) for endpoint, some in mine.items())
        total, faults = Turn(), []
        for done in await asyncio.gather(*served, return_exceptions=True):
            if isinstance(done, BaseException):
                faults.append(done)
            else:
                total += done
        if faults:  # the database's; the others' turns were not cut short by it
            raise faults[0]
        return total

    async def forget(self) -> int:
        """Drop messages that are older than `KEPT`; gives how many. Raises Unavailable."""
        async with self._database.write() as work:
            return await work.webhooks.prune(self._clock() - KEPT)

    async def _serve(self, endpoint_id: bytes, deliveries: Iterable[Delivery]) -> Turn:
        try:
            async with self._room:
                total = Turn()
                for delivery in sorted(deliveries, key=lambda d: (d.created_at, d.delivery_id)):
                    done = await self._one(delivery)
                    total += done
                    if not done.delivered:
                        break
                return total
        finally:
            self._busy.discard(endpoint_id)

    async def _one(self, delivery: Delivery) -> Turn:
        async with self._database.read() as work:
            endpoint = await work.webhooks.endpoint(delivery.endpoint_id)
        if endpoint is None or endpoint.disabled_at is not None:
            return Turn()
        try:
            answer = await self._attempt(endpoint, delivery)
            trouble = _trouble(answer)
        except NotDelivered as fault:
            answer, trouble = None, fault.code
        tried = replace(
            delivery,
            attempts=delivery.attempts + 1,
            tried_at=self._clock(),
            status=None if answer is None else answer.status,
            trouble=trouble,
        )
        async with self._database.write() as work:
            if trouble is None:
                return await _arrived(work, endpoint, tried)
            return await self._missed(work, endpoint, tried, answer)

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery) -> Answer:
        aad = endpoint_aad(endpoint.endpoint_id, endpoint.uscc, endpoint.url, endpoint.created_at)
        try:
            secrets = unseal(self._sealer, endpoint.sealed, aad)
        except (SealBroken, SealingKeyMissing):  # somebody changed the row, or a key file is to be put back
            raise NotDelivered("sealed") from None
        headers = signed_headers(secrets, message_id(delivery.delivery_id), delivery.payload, self._clock())
        return await self._transport.post(endpoint.url, headers, delivery.payload)

    async def _missed(self, work: Work, endpoint: Endpoint, tried: Delivery, answer: Answer | None) -> Turn:
        now = tried.tried_at or 0
        since = now if endpoint.failing_since is None else endpoint.failing_since
        gone = answer is not None and answer.status == _GONE
        given_up = gone or tried.attempts >= self._patience.attempts
        if given_up:
            await work.webhooks.record(replace(tried, state="failed"))
        else:
            asked = None if answer is None else answer.retry_after
            pause = self._patience.pause(tried.attempts, self._random, asked)
            await work.webhooks.record(replace(tried, next_at=now + pause))
        await work.webhooks.mark_health(endpoint.endpoint_id, since)
        # Given up, and nothing else has arrived for a day: it is the endpoint that is dead, not the message.
        dead = gone or (given_up and now - since >= self._patience.dead_after)
        disabled = dead and await work.webhooks.disable(endpoint.endpoint_id, "gone" if gone else "failing", now)
        return Turn(failed=1, given_up=int(given_up), disabled=(endpoint.endpoint_id,) if disabled else ())


async def _arrived(work: Work, endpoint: Endpoint, tried: Delivery) -> Turn:
    await work.webhooks.record(replace(tried, state="delivered"))
    if endpoint.failing_since is not None:
        await work.webhooks.mark_health(endpoint.endpoint_id, None)
    return Turn(delivered=1)


def _trouble(answer: Answer) -> str | None:
    """None for 2xx. A redirect is a refusal: where it leads was not registered, and may be inside."""
    if 200 <= answer.status < 300:
        return None
    return "redirect" if 300 <= answer.status < 400 else "status"
