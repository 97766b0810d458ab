"""BLS signatures on BLS12-381, keys in G1 (48 bytes), signatures in G2 (96 bytes), with proof of possession.

draft-irtf-cfrg-bls-signature-05, ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_. The only file of this package
with a third-party import: the pairing comes from the optional extra `bls` (arkworks, in Rust); without it `available()`
is false and everything else of the verifier works. There is no slow path in Python: 0.3 s a check, unaudited, would
be a worse answer than "cannot be checked here".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from .errors import BackendUnavailable, InvalidKey

try:
    import py_arkworks_bls12381 as _ark
except ImportError:
    _ark = None  # type: ignore[assignment]

KEY_BYTES: Final = 48
SIGNATURE_BYTES: Final = 96
SIGNATURE_DOMAIN: Final = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
POSSESSION_DOMAIN: Final = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"


def available() -> bool:
    """Whether the extra `bls` is installed."""
    return _ark is not None


@lru_cache(maxsize=1024)
def verify_possession(key: bytes, proof: bytes) -> bool:
    """Whether whoever published `key` holds its private half: `proof` is its signature over the key itself.

    Without it a key could be made as a difference of others (rogue key) and sign in their names. Raises
    BackendUnavailable.
    """
    return _verify([key], key, proof, POSSESSION_DOMAIN)


def verify_aggregate(keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the sum of the signatures of all `keys` (at least one) over one message.

    Only for keys whose possession was proven. False for whatever is not a point of the prime-order group, and for the
    point at infinity, which "signs" everything. Raises BackendUnavailable.
    """
    return _verify(keys, message, signature, SIGNATURE_DOMAIN)


def aggregate(signatures: Sequence[bytes]) -> bytes:
    """Sum of signatures (at least one), 96 bytes. Verify each before: one bad one spoils the sum, and hides which.

    Raises BackendUnavailable, InvalidKey for bytes that are no point.
    """
    if _ark is None:
        raise BackendUnavailable("BLS signatures need the extra `bls`")
    if not signatures:
        raise InvalidKey("nothing to add up")
    total: Any = _ark.G2Point.identity()
    try:
        for signature in signatures:
            total = total + _ark.G2Point.from_compressed_bytes(signature)
    except ValueError:
        raise InvalidKey("a signature is no point of the group") from None
    return bytes(total.to_compressed_bytes())


def _verify(keys: Sequence[bytes], message: bytes, signature: bytes, domain: bytes) -> bool:
    if _ark is None:
        raise BackendUnavailable("BLS signatures need the extra `bls`")
    if not keys or len(signature) != SIGNATURE_BYTES or any(len(key) != KEY_BYTES for key in keys):
        return False
    identity = _ark.G1Point.identity()
    total: Any = identity
    try:
        signed = _ark.G2Point.from_compressed_bytes(signature)
        if bytes(signed.to_compressed_bytes()) != signature:  # the library reads infinity from many spellings
            return False
        for key in keys:
            point = _ark.G1Point.from_compressed_bytes(key)
            if point == identity or bytes(point.to_compressed_bytes()) != key:
                return False
            total = total + point
    except ValueError:  # not on the curve, or not in the subgroup
        return False
    if total == identity:
        return False
    hashed = _ark.G2Point.hash_to_curve(message, domain)
    return bool(_ark.GT.pairing_check([total, -_ark.G1Point()], [hashed, signed]))
