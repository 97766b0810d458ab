"""An exclusive lock on a file, held for the life of the process that took it.

The kernel drops it when the process dies, by whatever means, so a kill -9 leaves nothing to clean up
(a pid file would). Held on a file beside the data, so that replacing the data file does not free the lock.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType

from chain.errors import AlreadyLocked


class FileLock:
    """`with FileLock(path):` or `acquire()`/`release()`. Raises AlreadyLocked at once if another holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock. Raises AlreadyLocked, also if this process holds it through another object."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise AlreadyLocked(f"{self._path.name} is held by another writer") from None
            raise
        self._fd = fd

    def release(self) -> None:
        """Give the lock back. Harmless when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
