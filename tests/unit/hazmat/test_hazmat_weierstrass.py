"""The group law in XYZZ coordinates and the signed-digit tables, against affine arithmetic, on each curve."""

from __future__ import annotations

import pytest

from verifier.hazmat import _p256_params, _sm2_params, secp256k1
from verifier.hazmat._weierstrass import (
    Affine,
    Curve,
    Table,
    add_affine,
    build_table,
    double,
    has_x,
    normalise,
    sum_of_multiples,
)

CURVES = {"sm2": _sm2_params.CURVE, "p256": _p256_params.CURVE, "secp256k1": secp256k1._CURVE}
TABLES = {name: build_table(curve, curve.gx, curve.gy) for name, curve in CURVES.items()}
each = pytest.mark.parametrize("name", CURVES)


def affine_add(curve: Curve, a: Affine | None, b: Affine | None) -> Affine | None:
    p = curve.p
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % p == 0:
        return None
    rise, run = (3 * a[0] ** 2 + curve.a, 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
    slope = rise * pow(run, -1, p) % p
    x = (slope * slope - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


def affine_multiple(curve: Curve, k: int) -> Affine | None:
    total: Affine | None = None
    point: Affine | None = (curve.gx, curve.gy)
    while k:
        if k & 1:
            total = affine_add(curve, total, point)
        point = affine_add(curve, point, point)
        k >>= 1
    return total


def computed(curve: Curve, terms: list[tuple[Table, int]]) -> Affine | None:
    point = sum_of_multiples(curve, terms)
    return None if point is None else normalise(curve, [point])[0]


@each
def test_parameters(name: str) -> None:
    curve = CURVES[name]
    assert curve.contains(curve.gx, curve.gy)
    assert affine_multiple(curve, curve.n) is None
    assert pow(2, curve.p - 1, curve.p) == pow(2, curve.n - 1, curve.n) == 1
    assert curve.p > curve.n > 2**255


@each
def test_contains_refuses_other_names_of_a_point(name: str) -> None:
    curve = CURVES[name]
    for x, y in ((curve.gx + curve.p, curve.gy), (curve.gx, curve.gy - curve.p), (curve.gx, curve.gy + 1), (0, 0)):
        assert not curve.contains(x, y)


@each
def test_double_and_add(name: str) -> None:
    curve = CURVES[name]
    g = curve.gx, curve.gy
    two = double(curve, (*g, 1, 1))
    assert normalise(curve, [two]) == [affine_multiple(curve, 2)]
    assert add_affine(curve, None, g) == (*g, 1, 1)
    assert add_affine(curve, (*g, 1, 1), g) == two
    assert add_affine(curve, (*g, 1, 1), (g[0], curve.p - g[1])) is None
    three = add_affine(curve, two, g)
    assert three is not None
    assert normalise(curve, [two, three, (*g, 1, 1)]) == [affine_multiple(curve, 2), affine_multiple(curve, 3), g]


@each
def test_table_entries(name: str) -> None:
    curve, table = CURVES[name], TABLES[name]
    assert len(table) == 43
    for i in (0, 1, 20, 42):
        assert table[i][32] is None
        for digit in (-32, -31, -1, 1, 2, 31):
            assert table[i][digit + 32] == affine_multiple(curve, digit * 64**i % curve.n), (i, digit)


@each
def test_multiples_at_digit_boundaries(name: str) -> None:
    curve, table = CURVES[name], TABLES[name]
    edges = [0, 1, 31, 32, 33, 63, 64, 65, 2**252, 2**255, 2**256 - 1, curve.n - 1, curve.n, curve.n + 1]
    edges += [32 * 64**i for i in (1, 7, 41)] + [31 * 64**41, sum(32 * 64**i for i in range(42))]
    for scalar in edges:
        assert computed(curve, [(table, scalar)]) == affine_multiple(curve, scalar % curve.n), scalar


@each
def test_sums_that_meet_equal_and_opposite_points(name: str) -> None:
    curve, table = CURVES[name], TABLES[name]
    for a in (1, 5, 32, 64**20, curve.n - 1):
        assert computed(curve, [(table, a), (table, a)]) == affine_multiple(curve, 2 * a % curve.n)
        assert computed(curve, [(table, a), (table, curve.n - a)]) is None
        assert computed(curve, [(table, a), (table, curve.n - a), (table, 3)]) == affine_multiple(curve, 3)


@each
def test_has_x(name: str) -> None:
    curve = CURVES[name]
    three = add_affine(curve, double(curve, (curve.gx, curve.gy, 1, 1)), (curve.gx, curve.gy))
    x, _ = affine_multiple(curve, 3) or (0, 0)
    assert has_x(curve, three, x % curve.n)
    assert not has_x(curve, three, (x + 1) % curve.n)
    assert not has_x(curve, None, 0)
    assert has_x(curve, (curve.n + 1, 1, 1, 1), 1)  # x in [n, p) counts modulo n
