"""ZIP packages of one encoding: the container of OFD (GB/T 33190 section 7.2), as this project writes and reads it.

ZIP tells everything twice and leaves much unsaid: headers that disagree, data between members, two members of one
name, several ends. Two readers then see two documents in one file, and a signature covers only one of them. So of
APPNOTE 6.3 just this is a package, and `read(data)` implies `write(files, comment) == data`:

    members, each: local header, name, data   PK 03 04, version 2.0, flags 0, stored, 1980-01-01 00:00, CRC-32, no extra
    central directory, in the same order      PK 01 02, made by 2.0, attributes 0, no extra, no comment
    end of central directory                  PK 05 06, one disk, then the comment up to the last byte

Names are ASCII, differ in more than case, and lead nowhere: no `..`, no root, no folder entries. Nothing is compressed,
so a package is no bomb: what it unpacks to is smaller than itself.

    write({}, b"")                            50 4b 05 06 and 18 zero bytes
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from .errors import Malformed

FORMAT: Final = "package"
MAX_BYTES: Final = 16 << 20
MAX_MEMBERS: Final = 256
MAX_NAME: Final = 200  # characters
MAX_COMMENT: Final = 0xFFFF

_LOCAL_MAGIC: Final = b"PK\x03\x04"
_CENTRAL_MAGIC: Final = b"PK\x01\x02"
_END_MAGIC: Final = b"PK\x05\x06"
_VERSION: Final = 20  # 2.0, the first with folders in names
_MIDNIGHT: Final = 0
_FIRST_DAY: Final = 0x0021  # 1980-01-01, the earliest that the format can say
_FIXED: Final = struct.pack("<4H", 0, 0, _MIDNIGHT, _FIRST_DAY)  # flags, method, time, date
_LOCAL_START: Final = _LOCAL_MAGIC + struct.pack("<H", _VERSION) + _FIXED
_CENTRAL_START: Final = _CENTRAL_MAGIC + struct.pack("<2H", _VERSION, _VERSION) + _FIXED
_TAIL: Final = struct.Struct("<3I2H")  # CRC-32, packed size, size, length of the name, length of the extra field
_LOCAL_BYTES: Final = len(_LOCAL_START) + _TAIL.size
_WORD: Final = r"[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*"  # no leading dot or hyphen, no trailing dot
_NAME: Final = re.compile(rf"{_WORD}(?:/{_WORD})*")


@dataclass(frozen=True, slots=True)
class Package:
    """A package as read. `files`: contents by name, in file order; `body`: the file with the comment cut off and its
    length zero, which is what a comment that signs the package signs."""

    files: Mapping[str, bytes]
    comment: bytes
    body: bytes


def write(files: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    """The package of these members in this order: equal input, equal bytes. Raises Malformed for a name or size that
    `read` would refuse."""
    _check_names(files)
    pieces, directory, position = [], [], 0
    for name, data in files.items():
        tail = _TAIL.pack(crc32(data), len(data), len(data), len(name), 0)
        directory.append(_central(name, tail, position))
        pieces += [_LOCAL_START, tail, name.encode("ascii"), data]
        position += _LOCAL_BYTES + len(name) + len(data)
    if position > MAX_BYTES:
        raise Malformed(FORMAT, "too-large")
    data = b"".join((*pieces, _closing(directory, position), _ending(comment)))
    if len(data) > MAX_BYTES:
        raise Malformed(FORMAT, "too-large")
    return data


def read(data: bytes) -> Package:
    """The members of a package. Raises Malformed."""
    if len(data) > MAX_BYTES:
        raise Malformed(FORMAT, "too-large", f"more than {MAX_BYTES} bytes")
    files: dict[str, bytes] = {}
    directory: list[bytes] = []
    position = 0
    while data.startswith(_LOCAL_MAGIC, position):
        if len(files) == MAX_MEMBERS:
            raise Malformed(FORMAT, "too-many-members")
        name, content, tail, end = _member(data, position)
        if name in files:
            raise Malformed(FORMAT, "repeated-name")
        files[name] = content
        directory.append(_central(name, tail, position))
        position = end
    _check_names(files)
    closing = _closing(directory, position)
    end = position + len(closing)
    if not data.startswith(closing, position):
        raise Malformed(FORMAT, "directory", "not the one of these members")
    comment = data[end + 2 :]
    if data[end:] != _ending(comment):
        raise Malformed(FORMAT, "comment-length")
    return Package(files, comment, data[:end] + b"\x00\x00")


def _member(data: bytes, position: int) -> tuple[str, bytes, bytes, int]:
    """(name, content, second half of the header, end) of the member whose local header is at `position`."""
    start = position + _LOCAL_BYTES
    if start > len(data):
        raise Malformed(FORMAT, "truncated")
    if not data.startswith(_LOCAL_START, position):
        raise Malformed(FORMAT, "local-header", "another version, flags, method or time")
    tail = data[position + len(_LOCAL_START) : start]
    crc, packed, size, name_length, extra_length = _TAIL.unpack(tail)
    if packed != size or extra_length:
        raise Malformed(FORMAT, "local-header", "sizes differ, or an extra field")
    first = start + name_length
    end = first + size
    if end > len(data):
        raise Malformed(FORMAT, "truncated")
    try:
        name = data[start:first].decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(FORMAT, "name") from None
    content = data[first:end]
    if crc32(content) != crc:
        raise Malformed(FORMAT, "crc")
    return name, content, tail, end


def _central(name: str, tail: bytes, position: int) -> bytes:
    """The central directory's entry of a member: the same values once more, and where it begins."""
    return _CENTRAL_START + tail + struct.pack("<3H2I", 0, 0, 0, 0, position) + name.encode("ascii")


def _closing(directory: list[bytes], position: int) -> bytes:
    """Central directory and its end, up to the length of the comment."""
    entries = b"".join(directory)
    count = len(directory)
    return entries + struct.pack("<4s4H2I", _END_MAGIC, 0, 0, count, count, len(entries), position)


def _check_names(names: Iterable[str]) -> None:
    """Every name of the permitted form, and no two that a file system could take for one."""
    taken: set[str] = set()
    for name in names:
        if len(name) > MAX_NAME or _NAME.fullmatch(name) is None:
            raise Malformed(FORMAT, "name")
        taken.add(name.lower())
    count = sum(1 for _ in names)
    if count > MAX_MEMBERS:
        raise Malformed(FORMAT, "too-many-members")
    if len(taken) != count:
        raise Malformed(FORMAT, "repeated-name", "they differ in case only")
    for name in taken:
        parts = name.split("/")
        if any("/".join(parts[:n]) in taken for n in range(1, len(parts))):
            raise Malformed(FORMAT, "name", "one member is the folder of another")


def _ending(comment: bytes) -> bytes:
    """Length and comment. A reader that looks for the end from behind, as most do, must find this end and no other."""
    if len(comment) > MAX_COMMENT:
        raise Malformed(FORMAT, "comment", f"more than {MAX_COMMENT} bytes")
    ending = struct.pack("<H", len(comment)) + comment
    if _END_MAGIC in ending:
        raise Malformed(FORMAT, "comment", "holds another end")
    return ending
