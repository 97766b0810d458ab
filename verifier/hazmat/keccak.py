"""Keccak-256 as Ethereum uses it: Keccak[c=512] with the original padding 0x01, *not* SHA3-256 (FIPS 202, 0x06).

    keccak256(b"") = c5d24601 86f7233c 927e7db2 dcc703c0 e500b653 ca82273b 7bfad804 5d85a470

hashlib has only SHA3; and libcrypto names KECCAK-256 from 3.2 on. A proof has a few dozen kilobytes, so plain Python
is fast enough (about 0.4 ms a block).
"""

from __future__ import annotations

from typing import Final

RATE_BYTES: Final = 136
DIGEST_BYTES: Final = 32
_MASK: Final = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    """Iota's constants from the LFSR x^8 + x^6 + x^5 + x^4 + 1 (Keccak reference 1.2)."""
    constants = []
    state = 1
    for _ in range(24):
        value = 0
        for j in range(7):
            if state & 1:
                value |= 1 << ((1 << j) - 1)
            state <<= 1
            if state & 0x100:
                state ^= 0x171
        constants.append(value)
    return tuple(constants)


def _lanes() -> tuple[tuple[int, int, int], ...]:
    """(from, to, rotation) of rho and pi together; lane (x, y) has the index x + 5y."""
    moves = [(0, 0, 0)]
    x, y = 1, 0
    for t in range(24):
        x_next, y_next = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, x_next + 5 * y_next, (t + 1) * (t + 2) // 2 % 64))
        x, y = x_next, y_next
    return tuple(moves)


_ROUND_CONSTANTS: Final = _round_constants()
_MOVES: Final = _lanes()


def _permute(a: list[int]) -> list[int]:
    """Keccak-f[1600] on 25 lanes."""
    for constant in _ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & _MASK) for x in range(5)]
        b = [0] * 25
        for source, target, turn in _MOVES:
            lane = a[source] ^ d[source % 5]
            b[target] = (lane << turn | lane >> (64 - turn)) & _MASK
        a = [b[y + x] ^ (b[y + (x + 2) % 5] & ~b[y + (x + 1) % 5]) for y in (0, 5, 10, 15, 20) for x in (0, 1, 2, 3, 4)]
        a[0] ^= constant
    return a


def keccak256(data: bytes) -> bytes:
    """Digest, 32 bytes."""
    padding = RATE_BYTES - len(data) % RATE_BYTES
    padded = bytearray(data) + bytes(padding)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), RATE_BYTES):
        for i in range(RATE_BYTES // 8):
            at = start + 8 * i
            state[i] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[: DIGEST_BYTES // 8])
