"""The service's clock and entropy: the two things that every package below is handed."""

from __future__ import annotations

import os
import time
from threading import Lock
from typing import Final

_DRAW: Final = 16384  # bytes from the operating system at a time


def system_clock() -> int:
    """UTC seconds of the host."""
    return int(time.time())


class SystemEntropy:
    """Random bytes of the operating system, drawn ahead in large pieces. Thread-safe.

    Every system call gives up the interpreter lock, and while signing threads run, getting it back costs more than
    the bytes: two small draws for each certificate took a tenth of the time of issuing it. What was handed out is
    forgotten. A forked child starts with nothing, so that two processes can never hand out the same bytes.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._ahead = b""
        self._at = 0
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self, count: int) -> bytes:
        """`count` bytes."""
        with self._lock:
            if count > len(self._ahead) - self._at:
                if count >= _DRAW:
                    return os.urandom(count)
                self._ahead, self._at = os.urandom(_DRAW), 0
            start, self._at = self._at, self._at + count
            return self._ahead[start : self._at]

    def _forget(self) -> None:
        self._lock, self._ahead, self._at = Lock(), b"", 0


system_entropy: Final = SystemEntropy()
