"""Ed25519 beyond Wycheproof: RFC 8032 examples, and the strictness that implementations differ in."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from verifier.hazmat import ed25519
from verifier.hazmat._edwards25519 import (
    IDENTITY,
    L,
    P,
    add,
    build_table,
    decode,
    double,
    encode,
    prepare,
    sum_of_multiples,
)
from verifier.hazmat.errors import InvalidKey

each = pytest.mark.parametrize("backend", ed25519.available_backends())
BASE = decode(bytes.fromhex("58" + "66" * 31)) or (0, 0)
BASE_TABLE = build_table(*BASE)

# RFC 8032 §7.1: TEST 1, 2, 3 (secret, public, message, signature)
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def sign(secret: bytes, message: bytes) -> bytes:
    """RFC 8032 §5.1.6, for tests."""
    digest = hashlib.sha512(secret).digest()
    a = (int.from_bytes(digest[:32], "little") & ((1 << 254) - 8)) | (1 << 254)
    public = encode(sum_of_multiples([(BASE_TABLE, a % L)]))
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % L
    commitment = encode(sum_of_multiples([(BASE_TABLE, r)]))
    k = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little") % L
    return commitment + ((r + k * a) % L).to_bytes(32, "little")


@each
@pytest.mark.parametrize("case", RFC_8032, ids=["1", "2", "3"])
def test_examples_of_rfc_8032(backend: str, case: tuple[str, str, str, str]) -> None:
    secret, public, message, signature = (bytes.fromhex(value) for value in case)
    assert sign(secret, message) == signature
    key = ed25519.Ed25519PublicKey.parse(public)
    with ed25519.forced_backend(backend):
        assert key.verify(signature, message)
        assert not key.verify(signature, message + b"\x00")


@each
def test_malformed_signatures_are_false(backend: str) -> None:
    _, public, message, good = (bytes.fromhex(value) for value in RFC_8032[1])
    s = int.from_bytes(good[32:], "little")
    bad: list[Any] = [good[:32] + (s + i * L).to_bytes(32, "little") for i in (1, 2, 7)]
    bad += [good[:32] + value.to_bytes(32, "little") for value in (0, L, 2**256 - 1, L - s)]
    bad += [bytes(64), good[:63], good + b"\x00", b"", None, "x" * 64, bytearray(good)]
    bad += [good[:i] + bytes((good[i] ^ 0x80,)) + good[i + 1 :] for i in range(64)]
    key = ed25519.Ed25519PublicKey.parse(public)
    with ed25519.forced_backend(backend):
        assert [key.verify(value, message) for value in bad] == [False] * len(bad)


@each
def test_non_canonical_commitment_is_refused(backend: str) -> None:
    """With S = k·a the commitment is the identity; its second encoding, y = p + 1, must not pass for it."""
    secret, public = (bytes.fromhex(value) for value in RFC_8032[0][:2])
    digest = hashlib.sha512(secret).digest()
    a = (int.from_bytes(digest[:32], "little") & ((1 << 254) - 8)) | (1 << 254)
    key = ed25519.Ed25519PublicKey.parse(public)
    for y, accepted in ((1, True), (P + 1, False)):
        commitment = y.to_bytes(32, "little")
        k = int.from_bytes(hashlib.sha512(commitment + public + b"m").digest(), "little") % L
        with ed25519.forced_backend(backend):
            assert key.verify(commitment + (k * a % L).to_bytes(32, "little"), b"m") is accepted


@pytest.mark.parametrize("value", [P, P + 1, P + 3, 2**255 - 1, P | 1 << 255])
def test_non_canonical_keys(value: int) -> None:
    with pytest.raises(InvalidKey, match="not the canonical encoding"):
        ed25519.Ed25519PublicKey.parse(value.to_bytes(32, "little"))


def test_keys_that_are_no_point_or_have_a_sign_on_zero() -> None:
    for value in (2, 1 | 1 << 255, (P - 1) | 1 << 255):
        with pytest.raises(InvalidKey, match="not the canonical encoding"):
            ed25519.Ed25519PublicKey.parse(value.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "encoded",
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ],
)
def test_keys_of_small_order(encoded: str) -> None:
    with pytest.raises(InvalidKey, match="small order"):
        ed25519.Ed25519PublicKey.parse(bytes.fromhex(encoded))


@pytest.mark.parametrize("value", [b"", bytes(31), bytes(33), None, "00" * 32, bytearray(32)])
def test_malformed_keys(value: Any) -> None:
    with pytest.raises(InvalidKey, match="expected 32 bytes"):
        ed25519.Ed25519PublicKey.parse(value)


@pytest.mark.parametrize("scalar", [0, 1, 2, 15, 16, 17, 2**128, L - 1, L, L + 1, 2**256 - 1])
def test_multiples_against_double_and_add(scalar: int) -> None:
    total = IDENTITY
    for bit in bin(scalar)[2:]:
        total = double(total)
        if bit == "1":
            total = add(total, prepare(*BASE))
    assert encode(sum_of_multiples([(BASE_TABLE, scalar)])) == encode(total)


def test_message_must_be_bytes() -> None:
    key = ed25519.Ed25519PublicKey.parse(bytes.fromhex(RFC_8032[0][1]))
    with pytest.raises(TypeError, match="must be bytes"):
        key.verify(bytes(64), "")  # type: ignore[arg-type]
