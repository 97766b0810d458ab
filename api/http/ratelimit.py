"""Token buckets per client address, in memory and bounded.

Open verification needs no login, so the only thing that keeps one machine from occupying the service is counting by
address. Nothing about what was verified is kept, and buckets vanish with the process.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

from api.errors import RateLimited


def bucket_key(address: str) -> str:
    """IPv4 address, or the /64 of an IPv6 one: a subscriber owns 2^64 addresses and could have a bucket for each."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class TokenBuckets:
    """`burst` at once, refilled by `per_minute`. At most `capacity` addresses: the longest idle one is forgotten, which
    can only ever be kind to a client."""

    def __init__(self, burst: int, per_minute: int, capacity: int) -> None:
        self._burst = float(burst)
        self._rate = per_minute / 60.0
        self._capacity = capacity
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str, now: float) -> None:
        """`now` in seconds of a monotonic clock. Raises RateLimited with whole seconds to wait (at least 1)."""
        key = bucket_key(address)
        level, then = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + max(0.0, now - then) * self._rate)
        allowed = level >= 1.0
        self._buckets[key] = (level - 1.0 if allowed else level, now)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        if not allowed:
            raise RateLimited(max(1, math.ceil((1.0 - level) / self._rate)))
