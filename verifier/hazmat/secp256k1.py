"""ECDSA on secp256k1 over Keccak-256: who signed? (SEC 1 section 4.1.6, SEC 2 section 2.4.1)

    recover_address(message, sig65)          # r || s || v with v 0 or 1; 20-byte address, or None
    recover_addresses(message, [sig65, …])   # the same for each, hashing the message once

Ethereum's chains name keys by address, the last 20 bytes of keccak(x || y), and carry no public keys: the key is
recovered from the signature. *Every* well-formed signature recovers to some address, so an address means nothing
until it has been looked up among those that may sign. (r, n - s, 1 - v) recovers to the same address: signatures are
not unique, and must be counted by address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from ._weierstrass import Affine, Curve, Table, add_affine, build_table, multiple, normalise, sum_of_multiples
from .keccak import keccak256

SIGNATURE_BYTES: Final = 65
ADDRESS_BYTES: Final = 20

_CURVE: Final = Curve(
    p=0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_FFFFFC2F,
    b=7,
    n=0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141,
    gx=0x79BE667E_F9DCBBAC_55A06295_CE870B07_029BFCDB_2DCE28D9_59F2815B_16F81798,
    gy=0x483ADA77_26A3C465_5DA4FBFC_0E1108A8_FD17B448_A6855419_9C47D08F_FB10D4B8,
    a=0,
)


@lru_cache(maxsize=1)
def _generator_table() -> Table:
    return build_table(_CURVE, _CURVE.gx, _CURVE.gy)


def _lift(x: int, odd: int) -> Affine | None:
    """The point with that x and the parity of y; None if x is of no point. p = 3 mod 4 makes the root a power."""
    p = _CURVE.p
    y: int = pow(x * x * x + _CURVE.b, (p + 1) // 4, p)
    if not _CURVE.contains(x, y):
        return None
    return x, y if y & 1 == odd else p - y


def recover_address(message: bytes, signature: bytes) -> bytes | None:
    """Address of the one key for which `signature` (65 bytes) is valid over keccak(message); None if there is none.

    The recovery ids 2 and 3, for r + n as the x-coordinate, are refused: no honest signer ever meets one. Raises
    TypeError if `message` is not bytes.
    """
    return next(recover_addresses(message, [signature]))


def recover_addresses(message: bytes, signatures: Iterable[bytes]) -> Iterator[bytes | None]:
    """`recover_address` for each, as it is asked for. Keccak in Python costs more than the curve on a long message."""
    if type(message) is not bytes:
        raise TypeError("message must be bytes")
    e = int.from_bytes(keccak256(message), "big")
    for signature in signatures:
        yield _recover(e, signature)


def _recover(e: int, signature: bytes) -> bytes | None:
    """Address for the hash `e` of a message: never for one that somebody else hands in, for it could be made to fit."""
    if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES or signature[64] > 1:
        return None
    n = _CURVE.n
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if not (0 < r < n and 0 < s < n):
        return None
    point = _lift(r, signature[64])
    if point is None:
        return None
    # Q = (s·R - e·G) / r
    inverse = pow(r, -1, n)
    key = sum_of_multiples(_CURVE, ((_generator_table(), -e * inverse % n),))
    part = multiple(_CURVE, point, s * inverse % n)
    if part is not None:
        key = add_affine(_CURVE, key, normalise(_CURVE, [part])[0])
    if key is None:
        return None
    ((x, y),) = normalise(_CURVE, [key])
    return keccak256(x.to_bytes(32, "big") + y.to_bytes(32, "big"))[-ADDRESS_BYTES:]
