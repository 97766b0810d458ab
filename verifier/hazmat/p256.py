"""ES256: ECDSA on P-256 over SHA-256 with raw r || s (RFC 9053 §2.1).

    key = P256PublicKey.parse(pub65)         # 04 || x || y; raises InvalidKey
    key.verify(sig64, message)               # r || s, 32 bytes each, big-endian; True or False

(r, n - s) verifies whenever (r, s) does: ECDSA signatures are not unique and must not serve as identifiers.
Backends: "evp" (libcrypto) and "pure" (Python).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import _p256_evp, _p256_pure
from ._backends import Backends, works
from ._p256_params import CURVE
from .errors import InvalidKey

PUBLIC_KEY_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64

Accepts = Callable[[bytes, int, int, bytes], bool]


@dataclass(frozen=True, slots=True)
class P256PublicKey:
    """A point of P-256, checked on construction. `encoded` is 65 bytes, `04 || x || y`."""

    encoded: bytes

    def __post_init__(self) -> None:
        encoded = self.encoded
        if type(encoded) is not bytes or len(encoded) != PUBLIC_KEY_BYTES or encoded[0] != 0x04:
            raise InvalidKey("P-256 public key: expected 65 bytes starting with 04")
        if not CURVE.contains(int.from_bytes(encoded[1:33], "big"), int.from_bytes(encoded[33:], "big")):
            raise InvalidKey("P-256 public key: not a point of the curve")

    @classmethod
    def parse(cls, encoded: bytes) -> P256PublicKey:
        """The key in 65 bytes `04 || x || y`. Raises InvalidKey."""
        return cls(encoded)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (64 bytes, r || s) is this key's over `message`.

        A signature of any other length, type or range is False. Raises TypeError if `message` is not bytes.
        """
        if type(message) is not bytes:
            raise TypeError("message must be bytes")
        if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
            return False
        r = int.from_bytes(signature[:32], "big")
        s = int.from_bytes(signature[32:], "big")
        if not (0 < r < CURVE.n and 0 < s < CURVE.n):
            return False
        return _BACKENDS.selected()(self.encoded, r, s, message)


# RFC 6979 A.2.5, P-256 with SHA-256, message "sample".
_EXAMPLE_KEY = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
_EXAMPLE_R = 0xEFD48B2A_ACB6A8FD_1140DD9C_D45E81D6_9D2C877B_56AAF991_C34D0EA8_4EAF3716
_EXAMPLE_S = 0xF7CB1C94_2D657C41_D436C7A1_B6E29F65_F3E900DB_B9AFF406_4DC4AB2F_843ACDA8


def _passes(accepts: Accepts) -> bool:
    """Whether a backend accepts the RFC's example and refuses its neighbours."""
    return (
        accepts(_EXAMPLE_KEY, _EXAMPLE_R, _EXAMPLE_S, b"sample")
        and not accepts(_EXAMPLE_KEY, _EXAMPLE_R, _EXAMPLE_S, b"sampled")
        and not accepts(_EXAMPLE_KEY, _EXAMPLE_R, _EXAMPLE_S + 1, b"sample")
    )


_BACKENDS: Backends[Accepts] = Backends(
    "p256",
    ({"evp": _p256_evp.accepts} if works(_p256_evp, _passes) else {}) | {"pure": _p256_pure.accepts},
)
available_backends = _BACKENDS.available
forced_backend = _BACKENDS.forced

__all__ = ["InvalidKey", "P256PublicKey", "available_backends", "forced_backend"]
