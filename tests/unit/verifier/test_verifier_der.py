"""DER: every value has one encoding, and hostile input costs no more than its length."""

from __future__ import annotations

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.der_edit import bits, integer, octets, oid, seq, tlv
from verifier import der
from verifier.errors import Malformed
from verifier.x509 import POLICY_ARC


def refused(data: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        der.parse(data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "truncated"),
        ("30", "truncated"),
        ("3003020105ff", "trailing-data"),
        ("3004020105", "truncated"),
        ("30030201", "truncated"),
        ("30800201050000", "indefinite-length"),
        ("308103020105", "non-shortest"),
        ("30820003020105", "non-shortest"),
        ("04820080" + "00" * 128, "non-shortest"),
        ("048180" + "00" * 127, "truncated"),
        ("3085000000000100", "length"),
        ("3f0100", "high-tag"),
        ("0200", "integer"),
        ("02020005", "integer"),
        ("0202ff80", "integer"),
        ("02" + "29" + "01" * 41, "integer"),
        ("010101", "boolean"),
        ("0100", "boolean"),
        ("050100", "null"),
        ("0300", "bit-string"),
        ("030108", "bit-string"),
        ("030101", "bit-string"),
        ("03020101", "bit-string"),
        ("0600", "oid"),
        ("06028001", "oid"),
        ("060181", "oid"),
        ("0641" + "01" * 65, "oid"),
        ("0c01ff", "text"),
        ("0c03eda080", "text"),
        ("130140", "text"),
        ("1601e9", "text"),
        ("1e024e00", "type"),
        ("0900", "type"),
        ("2403040100", "type"),
        ("3106020101020101", "set-order"),
        ("3106020102020101", "set-order"),
        ("170d3235313330323030303030305a", "time"),
        ("170b323531323032303030305a", "time"),
        ("180f32303235303232393030303030305a", "time"),
        ("180f32303235303232383030303030302b", "time"),
    ],
)
def test_refused(data: str, reason: str) -> None:
    assert refused(bytes.fromhex(data)) == reason


def test_values() -> None:
    assert [der.parse(integer(n)).integer() for n in (0, 1, 127, 128, -1, -128, -129, 1 << 160)] == [
        0, 1, 127, 128, -1, -128, -129, 1 << 160,
    ]  # fmt: skip
    assert [der.parse(oid(o)).oid() for o in ("1.2.156.10197.1.501", "2.5.29.15", "2.999.1", "0.9")] == [
        "1.2.156.10197.1.501", "2.5.29.15", "2.999.1", "0.9",
    ]  # fmt: skip
    assert der.parse(bits(b"\x01\x02")).bits() == b"\x01\x02"
    assert der.parse(octets(b"x")).octets() == b"x"
    assert der.parse(b"\x01\x01\xff").boolean()
    assert der.parse(tlv(der.UTF8_STRING, "章".encode())).text(der.UTF8_STRING) == "章"
    assert der.parse(bytes.fromhex("03020640")).flags() == {1}
    assert der.parse(bytes.fromhex("030100")).flags() == frozenset()


@pytest.mark.parametrize(
    ("tag", "text", "seconds"),
    [
        (der.UTC_TIME, b"700101000000Z", 0),
        (der.UTC_TIME, b"491231235959Z", 2524607999),
        (der.UTC_TIME, b"500101000000Z", -631152000),
        (der.GENERALIZED_TIME, b"20000229120000Z", 951825600),
        (der.GENERALIZED_TIME, b"99991231235959Z", 253402300799),
    ],
)
def test_times(tag: int, text: bytes, seconds: int) -> None:
    assert der.parse(tlv(tag, text)).time(tag) == seconds


@pytest.mark.parametrize("value", ["03020340", "03020000", "03020700"])
def test_named_bits_end_with_a_one(value: str) -> None:
    node = der.parse(bytes.fromhex(value))
    with pytest.raises(Malformed, match="named bits"):
        node.flags()


