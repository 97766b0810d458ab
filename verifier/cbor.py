"""Deterministic CBOR (RFC 8949 section 4.2.1), strict in both directions.

A general decoder accepts several encodings of one value: longer integers, unsorted or repeated keys, indefinite
lengths, trailing bytes. Every such freedom lets somebody change signed bytes without changing their meaning, so here
one value has exactly one encoding and everything else is `Malformed`. Floats, undefined and simple values other than
false, true and null do not occur in our formats and are refused.

Sample: `{1: "a", -1: h'00'}` is `a2 01 61 61 20 41 00`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .errors import Malformed

MAX_BYTES: Final = 1 << 20  # bytes; the largest object of ours, a status list, stays below
MAX_DEPTH: Final = 12
_UINT64: Final = 1 << 64
_KEY_TYPES: Final = frozenset({int, str, bytes})


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged value (major type 6)."""

    tag: int
    value: Any


_INITIAL: Final = tuple(bytes((i,)) for i in range(256))  # most heads are one byte: looked up, not made


def _head(major: int, n: int) -> bytes:
    if n < 24:
        return _INITIAL[major | n]
    if n < 0x100:
        return bytes((major | 24, n))
    if n < 0x10000:
        return bytes((major | 25,)) + n.to_bytes(2, "big")
    if n < 0x1_0000_0000:
        return bytes((major | 26,)) + n.to_bytes(4, "big")
    if n < _UINT64:
        return bytes((major | 27,)) + n.to_bytes(8, "big")
    raise Malformed("cbor", "integer-range", "beyond 64 bits")


def encode(value: Any) -> bytes:
    """Encode bytes, str, int, bool, None, list/tuple, dict and Tag. Raises Malformed for any other type."""
    kind = type(value)
    if kind is str:
        try:
            raw = value.encode()
        except UnicodeEncodeError:
            raise Malformed("cbor", "utf8", "lone surrogate") from None
        n = len(raw)
        return (_INITIAL[0x60 | n] if n < 24 else _head(0x60, n)) + raw  # type: ignore[no-any-return]
    if kind is bytes:
        return _head(0x40, len(value)) + value  # type: ignore[no-any-return]
    if kind is int:
        if 0 <= value < 24:
            return _INITIAL[value]  # type: ignore[no-any-return]
        return _head(0x00, value) if value >= 0 else _head(0x20, -1 - value)
    if kind is list or kind is tuple:
        return _head(0x80, len(value)) + b"".join([encode(v) for v in value])
    if kind is dict:
        if not _KEY_TYPES.issuperset(map(type, value)):  # what `decode` would refuse is not written either
            raise Malformed("cbor", "key-type")
        # Different keys of these three types never encode alike, so sorting decides by the key alone.
        items = sorted([(encode(k), encode(v)) for k, v in value.items()])
        return _head(0xA0, len(items)) + b"".join([k + v for k, v in items])
    if kind is bool:
        return b"\xf5" if value else b"\xf4"
    if value is None:
        return b"\xf6"
    if kind is Tag:
        if type(value.tag) is not int or value.tag < 0:
            raise Malformed("cbor", "tag")
        return _head(0xC0, value.tag) + encode(value.value)
    raise Malformed("cbor", "type", f"cannot encode {kind.__name__}")


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, ordered: bool = True) -> Any:
    """Decode exactly one value that fills `data`.

    `ordered=False` tolerates foreign key order, and nothing else: COSE objects of other makers are signed over their
    bytes as they are, and RFC 9052 does not oblige them to sort. Our own formats are always read with `ordered=True`.
    Raises Malformed.
    """
    if len(data) > max_bytes:
        raise Malformed("cbor", "too-large", f"more than {max_bytes} bytes")
    try:
        value, end = _item(data, 0, max_depth, ordered)
    except IndexError:
        raise Malformed("cbor", "truncated") from None
    if end != len(data):
        raise Malformed("cbor", "trailing-data")
    return value


def split_sequence(data: bytes, *, max_bytes: int) -> list[bytes]:
    """The items of a CBOR sequence (RFC 8742), each as its own bytes, in order; none for no data. Raises Malformed."""
    if len(data) > max_bytes:
        raise Malformed("cbor", "too-large", f"more than {max_bytes} bytes")
    items = []
    start = 0
    while start < len(data):
        try:
            end = _item(data, start, MAX_DEPTH, True)[1]
        except IndexError:
            raise Malformed("cbor", "truncated") from None
        items.append(data[start:end])
        start = end
    return items


def _argument(data: bytes, pos: int, info: int) -> tuple[int, int]:
    """Length or value that follows the initial byte, refusing every form longer than needed."""
    if info == 24:
        n = data[pos]
        if n < 24:
            raise Malformed("cbor", "non-shortest")
        return n, pos + 1
    if 25 <= info <= 27:
        width = 1 << (info - 24)
        end = pos + width
        if end > len(data):
            raise Malformed("cbor", "truncated")
        n = int.from_bytes(data[pos:end], "big")
        if n < 1 << (4 * width):
            raise Malformed("cbor", "non-shortest")
        return n, end
    raise Malformed("cbor", "indefinite-length" if info == 31 else "reserved")


def _item(data: bytes, pos: int, depth: int, ordered: bool) -> tuple[Any, int]:
    first = data[pos]
    pos += 1
    n = first & 0x1F
    major = first >> 5
    if major == 7:
        if first == 0xF6:
            return None, pos
        if first == 0xF5:
            return True, pos
        if first == 0xF4:
            return False, pos
        raise Malformed("cbor", "simple-or-float")
    if n > 23:
        n, pos = _argument(data, pos, n)
    if major == 0:
        return n, pos
    if major == 2 or major == 3:
        end = pos + n
        if end > len(data):
            raise Malformed("cbor", "truncated")
        raw = data[pos:end]
        return (raw if major == 2 else _text(raw)), end
    if major == 1:
        return -1 - n, pos
    if depth == 0:
        raise Malformed("cbor", "too-deep")
    if major == 6:
        value, pos = _item(data, pos, depth - 1, ordered)
        return Tag(n, value), pos
    if n > len(data) - pos:  # every element takes a byte: a huge count cannot make us allocate
        raise Malformed("cbor", "truncated")
    if major == 4:
        items: list[Any] = []
        for _ in range(n):
            value, pos = _item(data, pos, depth - 1, ordered)
            items.append(value)
        return items, pos
    return _map(data, pos, n, depth - 1, ordered)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("cbor", "utf8") from None


def _map(data: bytes, pos: int, count: int, depth: int, ordered: bool) -> tuple[dict[Any, Any], int]:
    result: dict[Any, Any] = {}
    previous = b""
    seen: set[bytes] = set()
    for _ in range(count):
        start = pos
        key, pos = _item(data, pos, depth, ordered)
        if type(key) is not int and type(key) is not str and type(key) is not bytes:
            raise Malformed("cbor", "key-type")  # True == 1 in Python: such keys would collide silently
        encoded = data[start:pos]
        if ordered:
            if encoded <= previous:
                raise Malformed("cbor", "duplicate-key" if encoded == previous else "unsorted-keys")
            previous = encoded
        else:
            if encoded in seen:
                raise Malformed("cbor", "duplicate-key")
            seen.add(encoded)
        result[key], pos = _item(data, pos, depth, ordered)
    return result, pos
