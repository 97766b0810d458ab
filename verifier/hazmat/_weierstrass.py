"""Short Weierstrass curves y² = x³ + ax + b of prime order, on Python integers: s·G + t·Q by fixed-base tables.

For verification only. Nothing is secret here and nothing takes constant time.

Points are accumulated in XYZZ coordinates (x = X/ZZ, y = Y/ZZZ, ZZ³ = ZZZ²; Explicit-Formulas Database,
"shortw/xyzz"): a mixed addition takes 8 products and 2 squares, and the check at the end needs no inversion.
The point at infinity is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# A table has _ROWS rows, one for each base-64 digit; 6 bits balance building (about 12 ms) against using it.
_WINDOW = 6
_ROWS = 43  # 43 · 6 = 258 bits: holds a 256-bit scalar plus _OFFSET
_MASK = (1 << _WINDOW) - 1
_HALF = 1 << (_WINDOW - 1)
# Adding _HALF to every digit in advance makes "stored digit - _HALF" a signed digit, with no carry loop.
_OFFSET = sum(_HALF << (_WINDOW * i) for i in range(_ROWS))

Affine = tuple[int, int]
Xyzz = tuple[int, int, int, int]
Table = tuple[tuple[Affine | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Domain parameters; cofactor 1 is understood. p > n > 2**255. `a` is -3 for SM2 and P-256, 0 for secp256k1."""

    p: int
    b: int
    n: int
    gx: int
    gy: int
    a: int = -3

    def contains(self, x: int, y: int) -> bool:
        """Whether (x, y) is a point of the curve with both coordinates in [0, p)."""
        p = self.p
        return 0 <= x < p and 0 <= y < p and (y * y - (x * x + self.a) * x - self.b) % p == 0


def double(curve: Curve, point: Xyzz) -> Xyzz:
    """2·point. No point of a prime-order curve has y = 0, so the result is never infinity."""
    p = curve.p
    x, y, zz, zzz = point
    u = 2 * y
    v = u * u % p
    w = u * v % p
    s = x * v % p
    m = (3 * x * x + curve.a * zz * zz) % p
    x3 = (m * m - 2 * s) % p
    return x3, (m * (s - x3) - w * y) % p, v * zz % p, w * zzz % p


def add_affine(curve: Curve, point: Xyzz | None, other: Affine) -> Xyzz | None:
    """point + other, for all cases: infinity, equal, opposite."""
    x2, y2 = other
    if point is None:
        return x2, y2, 1, 1
    p = curve.p
    x1, y1, zz, zzz = point
    h = (x2 * zz - x1) % p
    r = (y2 * zzz - y1) % p
    if h == 0:
        return double(curve, (x2, y2, 1, 1)) if r == 0 else None
    hh = h * h % p
    hhh = h * hh % p
    q = x1 * hh % p
    x3 = (r * r - hhh - 2 * q) % p
    return x3, (r * (q - x3) - y1 * hhh) % p, zz * hh % p, zzz * hhh % p


def normalise(curve: Curve, points: list[Xyzz]) -> list[Affine]:
    """Affine forms of finite points, by one inversion for all (Montgomery's trick)."""
    p = curve.p
    running = [1]
    for point in points:
        running.append(running[-1] * point[3] % p)
    inverse = pow(running[-1], -1, p)
    affine: list[Affine] = []
    for (x, y, zz, zzz), before in zip(reversed(points), reversed(running[:-1]), strict=True):
        inv3 = inverse * before % p  # 1/ZZZ
        inverse = inverse * zzz % p
        inv2 = zz * inv3 % p  # ZZ/ZZZ = 1/Z
        affine.append((x * inv2 * inv2 % p, y * inv3 % p))
    affine.reverse()
    return affine


def _row_bases(curve: Curve, x: int, y: int) -> list[Affine]:
    """64**i · (x, y) for each row i."""
    point: Xyzz = (x, y, 1, 1)
    bases = [point]
    for _ in range(_ROWS - 1):
        for _ in range(_WINDOW):
            point = double(curve, point)
        bases.append(point)
    return normalise(curve, bases)


def build_table(curve: Curve, x: int, y: int) -> Table:
    """row[i][d] = (d - 32) · 64**i · (x, y); the point must be on the curve."""
    multiples: list[Xyzz] = []
    for base in _row_bases(curve, x, y):
        point: Xyzz | None = None
        for _ in range(_HALF):
            point = add_affine(curve, point, base)
            assert point is not None  # j·base with 0 < j < n is finite
            multiples.append(point)
    affine = normalise(curve, multiples)
    p = curve.p
    rows = []
    for start in range(0, len(affine), _HALF):
        positive = affine[start : start + _HALF]
        negative = [(px, p - py) for px, py in reversed(positive)]
        rows.append((*negative, None, *positive[:-1]))
    return tuple(rows)


def _selected(table: Table, scalar: int) -> Iterable[Affine | None]:
    scalar += _OFFSET
    for row in table:
        yield row[scalar & _MASK]
        scalar >>= _WINDOW


def sum_of_multiples(curve: Curve, terms: Iterable[tuple[Table, int]]) -> Xyzz | None:
    """The sum of scalar·point over (table of the point, scalar in [0, 2**256))."""
    p = curve.p
    total: Xyzz | None = None
    x1 = y1 = zz = zzz = 0
    for table, scalar in terms:
        for entry in _selected(table, scalar):
            if entry is None:
                continue
            # add_affine written out: 86 calls for each verification are worth it.
            if total is None:
                total = x1, y1, zz, zzz = *entry, 1, 1
                continue
            h = (entry[0] * zz - x1) % p
            if h == 0:
                total = add_affine(curve, (x1, y1, zz, zzz), entry)
                x1, y1, zz, zzz = total or (0, 0, 0, 0)
                continue
            r = (entry[1] * zzz - y1) % p
            hh = h * h % p
            hhh = h * hh % p
            q = x1 * hh % p
            x1 = (r * r - hhh - 2 * q) % p
            y1 = (r * (q - x1) - y1 * hhh) % p
            zz = zz * hh % p
            zzz = zzz * hhh % p
    return None if total is None else (x1, y1, zz, zzz)


def multiple(curve: Curve, point: Affine, scalar: int) -> Xyzz | None:
    """scalar · point for one use, without a table (which takes longer to build); scalar in [0, 2**256)."""
    total: Xyzz | None = None
    for bit in bin(scalar)[2:]:
        if total is not None:
            total = double(curve, total)
        if bit == "1":
            total = add_affine(curve, total, point)
    return total


def has_x(curve: Curve, point: Xyzz | None, x: int) -> bool:
    """Whether the point is finite and its affine x-coordinate is congruent to x in [0, n) modulo n."""
    if point is None:
        return False
    p, n = curve.p, curve.n
    return any((candidate * point[2] - point[0]) % p == 0 for candidate in (x, x + n) if candidate < p)
