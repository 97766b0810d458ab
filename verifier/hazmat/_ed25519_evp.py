"""Ed25519 verification by libcrypto."""

from __future__ import annotations

from functools import lru_cache

from . import _ed25519_pure
from ._evp import EvpKey
from .errors import NativeFailure

_NID_ED25519 = 1087
_BASE = bytes.fromhex("58" + "66" * 31)


@lru_cache(maxsize=_ed25519_pure.CACHED_KEYS)
def _key(public_key: bytes) -> EvpKey:
    return EvpKey.from_raw(_NID_ED25519, public_key)


def probe() -> None:
    """Raise NativeFailure where libcrypto has no Ed25519. Says nothing about whether its answers are right."""
    _key(_BASE).verify(None, bytes(64), b"")


def accepts(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether R || S with S < L is a signature."""
    try:
        return _key(public_key).verify(None, signature, message)
    except NativeFailure:
        return _ed25519_pure.accepts(public_key, signature, message)
