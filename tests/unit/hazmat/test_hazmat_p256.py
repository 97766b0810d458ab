"""ES256 beyond Wycheproof: shape of keys and signatures, both backends."""

from __future__ import annotations

from typing import Any

import pytest

from verifier.hazmat import p256
from verifier.hazmat._p256_params import CURVE
from verifier.hazmat.errors import InvalidKey

KEY = p256.P256PublicKey.parse(p256._EXAMPLE_KEY)
SIGNATURE = p256._EXAMPLE_R.to_bytes(32, "big") + p256._EXAMPLE_S.to_bytes(32, "big")
each = pytest.mark.parametrize("backend", p256.available_backends())


@each
def test_example_of_rfc_6979(backend: str) -> None:
    with p256.forced_backend(backend):
        assert KEY.verify(SIGNATURE, b"sample")
        assert not KEY.verify(SIGNATURE, b"Sample")


@each
def test_signatures_are_not_unique(backend: str) -> None:
    """(r, n - s) is good as well: known of ECDSA, and why a signature is never an identifier here."""
    twin = SIGNATURE[:32] + (CURVE.n - p256._EXAMPLE_S).to_bytes(32, "big")
    with p256.forced_backend(backend):
        assert KEY.verify(twin, b"sample")


@each
def test_malformed_signatures_are_false(backend: str) -> None:
    n = CURVE.n.to_bytes(32, "big")
    zero, r, s = bytes(32), SIGNATURE[:32], SIGNATURE[32:]
    bad: list[Any] = [zero + s, r + zero, n + s, r + n, s + r, r + b"\xff" * 32, r, SIGNATURE + b"\x00", b"", None]
    bad += [SIGNATURE[:i] + bytes((SIGNATURE[i] ^ 1,)) + SIGNATURE[i + 1 :] for i in range(0, 64, 5)]
    bad += [bytearray(SIGNATURE), SIGNATURE.hex(), 7]
    with p256.forced_backend(backend):
        assert [KEY.verify(value, b"sample") for value in bad] == [False] * len(bad)


@pytest.mark.parametrize(
    "value",
    [b"", b"\x00", p256._EXAMPLE_KEY[1:], b"\x02" + p256._EXAMPLE_KEY[1:33], b"\x06" + p256._EXAMPLE_KEY[1:], None],
)
def test_malformed_keys(value: Any) -> None:
    with pytest.raises(InvalidKey, match="expected 65 bytes starting with 04"):
        p256.P256PublicKey.parse(value)


def test_points_off_the_curve() -> None:
    for value in (bytes(64), CURVE.p.to_bytes(32, "big") * 2, p256._EXAMPLE_KEY[1:64] + b"\x00"):
        with pytest.raises(InvalidKey, match="not a point of the curve"):
            p256.P256PublicKey.parse(b"\x04" + value)


def test_message_must_be_bytes() -> None:
    with pytest.raises(TypeError, match="must be bytes"):
        KEY.verify(SIGNATURE, "sample")  # type: ignore[arg-type]
