"""What a log's side of witnessing needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from verifier.cosignature import Cosignature


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, Content-Type as sent, body of at most as many bytes as the transport allows."""

    status: int
    content_type: str
    body: bytes


class WitnessTransport(Protocol):
    """HTTP, bounded in time and size. Raises WitnessUnavailable for whatever is not an answer."""

    async def post(self, url: str, body: bytes) -> HttpAnswer:
        """POST `body`; redirects are not followed."""

    async def get(self, url: str) -> HttpAnswer:
        """GET; redirects are not followed."""


class LogSource(Protocol):
    """The log whose checkpoints are shown to witnesses: committed state only."""

    async def size(self) -> int:
        """Entries sequenced."""

    async def root_at(self, size: int) -> bytes:
        """Root of the first `size` entries."""

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Consistency proof, 0 < old <= new."""

    async def keep(self, size: int, cosignature: Cosignature) -> None:
        """Store a verified cosignature of the checkpoint of that size; once more is fine. Durable when it returns."""
