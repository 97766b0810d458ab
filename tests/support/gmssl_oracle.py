"""The package gmssl as a second opinion on SM2, with its traps stepped around.

Its constructor strips every leading `0` and `4` from a public key that begins with `04`: right for a prefixed key,
wrong for the one key in 256 whose x itself begins so. Therefore the coordinates are set after it ran.
"""

from __future__ import annotations

from gmssl.sm2 import CryptSM2


def gmssl_sm2(public_key: bytes, scalar: bytes = b"") -> CryptSM2:
    """An oracle for the 65-byte `public_key` (`04`, x, y), able to sign where the 32-byte `scalar` is given."""
    oracle = CryptSM2(private_key=scalar.hex(), public_key="")
    oracle.public_key = public_key[1:].hex()
    return oracle
