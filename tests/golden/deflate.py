"""A zlib stream (RFC 1950, 1951) that is the same on every machine.

zlib, zlib-ng and their versions compress to different bytes, and golden vectors are compared byte for byte. One block
with fixed codes, literals and repeats of the last byte is all that a sparse bitmap needs.
"""

from __future__ import annotations

import zlib

_REPEAT = 258  # bytes; length code 285, no extra bits


class _Bits:
    """Bits packed from the least significant end (RFC 1951 section 3.1.1)."""

    def __init__(self) -> None:
        self.value = 0
        self.count = 0

    def put(self, value: int, width: int) -> None:
        self.value |= value << self.count
        self.count += width

    def code(self, value: int, width: int) -> None:
        """Huffman codes go in from their most significant bit."""
        self.put(int(f"{value:0{width}b}"[::-1], 2), width)

    def symbol(self, symbol: int) -> None:
        """The fixed codes of section 3.2.6."""
        if symbol < 144:
            self.code(0x30 + symbol, 8)
        elif symbol < 256:
            self.code(0x190 + symbol - 144, 9)
        elif symbol < 280:
            self.code(symbol - 256, 7)
        else:
            self.code(0xC0 + symbol - 280, 8)

    def to_bytes(self) -> bytes:
        return self.value.to_bytes((self.count + 7) // 8, "little")


def deflate(data: bytes) -> bytes:
    """A zlib stream of `data`: literals, and repeats of the byte before."""
    bits = _Bits()
    bits.put(0b011, 3)  # final block, fixed codes
    i = 0
    while i < len(data):
        if i and data[i : i + _REPEAT] == data[i - 1 : i] * _REPEAT:
            bits.symbol(285)
            bits.code(0, 5)  # distance 1
            i += _REPEAT
        else:
            bits.symbol(data[i])
            i += 1
    bits.symbol(256)
    return b"\x78\x01" + bits.to_bytes() + zlib.adler32(data).to_bytes(4, "big")
