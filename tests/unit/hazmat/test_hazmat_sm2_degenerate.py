"""Keys and scalars for which s·G + t·P meets the special cases of the group law.

Random tests never get there; an attacker who chooses his key does.
"""

from __future__ import annotations

import pytest

from tests.support.sm2_signer import A, B, G, N, P, add, encode, multiply, public_key, sign
from verifier.hazmat import _sm2_pure, _sm2_tables, sm2

KEYS = {"1": 1, "2": 2, "3": 3, "n-1": N - 1, "n-2": N - 2, "n/2": (N + 1) // 2}
SCALARS = (1, 2, 3, 31, 32, 33, 63, 64, 2**128, (N - 1) // 2, (N + 1) // 2, N - 33, N - 2, N - 1)
IMPLEMENTATIONS = [_sm2_pure] + ([_sm2_tables] if "tables" in sm2.available_backends() else [])
both = pytest.mark.parametrize("module", IMPLEMENTATIONS, ids=lambda module: module.__name__.rpartition("_")[2])


@both
@pytest.mark.parametrize("name", KEYS)
def test_opposite_points_give_infinity_which_has_no_x(module: object, name: str) -> None:
    d = KEYS[name]
    for t in SCALARS:
        s = -t * d % N
        for x in (0, 1, N - 1, P - N - 1):
            assert module.sum_has_x(public_key(d), s, t, x) is False  # type: ignore[attr-defined]


@both
@pytest.mark.parametrize("name", KEYS)
def test_equal_points_are_doubled(module: object, name: str) -> None:
    d = KEYS[name]
    for t in SCALARS[:8]:
        s = t * d % N
        total = multiply((s + t * d) % N)
        assert total is not None
        assert module.sum_has_x(public_key(d), s, t, total[0] % N)  # type: ignore[attr-defined]
        assert not module.sum_has_x(public_key(d), s, t, (total[0] + 1) % N)  # type: ignore[attr-defined]


@both
@pytest.mark.parametrize("name", KEYS)
def test_edge_scalars_against_affine_arithmetic(module: object, name: str) -> None:
    d = KEYS[name]
    public = public_key(d)
    for s in SCALARS[::3]:
        for t in SCALARS[1::3]:
            total = multiply((s + t * d) % N)
            wanted = None if total is None else total[0] % N
            assert module.sum_has_x(public, s, t, wanted or 0) is (wanted is not None)  # type: ignore[attr-defined]
            assert not module.sum_has_x(public, s, t, ((wanted or 0) + 1) % N)  # type: ignore[attr-defined]


@both
def test_x_between_n_and_p_counts_modulo_n(module: object) -> None:
    """About one point in 2**128 has n <= x < p: r commits to x mod n, so both candidates must be tried."""
    x = next(x for x in range(N, P) if pow(x**3 + A * x + B, (P - 1) // 2, P) == 1)
    point = (x, pow(x**3 + A * x + B, (P + 1) // 4, P))
    # No logarithm of that point is known, and none is needed: P = point - G and s = t = 1.
    key = encode(add(point, (G[0], P - G[1])))
    assert module.sum_has_x(key, 1, 1, x - N)  # type: ignore[attr-defined]
    assert not module.sum_has_x(key, 1, 1, x - N + 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", sm2.available_backends())
@pytest.mark.parametrize("name", [name for name, d in KEYS.items() if d != N - 1])
def test_signatures_by_degenerate_keys(backend: str, name: str) -> None:
    """d = n - 1 cannot sign (1 + d has no inverse); the others can, and their signatures are good."""
    d = KEYS[name]
    key = sm2.Sm2PublicKey.parse(public_key(d))
    signature = sign(d, 0xC0FFEE, b"degenerate")
    with sm2.forced_backend(backend):
        assert key.verify(signature, b"degenerate")
        assert not key.verify(signature, b"Degenerate")


@pytest.mark.parametrize("name", KEYS)
def test_all_backends_refuse_crafted_pairs(name: str) -> None:
    d = KEYS[name]
    key = sm2.Sm2PublicKey.parse(public_key(d))
    for t in SCALARS:
        for s in (-t * d % N, t * d % N, t, N - t):
            signature = ((t - s) % N).to_bytes(32, "big") + s.to_bytes(32, "big")
            for backend in sm2.available_backends():
                with sm2.forced_backend(backend):
                    assert key.verify(signature, b"m") is False, (backend, t, s)
