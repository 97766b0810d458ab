"""CBOR: one value, one encoding; and no disagreement with another decoder about what an encoding means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cbor2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.strategies import cbor_values
from verifier.cbor import Tag, decode, encode
from verifier.errors import Malformed

_SEMANTIC = 1000  # cbor2 turns some smaller tags into dates, sets, fractions: those are not compared


def identical(a: Any, b: Any) -> bool:
    """Equality that tells True from 1 and keeps map order out of it."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Tag):
        return bool(a.tag == b.tag) and identical(a.value, b.value)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(identical(a[k], b[k]) for k in a)
    return bool(a == b)


def foreign(value: Any) -> Any:
    """Our decoded value as cbor2 would have it."""
    if isinstance(value, Tag):
        return cbor2.CBORTag(value.tag, foreign(value.value))
    if isinstance(value, list):
        return [foreign(v) for v in value]
    if isinstance(value, dict):
        return {k: foreign(v) for k, v in value.items()}
    return value


def settled(value: Any) -> Any:
    """cbor2's value without its hashable stand-ins: it makes tuples of lists inside tags."""
    if isinstance(value, cbor2.CBORTag):
        return cbor2.CBORTag(value.tag, settled(value.value))
    if isinstance(value, Mapping):
        return {k: settled(v) for k, v in value.items()}
    return [settled(v) for v in value] if isinstance(value, list | tuple) else value


def tags(value: Any) -> set[int]:
    if isinstance(value, Tag):
        return {value.tag} | tags(value.value)
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(tags, value)) if isinstance(value, list) else set()


@settings(max_examples=300, deadline=None)
@given(cbor_values())
def test_decode_is_the_inverse_of_encode(value: Any) -> None:
    assert identical(decode(encode(value)), value)


@settings(max_examples=1500, deadline=None)
@given(st.binary(max_size=40))
@example(bytes.fromhex("a2014001f5"))
@example(bytes.fromhex("d818d8184100"))
def test_whatever_is_accepted_is_its_own_encoding(data: bytes) -> None:
    try:
        value = decode(data)
    except Malformed:
        return
    assert encode(value) == data


@settings(max_examples=300, deadline=None)
@given(cbor_values(), st.data())
def test_one_changed_byte_is_refused_or_another_value(value: Any, data: st.DataObject) -> None:
    encoded = bytearray(encode(value))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        changed = decode(bytes(encoded))
    except Malformed:
        return
    assert not identical(changed, value)
    assert encode(changed) == bytes(encoded)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.binary(max_size=24), cbor_values().map(encode)))
def test_cbor2_reads_the_same(data: bytes) -> None:
    try:
        value = decode(data)
    except Malformed:
        return
    if all(t >= _SEMANTIC or t == 18 for t in tags(value)):
        assert settled(cbor2.loads(data)) == foreign(value)


@settings(max_examples=300, deadline=None)
@given(cbor_values())
def test_unordered_reading_changes_nothing_but_order(value: Any) -> None:
    assert identical(decode(encode(value), ordered=False), value)


@settings(max_examples=300, deadline=None)
@given(cbor_values())
def test_cbor2_writes_what_unordered_reading_accepts(value: Any) -> None:
    """Foreign encoders keep the order of insertion; their integers and lengths are shortest too."""
    assert identical(decode(cbor2.dumps(foreign(value)), ordered=False), value)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.one_of(st.integers(-(1 << 64), (1 << 64) - 1), st.text(max_size=3), st.binary(max_size=3)), st.none()
    )
)
def test_keys_are_in_byte_order_of_their_encodings(value: dict[Any, None]) -> None:
    keys = [encode(k) for k in decode(encode(value))]
    assert keys == sorted(keys)
