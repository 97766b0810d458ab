"""The Minzheng code as a PNG whose modules are whole bytes: exact at any size, in every reader.

A picture and not squares drawn as a path: readers smooth the edges of paths, each in its own way, and a code of
version 22 has 2,700 of them.
"""

from __future__ import annotations

import struct
from typing import Final
from zlib import compress, crc32

from certs.documents.codes import QUIET_ZONE, PrintedCode

MIN_DOTS_PER_INCH: Final = 300
_BITS_OF_A_BYTE: Final = 8
_PAPER_AND_INK: Final = bytes([255, 0]) + bytes(254)
_LEVEL: Final = 1  # 2 kB in 0.05 ms; the best level saves 0.8 kB and takes sixty times as long


def code_picture(code: PrintedCode) -> bytes:
    """PNG, one bit a pixel, quiet zone included; 8, 16, … pixels a module, at least 300 dots per inch on paper."""
    bytes_wide = 1
    while bytes_wide * _BITS_OF_A_BYTE * 25.4 / code.module_mm < MIN_DOTS_PER_INCH:
        bytes_wide += 1
    scale = bytes_wide * _BITS_OF_A_BYTE
    side = code.symbol.size + 2 * QUIET_ZONE
    empty = bytes(side)
    margin = [empty] * QUIET_ZONE
    sides = bytes(QUIET_ZONE)
    rows = [*margin, *(sides + row + sides for row in code.symbol.rows), *margin]
    same = b"\x02" + bytes(side * bytes_wide)  # filter "Up" with no difference: the row above once more
    pixels = b"".join(_row(row, bytes_wide) + same * (scale - 1) for row in rows)
    head = struct.pack(">IIBBBBB", side * scale, side * scale, 1, 0, 0, 0, 0)
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head), _chunk(b"IDAT", compress(pixels, _LEVEL)), _chunk(b"IEND", b""))
    )


def _row(cells: bytes, bytes_wide: int) -> bytes:
    wide = cells.translate(_PAPER_AND_INK)
    if bytes_wide > 1:
        wide = b"".join(bytes([value]) * bytes_wide for value in wide)
    return b"\x00" + wide


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))
