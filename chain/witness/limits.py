"""How often a log may move a witness: a token bucket for each known log, so one log cannot wear out another's disk.

Only requests that would write are counted: they need the log's signature over a tree that grew, so no stranger can use
up a log's share by repeating what is public.
"""

from __future__ import annotations

import math
from collections.abc import Callable


class OriginLimiter:
    """`burst` cosignatures at once, refilled by `per_second`. `monotonic` gives seconds and never goes back."""

    def __init__(self, burst: int, per_second: float, monotonic: Callable[[], float]) -> None:
        self._burst, self._rate, self._now = float(burst), per_second, monotonic
        self._levels: dict[str, tuple[float, float]] = {}

    def wait(self, origin: str) -> int:
        """0 and one token taken, or the whole seconds to wait. Origins are those of the operator's file: few."""
        now = self._now()
        level, then = self._levels.get(origin, (self._burst, now))
        level = min(self._burst, level + (now - then) * self._rate)
        allowed = level >= 1.0
        self._levels[origin] = (level - 1.0 if allowed else level, now)
        return 0 if allowed else max(1, math.ceil((1.0 - level) / self._rate))
