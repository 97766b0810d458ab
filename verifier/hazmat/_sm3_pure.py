"""SM3 (GB/T 32905-2016) and HMAC-SM3 in plain Python, for interpreters whose hashlib has no SM3.

FIPS providers and some distributions' builds of OpenSSL leave SM3 out. A 64-byte block takes 0.15 ms here,
some 300 times libcrypto's time: a certificate's dozen hashes cost a few milliseconds.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

_MASK = 0xFFFFFFFF
_IV = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
    0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
_BLOCK = 64

_State = tuple[int, int, int, int, int, int, int, int]


def _round_constant(j: int) -> int:
    """T_j <<< (j mod 32), §4.2 and §5.3.3."""
    t = 0x79CC4519 if j < 16 else 0x7A879D8A
    j %= 32
    return ((t << j) | (t >> (32 - j))) & _MASK


_T = tuple(_round_constant(j) for j in range(64))


def _expand(block: bytes) -> list[int]:
    """The 68 words W_0..W_67 of §5.3.2 (W'_j = W_j xor W_j+4 is taken in the rounds)."""
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 3]
        x = w[j - 16] ^ w[j - 9] ^ (((x << 15) | (x >> 17)) & _MASK)
        x ^= (((x << 15) | (x >> 17)) ^ ((x << 23) | (x >> 9))) & _MASK
        y = w[j - 13]
        w.append(x ^ (((y << 7) | (y >> 25)) & _MASK) ^ w[j - 6])
    return w


def _compress(state: _State, block: bytes) -> _State:
    """CF of §5.3.3."""
    w = _expand(block)
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = ((a << 12) | (a >> 20)) & _MASK
        ss1 = (a12 + e + _T[j]) & _MASK
        ss1 = ((ss1 << 7) | (ss1 >> 25)) & _MASK
        if j < 16:
            tt1 = (a ^ b ^ c) + d
            tt2 = (e ^ f ^ g) + h
        else:
            tt1 = ((a & b) | (a & c) | (b & c)) + d
            tt2 = ((e & f) | (~e & g)) + h
        tt1 = (tt1 + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & _MASK
        tt2 = (tt2 + ss1 + w[j]) & _MASK
        a, b, c, d = tt1, a, ((b << 9) | (b >> 23)) & _MASK, c
        p0 = tt2 ^ (((tt2 << 9) | (tt2 >> 23)) & _MASK) ^ (((tt2 << 17) | (tt2 >> 15)) & _MASK)
        e, f, g, h = p0, e, ((f << 19) | (f >> 13)) & _MASK, g
    s = state
    return (s[0] ^ a, s[1] ^ b, s[2] ^ c, s[3] ^ d, s[4] ^ e, s[5] ^ f, s[6] ^ g, s[7] ^ h)


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest of `data`; sm3(b"abc") = 66c7f0f4 62eeedd9 … 8f4ba8e0."""
    data = bytes(data)
    padded = data + b"\x80" + bytes((55 - len(data)) % _BLOCK) + struct.pack(">Q", 8 * len(data))
    state: _State = _IV
    for start in range(0, len(padded), _BLOCK):
        state = _compress(state, padded[start : start + _BLOCK])
    return struct.pack(">8I", *state)


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """HMAC (RFC 2104) over SM3: 32 bytes."""
    if len(key) > _BLOCK:
        key = sm3(key)
    key = bytes(key).ljust(_BLOCK, b"\x00")
    inner = sm3(bytes(k ^ 0x36 for k in key) + bytes(data))
    return sm3(bytes(k ^ 0x5C for k in key) + inner)


def leaf_hash(data: bytes) -> bytes:
    """SM3(0x00 || data), the leaf of an RFC 9162 tree."""
    return sm3(b"\x00" + data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """SM3(0x01 || left || right), the inner node of an RFC 9162 tree."""
    return sm3(b"\x01" + left + right)


def prefixed(prefix: bytes) -> Callable[[bytes], bytes]:
    """The function data -> SM3(prefix || data)."""

    def digest(data: bytes) -> bytes:
        return sm3(prefix + data)

    return digest
