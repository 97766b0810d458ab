"""The part of Protocol Buffers that CometBFT and ICS23 need: varints, byte strings, fixed 64-bit numbers.

    {1: 0x96, 2: h'61'}  is  08 96 01 12 01 61

Protobuf has no canonical form; the messages hashed and signed here are written by gogoproto, which omits zeros, sorts
by field number and keeps varints short. The writer does the same, and the reader refuses everything else, so that one
message has one encoding.
"""

from __future__ import annotations

from typing import Final

from ..errors import Malformed

_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2
_UINT64: Final = 1 << 64

Field = tuple[int, int | bytes]


def varint(value: int) -> bytes:
    """Base-128, least significant group first; value in [0, 2**64)."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    """An integer field; nothing for zero. Negative int64 values take ten bytes, as protobuf has it."""
    return varint(field << 3 | _VARINT) + varint(value % _UINT64) if value else b""


def fixed64(field: int, value: int) -> bytes:
    """An sfixed64 field, little endian; nothing for zero."""
    return varint(field << 3 | _FIXED64) + value.to_bytes(8, "little", signed=True) if value else b""


def octets(field: int, value: bytes) -> bytes:
    """A bytes or string field; nothing for an empty one."""
    return message(field, value) if value else b""


def message(field: int, value: bytes) -> bytes:
    """An embedded message, which is there even if it is empty."""
    return varint(field << 3 | _BYTES) + varint(len(value)) + value


def read_varint(data: bytes, pos: int) -> tuple[int, int]:
    """The shortest-form varint below 2**64 at `pos`, and where it ends. Raises Malformed."""
    value = 0
    for i in range(10):
        if pos + i >= len(data):
            raise Malformed("protobuf", "truncated")
        byte = data[pos + i]
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            if (byte == 0 and i) or value >= _UINT64:
                break
            return value, pos + i + 1
    raise Malformed("protobuf", "varint", "longer than needed or beyond 64 bits")


def parse(data: bytes) -> list[Field]:
    """The fields of a message in their order: numbers never fall, no zero or empty scalar is spelled out.

    A repeated number is returned twice; whether it may repeat the caller knows. Raises Malformed.
    """
    fields: list[Field] = []
    pos, previous = 0, 1
    while pos < len(data):
        key, pos = read_varint(data, pos)
        field, kind = key >> 3, key & 7
        if field < previous:
            raise Malformed("protobuf", "field-order")
        previous = field
        value, pos = read_varint(data, pos)
        if kind == _VARINT:
            if value == 0:
                raise Malformed("protobuf", "default-value")
            fields.append((field, value))
        elif kind == _BYTES:
            end = pos + value
            if end > len(data):
                raise Malformed("protobuf", "truncated")
            fields.append((field, data[pos:end]))
            pos = end
        else:
            raise Malformed("protobuf", "wire-type")
    return fields
