"""Messages to those who watch a donation: what they say, and sending those that wait.

A message names no person, no fund and no amount, and carries no receipt code: mail passes through servers that keep it.
It says that something moved and where to look; the code is on the donor's own receipt (docs/adr/0037-donor-page.md).
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final, Protocol

from api.db.repositories.charity_watches import Watch, WatchNotice
from api.db.uow import Database
from api.services.webhooks.sending import NotDelivered, Patience, Random, Transport
from api.services.webhooks.signing import Secrets, message_id, signed_headers
from certs.charity.watch import Contact, open_contact, watch_aad
from certs.errors import SealBroken, SealingKeyMissing
from certs.ports import Clock, Sealer
from verifier.hazmat.sm3 import sm3

KEPT: Final = 30 * 86400  # seconds for which it is remembered what was sent
_LOOKED_AT: Final = 100  # messages in one turn
_AT_ONCE: Final = 8
_FOR_GOOD: Final = ("refused", "gone")
_SUBJECTS: Final = {
    "confirm": "民政信：请确认关注 / Minzheng Trust: please confirm",
    "moved": "民政信：您关注的捐赠有新进展 / Minzheng Trust: something has moved",
}
_TEXTS: Final = {
    "confirm": (
        "有人请求在一笔捐赠有新进展时通知这个邮箱。如果是您，请打开下面的地址并按“确认”；不是您就不用理会，一天后自动删除。",
        "Somebody asked that this mailbox be told when something moves in a donation. If it was you, open the address "
        "below and press “Confirm”. If not, do nothing: the request is deleted after a day.",
    ),
    "moved": (
        "您关注的一笔捐赠有新进展。请打开 {page} ，输入捐赠回执上的回执码查看。邮件里不含回执码和金额。",
        "Something has moved in a donation that you watch. Open {page} and enter the code of your receipt to see it. "
        "This mail holds neither code nor amount.",
    ),
}
_STOP: Final = ("不想再收到通知，请打开：", "To stop these messages, open:")
_EVENTS: Final = {"confirm": "donation.watch.confirm", "moved": "donation.moved"}


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it is handed over; `date` and `message_id` are header values."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    date: str
    message_id: str


class MailTransport(Protocol):
    """One attempt, bounded in time. Raises NotDelivered; its code "refused" is for good."""

    def send(self, mail: Mail) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What one turn came to: sent, attempts that failed, watches ended since nobody is there."""

    sent: int = 0
    failed: int = 0
    ended: int = 0


class WatchTeller:
    """`mail` None: no relay is set, and none is ever asked for."""

    def __init__(
        self,
        database: Database,
        mail: MailTransport | None,
        hooks: Transport,
        sealer: Sealer,
        clock: Clock,
        random: Random,
        base_url: str,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        self._database, self._mail, self._hooks, self._sealer = database, mail, hooks, sealer
        self._clock, self._random, self._base, self._patience = clock, random, base_url, patience

    async def turn(self) -> Told:
        """Try everything that is due once. Raises Unavailable."""
        async with self._database.read() as work:
            due = await work.charity.watches.due(self._clock(), _LOOKED_AT)
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(notice: WatchNotice) -> Told:
            async with room:
                return await self._one(notice)

        done = await asyncio.gather(*map(one, due))
        return Told(sum(d.sent for d in done), sum(d.failed for d in done), sum(d.ended for d in done))

    async def forget(self) -> int:
        """Drop what was told long ago. Raises Unavailable."""
        async with self._database.write() as work:
            return await work.charity.watches.prune(self._clock() - KEPT)

    async def _one(self, notice: WatchNotice) -> Told:
        async with self._database.read() as work:
            watch = await work.charity.watches.get(notice.watch_id)
        if watch is None:  # ended meanwhile
            return Told()
        trouble = await self._attempt(watch, notice)
        tried = replace(notice, attempts=notice.attempts + 1, trouble=trouble)
        async with self._database.write() as work:
            if trouble is None:
                await work.charity.watches.record(replace(tried, state="sent"))
                return Told(sent=1)
            if trouble in _FOR_GOOD or tried.attempts >= self._patience.attempts:
                await work.charity.watches.remove(watch.watch_id)  # nobody is there: keep no address for nothing
                return Told(failed=1, ended=1)
            pause = self._patience.pause(tried.attempts, self._random)
            await work.charity.watches.record(replace(tried, next_at=self._clock() + pause))
            return Told(failed=1)

    async def _attempt(self, watch: Watch, notice: WatchNotice) -> str | None:
        """A stable code of what went wrong, or None."""
        try:
            contact = open_contact(
                self._sealer, watch.sealed, watch_aad(watch.watch_id, watch.donation_id, watch.channel)
            )
        except (SealBroken, SealingKeyMissing):
            return "sealed"
        try:
            if watch.channel == "webhook":
                return await self._post(watch, contact, notice)
            if self._mail is None:
                return "no-relay"
            await self._mail.send(self._letter(watch, contact, notice))
        except NotDelivered as fault:
            return fault.code
        return None

    async def _post(self, watch: Watch, contact: Contact, notice: WatchNotice) -> str | None:
        secrets = Secrets(contact.secret or b"")
        body = _payload(watch.watch_id, contact.token, notice)
        named = message_id(sm3(watch.watch_id + notice.ordinal.to_bytes(8, "big"))[:16])
        headers = signed_headers(secrets, named, body, self._clock())
        status = (await self._hooks.post(contact.address, headers, body)).status
        if 200 <= status < 300:
            return None
        return "gone" if status == 410 else "status"

    def _letter(self, watch: Watch, contact: Contact, notice: WatchNotice) -> Mail:
        page = f"{self._base}/d"
        link = f"{page}#{watch_link(watch.watch_id, contact.token)}"
        zh, en = (text.format(page=page) for text in _TEXTS[notice.what])
        tail = link if notice.what == "confirm" else "\n".join((*_STOP, link))
        host = self._base.partition("://")[2].partition(":")[0]
        named = sm3(watch.watch_id + notice.ordinal.to_bytes(8, "big"))[:16].hex()
        return Mail(
            contact.address,
            _SUBJECTS[notice.what],
            f"{zh}\n\n{en}\n\n{tail}\n",
            format_datetime(datetime.fromtimestamp(notice.at, UTC)),
            f"<{named}@{host}>",
        )


def watch_link(watch_id: bytes, token: bytes) -> str:
    """What stands behind `#` in a mail: "w" and base64url of watch and token, 44 characters. It opens no donation."""
    return "w" + base64.urlsafe_b64encode(watch_id + token).rstrip(b"=").decode("ascii")


def _payload(watch_id: bytes, token: bytes, notice: WatchNotice) -> bytes:
    """e.g. {"type":"donation.moved","timestamp":"2027-01-15T08:00:00Z","data":{"watch":"00112233445566778899aabb…"}}"""
    data = {"watch": watch_id.hex()}
    if notice.what == "confirm":
        data["token"] = token.hex()
    timestamp = datetime.fromtimestamp(notice.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"type": _EVENTS[notice.what], "timestamp": timestamp, "data": data}
    return json.dumps(body, separators=(",", ":")).encode("ascii")
