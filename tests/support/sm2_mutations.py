"""SM2 signatures and public keys that must be refused, each with a name. Derived from one good pair."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.sm2_signer import EXAMPLE_KEY, EXAMPLE_SIGNATURE, A, B, N, P

Case = tuple[str, object]
R = int.from_bytes(EXAMPLE_SIGNATURE[:32], "big")
S = int.from_bytes(EXAMPLE_SIGNATURE[32:], "big")


def _b32(value: int) -> bytes:
    return (value % 2**256).to_bytes(32, "big")


def _out_of_range() -> Iterator[Case]:
    edges = {"0": 0, "1": 1, "2": 2, "n-1": N - 1, "n": N, "n+1": N + 1, "p": P, "p-1": P - 1, "max": 2**256 - 1}
    for name, value in edges.items():
        yield f"r={name}", _b32(value) + _b32(S)
        yield f"s={name}", _b32(R) + _b32(value)
        for other, second in edges.items():
            yield f"(r, s) = ({name}, {other})", _b32(value) + _b32(second)


def _related() -> Iterator[Case]:
    yield "r+s=0 by s=n-r", _b32(R) + _b32(N - R)
    yield "r+s=0 by r=n-s", _b32(N - S) + _b32(S)
    yield "r=n-r", _b32(N - R) + _b32(S)
    yield "s=n-s", _b32(R) + _b32(N - S)
    yield "both negated", _b32(N - R) + _b32(N - S)
    yield "swapped", _b32(S) + _b32(R)
    yield "r twice", _b32(R) * 2
    yield "s twice", _b32(S) * 2
    yield "s+r", _b32(R) + _b32((R + S) % N)
    yield "r little-endian", EXAMPLE_SIGNATURE[31::-1] + _b32(S)
    yield "s little-endian", _b32(R) + EXAMPLE_SIGNATURE[:31:-1]
    for k in (1, 2, 3):
        yield f"r+{k}", _b32(R + k) + _b32(S)
        yield f"r-{k}", _b32(R - k) + _b32(S)
        yield f"s+{k}", _b32(R) + _b32(S + k)
        yield f"s-{k}", _b32(R) + _b32(S - k)
    # The same residues without reduction: what a verifier that reduces first would accept.
    if R + N < 2**256:
        yield "r+n", _b32(R + N) + _b32(S)
    if S + N < 2**256:
        yield "s+n", _b32(R) + _b32(S + N)


def _reshaped() -> Iterator[Case]:
    for length in (0, 1, 16, 31, 32, 33, 62, 63):
        yield f"first {length} bytes", EXAMPLE_SIGNATURE[:length]
        yield f"last {length} bytes", EXAMPLE_SIGNATURE[64 - length :]
    for extra in (b"\x00", b"\x01", b"\x00" * 2, b"\x00" * 64, EXAMPLE_SIGNATURE):
        yield f"after: {extra[:2].hex()} · {len(extra)}", EXAMPLE_SIGNATURE + extra
        yield f"before: {extra[:2].hex()} · {len(extra)}", extra + EXAMPLE_SIGNATURE
    yield "zero between", EXAMPLE_SIGNATURE[:32] + b"\x00" + EXAMPLE_SIGNATURE[32:]
    body = b"\x02\x21\x00" + _b32(R) + b"\x02\x21\x00" + _b32(S)
    yield "DER", bytes((0x30, len(body))) + body
    yield "hex", EXAMPLE_SIGNATURE.hex().encode()
    for name, value in {"None": None, "int": 5, "str": "x" * 64, "list": list(EXAMPLE_SIGNATURE)}.items():
        yield f"type {name}", value
    yield "type bytearray", bytearray(EXAMPLE_SIGNATURE)
    yield "type memoryview", memoryview(EXAMPLE_SIGNATURE)


def _flipped() -> Iterator[Case]:
    for bit in range(0, 512, 7):
        value = bytearray(EXAMPLE_SIGNATURE)
        value[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(value)


def bad_signatures() -> list[Case]:
    """Named values that are no signature of EXAMPLE_MESSAGE by EXAMPLE_KEY."""
    return [*_out_of_range(), *_related(), *_reshaped(), *_flipped()]


def bad_public_keys() -> list[Case]:
    """Named values that are no public key."""
    x, y = int.from_bytes(EXAMPLE_KEY[1:33], "big"), int.from_bytes(EXAMPLE_KEY[33:], "big")
    cases: list[Case] = [("empty", b""), ("infinity", b"\x00"), ("infinity padded", bytes(65))]
    for prefix in (0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x40, 0x84, 0xFF):
        cases.append((f"prefix {prefix:02x}", bytes((prefix,)) + EXAMPLE_KEY[1:]))
    parity = 0x02 | y & 1
    cases.append(("compressed", bytes((parity,)) + EXAMPLE_KEY[1:33]))
    cases.extend((f"first {n} bytes", EXAMPLE_KEY[:n]) for n in (1, 32, 33, 63, 64))
    cases.append(("no prefix", EXAMPLE_KEY[1:]))
    cases.extend((f"after: {e[:1].hex()} · {len(e)}", EXAMPLE_KEY + e) for e in (b"\x00", b"\x04", EXAMPLE_KEY))
    edges = {"0": 0, "1": 1, "n": N, "p-1": P - 1, "p": P, "p+1": P + 1, "max": 2**256 - 1}
    for name, value in edges.items():
        cases.append((f"x={name}", b"\x04" + _b32(value) + _b32(y)))
        cases.append((f"y={name}", b"\x04" + _b32(x) + _b32(value)))
        cases.append((f"x=y={name}", b"\x04" + _b32(value) * 2))
    cases.append(("swapped", b"\x04" + _b32(y) + _b32(x)))
    cases.append(("off by one", b"\x04" + _b32(x) + _b32(y + 1)))
    cases.append(("generator of P-256", _p256_generator()))
    small_x, small_y = _point_below_2_256_minus_p()
    cases.append(("x+p", b"\x04" + _b32(small_x + P) + _b32(small_y)))
    for bit in range(0, 512, 43):
        flipped = bytearray(EXAMPLE_KEY)
        flipped[1 + bit // 8] ^= 1 << bit % 8
        cases.append((f"bit {bit}", bytes(flipped)))
    cases += [("None", None), ("str", "04" * 65), ("int", 4), ("bytearray", bytearray(EXAMPLE_KEY))]
    return cases


def _p256_generator() -> bytes:
    return bytes.fromhex(
        "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
    )


def _point_below_2_256_minus_p() -> tuple[int, int]:
    """A point whose x has a second 32-byte form, x + p: a decoder that reduces would take both."""
    for x in range(1, 100):
        square = (x**3 + A * x + B) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            return x, y
    raise AssertionError("unreachable: half of all x are on the curve")
