"""Ed25519 verification in plain Python (RFC 8032 §5.1.7, without the cofactor, as libcrypto does it)."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ._edwards25519 import L, P, Table, build_table, decode, encode, sum_of_multiples

CACHED_KEYS = 64
_BASE = bytes.fromhex("58" + "66" * 31)


@lru_cache(maxsize=CACHED_KEYS + 1)
def _table(encoded: bytes, negated: bool) -> Table:
    point = decode(encoded)
    assert point is not None  # the key was checked when it was parsed
    x, y = point
    return build_table(-x % P if negated else x, y)


def accepts(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether R || S with S < L is a signature: R is, byte for byte, the encoding of S·B - k·A."""
    commitment, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(commitment + public_key + message).digest(), "little") % L
    terms = ((_table(_BASE, False), s), (_table(public_key, True), k))
    return encode(sum_of_multiples(terms)) == commitment
