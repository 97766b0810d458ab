"""The range checks of §7.1 B1, B2 and B5 are what refuses: here the equation holds, and only the range is wrong.

Nobody can make such signatures for a real digest (that would be a forgery), so the digest's part is replaced by the
x-coordinate that fits.
"""

from __future__ import annotations

import pytest

from tests.support.sm2_signer import EXAMPLE_D, EXAMPLE_KEY, N, multiply
from verifier.hazmat import _sm2_pure, _sm2_tables, sm2

KEY = sm2.Sm2PublicKey.parse(EXAMPLE_KEY)
MODULES = {"pure": _sm2_pure, "tables": _sm2_tables}
ORDINARY = 2**200 + 77  # below 2**224, so that adding n still fits 32 bytes


def _b32(value: int) -> bytes:
    return value.to_bytes(32, "big")


@pytest.mark.parametrize("backend", [name for name in sm2.available_backends() if name in MODULES])
@pytest.mark.parametrize(
    ("r", "s", "raw", "accepted"),
    [
        (ORDINARY, ORDINARY, (ORDINARY, ORDINARY), True),
        (1, 1, (1, 1), True),
        (N - 1, 2, (N - 1, 2), True),
        (1, N - 2, (1, N - 2), True),
        (ORDINARY, ORDINARY, (ORDINARY + N, ORDINARY), False),
        (ORDINARY, ORDINARY, (ORDINARY, ORDINARY + N), False),
        (ORDINARY, ORDINARY, (ORDINARY + N, ORDINARY + N), False),
        (0, ORDINARY, (0, ORDINARY), False),
        (0, ORDINARY, (N, ORDINARY), False),
        (ORDINARY, 0, (ORDINARY, 0), False),
        (ORDINARY, 0, (ORDINARY, N), False),
        (ORDINARY, N - ORDINARY, (ORDINARY, N - ORDINARY), False),
    ],
    ids=[
        *("ordinary", "smallest", "largest r", "largest s", "r+n", "s+n", "both+n"),
        *("r=0", "r=n", "s=0", "s=n", "r+s=n"),
    ],
)
def test_only_the_range_decides(
    monkeypatch: pytest.MonkeyPatch, backend: str, r: int, s: int, raw: tuple[int, int], accepted: bool
) -> None:
    point = multiply((s + (r + s) * EXAMPLE_D) % N)
    assert point is not None
    x = point[0] % N
    monkeypatch.setattr(MODULES[backend], "expected_x", lambda *args: x)
    with sm2.forced_backend(backend):
        assert KEY.verify(_b32(raw[0]) + _b32(raw[1]), b"any") is accepted
