"""Civil days in China: UTC+8, without daylight saving since 1992."""

from __future__ import annotations

from typing import Final

DAY: Final = 86400  # seconds
UTC_OFFSET: Final = 8 * 3600  # seconds


def day_start(now: int) -> int:
    """First second of the civil day that `now` (seconds UTC) falls in."""
    return (now + UTC_OFFSET) // DAY * DAY - UTC_OFFSET
