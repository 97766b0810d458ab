"""What a relying party does with a webhook: check it (Standard Webhooks), then read it.

    webhook-id: msg_2KWPBgLlAfxdpx2AI54pPJ85f4W
    webhook-timestamp: 1800000000
    webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

    {"type": "certificate.invalidated", "timestamp": "2027-01-15T08:00:00Z", "data": {…}}

The same event may come more than once, for a delivery whose answer was lost is repeated: remember `Event.id`, and do
nothing the second time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .errors import BadAnswer, Misconfigured

TOLERANCE: Final = 300  # seconds between the event's time and ours
MAX_BODY: Final = 1 << 16
_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9+/]{32,100}={0,2}")
_ID: Final = re.compile(r"[!-~]{1,128}")
_TIME: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook that was checked. `data` has transaction ids and the party's own pseudonym, nothing personal."""

    id: str
    type: str
    at: int
    data: Mapping[str, Any]


def check_webhook(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> Event:
    """The event, if one of its signatures is ours and it is at most five minutes off `now` (seconds UTC).

    `body`: the bytes as they came, before anything parses them. Raises BadAnswer, and Misconfigured for the secret.
    """
    key = _key(secret)
    found = {name.lower(): value for name, value in headers.items()}
    name, time = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not _ID.fullmatch(name) or not _TIME.fullmatch(time) or len(body) > MAX_BODY:
        raise BadAnswer("webhook: not of its form")
    expected = hmac.new(key, f"{name}.{time}.".encode() + body, hashlib.sha256).digest()
    if not any(_equal(expected, signature) for signature in found.get("webhook-signature", "").split(" ")):
        raise BadAnswer("webhook: no signature of ours")
    if abs(int(time) - now) > TOLERANCE:
        raise BadAnswer("webhook: too old, or this clock is wrong")
    return _event(name, int(time), body)


def _event(name: str, at: int, body: bytes) -> Event:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("webhook: not of its form") from None
    data = value.get("data", {}) if isinstance(value, dict) else None
    if not isinstance(data, dict) or not isinstance(value.get("type"), str):
        raise BadAnswer("webhook: not of its form")
    return Event(name, value["type"], at, data)


def _key(secret: str) -> bytes:
    if not _SECRET.fullmatch(secret):
        raise Misconfigured("webhook: expected a secret that begins with whsec_")
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise Misconfigured("webhook: expected a secret that begins with whsec_") from None


def _equal(expected: bytes, signature: str) -> bool:
    version, _, text = signature.partition(",")
    return version == "v1" and hmac.compare_digest(base64.b64encode(expected), text.encode("utf-8", "replace"))
