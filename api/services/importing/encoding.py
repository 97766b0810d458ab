"""Which encoding a text file is in: proved by every line of it, or refused. A name decoded by a guess would be signed.

    declared, or with a byte order mark    every line must be valid in that encoding
    neither                                every line must be valid in one of UTF-8 and GB18030, and only that one may
                                           fit the file as a whole

Short texts can be valid in both: 张三 in UTF-8 is also 寮犱笁 in GB18030, as is every UTF-8 text whose words have even
numbers of characters. The other way round takes rare characters in a rare order, one of thousands each time: a text
that is UTF-8 with sixteen different characters of three bytes is no GB18030. With fewer, a file without a mark whose
lines all fit both is ambiguous, unless its header line names our columns in Chinese under one of them only. And a line
of a GB18030 file that is UTF-8 of three bytes a character is taken for what it is: a row pasted from another file
(encoding-mixed).
Who knows better declares the encoding; then lines are judged by it alone.

Lines end with LF, which is part of no character in either encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from api.errors import BatchUnreadable

from .rows import MAX_LINE

UTF8: Final = "utf-8"
GB18030: Final = "gb18030"
ENCODINGS: Final = ("auto", UTF8, GB18030)
_MARKS: Final = ((b"\xef\xbb\xbf", UTF8), (b"\x84\x31\x95\x33", GB18030))
_FOREIGN_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_LONG_UTF8: Final = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_PROOF: Final = 16


@dataclass(frozen=True, slots=True)
class Text:
    """`encoding` is a codec's name, `start` the bytes of the mark, `lines` how many lines are not blank."""

    encoding: str
    start: int
    lines: int


def detect(stream: BinaryIO, declared: str, knows: Callable[[str], bool]) -> Text:
    """Read the whole stream and say what it is. `knows`: whether a first line is a header of the kind.

    Raises BatchUnreadable: encoding-unsupported, encoding-invalid, encoding-mixed, encoding-ambiguous, nul-character,
    line-too-long; each but the first with its line.
    """
    head = stream.read(4)
    if head.startswith(_FOREIGN_MARKS):
        raise BatchUnreadable("encoding-unsupported", detail="save the file as UTF-8 or GB18030")
    mark, marked = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", "auto"))
    if "auto" not in (declared, marked) and declared != marked:
        raise BatchUnreadable("encoding-invalid", line=1)  # the mark of the other encoding
    wanted = declared if declared != "auto" else marked
    stream.seek(len(mark))
    if wanted != "auto":
        return Text(wanted, len(mark), _entirely(stream, wanted))
    return _proved(stream, knows)


def lines_of(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines with their ends. Raises BatchUnreadable: nul-character, line-too-long."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BatchUnreadable("line-too-long", line=number)
        if b"\x00" in line:
            raise BatchUnreadable("nul-character", line=number)
        yield number, line


def _entirely(stream: BinaryIO, encoding: str) -> int:
    count = 0
    for number, line in lines_of(stream):
        if not (line.isascii() or _fits(line, encoding)):
            raise BatchUnreadable("encoding-invalid", line=number)
        count += not line.isspace()
    return count


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _proved(stream: BinaryIO, knows: Callable[[str], bool]) -> Text:
    """The encoding that the lines prove. The first line of each sort is remembered, for the error that may follow."""
    only_utf8 = only_gb = both = looks_utf8 = count = 0
    long: set[bytes] = set()
    header = b""
    for number, line in lines_of(stream):
        header = header or line
        count += not line.isspace()
        if line.isascii():
            continue
        utf8 = _fits(line, UTF8)
        gb = _fits(line, GB18030) if not utf8 or not only_utf8 or only_gb else False
        if not (utf8 or gb):
            raise BatchUnreadable("encoding-invalid", line=number)
        if utf8 and gb:
            both = both or number
            if len(long) < _PROOF:
                long.update(_LONG_UTF8.findall(line))
            looks_utf8 = looks_utf8 or (number if long else 0)
        elif utf8:
            only_utf8 = only_utf8 or number
        else:
            only_gb = only_gb or number
        if only_gb and (only_utf8 or looks_utf8):
            raise BatchUnreadable("encoding-mixed", line=max(only_gb, only_utf8 or looks_utf8))
    if not only_utf8 and not only_gb and both and len(long) < _PROOF:
        return Text(_by_header(header, knows, both), 0, count)
    return Text(GB18030 if only_gb else UTF8, 0, count)


def _by_header(header: bytes, knows: Callable[[str], bool], line: int) -> str:
    if not header.isascii():
        named = [e for e in (UTF8, GB18030) if _fits(header, e) and knows(header.decode(e))]
        if len(named) == 1:
            return named[0]
    raise BatchUnreadable("encoding-ambiguous", line=line)
