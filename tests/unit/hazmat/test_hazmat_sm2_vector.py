"""GB/T 32918.5-2017 A.2 and the shape of the key type, on every backend."""

from __future__ import annotations

import pytest

from tests.support.sm2_signer import (
    EXAMPLE_D,
    EXAMPLE_K,
    EXAMPLE_KEY,
    EXAMPLE_MESSAGE,
    EXAMPLE_SIGNATURE,
    public_key,
    sign,
)
from verifier.hazmat import sm2
from verifier.hazmat._sm2_params import identity_digest
from verifier.hazmat.errors import InvalidKey

KEY = sm2.Sm2PublicKey.parse(EXAMPLE_KEY)


def test_the_test_signer_reproduces_the_example() -> None:
    assert public_key(EXAMPLE_D) == EXAMPLE_KEY
    assert sign(EXAMPLE_D, EXAMPLE_K, EXAMPLE_MESSAGE) == EXAMPLE_SIGNATURE


def test_za_is_that_of_the_standard() -> None:
    za = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
    assert identity_digest(EXAMPLE_KEY, sm2.DEFAULT_ID).hex() == za


@pytest.mark.parametrize("backend", sm2.available_backends())
def test_example_is_accepted(backend: str) -> None:
    with sm2.forced_backend(backend):
        assert KEY.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE)


@pytest.mark.parametrize("backend", sm2.available_backends())
@pytest.mark.parametrize("message", [b"", b"message digesT", b"message digest\x00", b"message diges"])
def test_another_message_is_refused(backend: str, message: bytes) -> None:
    with sm2.forced_backend(backend):
        assert not KEY.verify(EXAMPLE_SIGNATURE, message)


@pytest.mark.parametrize("backend", sm2.available_backends())
def test_another_key_is_refused(backend: str) -> None:
    other = sm2.Sm2PublicKey.parse(public_key(5))
    with sm2.forced_backend(backend):
        assert not other.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE)


@pytest.mark.parametrize("backend", sm2.available_backends())
@pytest.mark.parametrize("identity", [b"", b"a", sm2.DEFAULT_ID[:-1], b"\x00" * 300, b"x" * sm2.MAX_ID_BYTES])
def test_signature_holds_for_one_identity_only(backend: str, identity: bytes) -> None:
    signature = sign(EXAMPLE_D, EXAMPLE_K, b"m", identity)
    with sm2.forced_backend(backend):
        assert KEY.verify(signature, b"m", distinguishing_id=identity)
        assert not KEY.verify(signature, b"m")
        assert not KEY.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE, distinguishing_id=identity)


@pytest.mark.parametrize("backend", sm2.available_backends())
@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 100_000])
def test_message_sizes(backend: str, size: int) -> None:
    message = b"\x00" * size
    signature = sign(EXAMPLE_D, EXAMPLE_K, message)
    with sm2.forced_backend(backend):
        assert KEY.verify(signature, message)
        assert not KEY.verify(signature, message + b"\x00")


def test_parse_checks_and_keys_are_values() -> None:
    same = sm2.Sm2PublicKey(EXAMPLE_KEY)
    assert same == KEY
    assert hash(KEY) == hash(same)
    assert KEY.encoded == EXAMPLE_KEY
    with pytest.raises(InvalidKey, match="not a point of the curve"):
        sm2.Sm2PublicKey(EXAMPLE_KEY[:-1] + b"\x00")


def test_wrong_use_by_the_program_is_an_exception() -> None:
    with pytest.raises(TypeError, match="must be bytes"):
        KEY.verify(EXAMPLE_SIGNATURE, "message digest")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be bytes"):
        KEY.verify(EXAMPLE_SIGNATURE, b"", distinguishing_id="ID")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="longer than 8190"):
        KEY.verify(EXAMPLE_SIGNATURE, b"", distinguishing_id=bytes(8191))
    with pytest.raises(ValueError, match="longer than 8190"):
        identity_digest(EXAMPLE_KEY, bytes(8191))
