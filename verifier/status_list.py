"""Token Status List in CWT form (draft-ietf-oauth-status-list): one bit a certificate, valid or not valid.

    protected   {1: -65537, 4: kid, 16: "application/statuslist+cwt"}
    payload     {1: iss, 2: "https://minzheng.example/v1/status-lists/1", 4: exp, 6: iat, 65533: {"lst": h'…zlib',
                 "bits": 1}, 65534: ttl}

Why a certificate is not valid (divorce, re-issue, annulment) is never published: there is one bit and no more.
Bit i of byte n stands for index 8n + i, least significant first.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import cbor, fields
from .cose import Sign1
from .errors import Malformed
from .labels import CWT_EXP, CWT_IAT, CWT_ISS, CWT_STATUS_LIST, CWT_SUB, CWT_TTL, TYP_STATUS_LIST

FORMAT: Final = "status-list"
MIN_ENTRIES: Final = 131_072  # herd privacy (W3C Bitstring Status List); shorter lists of ours are refused
MAX_ENTRIES: Final = 1 << 24
MAX_LIST_BYTES: Final = 4 << 20
VALID: Final = 0
NOT_VALID: Final = 1


def pack_bits(entries: int, not_valid: Iterable[int]) -> bytes:
    """zlib-compressed bitmap of `entries` bits with the given indices set. Raises Malformed for an index outside."""
    if not MIN_ENTRIES <= entries <= MAX_ENTRIES or entries % 8:
        raise Malformed(FORMAT, "entries")
    bitmap = bytearray(entries // 8)
    for i in not_valid:
        if not 0 <= i < entries:
            raise Malformed(FORMAT, "index-out-of-range")
        bitmap[i >> 3] |= 1 << (i & 7)
    return zlib.compress(bytes(bitmap), 9)


def inflate(compressed: bytes) -> bytes:
    """Inflate, bounded and exact: no bomb, no second stream, nothing trailing. Raises Malformed."""
    engine = zlib.decompressobj()
    try:
        bitmap = engine.decompress(compressed, MAX_ENTRIES // 8 + 1)
    except zlib.error:
        raise Malformed(FORMAT, "zlib") from None
    if len(bitmap) > MAX_ENTRIES // 8:
        raise Malformed(FORMAT, "too-large")
    if not engine.eof or engine.unused_data or engine.unconsumed_tail:
        raise Malformed(FORMAT, "zlib", "truncated or trailing data")
    return bitmap


def status_at(bitmap: bytes, bits: int, idx: int) -> int:
    """Status value of an index in a bitmap of 1, 2, 4 or 8 bits an entry. Raises Malformed if out of range."""
    if bits not in (1, 2, 4, 8):
        raise Malformed(FORMAT, "bits")
    per_byte = 8 // bits
    if not 0 <= idx < len(bitmap) * per_byte:
        raise Malformed(FORMAT, "index-out-of-range")
    return bitmap[idx // per_byte] >> (idx % per_byte * bits) & ((1 << bits) - 1)


def encode_payload(*, iss: str, uri: str, iat: int, exp: int, ttl: int, lst: bytes) -> bytes:
    """Payload bytes of a one-bit list; `lst` comes from `pack_bits`. Times and ttl in seconds."""
    return cbor.encode(
        {
            CWT_ISS: iss,
            CWT_SUB: uri,
            CWT_EXP: exp,
            CWT_IAT: iat,
            CWT_TTL: ttl,
            CWT_STATUS_LIST: {"bits": 1, "lst": lst},
        }
    )


@dataclass(frozen=True, slots=True)
class StatusList:
    """A parsed, *unverified* status list. Times are seconds since 1970-01-01 UTC."""

    sign1: Sign1
    iss: str
    uri: str
    iat: int
    exp: int
    ttl: int
    bitmap: bytes

    def is_valid(self, idx: int) -> bool:
        """Whether the bit of `idx` says valid. Raises Malformed if the list does not reach that far."""
        return status_at(self.bitmap, 1, idx) == VALID

    @classmethod
    def parse(cls, data: bytes) -> StatusList:
        """Parse one of our lists: one bit, at least 131,072 entries, `exp` and `ttl` present. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_STATUS_LIST, max_bytes=MAX_LIST_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        if sign1.unprotected or sign1.payload is None:
            raise Malformed(FORMAT, "structure")
        required = (CWT_ISS, CWT_SUB, CWT_EXP, CWT_IAT, CWT_TTL, CWT_STATUS_LIST)
        m = fields.mapping(FORMAT, cbor.decode(sign1.payload, max_bytes=MAX_LIST_BYTES), required)
        bitmap = parse_bits(m[CWT_STATUS_LIST], allowed=(1,))[1]
        if len(bitmap) * 8 < MIN_ENTRIES:
            raise Malformed(FORMAT, "too-short", f"fewer than {MIN_ENTRIES} entries")
        iat, exp = fields.time(FORMAT, m, CWT_IAT), fields.time(FORMAT, m, CWT_EXP)
        if exp <= iat:
            raise Malformed(FORMAT, "validity")
        return cls(
            sign1,
            fields.uscc(FORMAT, m, CWT_ISS),
            fields.text(FORMAT, m, CWT_SUB, 128),
            iat,
            exp,
            fields.uint(FORMAT, m, CWT_TTL, 366 * 86400),
            bitmap,
        )


def parse_bits(value: object, allowed: tuple[int, ...] = (1, 2, 4, 8)) -> tuple[int, bytes]:
    """(bits, bitmap) of a `status_list` map; `aggregation_uri` (draft section 4.3) is tolerated. Raises Malformed."""
    m: Mapping[Any, Any] = fields.mapping(FORMAT, value, ("bits", "lst"), ("aggregation_uri",))
    bits = fields.uint(FORMAT, m, "bits", 8)
    if bits not in allowed:
        raise Malformed(FORMAT, "bits")
    if "aggregation_uri" in m:
        fields.text(FORMAT, m, "aggregation_uri", 1024)
    return bits, inflate(fields.octets(FORMAT, m, "lst"))
