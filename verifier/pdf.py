"""A PDF that carries the issuer's statement about its own bytes.

    file = P || one incremental update (ISO 32000-1 clause 7.5.6) whose only object is the statement

    LF N 0 obj LF <</Type/MZRendition/Length 412>> LF stream LF … LF endstream LF endobj LF
    xref LF N 1 LF 0000052881 00000 n CR LF trailer LF <</Size N+1/Root 24 0 R/Info 22 0 R/ID[(…)(…)]/Prev 51200>> LF
    startxref LF 53391 LF %%EOF LF

The update changes nothing that is shown: nothing refers to its object. That is not taken on trust: the update is
derived again from P and the statement, and must be what stands there byte by byte. Otherwise somebody could append one
that replaces a page, and a reader would show his page under our statement.

P is of the typesetter's form: classical cross-reference table, trailer with exactly Size, Root, Info, ID.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final

from .errors import Malformed

FORMAT: Final = "pdf"
MAX_BYTES: Final = 16 << 20
MAX_STATEMENT: Final = 64 * 1024
MAX_ATTACHMENT: Final = 256 * 1024
_MAGIC: Final = b"%PDF-"
_MARK: Final = b"/Type/MZRendition"
_TAIL: Final = 1024  # bytes in which trailer and end of a file stand
_END: Final = re.compile(rb"startxref\n([1-9][0-9]{0,9})\n%%EOF\n?\Z")
_TRAILER: Final = re.compile(
    rb"trailer\n<</Size ([1-9][0-9]{0,8})(/Root [1-9][0-9]{0,8} 0 R/Info [1-9][0-9]{0,8} 0 R"
    rb"/ID\[\([0-9A-Za-z+/=]{1,64}\)\([0-9A-Za-z+/=]{1,64}\)\])>>\nstartxref\n([1-9][0-9]{0,9})\n%%EOF\n?\Z"
)
_TABLE: Final = re.compile(rb"xref\n[1-9][0-9]{0,8} 1\n([0-9]{10}) 00000 n\r\ntrailer\n")
_STREAM: Final = re.compile(rb"\n[1-9][0-9]{0,8} 0 obj\n<</Type/MZRendition/Length ([1-9][0-9]{0,5})>>\nstream\n")
_ATTACHMENT: Final = re.compile(
    rb"obj\n<</Length ([1-9][0-9]{0,6})/Type/EmbeddedFile(/Filter/FlateDecode)?/Subtype/application#2Fcose"
    rb"/Params<<[^<>\n]{0,200}>>>>\nstream\n"
)


@dataclass(frozen=True, slots=True)
class PdfFile:
    """`body` is P; `statement` what was appended, None if nothing was."""

    body: bytes
    statement: bytes | None


def is_pdf(data: bytes) -> bool:
    """Whether it begins as a PDF does."""
    return data.startswith(_MAGIC)


def append_statement(body: bytes, statement: bytes) -> bytes:
    """The file: P and its update. Raises Malformed if P is not of the typesetter's form."""
    if not 0 < len(statement) <= MAX_STATEMENT or len(body) > MAX_BYTES:
        raise Malformed(FORMAT, "size")
    found = _TRAILER.search(body, max(0, len(body) - _TAIL))
    if found is None or not is_pdf(body):
        raise Malformed(FORMAT, "trailer", "not of the typesetter's form")
    size, references, previous = int(found[1]), found[2], found[3]
    stream = b"<<%s/Length %d>>\nstream\n%s\nendstream" % (_MARK, len(statement), statement)
    object_ = b"\n%d 0 obj\n%s\nendobj\n" % (size, stream)
    table = len(body) + len(object_)
    return b"%s%sxref\n%d 1\n%010d 00000 n\r\ntrailer\n<</Size %d%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        body, object_, size, len(body) + 1, size + 1, references, previous, table,
    )  # fmt: skip


def read_pdf(data: bytes) -> PdfFile:
    """Take a file apart. Without an update of ours the whole file is `body`.

    Raises Malformed for an update of ours that is not the one which belongs there: whatever follows P in any other
    form may change what is shown.
    """
    if not is_pdf(data) or len(data) > MAX_BYTES + 2 * MAX_STATEMENT:
        raise Malformed(FORMAT, "size" if is_pdf(data) else "header")
    found = _update(data)
    if found is not None and append_statement(found.body, found.statement or b"") == data:
        return found
    if _MARK in data:
        raise Malformed(FORMAT, "update", "not the one that belongs to these bytes")
    return PdfFile(data, None)


def _update(data: bytes) -> PdfFile | None:
    """What the end of the file says of itself; not believed before it was derived again."""
    end = _END.search(data, max(0, len(data) - _TAIL))
    table = None if end is None else _TABLE.match(data, int(end[1]))
    if table is None:
        return None
    start = int(table[1]) - 1
    head = _STREAM.match(data, start) if start >= 0 else None
    if head is None:
        return None
    return PdfFile(data[:start], data[head.end() : head.end() + int(head[1])])


def attachment(body: bytes) -> bytes | None:
    """The holder's file inside: the one embedded file of type application/cose; None if there is none, or are several.

    Found by its form and not through the document's structure: what is found is signed by itself, so that somebody
    else's PDF can at most show somebody's genuine certificate.
    """
    found = list(_ATTACHMENT.finditer(body))
    if len(found) != 1:
        return None
    length, packed = int(found[0][1]), found[0][2] is not None
    content = body[found[0].end() : found[0].end() + length]
    if len(content) != length:
        return None
    return _inflate(content) if packed else content


def _inflate(content: bytes) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        out = inflater.decompress(content, MAX_ATTACHMENT + 1)
    except zlib.error:
        return None
    return out if inflater.eof and len(out) <= MAX_ATTACHMENT else None
