"""A file of records, whatever its form: surveyed as a whole first, then read row by row, both in constant memory.

The survey finds what must stop the file before anything of it was issued, and counts the rows for the progress bar.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import BinaryIO, Final

from api.errors import BatchUnreadable

from . import csvfile, ndjson, xlsx
from .encoding import ENCODINGS, Text, detect
from .headings import Target
from .rows import Row

CSV: Final = "csv"
NDJSON: Final = "ndjson"
XLSX: Final = "xlsx"
MEDIA: Final = {
    "text/csv": CSV,
    "application/x-ndjson": NDJSON,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": XLSX,
}
Source = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the file anew, seekable."""
_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Survey:
    """`rows` is how many there are, or a few more: lines within quotes are counted. `left_out`: columns of the
    interface that the register does not take. `digest`: SHA-256 of the bytes, to be keyed before it is kept."""

    form: str
    text: Text | None
    rows: int
    left_out: tuple[str, ...]
    digest: bytes
    archive: bool = False


def form_of(name: str) -> str:
    """By the end of a file's name; CSV if it says nothing."""
    lower = name.lower()
    return NDJSON if lower.endswith((".ndjson", ".jsonl")) else XLSX if lower.endswith((".xlsx", ".xlsm")) else CSV


def survey(
    source: Source, form: str, kind: Target, *, encoding: str = "auto", max_rows: int, archive: bool = False
) -> Survey:
    """Read the file to its end. `archive`: columns that old books did not have may be absent.

    Raises BatchUnreadable, OSError, SealBroken.
    """
    if encoding not in ENCODINGS:
        raise BatchUnreadable("encoding-unsupported")
    with source() as stream:
        digest = _digest(stream)
        stream.seek(0)
        if form == XLSX:
            with closing(xlsx.Workbook(stream)) as book:
                header, rows = book.survey(kind, archive=archive)
            found = Survey(form, None, rows, header.left_out, digest, archive)
        elif form == CSV:
            text = detect(stream, encoding, lambda line: _names_columns(line, kind, archive))
            left_out = _csv_header(stream, text, kind, archive)
            found = Survey(form, text, max(0, text.lines - 1), left_out, digest, archive)
        else:
            text = detect(stream, encoding, lambda _: False)
            found = Survey(form, text, text.lines, (), digest)
    if found.rows > max_rows:
        raise BatchUnreadable("too-many-rows", detail=f"more than {max_rows}")
    return found


def rows(source: Source, surveyed: Survey, kind: Target) -> Iterator[Row]:
    """Rows in order. Raises BatchUnreadable only if the file has changed since it was surveyed."""
    with source() as stream:
        if surveyed.text is None:
            yield from xlsx.read(stream, kind, archive=surveyed.archive)
        elif surveyed.form == CSV:
            yield from csvfile.read(stream, surveyed.text, kind, archive=surveyed.archive)
        else:
            yield from ndjson.read(stream, surveyed.text, kind)


def _digest(stream: BinaryIO) -> bytes:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.digest()


def _names_columns(line: str, kind: Target, archive: bool) -> bool:
    try:
        csvfile.header_of(line, kind, archive=archive)
    except BatchUnreadable:
        return False
    return True


def _csv_header(stream: BinaryIO, text: Text, kind: Target, archive: bool) -> tuple[str, ...]:
    stream.seek(text.start)
    line = stream.readline()
    if not line:
        raise BatchUnreadable("no-header")
    return csvfile.header_of(line.decode(text.encoding), kind, archive=archive).left_out
