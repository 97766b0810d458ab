"""RLP and protobuf, strict: one value, one encoding. RLP against the package of that name."""

from __future__ import annotations

import pytest
import rlp as oracle

from verifier.errors import Malformed
from verifier.finality import protobuf, rlp


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\0",
        b"\x7f",
        b"\x80",
        b"x" * 55,
        b"x" * 56,
        b"x" * 300,
        [],
        [[], [[]]],
        [b"cat", [b"dog", b""]],
        [b"y" * 60],
    ],
)
def test_rlp_agrees(value: rlp.Item) -> None:
    raw = rlp.encode(value)
    assert raw == oracle.encode(value)
    assert rlp.decode(raw) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "truncated"),
        ("8100", "non-canonical"),
        ("817f", "non-canonical"),
        ("b80161", "non-canonical"),
        ("b90038" + "61" * 56, "non-canonical"),
        ("b837" + "61" * 55, "non-canonical"),
        ("f83700", "non-canonical"),
        ("8361", "truncated"),
        ("b8", "truncated"),
        ("b9ff", "truncated"),
        ("bfffffffffffffffff", "truncated"),
        ("c283616161", "truncated"),
        ("c1b8", "truncated"),
        ("c000", "trailing-data"),
        ("6161", "trailing-data"),
        ("c1" * 1 + "c2c1c1", "truncated"),
        ("c9c8c7c6c5c4c3c2c1c0", "too-deep"),
    ],
)
def test_rlp_refuses(raw: str, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        rlp.decode(bytes.fromhex(raw))
    assert refused.value.reason == reason


@pytest.mark.parametrize("raw", [b"\0", b"\0\1", b"\1" * 9])
def test_scalars(raw: bytes) -> None:
    with pytest.raises(Malformed, match="scalar"):
        rlp.scalar(raw)
    with pytest.raises(Malformed):
        rlp.scalar([])


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**63 - 1, 2**64 - 1])
def test_varint(value: int) -> None:
    raw = protobuf.varint(value)
    assert protobuf.read_varint(raw + b"\xff", 0) == (value, len(raw))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("08", "truncated"),
        ("0880", "truncated"),
        ("088000", "varint"),
        ("08ffffffffffffffffff02", "varint"),
        ("08" + "ff" * 11, "varint"),
        ("0800", "default-value"),
        ("12026100" + "0801", "field-order"),
        ("120261", "truncated"),
        ("0901", "wire-type"),
        ("0b01", "wire-type"),
        ("0d01", "wire-type"),
        ("0001", "field-order"),
    ],
)
def test_protobuf_refuses(raw: str, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        protobuf.parse(bytes.fromhex(raw))
    assert refused.value.reason == reason


def test_protobuf_writes_nothing_for_zero() -> None:
    assert protobuf.number(1, 0) + protobuf.octets(2, b"") + protobuf.fixed64(3, 0) == b""
    assert protobuf.number(1, -1) == b"\x08" + b"\xff" * 9 + b"\x01"
    assert protobuf.fixed64(2, 1) == b"\x11" + b"\x01" + bytes(7)
