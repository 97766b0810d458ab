"""SM3 over the interpreter's own hashlib. The import raises ImportError where hashlib has no right SM3."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

# GB/T 32905-2016 A.1 and A.2: one block, and two blocks (the padding spills over).
_KNOWN_ANSWERS = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)


def _feature_test() -> None:
    for message, digest in _KNOWN_ANSWERS:
        try:
            computed = hashlib.new("sm3", message).hexdigest()
        except ValueError as error:  # not built in, or not allowed by a FIPS provider
            raise ImportError("hashlib has no SM3") from error
        if computed != digest:
            raise ImportError("hashlib's SM3 gives a wrong digest")


_feature_test()

# Copying a keyed-up state costs less than looking the algorithm up by name for each of a tree's nodes.
# The originals are never updated, so that threads may copy them at the same time.
_EMPTY = hashlib.new("sm3")
_LEAF = hashlib.new("sm3", b"\x00")
_NODE = hashlib.new("sm3", b"\x01")


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest of `data`; sm3(b"abc") = 66c7f0f4 62eeedd9 … 8f4ba8e0."""
    state = _EMPTY.copy()
    state.update(data)
    return state.digest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """HMAC (RFC 2104) over SM3: 32 bytes."""
    return hmac.digest(key, data, "sm3")


def leaf_hash(data: bytes) -> bytes:
    """SM3(0x00 || data), the leaf of an RFC 9162 tree."""
    state = _LEAF.copy()
    state.update(data)
    return state.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SM3(0x01 || left || right), the inner node of an RFC 9162 tree."""
    state = _NODE.copy()
    state.update(left + right)
    return state.digest()


def prefixed(prefix: bytes) -> Callable[[bytes], bytes]:
    """The function data -> SM3(prefix || data), with the prefix absorbed once."""
    base = hashlib.new("sm3", prefix)

    def digest(data: bytes) -> bytes:
        state = base.copy()
        state.update(data)
        return state.digest()

    return digest
