"""What is told: messages that are stored by the transaction that makes them true, and sent after it.

The body names a transaction that the party itself began and, where it was told one, its own pseudonym of the subject.
It cannot hold anything else: `Notice` has no place for it. Divorced, annulled and issued anew all read "invalid".

    {"type":"certificate.invalidated","timestamp":"2027-01-15T08:00:00Z",
     "data":{"trx":"00112233445566778899aabbccddeeff","pseudonym":"ffeeddccbbaa99887766554433221100","status":"invalid"}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from api.db.repositories.webhooks import Delivery
from api.db.uow import Work
from verifier.hazmat.sm3 import sm3

WAITING: Final = "waiting"
_ID_DOMAIN: Final = b"mz-webhook-delivery\x1f"


class Event(StrEnum):
    """Every type of message there is."""

    CERTIFICATE_INVALIDATED = "certificate.invalidated"
    CONSENT_AUTHORISED = "consent.authorised"
    CONSENT_REFUSED = "consent.refused"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONSENT_EXPIRED = "consent.expired"
    TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message says. `at`: UTC seconds of the change; `trx`: 16 bytes of the transaction; `status`: a word that
    says no more than the event ("invalid", "withdrawn" …); `pseudonym`: 16 bytes, this party's own."""

    at: int
    trx: bytes
    status: str
    pseudonym: bytes | None = None


def payload_of(event: Event, notice: Notice) -> bytes:
    """The body, as it is signed and sent: compact JSON, ASCII."""
    data = {"trx": notice.trx.hex()}
    if notice.pseudonym is not None:
        data["pseudonym"] = notice.pseudonym.hex()
    timestamp = datetime.fromtimestamp(notice.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"type": event.value, "timestamp": timestamp, "data": data | {"status": notice.status}}
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def delivery_id_of(endpoint_id: bytes, payload: bytes) -> bytes:
    """16 bytes that follow from endpoint and body: what is enqueued twice is one message with one id."""
    return sm3(_ID_DOMAIN + endpoint_id + payload)[:16]


async def enqueue_in(work: Work, uscc: str, event: Event, notice: Notice) -> int:
    """Store one message for each endpoint of that party, disabled ones included; gives how many those are.

    It is sent if this transaction commits, and was never there if it does not.
    """
    payload = payload_of(event, notice)
    new = [waiting(e.endpoint_id, event, payload, notice.at) for e in await work.webhooks.endpoints(uscc)]
    await work.webhooks.add_deliveries(new)
    return len(new)


def waiting(endpoint_id: bytes, event: Event, payload: bytes, at: int) -> Delivery:
    """A message that has not been tried yet."""
    named = delivery_id_of(endpoint_id, payload)
    return Delivery(named, endpoint_id, event.value, payload, at, at, 0, WAITING, None, None, None)


async def watch_in(work: Work, cti: bytes, grant_id: bytes, pseudonym: bytes | None) -> None:
    """The party of that grant was told that the certificate is valid, and is to hear when it no longer is: at once
    if it ended since the answer was made. Doing it again changes nothing."""
    await work.webhooks.watch(cti, grant_id, pseudonym)
    found = await work.certificates.get(cti)
    if found is not None and found.revoked_at is not None:
        await notify_ended_in(work, [(cti, found.revoked_at)])


async def notify_ended_in(work: Work, ended: Iterable[tuple[bytes, int]]) -> None:
    """`ended`: cti and second of each certificate that this transaction ended. Tells each party that verified one of
    them under a consent that lives. Both certificates of a couple under one consent make one message."""
    times = dict(ended)
    if not times:
        return
    for watcher in await work.webhooks.watchers(times, max(times.values())):
        at = times[watcher.cti]
        notice = Notice(at, watcher.trx_id, "invalid", watcher.pseudonym)
        await enqueue_in(work, watcher.uscc, Event.CERTIFICATE_INVALIDATED, notice)
        await work.webhooks.notified(watcher, at)
