"""The outside of an XLSX file: which parts it has, and that none of them can hurt.

A spreadsheet is a ZIP of XML from a stranger. Bounds hold on what is really inflated, not on what the archive says of
itself. What a registrar cannot see on the screen (other and hidden sheets, macros, links to other files, embedded
objects) is refused and named, since it is either a mistake or somebody's trick.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from api.errors import BatchUnreadable

MAX_MEMBERS: Final = 256
MAX_DIRECTORY: Final = 64 * 1024  # bytes of the archive's directory
MAX_TOTAL: Final = 4 << 30  # bytes inflated, over all reading of one pass
MAX_SMALL: Final = 4 << 20  # bytes of a part that is read as a whole
MAX_RATIO: Final = 200  # rows of one record inflate by 30 to 60
MAX_TAG: Final = 1 << 20  # bytes of one tag or comment: expat holds it whole, and reads it again with every block
_RATIO_FROM: Final = 1 << 20  # bytes inflated below which the ratio says nothing
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_FORBIDDEN: Final = (
    ("vbaproject.bin", "xlsx-macros"),
    ("xl/macrosheets/", "xlsx-macros"),
    ("xl/externallinks/", "xlsx-external-links"),
    ("xl/connections.xml", "xlsx-external-links"),
    ("xl/querytables/", "xlsx-external-links"),
    ("xl/embeddings/", "xlsx-embedded"),
    ("xl/activex/", "xlsx-embedded"),
)
_BLOCK: Final = 1 << 16
_ENCRYPTED: Final = 0x1
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def local(name: str) -> str:
    """An element's or attribute's name without its prefix."""
    return name.rpartition(":")[2]


def parser() -> Any:
    """An expat parser that takes no document type, so no entities."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _no_doctype
    return made


def _no_doctype(*_: object) -> None:
    raise BatchUnreadable("xlsx-xml", detail="a document type is not taken")


class Package:
    """Raises BatchUnreadable on anything that is not a plain spreadsheet."""

    def __init__(self, stream: BinaryIO) -> None:
        _check_directory(stream)
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError):
            raise BatchUnreadable("xlsx-zip") from None
        self._members = _members(self._zip)
        self._inflated = 0
        if b"macroEnabled" in self.small("[Content_Types].xml"):
            raise BatchUnreadable("xlsx-macros")

    def has(self, name: str) -> bool:
        return name.lower() in self._members

    def blocks(self, name: str) -> Iterator[bytes]:
        """The part's bytes, inflated as they are asked for."""
        info = self._members.get(name.lower())
        if info is None:
            raise BatchUnreadable("xlsx-part")
        seen = 0
        try:
            with self._zip.open(info) as part:
                while block := part.read(_BLOCK):
                    seen += len(block)
                    self._inflated += len(block)
                    if self._inflated > MAX_TOTAL or (
                        seen > _RATIO_FROM and seen > MAX_RATIO * max(1, info.compress_size)
                    ):
                        raise BatchUnreadable("xlsx-bomb")
                    yield block
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
            raise BatchUnreadable("xlsx-zip") from None

    def small(self, name: str) -> bytes:
        """A part that is read as a whole, e.g. the workbook."""
        held = bytearray()
        for block in self.blocks(name):
            held += block
            if len(held) > MAX_SMALL:
                raise BatchUnreadable("xlsx-bomb")
        return bytes(held)

    def elements(self, name: str) -> list[tuple[str, Mapping[str, str]]]:
        """Every element of a small part, with its attributes, prefixes left out."""
        found: list[tuple[str, Mapping[str, str]]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            found.append((local(tag), {local(k): v for k, v in attributes.items()}))

        made = parser()
        made.StartElementHandler = start
        parse(made, iter([self.small(name)]))
        return found

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """id -> (last word of the type, target part) of a part's relationships; ones to outside stop the file."""
        folder, _, base = part.rpartition("/")
        name = f"{folder}/_rels/{base}.rels".lstrip("/")
        if not self.has(name):
            return {}
        found = {}
        for tag, attributes in self.elements(name):
            if tag != "Relationship":
                continue
            if attributes.get("TargetMode") == "External":
                raise BatchUnreadable("xlsx-external-links")
            target = attributes.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], whole)
        return found


def parse(made: Any, blocks: Iterator[bytes]) -> None:
    """Run a parser to its end. Raises as `fed`."""
    for _ in fed(made, blocks):
        pass


def fed(made: Any, blocks: Iterator[bytes]) -> Iterator[None]:
    """Run a parser to its end, with a stop after every block. Raises BatchUnreadable xlsx-xml, xlsx-bomb."""
    given = begun = 0
    for block in blocks:
        _step(made, block, last=False)
        given += len(block)
        begun = max(begun, made.CurrentByteIndex)  # where the last thing begins; -1 when expat waits for more
        if given - begun > MAX_TAG:
            raise BatchUnreadable("xlsx-bomb")
        yield
    _step(made, b"", last=True)
    yield


def _step(made: Any, block: bytes, *, last: bool) -> None:
    try:
        made.Parse(block, last)
    except (expat.ExpatError, ValueError):
        raise BatchUnreadable("xlsx-xml") from None


def _check_directory(stream: BinaryIO) -> None:
    """The archive's directory is read as a whole by whoever opens it, so its size is looked at first."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if stream.read(8) == _OLE:
        raise BatchUnreadable("xlsx-old-or-encrypted")
    stream.seek(max(0, size - 22 - 0xFFFF))
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise BatchUnreadable("xlsx-zip")
    if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):  # ZIP64: then another directory counts, of any size
        raise BatchUnreadable("xlsx-zip")
    disk, start, here, members, length = struct.unpack("<4xHHHHI", tail[at : at + 16])
    if disk or start or here != members:
        raise BatchUnreadable("xlsx-zip")
    if members > MAX_MEMBERS or length > MAX_DIRECTORY:
        raise BatchUnreadable("xlsx-bomb")


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.lower()
        if (
            name in found
            or info.header_offset < 0
            or info.flag_bits & 0x1
            or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        ):
            raise BatchUnreadable("xlsx-zip")
        for word, code in _FORBIDDEN:
            if word in name:
                raise BatchUnreadable(code)
        found[name] = info
    if len(found) > MAX_MEMBERS:
        raise BatchUnreadable("xlsx-bomb")
    if "[content_types].xml" not in found:
        raise BatchUnreadable("xlsx-part")
    if sum(info.file_size for info in found.values()) > MAX_TOTAL:
        raise BatchUnreadable("xlsx-bomb")
    return found
