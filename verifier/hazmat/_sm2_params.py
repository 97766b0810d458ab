"""The curve sm2p256v1 and the message digest of SM2 signatures (GB/T 32918.2-2016, 32918.5-2017)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from ._weierstrass import Curve
from .sm3 import prefixed, sm3

CURVE: Final = Curve(
    p=0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF,
    b=0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93,
    n=0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123,
    gx=0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    gy=0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
DEFAULT_ID: Final = b"1234567812345678"  # GM/T 0009-2012 §10
# ENTL counts bits in two bytes, so 8191 is the standard's limit; libcrypto computes ZA up to 8190 only, and the
# backends must not differ.
MAX_ID_BYTES: Final = 8190
CACHED_KEYS: Final = 64  # tables and states kept per process; a trust bundle holds fewer keys

_DOMAIN = b"".join(v.to_bytes(32, "big") for v in (CURVE.p - 3, CURVE.b, CURVE.gx, CURVE.gy))


def identity_digest(public_key: bytes, distinguishing_id: bytes) -> bytes:
    """ZA = SM3(ENTL || ID || a || b || xG || yG || xA || yA), §5.5. `public_key` is 65 bytes `04 || x || y`."""
    if len(distinguishing_id) > MAX_ID_BYTES:
        raise ValueError(f"distinguishing id longer than {MAX_ID_BYTES} bytes")
    entl = (8 * len(distinguishing_id)).to_bytes(2, "big")
    return sm3(entl + distinguishing_id + _DOMAIN + public_key[1:])


@lru_cache(maxsize=CACHED_KEYS)
def message_hasher(public_key: bytes, distinguishing_id: bytes) -> Callable[[bytes], bytes]:
    """The function message -> SM3(ZA || message), §6.1 steps A1 and A2, with ZA absorbed once."""
    return prefixed(identity_digest(public_key, distinguishing_id))


def expected_x(public_key: bytes, distinguishing_id: bytes, message: bytes, r: int) -> int:
    """x1 mod n that r commits to: r - e mod n, §7.1 step B7 read backwards."""
    e = message_hasher(public_key, distinguishing_id)(message)
    return (r - int.from_bytes(e, "big")) % CURVE.n
