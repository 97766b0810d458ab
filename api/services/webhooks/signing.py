"""Standard Webhooks signatures (symmetric, v1), and the secrets they are made with.

    webhook-id: msg_00112233445566778899aabbccddeeff
    webhook-timestamp: 1800000000
    webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

The value is HMAC-SHA256 over "<id>.<timestamp>.<body>", base64. During a rotation there are two, separated by a space,
the newer first: a receiver that knows either secret is served. The timestamp is that of the attempt.

    secret, shown once    "whsec_" + base64 of 32 bytes
    sealed                {1: current 32, 2: previous 32 or null, 3: second from which the previous is no longer used}
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from certs.errors import SealBroken
from certs.ports import Entropy, Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed

SECRET_BYTES: Final = 32
OVERLAP: Final = 86400  # seconds for which both secrets sign after a rotation
_AAD: Final = b"mz-webhook-endpoint\x1f"


@dataclass(frozen=True, slots=True)
class Secrets:
    """`previous` signs too until `until` (UTC seconds)."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)
    until: int = 0

    def rotated(self, entropy: Entropy, now: int) -> Secrets:
        """With a new current one. A third from before is forgotten."""
        return Secrets(entropy(SECRET_BYTES), self.current, now + OVERLAP)

    def in_use(self, now: int) -> tuple[bytes, ...]:
        """Those that sign now, the newer first."""
        old = self.previous if now < self.until else None
        return (self.current,) if old is None else (self.current, old)


def shown(secret: bytes) -> str:
    """As the party is told it."""
    return "whsec_" + base64.b64encode(secret).decode("ascii")


def message_id(delivery_id: bytes) -> str:
    """The id that every attempt and every replay of a message carries."""
    return "msg_" + delivery_id.hex()


def signed_headers(secrets: Secrets, name: str, body: bytes, now: int) -> Mapping[str, str]:
    """The three headers of one attempt."""
    text = f"{name}.{now}.".encode("ascii") + body
    macs = [hmac.new(secret, text, hashlib.sha256).digest() for secret in secrets.in_use(now)]
    signature = " ".join("v1," + base64.b64encode(mac).decode("ascii") for mac in macs)
    return {"webhook-id": name, "webhook-timestamp": str(now), "webhook-signature": signature}


def endpoint_aad(endpoint_id: bytes, uscc: str, url: str, created_at: int) -> bytes:
    """What binds the secrets to their endpoint: with another owner or address they do not open, and nothing is sent."""
    return _AAD + cbor.encode([endpoint_id, uscc, url, created_at])


def seal(sealer: Sealer, secrets: Secrets, aad: bytes) -> Sealed:
    return sealer.seal(cbor.encode({1: secrets.current, 2: secrets.previous, 3: secrets.until}), aad)


def unseal(sealer: Sealer, sealed: Sealed, aad: bytes) -> Secrets:
    """Raises SealBroken, SealingKeyMissing."""
    try:
        m = cbor.decode(sealer.open(sealed, aad))
        return Secrets(m[1], m[2], m[3])
    except (Malformed, KeyError, TypeError):
        raise SealBroken("the sealed secrets have another format") from None
