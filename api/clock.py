"""The service's clock and entropy: the two things that every package below is handed."""

from __future__ import annotations

import os
import time


def system_clock() -> int:
    """UTC seconds of the host."""
    return int(time.time())


def system_entropy(count: int) -> bytes:
    """`count` bytes from the operating system."""
    return os.urandom(count)
