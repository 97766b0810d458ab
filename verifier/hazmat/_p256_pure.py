"""ECDSA verification on P-256 over SHA-256, in plain Python (FIPS 186-5 §6.4.2)."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ._p256_params import CACHED_KEYS, CURVE
from ._weierstrass import Table, build_table, has_x, sum_of_multiples


@lru_cache(maxsize=1)
def _generator_table() -> Table:
    return build_table(CURVE, CURVE.gx, CURVE.gy)


@lru_cache(maxsize=CACHED_KEYS)
def _key_table(public_key: bytes) -> Table:
    x = int.from_bytes(public_key[1:33], "big")
    return build_table(CURVE, x, int.from_bytes(public_key[33:], "big"))


def accepts(public_key: bytes, r: int, s: int, message: bytes) -> bool:
    """Whether (r, s), each in [1, n), is a signature."""
    n = CURVE.n
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, n)
    terms = ((_generator_table(), e * inverse % n), (_key_table(public_key), r * inverse % n))
    return has_x(CURVE, sum_of_multiples(CURVE, terms), r)
