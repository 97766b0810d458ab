"""A small OpenType font (1.9) of the characters that one document uses.

    data = subset("NotoSansCJKsc-Regular", "Noto Sans CJK SC", {"证": glyph, …})

Nine tables, enough for browsers and operating systems: CFF outlines, character map (format 4, and format 12 where a
character lies beyond the first plane), metrics, names. Equal input gives equal bytes: glyphs stand in the order of
their code points, dates say nothing.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Mapping
from typing import Final
from zlib import crc32

from certs.documents.ofd.cff import BOUNDS, cff_table
from certs.documents.ofd.glyphs import UNITS_PER_EM, Glyph

ASCENT: Final = 880
DESCENT: Final = -120
_MAGIC: Final = 0x5F0F3CF5
_WHOLE: Final = 0xB1B0AFBA  # what a font's words add up to, OpenType "head"
_NOTDEF: Final = Glyph(UNITS_PER_EM, b"\x03\xe8\x00\x00", b"\xfa\x7c\x0e")  # advance 1000, no outline, endchar
_DAY: Final = 2_398_377_600  # 1980-01-01 in seconds since 1904: no date at all, but one that readers accept
_LICENSE: Final = "SIL Open Font License 1.1, https://openfontlicense.org"


def subset(name: str, family: str, glyphs: Mapping[str, Glyph]) -> bytes:
    """The font file. name: PostScript name of the source; the subset's own name begins with a tag of its characters,
    so that a reader never takes one document's subset for another's."""
    characters = sorted(glyphs)
    drawn = [_NOTDEF, *(glyphs[character] for character in characters)]
    own_name = f"{_tag(characters)}+{name}"
    tables = {
        b"CFF ": cff_table(own_name, [glyph.outline for glyph in drawn]),
        b"OS/2": _os2(characters),
        b"cmap": _cmap([ord(character) for character in characters]),
        b"head": _head(),
        b"hhea": _hhea(drawn),
        b"hmtx": b"".join([glyph.metrics for glyph in drawn]),
        b"maxp": struct.pack(">IH", 0x00005000, len(drawn)),
        b"name": _name(own_name, family),
        b"post": struct.pack(">IiHhIIIII", 0x00030000, 0, 0xFFFF - 99, 50, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def _tag(characters: list[str]) -> str:
    """Six capital letters, as PDF tags its subsets (ISO 32000-1 §9.6.4)."""
    rest = crc32("".join(characters).encode("utf-8"))
    letters = []
    for _ in range(6):
        rest, letter = divmod(rest, 26)
        letters.append(chr(65 + letter))
    return "".join(letters)


def _cmap(points: list[int]) -> bytes:
    runs = list(_runs(points))
    first = _format4([run for run in runs if run[0] <= 0xFFFF])
    if not points or points[-1] <= 0xFFFF:
        return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + first
    wide = b"".join(struct.pack(">III", start, start + count - 1, glyph) for start, count, glyph in runs)
    last = struct.pack(">HHIII", 12, 0, 16 + len(wide), 0, len(runs)) + wide
    return struct.pack(">HHHHIHHI", 0, 2, 3, 1, 20, 3, 10, 20 + len(first)) + first + last


def _runs(points: list[int]) -> Iterator[tuple[int, int, int]]:
    """(first code point, count, glyph of the first) of neighbours; glyph numbers follow the order from 1 on."""
    first = 0
    for index in range(1, len(points) + 1):
        if index == len(points) or points[index] != points[index - 1] + 1 or points[index] == 0x10000:
            yield points[first], index - first, first + 1
            first = index


def _format4(runs: list[tuple[int, int, int]]) -> bytes:
    segments = [(start, start + count - 1, (glyph - start) & 0xFFFF) for start, count, glyph in runs]
    if not segments or segments[-1][1] != 0xFFFF:
        segments.append((0xFFFF, 0xFFFF, 1))  # the closing segment that the format demands
    count = len(segments)
    power = 1 << (count.bit_length() - 1)
    columns = [end for _, end, _ in segments], [start for start, _, _ in segments], [delta for _, _, delta in segments]
    body = struct.pack(f">{count}HH{count}H{count}H{count}H", *columns[0], 0, *columns[1], *columns[2], *[0] * count)
    search = (2 * count, 2 * power, power.bit_length() - 1, 2 * (count - power))
    return struct.pack(">HHHHHHH", 4, 14 + len(body), 0, *search) + body


def _head() -> bytes:
    return struct.pack(
        ">IIIIHHqqhhhhHHhhh",
        0x00010000, 0x00010000, 0, _MAGIC, 0b11, UNITS_PER_EM, _DAY, _DAY, *BOUNDS, 0, 6, 2, 0, 0,
    )  # fmt: skip


def _hhea(drawn: list[Glyph]) -> bytes:
    widest = max(glyph.advance for glyph in drawn)
    return struct.pack(
        ">IhhhHhhhhhhhhhhhH",
        0x00010000, ASCENT, DESCENT, 0, widest, *BOUNDS[:2], BOUNDS[2], 1, 0, 0, 0, 0, 0, 0, 0, len(drawn),
    )  # fmt: skip


def _os2(characters: list[str]) -> bytes:
    first, last = (min(ord(characters[index]), 0xFFFF) for index in (0, -1)) if characters else (0, 0)
    script = (650, 600, 0, 75, 650, 600, 0, 350, 50, 325)  # sub- and superscript, strike-out
    return b"".join(
        (
            struct.pack(">HhHHH", 3, UNITS_PER_EM, 400, 5, 0),
            struct.pack(">10hh10s", *script, 0, bytes(10)),
            struct.pack(">IIII4s", 0, 1 << 27, 0, 0, b"    "),  # bit 59: CJK unified ideographs
            struct.pack(">HHH", 0x40, first, last),
            struct.pack(">hhhHHII", ASCENT, DESCENT, 0, BOUNDS[3], -BOUNDS[1], 1 | 1 << 18, 0),
            struct.pack(">hhHHH", 500, 700, 0, 32, 0),
        )
    )


def _name(own_name: str, family: str) -> bytes:
    style = "Regular"
    words = {1: family, 2: style, 3: own_name, 4: f"{family} {style}", 6: own_name, 13: _LICENSE}
    records, store = [], b""
    for identifier, word in words.items():
        data = word.encode("utf-16-be")
        records.append(struct.pack(">6H", 3, 1, 0x0409, identifier, len(data), len(store)))
        store += data
    return struct.pack(">HHH", 0, len(records), 6 + 12 * len(records)) + b"".join(records) + store


def _file(tables: Mapping[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    directory = struct.pack(">4sHHHH", b"OTTO", count, 16 * power, power.bit_length() - 1, 16 * (count - power))
    position = len(directory) + 16 * count
    bodies, total, head = [], 0, 0
    for tag, data in tables.items():
        padded = data + bytes(-len(data) % 4)
        checksum = _sum(padded)
        directory += struct.pack(">4sIII", tag, checksum, position, len(data))
        head = position if tag == b"head" else head
        bodies.append(padded)
        position += len(padded)
        total += checksum
    font = bytearray(b"".join((directory, *bodies)))
    struct.pack_into(">I", font, head + 8, (_WHOLE - total - _sum(directory)) & 0xFFFFFFFF)
    return bytes(font)


def _sum(data: bytes) -> int:
    words = array("I", data)
    if sys.byteorder == "little":
        words.byteswap()
    return sum(words) & 0xFFFFFFFF
