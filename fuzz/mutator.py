"""Changes inside well-formed CBOR: a byte mutator breaks the lengths around what it changes, and parsers stop there.

Byte strings that are CBOR themselves (protected headers, payloads, proofs) are opened, changed and closed again, so
that what stands behind three layers of lengths is reached too.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from verifier import cbor
from verifier.errors import VerifierError

_ODD: tuple[Any, ...] = (
    0, 1, -1, 23, 24, 255, 256, 65535, 65536, 2**31, 2**32, 2**53, 2**63, 2**64 - 1, -(2**63), -(2**64), True, False,
    None, b"", b"\x00", bytes(16), bytes(32), bytes(64), "", "\x00", "民", [], {}, [[]], {1: {}},
)  # fmt: skip
_MAX_DEPTH = 12
Mutate = Callable[[bytes, int], bytes]


def mutated(data: bytes, longest: int, seed: int, bytewise: Mutate) -> bytes:
    """`data` with one value changed; by `bytewise` where it is no CBOR, and for every third seed anyway."""
    rng = random.Random(seed)
    if rng.randrange(3) == 0:
        return bytewise(data, longest)
    try:
        changed = cbor.encode(_changed(cbor.decode(data, ordered=False), rng, bytewise, 0))
    except (VerifierError, RecursionError):
        return bytewise(data, longest)
    return changed if len(changed) <= longest else data


def _changed(value: Any, rng: random.Random, bytewise: Mutate, depth: int) -> Any:
    """One place in the tree changed, the nearer the root the rarer."""
    if depth < _MAX_DEPTH and rng.randrange(4):
        if isinstance(value, cbor.Tag):
            return cbor.Tag(value.tag, _changed(value.value, rng, bytewise, depth + 1))
        if isinstance(value, list) and value:
            at = rng.randrange(len(value))
            return [*value[:at], _changed(value[at], rng, bytewise, depth + 1), *value[at + 1 :]]
        if isinstance(value, dict) and value:
            key = rng.choice(list(value))
            return value | {key: _changed(value[key], rng, bytewise, depth + 1)}
        if isinstance(value, bytes) and len(value) > 1:
            try:
                inner = cbor.decode(value, ordered=False)
            except VerifierError:
                return bytewise(value, len(value) + 64)
            return cbor.encode(_changed(inner, rng, bytewise, depth + 1))
    return _another(value, rng, bytewise)


def _another(value: Any, rng: random.Random, bytewise: Mutate) -> Any:
    """A value in the place of `value`: like it, or of another kind; of a container more, fewer or exchanged members."""
    if rng.randrange(3) == 0:
        return rng.choice(_ODD)
    if isinstance(value, bytes):
        return bytewise(value, len(value) + 64)
    if isinstance(value, str):
        return bytewise(value.encode(), len(value) + 64).decode("utf-8", "replace")
    if isinstance(value, bool) or value is None:
        return rng.choice(_ODD)
    if isinstance(value, int):
        return max(
            -(2**64), min(2**64 - 1, value + rng.choice((-1, 1, -256, 256, value, -value, 1 << rng.randrange(64))))
        )
    if isinstance(value, list):
        return rng.choice(([*value, rng.choice(_ODD)], value[:-1], value * 2, value[::-1]))
    if isinstance(value, dict):
        kept = dict(list(value.items())[rng.randrange(2) :])
        return kept if rng.randrange(2) else kept | {rng.choice((0, 1, -1, 99, "x", -65600)): rng.choice(_ODD)}
    return rng.choice(_ODD)
