"""ECDSA verification on P-256 over SHA-256, by libcrypto."""

from __future__ import annotations

from functools import lru_cache

from . import _p256_pure
from ._der import ec_public_key_info, ecdsa_sig_value
from ._evp import EvpKey, functions
from ._p256_params import CACHED_KEYS, CURVE
from .errors import NativeFailure

_PRIME256V1 = bytes.fromhex("06082a8648ce3d030107")  # 1.2.840.10045.3.1.7


@lru_cache(maxsize=CACHED_KEYS)
def _key(public_key: bytes) -> EvpKey:
    return EvpKey.from_public_key_info(ec_public_key_info(_PRIME256V1, public_key))


def probe() -> None:
    """Raise NativeFailure where libcrypto has no P-256. Says nothing about whether its answers are right."""
    generator = b"\x04" + CURVE.gx.to_bytes(32, "big") + CURVE.gy.to_bytes(32, "big")
    _key(generator).verify(functions().md_sha256(), ecdsa_sig_value(1, 1), b"")


def accepts(public_key: bytes, r: int, s: int, message: bytes) -> bool:
    """Whether (r, s), each in [1, n), is a signature."""
    try:
        return _key(public_key).verify(functions().md_sha256(), ecdsa_sig_value(r, s), message)
    except NativeFailure:
        return _p256_pure.accepts(public_key, r, s, message)
