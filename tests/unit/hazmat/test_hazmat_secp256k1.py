"""Address recovery on secp256k1 against libsecp256k1 and against eth_keys' own arithmetic; strict at its edges."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from eth_keys import KeyAPI
from eth_keys.backends import CoinCurveECCBackend, NativeECCBackend
from eth_keys.exceptions import BadSignature

from verifier.hazmat import secp256k1
from verifier.hazmat.secp256k1 import recover_address

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P = 2**256 - 2**32 - 977
# libsecp256k1 makes the signature, eth_keys' own Python arithmetic names the address
SIGNER, OTHER = KeyAPI(CoinCurveECCBackend()), KeyAPI(NativeECCBackend())


def signed(seed: int) -> tuple[bytes, bytes, bytes]:
    random = Random(seed)
    secret = random.randrange(1, N).to_bytes(32, "big")
    message = random.randbytes(random.randrange(200))
    signature = SIGNER.PrivateKey(secret).sign_msg(message).to_bytes()
    return message, signature, OTHER.PrivateKey(secret).public_key.to_canonical_address()


@pytest.mark.parametrize("seed", range(40))
def test_recovers_the_signer(seed: int) -> None:
    message, signature, address = signed(seed)
    assert recover_address(message, signature) == address


@pytest.mark.parametrize("seed", range(20))
def test_random_signatures_agree_with_another_implementation(seed: int) -> None:
    random = Random(seed)
    message = random.randbytes(32)
    raw = random.randbytes(64) + bytes([seed & 1])
    expected: bytes | None = None
    with suppress(BadSignature):  # an x that is of no point
        expected = OTHER.Signature(raw).recover_public_key_from_msg(message).to_canonical_address()
    assert recover_address(message, raw) == expected


def test_the_mirrored_signature_names_the_same_address() -> None:
    message, signature, address = signed(1)
    s = int.from_bytes(signature[32:64], "big")
    mirrored = signature[:32] + (N - s).to_bytes(32, "big") + bytes([1 - signature[64]])
    assert recover_address(message, mirrored) == address  # so signatures must be counted by address


def test_another_message_or_parity_names_another_address() -> None:
    message, signature, address = signed(2)
    assert recover_address(message + b"\0", signature) not in (None, address)
    assert recover_address(message, signature[:64] + bytes([1 - signature[64]])) not in (None, address)


@pytest.mark.parametrize("value", [0, N, N + 1, 2**256 - 1])
@pytest.mark.parametrize("half", [0, 32])
def test_out_of_range(value: int, half: int) -> None:
    message, signature, _ = signed(3)
    broken = signature[:half] + value.to_bytes(32, "big") + signature[half + 32 :]
    assert recover_address(message, broken) is None


@pytest.mark.parametrize("v", [2, 3, 27, 28, 255])
def test_other_recovery_ids(v: int) -> None:
    message, signature, _ = signed(4)
    assert recover_address(message, signature[:64] + bytes([v])) is None


@pytest.mark.parametrize("length", [0, 64, 66])
def test_other_lengths(length: int) -> None:
    message, signature, _ = signed(5)
    assert recover_address(message, (signature + b"\0")[:length]) is None


def test_x_of_no_point() -> None:
    x = next(x for x in range(1, 100) if pow(x**3 + 7, (P - 1) // 2, P) == P - 1)
    assert recover_address(b"", x.to_bytes(32, "big") + b"\1" * 32 + b"\0") is None


def test_point_at_infinity() -> None:
    """s·R = e·G leaves no key: R = k·G with s = e/k."""
    k = 7
    point = OTHER.PrivateKey(k.to_bytes(32, "big")).public_key.to_bytes()
    x, odd = point[:32], point[63] & 1
    e = int.from_bytes(secp256k1.keccak256(b"message"), "big")
    s = e * pow(k, -1, N) % N
    assert recover_address(b"message", x + s.to_bytes(32, "big") + bytes([odd])) is None


def test_message_must_be_bytes() -> None:
    with pytest.raises(TypeError):
        recover_address("message", bytes(65))  # type: ignore[arg-type]
