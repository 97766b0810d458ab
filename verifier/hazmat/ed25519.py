"""Ed25519 (RFC 8032), for checkpoints and for other people's vectors.

    key = Ed25519PublicKey.parse(pub32)      # raises InvalidKey
    key.verify(sig64, message)               # R || S; True or False

Strict in the three places where implementations differ, so that one signature has one encoding and all backends
agree: S must be below L; a key must be the canonical encoding of a point that is not of small order (such a key
accepts almost anything, and no honest key is one); R is compared as bytes, so that only the canonical R passes.
The equation is the one without the cofactor. Backends: "evp" (libcrypto) and "pure" (Python).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import _ed25519_evp, _ed25519_pure
from ._backends import Backends, works
from ._edwards25519 import L, decode, has_small_order
from .errors import InvalidKey

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

Accepts = Callable[[bytes, bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class Ed25519PublicKey:
    """A point of edwards25519, checked on construction. `encoded` is 32 bytes."""

    encoded: bytes

    def __post_init__(self) -> None:
        if type(self.encoded) is not bytes or len(self.encoded) != PUBLIC_KEY_BYTES:
            raise InvalidKey("Ed25519 public key: expected 32 bytes")
        point = decode(self.encoded)
        if point is None:
            raise InvalidKey("Ed25519 public key: not the canonical encoding of a point")
        if has_small_order(*point):
            raise InvalidKey("Ed25519 public key: point of small order")

    @classmethod
    def parse(cls, encoded: bytes) -> Ed25519PublicKey:
        """The key in 32 bytes. Raises InvalidKey."""
        return cls(encoded)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (64 bytes, R || S) is this key's over `message`.

        A signature of any other length, type or range is False. Raises TypeError if `message` is not bytes.
        """
        if type(message) is not bytes:
            raise TypeError("message must be bytes")
        if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
            return False
        if int.from_bytes(signature[32:], "little") >= L:
            return False
        return _BACKENDS.selected()(self.encoded, signature, message)


# RFC 8032 §7.1, TEST 2.
_EXAMPLE_KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
_EXAMPLE_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def _passes(accepts: Accepts) -> bool:
    """Whether a backend accepts the RFC's example and refuses its neighbours."""
    changed = bytes((_EXAMPLE_SIGNATURE[0] ^ 1,)) + _EXAMPLE_SIGNATURE[1:]
    return (
        accepts(_EXAMPLE_KEY, _EXAMPLE_SIGNATURE, b"\x72")
        and not accepts(_EXAMPLE_KEY, _EXAMPLE_SIGNATURE, b"\x73")
        and not accepts(_EXAMPLE_KEY, changed, b"\x72")
    )


_BACKENDS: Backends[Accepts] = Backends(
    "ed25519",
    ({"evp": _ed25519_evp.accepts} if works(_ed25519_evp, _passes) else {}) | {"pure": _ed25519_pure.accepts},
)
available_backends = _BACKENDS.available
forced_backend = _BACKENDS.forced

__all__ = ["Ed25519PublicKey", "InvalidKey", "available_backends", "forced_backend"]
