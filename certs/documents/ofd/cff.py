"""A Compact Font Format table (Adobe TN 5176) around finished charstrings.

CID-keyed under Adobe-Identity-0, which needs no glyph names; glyph n has CID n. One private dictionary with nominal
and default width 0, so each charstring states its whole advance. No subroutines: the charstrings bring none.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

_HEADER: Final = bytes([1, 0, 4, 4])  # version 1.0, 4 bytes of header, absolute offsets of 4 bytes
_STRINGS: Final = (b"Adobe", b"Identity")  # string identifiers 391 and 392
_FIRST_STRING: Final = 391
_OPERATORS: Final = {
    "FontBBox": b"\x05",
    "charset": b"\x0f",
    "CharStrings": b"\x11",
    "Private": b"\x12",
    "ROS": b"\x0c\x1e",
    "CIDCount": b"\x0c\x22",
    "FDArray": b"\x0c\x24",
    "FDSelect": b"\x0c\x25",
    "defaultWidthX": b"\x14",
    "nominalWidthX": b"\x15",
}
BOUNDS: Final = (-200, -300, 1200, 1100)
"""Of every font written: generous, since readers use it to reserve room and not to place anything."""


def cff_table(name: str, charstrings: Sequence[bytes]) -> bytes:
    """The table. name: PostScript name, ASCII. charstrings: at least one, of .notdef first; at most 65,535."""
    count = len(charstrings)
    private = _entry("defaultWidthX", 0) + _entry("nominalWidthX", 0)
    names, strings, no_subroutines = _index([name.encode("ascii")]), _index(_STRINGS), _index([])
    charset = struct.pack(">BHH", 2, 1, count - 2) if count > 1 else b"\x00"  # one range from CID 1
    select = struct.pack(">BHHBH", 3, 1, 0, 0, count)  # one range, all glyphs to dictionary 0
    outlines = _index(charstrings)

    start = len(_HEADER) + len(names) + len(_index([_top(count, 0, 0, 0, 0)])) + len(strings) + len(no_subroutines)
    at_select = start + len(charset)
    at_outlines = at_select + len(select)
    at_private = at_outlines + len(outlines)
    at_array = at_private + len(private)
    fonts = _index([_entry("Private", len(private), at_private)])
    top = _index([_top(count, start, at_select, at_outlines, at_array)])
    return b"".join((_HEADER, names, top, strings, no_subroutines, charset, select, outlines, private, fonts))


def _top(count: int, charset: int, select: int, outlines: int, array: int) -> bytes:
    """The top dictionary; of the same length for any offsets, since all numbers take five bytes."""
    return b"".join(
        (
            _entry("ROS", _FIRST_STRING, _FIRST_STRING + 1, 0),  # must come first
            _entry("FontBBox", *BOUNDS),
            _entry("CIDCount", count),
            _entry("charset", charset),
            _entry("FDSelect", select),
            _entry("CharStrings", outlines),
            _entry("FDArray", array),
        )
    )


def _entry(operator: str, *operands: int) -> bytes:
    return b"".join(struct.pack(">Bi", 29, operand) for operand in operands) + _OPERATORS[operator]


def _index(items: Sequence[bytes]) -> bytes:
    """An INDEX with offsets of 4 bytes; of two zero bytes if empty."""
    if not items:
        return b"\x00\x00"
    offsets = list(accumulate(map(len, items), initial=1))
    return struct.pack(f">HB{len(offsets)}I", len(items), 4, *offsets) + b"".join(items)