def test_types_are_not_guessed() -> None:
    node = der.parse(octets(b"\xff"))
    for read in (node.integer, node.boolean, node.bits, node.oid, node.flags):
        with pytest.raises(Malformed, match="type"):
            read()
    with pytest.raises(Malformed, match="type"):
        node.text(der.UTF8_STRING)
    with pytest.raises(Malformed, match="not whole bytes"):
        der.parse(bytes.fromhex("03020480")).bits()


def test_fields_are_taken_in_order_and_to_the_end() -> None:
    node = der.parse(seq(integer(1), tlv(0xA0, octets(b"x")), integer(2)))
    f = der.Fields("test", node)
    assert f.take(der.INTEGER).integer() == 1
    assert f.optional(der.OCTET_STRING) is None
    inner = f.explicit(0)
    assert inner is not None
    assert inner.octets() == b"x"
    with pytest.raises(Malformed, match="unknown-member"):
        f.end()
    with pytest.raises(Malformed, match="test: member"):
        f.take(der.OID)
    assert f.any().integer() == 2
    f.end()
    with pytest.raises(Malformed, match="none is left"):
        f.any()
    with pytest.raises(Malformed, match="explicit-tag"):
        der.Fields("test", der.parse(seq(tlv(0xA0, integer(1) + integer(2))))).explicit(0)


def nested(depth: int) -> bytes:
    return seq(nested(depth - 1)) if depth else seq()


def test_depth_count_and_size_are_bounded() -> None:
    assert der.parse(nested(der.MAX_DEPTH - 1))
    assert refused(nested(der.MAX_DEPTH)) == "too-deep"
    assert refused(b"\x30\x80" * 100_000) == "indefinite-length"
    assert refused(b"\x30\x84\x00\xff\xff\xfa" * 5 + b"\x00" * 100) == "non-shortest"
    assert refused(b"\x30\x84\xff\xff\xff\xff" * 1000) == "truncated"
    assert refused(seq(b"\x05\x00" * der.MAX_NODES)) == "too-many"
    assert refused(bytes(der.MAX_BYTES + 1)) == "too-large"
    with pytest.raises(Malformed, match="too-large"):
        der.parse(seq(octets(bytes(100))), max_bytes=100)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_what_is_read_would_be_written_alike(data: bytes) -> None:
    try:
        node = der.parse(data)
    except Malformed:
        return
    assert rewritten(node) == data


def rewritten(node: der.Node) -> bytes:
    return tlv(node.tag, b"".join(map(rewritten, node.children)) if node.tag & 0x20 else node.content)


VALUES = st.recursive(
    st.one_of(
        st.integers(-(1 << 200), 1 << 200).map(core.Integer),
        st.binary(max_size=200).map(core.OctetString),
        st.text(max_size=40).map(core.UTF8String),
        st.booleans().map(core.Boolean),
        st.binary(max_size=20).map(core.OctetBitString),
        st.sampled_from(["1.2.156.10197.1.501", POLICY_ARC]).map(core.ObjectIdentifier),
    ),
    lambda inner: st.lists(inner, min_size=1, max_size=4).map(lambda items: Members(items)),
    max_leaves=12,
)


class Members(core.SequenceOf):
    """SEQUENCE of anything."""

    _child_spec = core.Any

    def __init__(self, items: list[core.Asn1Value]) -> None:
        super().__init__([core.Any(item) for item in items])


@settings(max_examples=150)
@given(VALUES)
def test_reads_what_another_library_writes(value: core.Asn1Value) -> None:
    data = value.dump()
    node = der.parse(data)
    assert rewritten(node) == data
    match value:
        case core.Integer():
            assert node.integer() == value.native
        case core.Boolean():
            assert node.boolean() == value.native
        case core.UTF8String():
            assert node.text(der.UTF8_STRING) == value.native
        case core.ObjectIdentifier():
            assert node.oid() == value.native
        case core.OctetBitString():
            assert node.bits() == value.native
