"""SM2 signature verification (GB/T 32918.2-2016) on sm2p256v1, over ZA and SM3.

    key = Sm2PublicKey.parse(pub65)          # 04 || x || y; raises InvalidKey
    key.verify(sig64, message)               # r || s, 32 bytes each, big-endian; True or False

Three backends give the same answer to every input: "tables" (libcrypto, one fixed-base table for each key),
"evp" (libcrypto's own verification) and "pure" (Python). A native backend is used only if, at import, it
accepts the example of the standard and refuses its neighbours.

There is deliberately no interface that takes a digest: it would accept forgeries (see the package's docstring).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from . import _sm2_evp, _sm2_pure, _sm2_tables
from ._backends import Backends, works
from ._sm2_params import CURVE, DEFAULT_ID, MAX_ID_BYTES
from .errors import InvalidKey

PUBLIC_KEY_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64
_N: Final = CURVE.n

# (public key, (r, s, r + s mod n), message, distinguishing id) -> verdict
Accepts = Callable[[bytes, tuple[int, int, int], bytes, bytes], bool]


def _split(signature: object) -> tuple[int, int, int] | None:
    """(r, s, t = r + s mod n) of 64 bytes with 1 <= r, s < n and t not 0; None for all else (§7.1 B1 to B5)."""
    if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
        return None
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < _N and 0 < s < _N):
        return None
    t = (r + s) % _N
    return (r, s, t) if t else None


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """A point of sm2p256v1, checked on construction. `encoded` is 65 bytes, `04 || x || y`."""

    encoded: bytes

    def __post_init__(self) -> None:
        encoded = self.encoded
        if type(encoded) is not bytes or len(encoded) != PUBLIC_KEY_BYTES or encoded[0] != 0x04:
            raise InvalidKey("SM2 public key: expected 65 bytes starting with 04")
        # Also refuses coordinates of p and more, which name a point a second time.
        if not CURVE.contains(int.from_bytes(encoded[1:33], "big"), int.from_bytes(encoded[33:], "big")):
            raise InvalidKey("SM2 public key: not a point of the curve")

    @classmethod
    def parse(cls, encoded: bytes) -> Sm2PublicKey:
        """The key in 65 bytes `04 || x || y`. Raises InvalidKey."""
        return cls(encoded)

    def verify(self, signature: bytes, message: bytes, *, distinguishing_id: bytes = DEFAULT_ID) -> bool:
        """Whether `signature` (64 bytes, r || s) is this key's over `message` for the signer's id.

        A signature of any other length, type or range is False. Raises TypeError if `message` or the id is not
        bytes, ValueError if the id is longer than 8190 bytes: these come from the program, not from outside.
        """
        if type(message) is not bytes or type(distinguishing_id) is not bytes:
            raise TypeError("message and distinguishing id must be bytes")
        if len(distinguishing_id) > MAX_ID_BYTES:
            raise ValueError(f"distinguishing id longer than {MAX_ID_BYTES} bytes")
        parts = _split(signature)
        if parts is None:
            return False
        return _BACKENDS.selected()(self.encoded, parts, message, distinguishing_id)


# GB/T 32918.5-2017 A.2 (also GM/T 0003.5): the example on sm2p256v1.
_EXAMPLE_KEY = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_EXAMPLE_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
_EXAMPLE_MESSAGE = b"message digest"


def _passes(accepts: Accepts) -> bool:
    """Whether a backend accepts the standard's example and refuses it with anything changed."""
    parts = _split(_EXAMPLE_SIGNATURE)
    assert parts is not None
    r, s, t = parts
    return (
        accepts(_EXAMPLE_KEY, parts, _EXAMPLE_MESSAGE, DEFAULT_ID)
        and not accepts(_EXAMPLE_KEY, parts, _EXAMPLE_MESSAGE + b"\x00", DEFAULT_ID)
        and not accepts(_EXAMPLE_KEY, parts, _EXAMPLE_MESSAGE, DEFAULT_ID[:-1])
        and not accepts(_EXAMPLE_KEY, (r, s + 1, t + 1), _EXAMPLE_MESSAGE, DEFAULT_ID)
    )


_NATIVE = {"tables": _sm2_tables, "evp": _sm2_evp}
_BACKENDS: Backends[Accepts] = Backends(
    "sm2",
    {name: module.accepts for name, module in _NATIVE.items() if works(module, _passes)} | {"pure": _sm2_pure.accepts},
)
available_backends = _BACKENDS.available
forced_backend = _BACKENDS.forced

__all__ = ["DEFAULT_ID", "MAX_ID_BYTES", "InvalidKey", "Sm2PublicKey", "available_backends", "forced_backend"]
