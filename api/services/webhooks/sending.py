"""What sending needs from outside, and when a message that did not arrive is tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from api.errors import ServiceError

Random = Callable[[], float]
"""Uniform in [0, 1)."""

DAY: Final = 86400


class NotDelivered(ServiceError):
    """Nobody answered. `code`: "private-address", "unresolved", "unreachable", "tls", "timeout", "not-http"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered. `retry_after`: seconds, if it asked for patience."""

    status: int
    retry_after: int | None = None


class Transport(Protocol):
    """HTTP POST, bounded in time and size, to where `addresses` allows. Raises NotDelivered."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One attempt; redirects are not followed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Attempts after 0, 5, 20, 80 … seconds, each pause between half of that and all of it, two and a half days in
    sum at most: a weekend."""

    attempts: int = 10
    first: int = 5  # seconds
    factor: int = 4
    longest: int = DAY
    dead_after: int = DAY  # an endpoint that nothing has reached for so long is disabled by the next message given up

    def pause(self, failed: int, random: Random, asked: int | None = None) -> int:
        """Seconds until the next attempt after `failed` of them. The endpoint may ask for more, up to a day.

        Half of it is left to chance: an outage ends for all messages at once, and they must not all come back at once.
        """
        full: int = min(self.first * self.factor ** (failed - 1), self.longest)
        drawn = full // 2 + int(random() * (full - full // 2 + 1))
        return max(drawn, min(asked or 0, DAY))
