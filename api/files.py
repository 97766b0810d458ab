"""Files that must survive `kill -9`: written aside, synced, renamed, the directory synced. Private ones are 0600."""

from __future__ import annotations

import os
from pathlib import Path

from api.errors import InstanceDamaged


def private_directory(path: Path) -> None:
    """Create with 0700, and refuse one that others may enter: it holds keys and a register."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077:
        raise InstanceDamaged(f"{path} is open to other users (expected mode 0700)")


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace `path` at once: a reader sees the old bytes or the new, and after a crash one of the two is there."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(stream.fileno(), mode)  # the umask may have taken bits, an old file may have had more
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(aside, path)
    sync_directory(path.parent)


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` at once, without waiting for the disk: for what can be made again."""
    aside = path.with_name(f".{path.name}.part")
    aside.write_bytes(data)
    aside.replace(path)


def write_once(path: Path, data: bytes, mode: int = 0o600) -> bytes:
    """Write `data` unless the file exists; give back what the file then holds.

    The answer, not `data`, is what counts: a run that died after the rename must go on with the first secret.
    """
    if not path.exists():
        write_durably(path, data, mode)
    return path.read_bytes()


def read_private(path: Path) -> bytes:
    """Raises InstanceDamaged if the file is absent or others may read it."""
    if not path.is_file():
        raise InstanceDamaged(f"{path} is missing")
    if path.stat().st_mode & 0o077:
        raise InstanceDamaged(f"{path} is readable by other users (expected mode 0600)")
    return path.read_bytes()


def sync_directory(path: Path) -> None:
    """A rename is only durable when its directory is."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
