"""Civil days in China: UTC+8, without daylight saving since 1992."""

from __future__ import annotations

from datetime import date
from typing import Final

DAY: Final = 86400  # seconds
UTC_OFFSET: Final = 8 * 3600  # seconds


def day_start(now: int) -> int:
    """First second of the civil day that `now` (seconds UTC) falls in."""
    return (now + UTC_OFFSET) // DAY * DAY - UTC_OFFSET


def first_second(day: date) -> int:
    """First second (UTC) of a civil day."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY - UTC_OFFSET


def day_after(day: date) -> int:
    """First second (UTC) after a civil day: when what is valid through that day ends."""
    return first_second(day) + DAY
