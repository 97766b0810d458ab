"""BLS for tests: signing by arkworks, the encodings of EIP-2537, and py_ecc's opinion."""

from __future__ import annotations

from collections.abc import Sequence

import py_arkworks_bls12381 as ark

from verifier.hazmat.bls import POSSESSION_DOMAIN, SIGNATURE_DOMAIN


def scalar(secret: int) -> ark.Scalar:
    return ark.Scalar.from_be_bytes(secret.to_bytes(32, "big"))


def public_key(secret: int) -> bytes:
    return bytes((ark.G1Point() * scalar(secret)).to_compressed_bytes())


def sign(secret: int, message: bytes, domain: bytes = SIGNATURE_DOMAIN) -> bytes:
    return bytes((ark.G2Point.hash_to_curve(message, domain) * scalar(secret)).to_compressed_bytes())


def possession(secret: int) -> bytes:
    return sign(secret, public_key(secret), POSSESSION_DOMAIN)


def aggregate(signatures: Sequence[bytes]) -> bytes:
    total = ark.G2Point.identity()
    for signature in signatures:
        total = total + ark.G2Point.from_compressed_bytes(signature)
    return bytes(total.to_compressed_bytes())


def _padded(numbers: bytes) -> bytes:
    return b"".join(bytes(16) + numbers[i : i + 48] for i in range(0, len(numbers), 48))


def g1_words(key: bytes) -> bytes:
    """128 bytes as EIP-2537 takes a point of G1."""
    return _padded(bytes(ark.G1Point.from_compressed_bytes(key).to_xy_bytes_be()))


def g2_words(signature: bytes) -> bytes:
    """256 bytes as EIP-2537 takes a point of G2: each coordinate c0, c1 (the compressed form has c1 first)."""
    return _padded(bytes(ark.G2Point.from_compressed_bytes(signature).to_xy_bytes_be()))
