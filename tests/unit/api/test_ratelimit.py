"""Token buckets: burst, refill, bounded memory, and one bucket per subscriber."""

from __future__ import annotations

import pytest

from api.errors import RateLimited
from api.http.ratelimit import TokenBuckets, bucket_key


def test_burst_then_refill() -> None:
    buckets = TokenBuckets(burst=2, per_minute=60, capacity=10)
    buckets.take("192.0.2.1", 0.0)
    buckets.take("192.0.2.1", 0.0)
    with pytest.raises(RateLimited, match="retry after 1 s"):
        buckets.take("192.0.2.1", 0.1)
    buckets.take("192.0.2.2", 0.1)  # another address is not concerned
    buckets.take("192.0.2.1", 1.2)
    with pytest.raises(RateLimited):
        buckets.take("192.0.2.1", 1.3)


def test_a_refused_request_costs_nothing_and_a_clock_that_jumps_back_gives_nothing() -> None:
    buckets = TokenBuckets(burst=1, per_minute=6, capacity=10)
    buckets.take("192.0.2.1", 100.0)
    for _ in range(5):
        with pytest.raises(RateLimited, match="retry after 10 s"):
            buckets.take("192.0.2.1", 50.0)


def test_memory_is_bounded_and_the_longest_idle_goes() -> None:
    buckets = TokenBuckets(burst=1, per_minute=1, capacity=3)
    for n in range(10):
        buckets.take(f"192.0.2.{n}", float(n))
    assert len(buckets) == 3
    with pytest.raises(RateLimited):
        buckets.take("192.0.2.9", 9.0)
    buckets.take("192.0.2.0", 9.0)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"),
    ],
)
def test_a_subscriber_has_one_bucket(address: str, key: str) -> None:
    assert bucket_key(address) == key
