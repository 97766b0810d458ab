"""SM2 verification in plain Python: the last resort, and the reference that the other backends are held against."""

from __future__ import annotations

from functools import lru_cache

from ._sm2_params import CACHED_KEYS, CURVE, expected_x
from ._weierstrass import Table, build_table, has_x, sum_of_multiples


@lru_cache(maxsize=1)
def _generator_table() -> Table:
    return build_table(CURVE, CURVE.gx, CURVE.gy)


@lru_cache(maxsize=CACHED_KEYS)
def _key_table(public_key: bytes) -> Table:
    x = int.from_bytes(public_key[1:33], "big")
    return build_table(CURVE, x, int.from_bytes(public_key[33:], "big"))


def sum_has_x(public_key: bytes, s: int, t: int, x: int) -> bool:
    """Whether s·G + t·P is finite with x-coordinate x modulo n."""
    terms = ((_generator_table(), s), (_key_table(public_key), t))
    return has_x(CURVE, sum_of_multiples(CURVE, terms), x)


def accepts(public_key: bytes, signature: tuple[int, int, int], message: bytes, distinguishing_id: bytes) -> bool:
    """Whether (r, s, t = r + s mod n), already range-checked, is a signature (GB/T 32918.2 §7.1 B4 to B7)."""
    r, s, t = signature
    return sum_has_x(public_key, s, t, expected_x(public_key, distinguishing_id, message, r))
