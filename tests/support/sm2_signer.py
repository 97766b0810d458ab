"""SM2 by the book, for tests only: affine points, one inversion for each step, the nonce an argument.

Written against GB/T 32918.2 and not against `verifier`, so that an error there is not repeated here. Not constant
time, no randomness: a key that has been used here is a public key.
"""

from __future__ import annotations

from functools import cache

from verifier.hazmat.sm3 import sm3

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
ID = b"1234567812345678"

# GB/T 32918.5-2017 A.2
EXAMPLE_D = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
EXAMPLE_K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
EXAMPLE_MESSAGE = b"message digest"
EXAMPLE_KEY = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
EXAMPLE_SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)

Point = tuple[int, int] | None


def add(p: Point, q: Point) -> Point:
    """The group law; None is infinity."""
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    rise, run = (3 * p[0] * p[0] + A, 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    slope = rise * pow(run, -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def multiply(k: int, point: Point = G) -> Point:
    """k·point for k >= 0."""
    total: Point = None
    while k:
        if k & 1:
            total = add(total, point)
        point = add(point, point)
        k >>= 1
    return total


def encode(point: Point) -> bytes:
    """65 bytes of a finite point."""
    assert point is not None
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


@cache
def public_key(d: int) -> bytes:
    """65 bytes of d·G."""
    return encode(multiply(d))


def digest(public: bytes, message: bytes, identity: bytes = ID) -> int:
    """e of GB/T 32918.2 §6.1 A2."""
    parameters = b"".join(v.to_bytes(32, "big") for v in (A, B, *G))
    za = sm3((8 * len(identity)).to_bytes(2, "big") + identity + parameters + public[1:])
    return int.from_bytes(sm3(za + message), "big")


def sign(d: int, k: int, message: bytes, identity: bytes = ID) -> bytes:
    """r || s. Raises ValueError for the (k, message) that the standard would draw again."""
    point = multiply(k)
    assert point is not None
    r = (digest(public_key(d), message, identity) + point[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    if r == 0 or r + k == N or s == 0:
        raise ValueError("another k is needed")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
