"""Files on disk that hold rows for a while: sealed, since a row is personal, and read at any place, since ZIP needs it.

    chunk n = SM4-GCM(key, nonce = n as 12 bytes big endian, aad = "mz-spool" ‖ 01 if it is the last else 00)

Every chunk but the last holds 64 KiB. The key is random and of this one file, so counting nonces never repeat; the mark
of the last chunk betrays a file that was cut short. A received file begins with its key, wrapped by the sealer:

    "MZSP" ‖ wrapped data key (49) ‖ length of body (2) ‖ body ‖ chunks
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from certs.errors import SealBroken
from certs.ports import Entropy, Sealed, Sealer
from certs.sealing import KEY_BYTES, sm4_gcm_decrypt, sm4_gcm_encrypt

CHUNK: Final = 1 << 16
_TAG: Final = 16
_MAGIC: Final = b"MZSP"
_WRAPPED: Final = 49
_AAD: Final = (b"mz-spool\x00", b"mz-spool\x01")


class ChunkWriter:
    """Seals what is written. `finish` writes the last chunk; without it nothing of the file can be trusted."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        self._target, self._key = target, key
        self._number = 0
        self._buffer = bytearray()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._buffer += data
        while len(self._buffer) > CHUNK:  # the last chunk is never empty unless the file is
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]

    def finish(self) -> None:
        self._seal(bytes(self._buffer), last=True)
        self._buffer.clear()
        self._target.flush()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._target.write(sm4_gcm_encrypt(self._key, self._number.to_bytes(12, "big"), plain, _AAD[last]))
        self._number += 1


class ChunkReader(io.RawIOBase):
    """The plaintext, seekable. Raises SealBroken when a chunk is not what was written."""

    def __init__(self, source: BinaryIO, key: bytes, start: int = 0) -> None:
        self._source, self._key, self._start = source, key, start
        sealed = source.seek(0, os.SEEK_END) - start
        full, rest = divmod(sealed, CHUNK + _TAG)
        if not sealed or 0 < rest < _TAG:
            raise SealBroken("the file is cut short")
        self._last = full if rest else full - 1
        self._size = sealed - (self._last + 1) * _TAG
        self._at = 0
        self._held, self._plain = -1, b""

    def close(self) -> None:
        self._source.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed wants any buffer
        if self._at >= self._size:
            if not self._size:
                self._chunk(0)  # an empty file has its last chunk, too
            return 0
        number, offset = divmod(self._at, CHUNK)
        part = self._chunk(number)[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _chunk(self, number: int) -> bytes:
        if number != self._held:
            self._source.seek(self._start + number * (CHUNK + _TAG))
            sealed = self._source.read(CHUNK + _TAG)
            aad = _AAD[number == self._last]
            self._plain = sm4_gcm_decrypt(self._key, number.to_bytes(12, "big"), sealed, aad)
            self._held = number
        return self._plain


class Spool:
    """Received files, one a job, in a directory that only the service enters."""

    def __init__(self, directory: Path, sealer: Sealer, entropy: Entropy) -> None:
        self._directory, self._sealer, self._entropy = directory, sealer, entropy

    def path(self, job: bytes) -> Path:
        return self._directory / f"{job.hex()}.spool"

    def create(self, job: bytes, about: str) -> tuple[BinaryIO, ChunkWriter]:
        """A new file under the job's name with ".part", and what writes to it. `about` is what the sender said of it,
        e.g. "csv auto"; it is sealed with the key."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        key = self._entropy(KEY_BYTES)
        sealed = self._sealer.seal(key + about.encode(), _aad(job))
        part = self.path(job).with_suffix(".part")
        stream = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
        stream.write(_MAGIC + sealed.key + len(sealed.body).to_bytes(2, "big") + sealed.body)
        return stream, ChunkWriter(stream, key)

    def keep(self, job: bytes, stream: BinaryIO) -> None:
        """The file is whole: durable, and under its name."""
        stream.flush()
        os.fsync(stream.fileno())
        os.replace(self.path(job).with_suffix(".part"), self.path(job))

    def open(self, job: bytes) -> BinaryIO:
        """The received bytes. Raises OSError, SealBroken."""
        stream = self.path(job).open("rb")
        try:
            head, start = self._opened(job, stream)
            return io.BufferedReader(ChunkReader(stream, head[:KEY_BYTES], start), CHUNK)
        except BaseException:
            stream.close()
            raise

    def about(self, job: bytes) -> str:
        """What the sender said. Raises OSError, SealBroken."""
        with self.path(job).open("rb") as stream:
            return self._opened(job, stream)[0][KEY_BYTES:].decode()

    def _opened(self, job: bytes, stream: BinaryIO) -> tuple[bytes, int]:
        """The key with what is sealed beside it, and where the chunks begin."""
        head = stream.read(len(_MAGIC) + _WRAPPED + 2)
        length = int.from_bytes(head[-2:], "big")
        body = stream.read(length)
        if not head.startswith(_MAGIC) or len(body) != length:
            raise SealBroken("no spool file")
        return self._sealer.open(Sealed(head[len(_MAGIC) : -2], body), _aad(job)), len(head) + length

    def discard(self, job: bytes) -> None:
        """Its end, whatever came of it: the file and a part of it."""
        for path in (self.path(job), self.path(job).with_suffix(".part")):
            path.unlink(missing_ok=True)

    def sweep(self, wanted: set[bytes]) -> None:
        """Discard what belongs to no job that is still to be done: a crash left it."""
        if not self._directory.is_dir():
            return
        for path in self._directory.iterdir():
            if path.suffix == ".part" or path.stem not in {job.hex() for job in wanted}:
                path.unlink(missing_ok=True)


def wrapped_keys(directory: Path) -> Iterator[bytes]:
    """The wrapped data key of every received file, whole or not: their key-encryption keys are in use."""
    for path in sorted(directory.iterdir()) if directory.is_dir() else ():
        with suppress(FileNotFoundError), path.open("rb") as stream:  # done with meanwhile
            head = stream.read(len(_MAGIC) + _WRAPPED)
            if head.startswith(_MAGIC) and len(head) == len(_MAGIC) + _WRAPPED:
                yield head[len(_MAGIC) :]


def _aad(job: bytes) -> bytes:
    return b"mz-import\x00" + job


def scratch() -> tuple[BinaryIO, bytes]:
    """A nameless file and a key that dies with the process."""
    return tempfile.TemporaryFile(), os.urandom(KEY_BYTES)
