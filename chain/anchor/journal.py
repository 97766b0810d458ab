"""Append-only journal of records on disk, one checksummed line each.

    0f5d8c1e9b7a4433 {"kind":"genesis", ...}\n
    91ab0c33de77f012 {"kind":"tx","raw":"02f8…","time":1767225600}\n

The checksum is the start of SHA-256 over the previous line's checksum and this line's text, so a line that
was lost, moved or changed shows at that place. A process that is killed leaves at most an unfinished last
line: that record was never acknowledged, and is cut off. Anything wrong before the last line is corruption,
and an error.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

from chain.errors import JournalCorrupt
from chain.filelock import FileLock

Record = dict[str, Any]
_CHECK_HEX: Final = 16
_START: Final = "0" * _CHECK_HEX
MAX_LINE_BYTES: Final = 1 << 20


def _checksum(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous} {text}".encode()).hexdigest()[:_CHECK_HEX]


def _parse(line: bytes, previous: str) -> tuple[str, Record] | None:
    """(checksum, record), or None if the line is not intact."""
    try:
        check, space, text = line.decode("ascii").partition(" ")
        if not space or check != _checksum(previous, text):
            return None
        record = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    return (check, record) if isinstance(record, dict) else None


class Journal:
    """One file, one process. `open()` locks it and reads it; `append()` is durable on return unless told
    otherwise.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._fd = -1
        self.checksums: list[str] = []

    @property
    def _last(self) -> str:
        return self.checksums[-1] if self.checksums else _START

    def open(self) -> list[Record]:
        """Lock, read and repair the tail. Raises AlreadyLocked, or JournalCorrupt for damage before the
        last line.
        """
        self._lock.acquire()
        try:
            created = not self._path.exists()
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            if created:
                self._sync_directory()
            return self._read()
        except BaseException:
            self.close()
            raise

    def append(self, record: Record, *, sync: bool = True) -> None:
        """Write one record; with `sync` it survives a power cut once this returns."""
        text = json.dumps(record, separators=(",", ":"), sort_keys=True, ensure_ascii=True)
        check = _checksum(self._last, text)
        line = f"{check} {text}\n".encode("ascii")
        end = os.fstat(self._fd).st_size
        try:
            self._write(line, sync)
        except OSError:
            # Whoever asked is told that there is no such record, so there must be none: half a line would make the next
            # one part of it, a whole one would leave the next one's checksum without its predecessor.
            os.ftruncate(self._fd, end)
            raise
        self.checksums.append(check)

    def _write(self, line: bytes, sync: bool) -> None:
        if os.write(self._fd, line) != len(line):  # disk full
            raise OSError("journal: short write")
        if sync:
            os.fsync(self._fd)

    def close(self) -> None:
        """Close and unlock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._lock.release()

    def _read(self) -> list[Record]:
        self.checksums.clear()  # of an earlier opening
        data = self._path.read_bytes()
        *lines, tail = data.split(b"\n")
        records: list[Record] = []
        good = 0
        for number, line in enumerate(lines, start=1):
            parsed = _parse(line, self._last) if len(line) <= MAX_LINE_BYTES else None
            if parsed is None:
                if number == len(lines) and not tail:  # the last write, complete in length but not in content
                    break
                raise JournalCorrupt(number, "checksum does not fit")
            self.checksums.append(parsed[0])
            records.append(parsed[1])
            good += len(line) + 1
        if good < len(data):
            os.ftruncate(self._fd, good)
            os.fsync(self._fd)
        return records

    def _sync_directory(self) -> None:
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
