"""Text to the codewords of a QR symbol: data, padding, Reed-Solomon check bytes, interleaved (ISO/IEC 18004, 7.4-7.6).

The package `qrcode` does the same, but stops with an arithmetic error when all data of one block are zero bits
(a code text of many zeros), and takes ten times as long. Its tables of blocks and capacities are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from qrcode import base, util  # type: ignore[import-untyped]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}
_PADDING: Final = bytes([0xEC, 0x11])


@dataclass(frozen=True, slots=True)
class Segment:
    """One mode segment. mode: of the package's constants; count: characters; bits: the body as binary digits."""

    mode: int
    count: int
    bits: str


def segment(text: str) -> Segment:
    """Alphanumeric (5.5 bits a character) if every character allows it, else bytes. `text` is ASCII.

    A base45 code must get the alphanumeric mode: as bytes it would need a symbol 45 % larger.
    """
    if not _VALUE.keys() >= set(text):
        body = text.encode("ascii")
        return Segment(util.MODE_8BIT_BYTE, len(text), f"{int.from_bytes(body, 'big'):0{8 * len(body)}b}")
    values = [_VALUE[character] for character in text]
    pairs = zip(values[::2], values[1::2], strict=False)
    tail = f"{values[-1]:06b}" if len(values) % 2 else ""
    return Segment(util.MODE_ALPHA_NUM, len(text), "".join(f"{high * 45 + low:011b}" for high, low in pairs) + tail)


def header_bits(part: Segment, version: int) -> str:
    """Mode indicator and character count."""
    length: int = util.length_in_bits(part.mode, version)
    return f"{part.mode:04b}{part.count:0{length}b}"


def smallest_version(part: Segment, level: int, maximum: int) -> int | None:
    """Smallest version up to `maximum` that holds the segment at an error-correction level, None if none does."""
    for version in range(1, maximum + 1):
        if len(header_bits(part, version)) + len(part.bits) <= util.BIT_LIMIT_TABLE[level][version]:
            return version
    return None


def codewords(part: Segment, version: int, level: int) -> list[int]:
    """All codewords of a symbol that holds the segment, in the order in which they are placed."""
    blocks = base.rs_blocks(version, level)
    capacity = sum(block.data_count for block in blocks)
    data = _padded(header_bits(part, version) + part.bits, capacity)
    parts, checks = [], []
    start = 0
    for block in blocks:
        piece = data[start : start + block.data_count]
        start += block.data_count
        parts.append(piece)
        checks.append(_check_bytes(piece, block.total_count - block.data_count))
    return _interleaved(parts) + _interleaved(checks)


def _padded(bits: str, capacity: int) -> bytes:
    bits += "0" * min(4, capacity * 8 - len(bits))  # terminator, cut short at the end of the symbol
    bits += "0" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big")
    missing = capacity - len(body)
    return body + (_PADDING * (missing // 2 + 1))[:missing]


def _interleaved(parts: list[bytes]) -> list[int]:
    longest = max(map(len, parts))
    return [part[index] for index in range(longest) for part in parts if index < len(part)]


@lru_cache(maxsize=32)
def _multiples(count: int) -> tuple[int, ...]:
    """The generator polynomial of `count` check bytes without its leading term, times 0…255, as integers."""
    generator = [1]
    for power in range(count):
        root = base.gexp(power)
        shifted = [*generator, 0]
        for index, coefficient in enumerate(generator):
            shifted[index + 1] ^= _times(coefficient, root)
        generator = shifted
    return tuple(
        int.from_bytes(bytes(_times(factor, coefficient) for coefficient in generator[1:]), "big")
        for factor in range(256)
    )


def _times(one: int, other: int) -> int:
    """Product in the field of 256 elements modulo x^8 + x^4 + x^3 + x^2 + 1."""
    if not one or not other:
        return 0
    product: int = base.gexp(base.glog(one) + base.glog(other))
    return product


def _check_bytes(data: bytes, count: int) -> bytes:
    """Remainder of the data polynomial by the generator, a byte at a time."""
    multiples = _multiples(count)
    top = 8 * (count - 1)
    low = (1 << top) - 1
    remainder = 0
    for byte in data:
        remainder = ((remainder & low) << 8) ^ multiples[(remainder >> top) ^ byte]
    return remainder.to_bytes(count, "big")
