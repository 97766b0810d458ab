"""Watches of donations: asked for with the donation's number, confirmed and ended by who reads the mailbox or webhook.

Nobody is told anything before the address itself has said yes: a receipt in the wrong hands must not fill a stranger's
mailbox. So a watch begins as "asked", three messages at most go to one address that has not answered, and what is
not confirmed within a day is erased.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from api.db.repositories.charity_watches import Watch
from api.db.uow import Database, Work
from api.errors import InvalidFields, NotFound, RateLimited
from api.services.webhooks.addresses import acceptable
from api.services.webhooks.signing import SECRET_BYTES, shown
from certs.charity.watch import (
    TOKEN_BYTES,
    Channel,
    Contact,
    address_tag,
    is_mail_address,
    seal_contact,
    token_tag,
    watch_aad,
)
from certs.ports import Clock, Entropy, LookupKey, Sealer

PER_DONATION: Final = 5
PER_ADDRESS: Final = 3  # that wait for its word
ASKED_FOR: Final = 86400  # seconds after which an unconfirmed watch is erased
LIVES_FOR: Final = 5 * 366 * 86400  # seconds: nobody remembers after that
PAGE: Final = 100

StateOf = Callable[[bytes], Awaitable[bytes | None]]
"""Donation id to 32 bytes that change when, and only when, something of its trace moved; None: no epoch has it yet."""
UNSEEN: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Asked:
    """`secret` ("whsec_…") is told here and never again; of a mail watch it is None."""

    watch_id: bytes
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one round found: watches whose donation moved, and watches that were over."""

    moved: int = 0
    erased: int = 0


class WatchService:
    """`mail`: whether a relay is set. `private`: webhooks may have addresses that are not public."""

    def __init__(
        self,
        database: Database,
        state_of: StateOf,
        sealer: Sealer,
        lookup: LookupKey,
        clock: Clock,
        entropy: Entropy,
        *,
        mail: bool,
        private: bool,
    ) -> None:
        self._database, self._state_of, self._sealer, self._lookup = database, state_of, sealer, lookup
        self._clock, self._entropy, self._mail, self._private = clock, entropy, mail, private
        self._looked_at: tuple[int, int] | None = None

    async def ask(self, donation_id: bytes, channel: Channel, address: str) -> Asked:
        """Raises InvalidFields (address, or a channel that is not offered here), NotFound, RateLimited."""
        self._check(channel, address)
        tag = address_tag(self._lookup, channel, address)
        watch_id, token = self._entropy(16), self._entropy(TOKEN_BYTES)
        secret = self._entropy(SECRET_BYTES) if channel == "webhook" else None
        sealed = seal_contact(self._sealer, Contact(address, token, secret), watch_aad(watch_id, donation_id, channel))
        now = self._clock()
        proof = token_tag(self._lookup, watch_id, token)
        new = Watch(watch_id, donation_id, channel, "asked", now, UNSEEN, proof, tag, sealed)
        async with self._database.write() as work:
            if not await work.charity.watches.knows(donation_id):
                raise NotFound
            others = await work.charity.watches.of_donation(donation_id)
            full = len(others) >= PER_DONATION and not any(o.address_tag == tag for o in others)
            if full or await work.charity.watches.asked_by(tag) >= PER_ADDRESS:
                raise RateLimited(ASKED_FOR)
            await work.charity.watches.add(new)
            await work.charity.watches.notify(watch_id, "confirm", now)
        return Asked(watch_id, None if secret is None else shown(secret))

    def _check(self, channel: Channel, address: str) -> None:
        if channel == "mail" and not self._mail:
            raise InvalidFields((("channel", "not-offered"),))
        good = is_mail_address(address) if channel == "mail" else acceptable(address, private=self._private)
        if not good:
            raise InvalidFields((("address", "value"),))

    async def confirm(self, watch_id: bytes, token: bytes) -> None:
        """From now on something that moves is told. Doing it again changes nothing. Raises NotFound."""
        async with self._database.read() as work:
            watch = await self._proven(work, watch_id, token)
        if watch.state == "live":
            return
        seen = await self._state_of(watch.donation_id) or UNSEEN
        async with self._database.write() as work:
            watch = await self._proven(work, watch_id, token)
            for other in await work.charity.watches.of_donation(watch.donation_id):
                if other.address_tag == watch.address_tag and other.watch_id != watch_id:
                    await work.charity.watches.remove(other.watch_id)  # one message for one address
            await work.charity.watches.set_live(watch_id, seen)

    async def end(self, watch_id: bytes, token: bytes) -> None:
        """Erase the watch, its address and what waited. Raises NotFound, also the second time."""
        async with self._database.write() as work:
            watch = await self._proven(work, watch_id, token)
            await work.charity.watches.remove(watch.watch_id)

    async def _proven(self, work: Work, watch_id: bytes, token: bytes) -> Watch:
        found = await work.charity.watches.get(watch_id)
        if found is None or not hmac.compare_digest(found.confirm_tag, token_tag(self._lookup, watch_id, token)):
            raise NotFound
        return found

    async def look(self) -> Looked:
        """Let a message wait for each watch whose donation moved since the last, and erase watches that are over.

        Nothing is looked at twice in one epoch of all books. Raises Unavailable.
        """
        erased = await self._erase()
        async with self._database.read() as work:
            newest = await work.charity.watches.newest_epoch()
        moved = 0
        if newest != self._looked_at:
            after = b""
            while True:
                async with self._database.read() as work:
                    page = await work.charity.watches.live(after, PAGE)
                if not page:
                    break
                moved += sum([await self._moved(watch) for watch in page])
                after = page[-1].watch_id
            self._looked_at = newest
        return Looked(moved, erased)

    async def _moved(self, watch: Watch) -> bool:
        state = await self._state_of(watch.donation_id)
        if state is None or state == watch.seen:
            return False
        async with self._database.write() as work:
            if await work.charity.watches.get(watch.watch_id) is None:
                return False
            await work.charity.watches.set_seen(watch.watch_id, state)
            return await work.charity.watches.notify(watch.watch_id, "moved", self._clock())

    async def _erase(self) -> int:
        now = self._clock()
        async with self._database.read() as work:
            past = await work.charity.watches.past(now - ASKED_FOR, now - LIVES_FOR)
        if past:
            async with self._database.write() as work:
                for watch_id in past:
                    await work.charity.watches.remove(watch_id)
        return len(past)
