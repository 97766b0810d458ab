"""DER SEQUENCE of two INTEGERs to r || s, strictly.

Sample: 30 06 02 01 05 02 01 07 becomes 31 zero bytes, 05, 31 zero bytes, 07.
"""

from __future__ import annotations

from typing import Final

from certs.errors import SigningFailed

ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""Order n of the SM2 curve (GB/T 32918.5)."""


def _integer(der: bytes, pos: int) -> tuple[int, int]:
    if der[pos] != 0x02:
        raise SigningFailed("signature encoding: no INTEGER")
    length = der[pos + 1]
    start, end = pos + 2, pos + 2 + length
    if not 1 <= length <= 33 or end > len(der):
        raise SigningFailed("signature encoding: length")
    if der[start] & 0x80 or (der[start] == 0 and length > 1 and not der[start + 1] & 0x80):
        raise SigningFailed("signature encoding: not minimal")
    return int.from_bytes(der[start:end], "big"), end


def der_to_raw(der: bytes) -> bytes:
    """64 bytes r || s with 1 <= r, s < n. Raises SigningFailed for every other or non-minimal encoding."""
    try:
        if der[0] != 0x30 or der[1] != len(der) - 2:
            raise SigningFailed("signature encoding: no SEQUENCE")
        r, pos = _integer(der, 2)
        s, end = _integer(der, pos)
    except IndexError:
        raise SigningFailed("signature encoding: truncated") from None
    if end != len(der):
        raise SigningFailed("signature encoding: trailing data")
    if not 1 <= r < ORDER or not 1 <= s < ORDER or (r + s) % ORDER == 0:
        raise SigningFailed("signature out of range")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
