"""Base45, base64url and codes: round trips, and no second spelling of the same bytes."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import kit
from verifier.code import b45decode, b45encode, b64url_decode, encode_code, encode_url, parse_code
from verifier.errors import Malformed

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
STATEMENT = kit.statement()
URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_round_trips(data: bytes) -> None:
    assert b45decode(b45encode(data)) == data
    assert b64url_decode(base64.urlsafe_b64encode(data).rstrip(b"=").decode()) == data
    assert parse_code(encode_code(data)) == data
    if data:
        assert parse_code(encode_url("minzheng.example", data)) == data


@settings(max_examples=1000, deadline=None)
@given(st.one_of(st.text(ALPHABET, max_size=12), st.text(max_size=12)))
def test_base45_has_one_spelling(text: str) -> None:
    try:
        data = b45decode(text)
    except Malformed:
        return
    assert b45encode(data) == text


@settings(max_examples=1000, deadline=None)
@given(st.one_of(st.text(URL_ALPHABET + "+/=", max_size=12), st.text(max_size=12)))
def test_base64url_has_one_spelling(text: str) -> None:
    try:
        data = b64url_decode(text)
    except Malformed:
        return
    assert base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text


def test_every_group_of_three() -> None:
    """All 91,125: 65,536 decode to what encodes to them, the others are refused."""
    good = 0
    for a in ALPHABET:
        for b in ALPHABET:
            for c in ALPHABET:
                value = ALPHABET.index(a) + 45 * ALPHABET.index(b) + 2025 * ALPHABET.index(c)
                try:
                    data = b45decode(a + b + c)
                except Malformed:
                    assert value > 65535
                else:
                    assert data == value.to_bytes(2, "big")
                    good += 1
    assert good == 65536


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_code_or_malformed(text: str) -> None:
    for candidate in (text, "MZ1:" + text, "https://minzheng.example/v#" + text, "https://" + text):
        try:
            data = parse_code(candidate)
        except Malformed:
            continue
        assert isinstance(data, bytes)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_edited_base45_code_is_other_bytes_or_malformed(data: st.DataObject) -> None:
    code = encode_code(STATEMENT)
    i = data.draw(st.integers(4, len(code) - 1))
    changed = code[:i] + data.draw(st.characters()) + code[i + 1 :]
    try:
        statement = parse_code(changed)
    except Malformed:
        return
    assert (statement == STATEMENT) is (changed == code)
