"""The curve edwards25519 (RFC 8032 §5.1) on Python integers: decoding, and s·B - k·A by fixed-base tables.

For verification only; nothing is secret and nothing takes constant time. Points are extended coordinates
(X, Y, Z, T) with x = X/Z, y = Y/Z, T = XY/Z; the addition law is complete, so no case is special.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_1: Final = pow(2, (P - 1) // 4, P)

_WINDOW = 4
_ROWS = 64  # 64 · 4 = 256 bits; scalars are below L < 2**253
_MASK = (1 << _WINDOW) - 1

Affine = tuple[int, int]
Extended = tuple[int, int, int, int]
Prepared = tuple[int, int, int]  # y + x, y - x, 2·d·x·y
Table = tuple[tuple[Prepared, ...], ...]

IDENTITY: Final[Extended] = (0, 1, 1, 0)


def decode(encoded: bytes) -> Affine | None:
    """The point in 32 bytes (§5.1.3), or None: y not below p, no such point, or a sign bit on x = 0."""
    value = int.from_bytes(encoded, "little")
    sign, y = value >> 255, value & ((1 << 255) - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * _SQRT_MINUS_1 % P
        if v * x * x % P != u:
            return None
    if x == 0 and sign:
        return None
    return (P - x if x & 1 != sign else x), y


def encode(point: Extended) -> bytes:
    """The one encoding of a point: y, little-endian, with x's lowest bit on top."""
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def prepare(x: int, y: int) -> Prepared:
    """What an addition needs of an affine point."""
    return (y + x) % P, (y - x) % P, 2 * D * x * y % P


def add(point: Extended, other: Prepared) -> Extended:
    """point + other (§5.1.4, with Z2 = 1)."""
    x, y, z, t = point
    a = (y - x) * other[1] % P
    b = (y + x) * other[0] % P
    c = t * other[2] % P
    e, f, g, h = b - a, 2 * z - c, 2 * z + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(point: Extended) -> Extended:
    """2·point (§5.1.4)."""
    x, y, z, _ = point
    a, b = x * x, y * y
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = 2 * z * z + g
    e, f, g, h = e % P, f % P, g % P, h % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def has_small_order(x: int, y: int) -> bool:
    """Whether 8·(x, y) is the identity."""
    point = double(double(double((x, y, 1, x * y % P))))
    return point[0] == 0 and point[1] == point[2]


def _normalise(points: list[Extended]) -> list[Affine]:
    running = [1]
    for point in points:
        running.append(running[-1] * point[2] % P)
    inverse = pow(running[-1], -1, P)
    affine: list[Affine] = []
    for (x, y, z, _), before in zip(reversed(points), reversed(running[:-1]), strict=True):
        inv = inverse * before % P
        inverse = inverse * z % P
        affine.append((x * inv % P, y * inv % P))
    affine.reverse()
    return affine


def build_table(x: int, y: int) -> Table:
    """row[i][d] = d · 16**i · (x, y)."""
    point: Extended = (x, y, 1, x * y % P)
    bases = [point]
    for _ in range(_ROWS - 1):
        for _ in range(_WINDOW):
            point = double(point)
        bases.append(point)
    multiples: list[Extended] = []
    for base in (prepare(*affine) for affine in _normalise(bases)):
        point = IDENTITY
        for _ in range(_MASK + 1):
            multiples.append(point)
            point = add(point, base)
    prepared = [prepare(*affine) for affine in _normalise(multiples)]
    return tuple(tuple(prepared[i : i + _MASK + 1]) for i in range(0, len(prepared), _MASK + 1))


def sum_of_multiples(terms: Iterable[tuple[Table, int]]) -> Extended:
    """The sum of scalar·point over (table of the point, scalar in [0, 2**256))."""
    total = IDENTITY
    for table, scalar in terms:
        for row in table:
            if digit := scalar & _MASK:
                total = add(total, row[digit])
            scalar >>= _WINDOW
    return total
