"""A party's endpoints: registered, listed, rotated, disabled, enabled, removed; and what became of its messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.db.repositories.webhooks import Delivery, Endpoint
from api.db.uow import Database, Work
from api.errors import InvalidFields, NotFound
from api.services.webhooks.addresses import acceptable
from api.services.webhooks.outbox import Event, Notice, payload_of, waiting
from api.services.webhooks.signing import SECRET_BYTES, Secrets, endpoint_aad, seal, shown, unseal
from certs.ports import Clock, Entropy, Sealer

MOST: Final = 5  # endpoints of one party
PAGE: Final = 100  # deliveries in one answer
_DONE: Final = ("delivered", "failed")


@dataclass(frozen=True, slots=True)
class Registered:
    """`secret` ("whsec_…") is told here and never again. `until`: from when on the one before no longer signs."""

    endpoint: Endpoint
    secret: str
    until: int | None = None


class WebhookService:
    """`private`: endpoints may have addresses that are not public."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock, entropy: Entropy, *, private: bool) -> None:
        self._database, self._sealer, self._clock, self._entropy = database, sealer, clock, entropy
        self._private = private

    async def register(self, uscc: str, url: str) -> Registered:
        """Raises InvalidFields: not an address to send to, or the party has it or has enough of them."""
        if not acceptable(url, private=self._private):
            raise InvalidFields((("url", "WEBHOOK_URL"),))
        endpoint_id, secrets, now = self._entropy(16), Secrets(self._entropy(SECRET_BYTES)), self._clock()
        sealed = seal(self._sealer, secrets, endpoint_aad(endpoint_id, uscc, url, now))
        new = Endpoint(endpoint_id, uscc, url, now, None, None, None, sealed)
        async with self._database.write() as work:
            there = await work.webhooks.endpoints(uscc)
            if any(e.url == url for e in there):
                raise InvalidFields((("url", "WEBHOOK_KNOWN"),))
            if len(there) >= MOST:
                raise InvalidFields((("url", "WEBHOOK_LIMIT"),))
            await work.webhooks.add_endpoint(new)
        return Registered(new, shown(secrets.current))

    async def endpoints(self, uscc: str) -> Sequence[Endpoint]:
        async with self._database.read() as work:
            return await work.webhooks.endpoints(uscc)

    async def waiting(self) -> int:
        """Messages of all parties that are neither delivered nor given up."""
        async with self._database.read() as work:
            return await work.webhooks.waiting()

    async def rotate(self, uscc: str, endpoint_id: bytes) -> Registered:
        """A new secret; the one before signs beside it for a day. Raises NotFound, SealBroken."""
        async with self._database.write() as work:
            mine = await _own(work, uscc, endpoint_id)
            aad = endpoint_aad(mine.endpoint_id, mine.uscc, mine.url, mine.created_at)
            secrets = unseal(self._sealer, mine.sealed, aad).rotated(self._entropy, self._clock())
            await work.webhooks.set_secrets(endpoint_id, seal(self._sealer, secrets, aad))
        return Registered(mine, shown(secrets.current), secrets.until)

    async def disable(self, uscc: str, endpoint_id: bytes) -> Endpoint:
        """Nothing is sent any more; what happens is kept for 30 days. Again changes nothing. Raises NotFound."""
        async with self._database.write() as work:
            await _own(work, uscc, endpoint_id)
            await work.webhooks.disable(endpoint_id, "party", self._clock())
            return await _own(work, uscc, endpoint_id)

    async def enable(self, uscc: str, endpoint_id: bytes) -> Endpoint:
        """Send again, beginning with what waits. Raises NotFound."""
        async with self._database.write() as work:
            await _own(work, uscc, endpoint_id)
            await work.webhooks.enable(endpoint_id, self._clock())
            return await _own(work, uscc, endpoint_id)

    async def remove(self, uscc: str, endpoint_id: bytes) -> None:
        """Forget the endpoint and everything sent to it. Raises NotFound."""
        async with self._database.write() as work:
            await _own(work, uscc, endpoint_id)
            await work.webhooks.remove_endpoint(endpoint_id)

    async def test(self, uscc: str, endpoint_id: bytes) -> Delivery:
        """Enqueue a message of the type webhook.test; its trx is random. Raises NotFound."""
        payload = payload_of(Event.TEST, Notice(self._clock(), self._entropy(16), "test"))
        made = waiting(endpoint_id, Event.TEST, payload, self._clock())
        async with self._database.write() as work:
            await _own(work, uscc, endpoint_id)
            await work.webhooks.add_deliveries([made])
        return made

    async def replay(self, uscc: str, endpoint_id: bytes, *, only: bytes | None = None, since: int = 0) -> int:
        """Send again, under the same ids: one message, or every one created since then that was given up. Gives how
        many. Raises NotFound."""
        states = ("failed",) if only is None else _DONE
        async with self._database.write() as work:
            await _own(work, uscc, endpoint_id)
            return await work.webhooks.again(endpoint_id, self._clock(), states=states, since=since, only=only)

    async def deliveries(self, uscc: str, endpoint_id: bytes, before: bytes | None = None) -> Sequence[Delivery]:
        """At most `PAGE`, newest first; the next page follows the last of this one. Raises NotFound."""
        async with self._database.read() as work:
            await _own(work, uscc, endpoint_id)
            return await work.webhooks.deliveries(endpoint_id, PAGE, before)


async def _own(work: Work, uscc: str, endpoint_id: bytes) -> Endpoint:
    """Raises NotFound, for "unknown" and "not yours" alike."""
    found = await work.webhooks.endpoint(endpoint_id)
    if found is None or found.uscc != uscc:
        raise NotFound
    return found
