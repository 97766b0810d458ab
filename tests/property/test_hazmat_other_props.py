"""P-256 and Ed25519: libcrypto and the pure forms give one answer, and no signature makes them raise."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.hazmat import ed25519, p256
from verifier.hazmat._edwards25519 import decode

_P256 = ec.derive_private_key(0xABCDEF, ec.SECP256R1())
_ED = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256 = p256.P256PublicKey.parse(_P256.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
ED = ed25519.Ed25519PublicKey.parse(_ED.public_key().public_bytes_raw())


def p256_verdicts(signature: bytes, message: bytes) -> set[bool]:
    found = set()
    for backend in p256.available_backends():
        with p256.forced_backend(backend):
            found.add(P256.verify(signature, message))
    return found


def ed_verdicts(signature: bytes, message: bytes) -> set[bool]:
    found = set()
    for backend in ed25519.available_backends():
        with ed25519.forced_backend(backend):
            found.add(ED.verify(signature, message))
    return found


@settings(max_examples=50, deadline=None)
@given(message=st.binary(max_size=200), bit=st.integers(0, 511))
def test_good_and_altered_signatures(message: bytes, bit: int) -> None:
    r, s = utils.decode_dss_signature(_P256.sign(message, ec.ECDSA(SHA256())))
    for good, verdicts in (
        (r.to_bytes(32, "big") + s.to_bytes(32, "big"), p256_verdicts),
        (_ED.sign(message), ed_verdicts),
    ):
        altered = bytearray(good)
        altered[bit // 8] ^= 1 << bit % 8
        assert verdicts(good, message) == {True}
        assert verdicts(bytes(altered), message) == {False}
        assert verdicts(good, message + b"\x00") == {False}


@settings(max_examples=100, deadline=None)
@given(signature=st.binary(max_size=80) | st.binary(min_size=64, max_size=64), message=st.binary(max_size=40))
def test_arbitrary_bytes_are_refused_without_an_exception(signature: bytes, message: bytes) -> None:
    assert p256_verdicts(signature, message) == {False}
    assert ed_verdicts(signature, message) == {False}


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(min_size=32, max_size=32))
def test_every_accepted_ed25519_key_is_canonical(raw: bytes) -> None:
    try:
        key = ed25519.Ed25519PublicKey.parse(raw)
    except ed25519.InvalidKey:
        return
    point = decode(key.encoded)
    assert point is not None
    assert (point[1] | (point[0] & 1) << 255).to_bytes(32, "little") == raw
