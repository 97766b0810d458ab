"""The shared strings of a workbook: in memory while they are few, else in a sealed file without a name.

Every 16th string's place is kept, so ten million of them cost 5 MB of memory.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from typing import BinaryIO, Final

from api.errors import BatchUnreadable

from .spool import CHUNK, ChunkReader, ChunkWriter, scratch
from .xlsx_package import local, parse, parser

MAX_MEMORY: Final = 16 << 20  # bytes
MAX_STRING: Final = 32_767  # characters, the limit of a cell
_STRIDE: Final = 16
_LENGTH: Final = 4  # bytes before each string


class Strings:
    """Built by `read`; then `get`. Not safe for threads."""

    def __init__(self, max_memory: int = MAX_MEMORY) -> None:
        self._max_memory = max_memory
        self._memory: BinaryIO = io.BytesIO()
        self._writer: ChunkWriter | None = None
        self._file: BinaryIO | None = None
        self._key = b""
        self._places = array("Q")
        self._size = 0
        self._count = 0
        self._reader: BinaryIO | None = None

    def __len__(self) -> int:
        return self._count

    @property
    def on_disk(self) -> bool:
        return self._file is not None

    def add(self, text: str) -> None:
        """The next string, in UTF-8 behind its length."""
        data = text.encode("utf-8", "surrogatepass")
        if self._count % _STRIDE == 0:
            self._places.append(self._size)
        item = len(data).to_bytes(_LENGTH, "big") + data
        self._count += 1
        self._size += len(item)
        if self._writer is None and self._size > self._max_memory:
            self._spill()
        if self._writer is None:
            self._memory.write(item)
        else:
            self._writer.write(item)

    def _spill(self) -> None:
        self._file, self._key = scratch()
        self._writer = ChunkWriter(self._file, self._key)
        self._memory.seek(0)
        while block := self._memory.read(CHUNK):
            self._writer.write(block)
        self._memory.close()

    def finish(self) -> None:
        """No more strings."""
        if self._writer is None or self._file is None:
            self._reader = self._memory
            return
        self._writer.finish()
        self._reader = io.BufferedReader(ChunkReader(self._file, self._key), CHUNK)

    def get(self, index: int) -> str:
        """Raises BatchUnreadable for an index that there is not."""
        if self._reader is None or not 0 <= index < self._count:
            raise BatchUnreadable("xlsx-part")
        self._reader.seek(self._places[index // _STRIDE])
        for _ in range(index % _STRIDE):
            self._reader.seek(int.from_bytes(self._reader.read(_LENGTH), "big"), io.SEEK_CUR)
        length = int.from_bytes(self._reader.read(_LENGTH), "big")
        return self._reader.read(length).decode("utf-8", "surrogatepass")

    def close(self) -> None:
        for stream in (self._reader, self._file):
            if stream is not None:
                stream.close()


def read_strings(blocks: Iterator[bytes], max_memory: int = MAX_MEMORY) -> Strings:
    """Parse a sharedStrings part. Phonetic hints (rPh) are no part of a string."""
    strings = Strings(max_memory)
    text: list[str] = []
    state = {"in_text": False, "phonetic": False, "size": 0}

    def start(tag: str, _: object) -> None:
        name = local(tag)
        if name == "si":
            text.clear()
            state["size"] = 0
        elif name == "rPh":
            state["phonetic"] = True
        elif name == "t":
            state["in_text"] = True

    def end(tag: str) -> None:
        name = local(tag)
        if name == "si":
            strings.add("".join(text))
        elif name == "rPh":
            state["phonetic"] = False
        elif name == "t":
            state["in_text"] = False

    def characters(data: str) -> None:
        if state["in_text"] and not state["phonetic"]:
            state["size"] += len(data)
            if state["size"] > MAX_STRING:
                raise BatchUnreadable("xlsx-bomb")
            text.append(data)

    made = parser()
    made.StartElementHandler, made.EndElementHandler, made.CharacterDataHandler = start, end, characters
    parse(made, blocks)
    strings.finish()
    return strings
