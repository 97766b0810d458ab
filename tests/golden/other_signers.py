"""Deterministic ES256 and EdDSA signers for tests: the same path of the verifier serves all three algorithms."""

from __future__ import annotations

import hashlib
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verifier import labels
from verifier.cose import CoseKey

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None


def add(p: Point, q: Point) -> Point:
    """The group law of P-256; None is infinity."""
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = 3 * (p[0] * p[0] - 1) * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiply(k: int, point: Point = G) -> Point:
    """k·point for k >= 0."""
    result: Point = None
    while k:
        if k & 1:
            result = add(result, point)
        point = add(point, point)
        k >>= 1
    return result


def _multiple(k: int) -> tuple[int, int]:
    point = multiply(k)
    assert point is not None
    return point


class P256Signer:
    """ES256 with a nonce derived from key and message."""

    alg = labels.ALG_ES256

    def __init__(self, seed: bytes) -> None:
        self.d = int.from_bytes(hashlib.sha256(b"d" + seed).digest(), "big") % (N - 1) + 1

    @cached_property
    def key(self) -> CoseKey:
        x, y = _multiple(self.d)
        return CoseKey(labels.CRV_P256, b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big"))

    @property
    def kid(self) -> bytes:
        return self.key.kid

    def sign(self, message: bytes) -> bytes:
        digest = hashlib.sha256(message).digest()
        k = int.from_bytes(hashlib.sha256(self.d.to_bytes(32, "big") + digest).digest(), "big") % (N - 1) + 1
        r = _multiple(k)[0] % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * self.d) % N
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Ed25519Signer:
    """EdDSA on Ed25519 (RFC 8032), by another library."""

    alg = labels.ALG_EDDSA

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest())

    @cached_property
    def key(self) -> CoseKey:
        return CoseKey(labels.CRV_ED25519, self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def kid(self) -> bytes:
        return self.key.kid

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


P256_KEY = P256Signer(b"registry p-256")
ED25519_KEY = Ed25519Signer(b"registry ed25519")
