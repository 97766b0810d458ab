"""PNG of one bit a pixel, straight from modules (ISO/IEC 15948): a tenth of the time of a general writer.

one_bit_png([b"\\0\\1", b"\\1\\0"], 3)      # 6 by 6 pixels, 1 is dark
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final
from zlib import compress, crc32

_END: Final = 2  # of a row, among modules of 0 and 1
_DIGITS: Final = b"102" + bytes(253)  # in the file 1 is white
_LEVEL: Final = 1  # the best level saves 0.8 kB of 2 and takes sixty times as long


def one_bit_png(rows: Sequence[bytes], scale: int) -> bytes:
    """rows: square, a byte a module, 0 light and 1 dark; scale: pixels a module."""
    side = len(rows) * scale
    wide = -(-side // 8)
    # end of a line, then filter "Up" with no difference: the row above once more
    end = b"0" * (8 * wide - side) + (b"00000010" + b"0" * 8 * wide) * (scale - 1)
    none = b"0" * 8  # no filter
    digits = bytes([_END]).join(rows).translate(_DIGITS)
    bits = digits.replace(b"0", b"0" * scale).replace(b"1", b"1" * scale).replace(b"2", end + none)
    lines = int(none + bits + end, 2).to_bytes((wide + 1) * side, "big")
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", head),
            _chunk(b"IDAT", compress(lines, _LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc32(name + body))
