"""SM2 verification by libcrypto's own EVP_DigestVerify: what remains where the table functions are gone."""

from __future__ import annotations

from functools import lru_cache

from . import _sm2_pure
from ._der import ec_public_key_info, ecdsa_sig_value
from ._evp import EvpKey, functions
from ._sm2_params import CACHED_KEYS, CURVE, DEFAULT_ID
from .errors import NativeFailure

_SM2P256V1 = bytes.fromhex("06082a811ccf5501822d")  # 1.2.156.10197.1.301


@lru_cache(maxsize=CACHED_KEYS)
def _key(public_key: bytes) -> EvpKey:
    return EvpKey.from_public_key_info(ec_public_key_info(_SM2P256V1, public_key))


def probe() -> None:
    """Raise NativeFailure where libcrypto has no SM2. Says nothing about whether its answers are right."""
    generator = b"\x04" + CURVE.gx.to_bytes(32, "big") + CURVE.gy.to_bytes(32, "big")
    _key(generator).verify(functions().md_sm3(), ecdsa_sig_value(1, 1), b"", DEFAULT_ID)


def accepts(public_key: bytes, signature: tuple[int, int, int], message: bytes, distinguishing_id: bytes) -> bool:
    """Whether (r, s, t = r + s mod n), already range-checked, is a signature (GB/T 32918.2 §7.1)."""
    der = ecdsa_sig_value(signature[0], signature[1])
    try:
        return _key(public_key).verify(functions().md_sm3(), der, message, distinguishing_id)
    except NativeFailure:
        return _sm2_pure.accepts(public_key, signature, message, distinguishing_id)
