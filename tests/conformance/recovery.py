"""Public keys that an ES256 signature could be of (SEC 1 section 4.1.6).

Some published examples come without their key. A wrong message or a wrong Sig_structure gives unrelated points, so a
point that two examples have in common is their key, and shows that both signatures are good.
"""

from __future__ import annotations

import hashlib

from tests.golden.other_signers import G, N, P, add, multiply

_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def possible_keys(signature: bytes, message: bytes) -> set[bytes]:
    """The keys, each 65 bytes, under which r || s is good for the message."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(r, -1, N)
    found: set[bytes] = set()
    for x in (r, r + N):
        square = (x * x * x - 3 * x + _B) % P
        root = pow(square, (P + 1) // 4, P)
        if x >= P or root * root % P != square:
            continue
        for y in (root, P - root):
            point = add(multiply(s * inverse % N, (x, y)), multiply(-digest * inverse % N, G))
            if point is not None:
                found.add(b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big"))
    return found
