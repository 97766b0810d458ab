"""RLP (Ethereum Yellow Paper, appendix B), strict in both directions.

    ["cat", ["dog"]]  is  ca 83 63 61 74 c4 83 64 6f 67

One value has one encoding: a single byte below 0x80 stands for itself, lengths are the shortest, nothing trails. A
decoder that took the other forms would let two different byte strings, and so two hashes, mean one header.
"""

from __future__ import annotations

from typing import Final

from ..errors import Malformed

MAX_DEPTH: Final = 8

Item = bytes | list["Item"]


def decode(data: bytes) -> Item:
    """The one item that fills `data`. Raises Malformed."""
    item, end = _item(data, 0, len(data), MAX_DEPTH)
    if end != len(data):
        raise Malformed("rlp", "trailing-data")
    return item


def encode(item: Item) -> bytes:
    """Encoding of bytes and lists."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _head(0x80, len(item)) + item
    body = b"".join([encode(element) for element in item])
    return _head(0xC0, len(body)) + body


def _head(base: int, length: int) -> bytes:
    if length < 56:
        return bytes([base + length])
    raw = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(raw)]) + raw


def _item(data: bytes, pos: int, limit: int, depth: int) -> tuple[Item, int]:
    """The item at `pos`, which must end by `limit`, and where it ends."""
    if pos >= limit:
        raise Malformed("rlp", "truncated")
    first = data[pos]
    if first < 0x80:
        return data[pos : pos + 1], pos + 1
    is_list = first >= 0xC0
    length = first - (0xC0 if is_list else 0x80)
    start = pos + 1
    if length > 55:
        start += length - 55
        length = _long(data[pos + 1 : min(start, limit)], length - 55)
    end = start + length
    if end > limit:
        raise Malformed("rlp", "truncated")
    if not is_list:
        if length == 1 and data[start] < 0x80:
            raise Malformed("rlp", "non-canonical", "a small byte stands for itself")
        return data[start:end], end
    if depth == 0:
        raise Malformed("rlp", "too-deep")
    items: list[Item] = []
    at = start
    while at < end:
        item, at = _item(data, at, end, depth - 1)
        items.append(item)
    return items, end


def _long(raw: bytes, width: int) -> int:
    if len(raw) != width:
        raise Malformed("rlp", "truncated")
    length = int.from_bytes(raw, "big")
    if raw[0] == 0 or length < 56:
        raise Malformed("rlp", "non-canonical", "length longer than needed")
    return length


def octets(item: Item, length: int | None = None) -> bytes:
    """A byte string, of exactly `length` bytes where given. Raises Malformed."""
    if not isinstance(item, bytes) or (length is not None and len(item) != length):
        raise Malformed("rlp", "bytes")
    return item


def elements(item: Item) -> list[Item]:
    """The elements of a list. Raises Malformed."""
    if isinstance(item, bytes):
        raise Malformed("rlp", "list")
    return item


def scalar(item: Item, width: int = 8) -> int:
    """A number of at most `width` bytes without leading zeros; 0 is the empty string. Raises Malformed."""
    raw = octets(item)
    if len(raw) > width or raw[:1] == b"\0":
        raise Malformed("rlp", "scalar")
    return int.from_bytes(raw, "big")
