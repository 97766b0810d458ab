"""Where the key-encryption keys are: the ring of `data/keys` that seals and opens records.

    data/keys/sealing            0600, 16 bytes hex: the key that seals now
    data/keys/sealing.1f0a9c3e   0600, the same: one that sealed before, named by its public id (`certs.sealing.kek_id`)

A rotation first writes the old key under its id, then replaces `sealing`: killed anywhere, no key is ever missing, and
the mark of how far it came is the files themselves. A running service asks for the ring before it seals: two looks at
the directory tell whether anything changed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from api.errors import InstanceDamaged
from api.files import read_private, sync_directory, write_durably, write_once
from certs.ports import Entropy
from certs.sealing import KEY_BYTES, KeyRing, kek_id

CURRENT: Final = "sealing"
_RETIRED: Final = re.compile(r"sealing\.([0-9a-f]{8})")
_Mark = tuple[int, int, int]


class RingDirectory:
    """The ring as its directory has it. Calling it gives the newest: a source of `Sm4Sealer.following`."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "keys"
        self.spool = data_dir / "spool"  # import files that wait, sealed under this ring
        self._watched = str(self._directory / CURRENT), str(self._directory)  # looked at once for every record
        self._seen: tuple[_Mark, KeyRing] | None = None

    def __call__(self) -> KeyRing:
        """Read again only when a file came, went or was replaced. Raises InstanceDamaged."""
        mark = self._mark()
        if self._seen is None or self._seen[0] != mark:
            self._seen = mark, self._read()
        return self._seen[1]

    def retired(self) -> dict[bytes, int]:
        """Public ids of the retired keys that are here, each with the second in which it was retired."""
        return {kek: int(path.stat().st_mtime) for kek, path in self._paths().items()}

    def rotate(self, entropy: Entropy) -> bytes:
        """Make a new current key and keep the old one in the ring; gives the new one's id. The caller sees to it that
        nobody else rotates. Raises InstanceDamaged."""
        old = self().current
        kept = write_once(self._retired(kek_id(old)), old.hex().encode())
        if kept != old.hex().encode():
            raise InstanceDamaged(f"keys/{CURRENT}.{kek_id(old).hex()} holds another key than its name says")
        new = entropy(KEY_BYTES)
        write_durably(self._directory / CURRENT, new.hex().encode(), 0o600)
        return kek_id(new)

    def destroy(self, kek: bytes) -> None:
        """Overwrite and delete a retired key's file. What file system and disk keep of it is beyond reach."""
        path = self._retired(kek)
        with path.open("r+b") as stream:
            stream.write(b"0" * (2 * KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
        sync_directory(self._directory)

    def _mark(self) -> _Mark:
        try:
            key, directory = map(os.stat, self._watched)
        except OSError:
            raise InstanceDamaged(f"keys/{CURRENT} is missing") from None
        return key.st_ino, key.st_mtime_ns, directory.st_mtime_ns

    def _read(self) -> KeyRing:
        retired = []
        for kek, path in self._paths().items():
            key = _key(path)
            if kek_id(key) != kek:
                raise InstanceDamaged(f"keys/{path.name} holds another key than its name says")
            retired.append(key)
        return KeyRing(_key(self._directory / CURRENT), tuple(retired))

    def _paths(self) -> dict[bytes, Path]:
        found = {}
        for path in sorted(self._directory.glob(f"{CURRENT}.*")):
            named = _RETIRED.fullmatch(path.name)
            if named is None:
                raise InstanceDamaged(f"keys/{path.name} is not called as a retired key is")
            found[bytes.fromhex(named[1])] = path
        return found

    def _retired(self, kek: bytes) -> Path:
        return self._directory / f"{CURRENT}.{kek.hex()}"


def _key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(read_private(path).decode("ascii"))
    except ValueError:
        raise InstanceDamaged(f"keys/{path.name} is not hexadecimal") from None
    if len(key) != KEY_BYTES:
        raise InstanceDamaged(f"keys/{path.name} has another length")
    return key
