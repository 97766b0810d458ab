"""Signed requests: what was signed is what is read, and one changed byte anywhere is refused or not believed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.kit import TestSigner
from verifier.errors import Malformed
from verifier.httpsig import Parameters, SignedRequest, Target, prepare

KEY = TestSigner(b"a relying party")
PATHS = st.from_regex(r"/[a-z0-9/%._~-]{0,20}", fullmatch=True)
QUERIES = st.from_regex(r"[a-z0-9=&%+]{0,20}", fullmatch=True)
TARGETS = st.builds(Target, st.sampled_from(("GET", "POST")), st.just("minzheng.example"), PATHS, QUERIES)
NONCES = st.from_regex(r"[A-Za-z0-9_-]{21}[AQgw]", fullmatch=True)
SAID = st.builds(
    lambda created, life, nonce: Parameters(created, created + life, nonce, KEY.kid.hex(), "sm2-sm3"),
    st.integers(1, 10**11), st.integers(1, 300), NONCES,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(TARGETS, st.binary(max_size=40), SAID, st.sampled_from(("sm3", "sha-256")))
def test_what_was_signed_is_read(target: Target, body: bytes, said: Parameters, digest: str) -> None:
    unsigned = prepare(target, body, said, digest)
    sent = unsigned.signed(KEY.sign(unsigned.base))
    read = SignedRequest.parse(sent["Signature-Input"], sent["Signature"], sent.get("Content-Digest"))
    assert read.parameters == said
    assert read.base(target) == unsigned.base
    assert read.verify(KEY.key, target)
    assert read.holds(body)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_other_bytes_say_the_same(data: st.DataObject) -> None:
    target, body = Target("POST", "minzheng.example", "/v1/match"), b"{}"
    unsigned = prepare(target, body, Parameters(1000, 1060, "A" * 22, KEY.kid.hex(), "sm2-sm3"))
    sent = unsigned.signed(KEY.sign(unsigned.base))
    name = data.draw(st.sampled_from(sorted(sent)))
    text = sent[name]
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters(max_codepoint=255).filter(lambda c: c != text[at]))
    changed = sent | {name: text[:at] + character + text[at + 1 :]}
    try:
        read = SignedRequest.parse(changed["Signature-Input"], changed["Signature"], changed["Content-Digest"])
        assert not (read.verify(KEY.key, target) and read.holds(body))
    except Malformed:
        pass


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.none() | st.text(max_size=60))
def test_anything_is_refused_by_name(first: str, second: str, third: str | None) -> None:
    with pytest.raises(Malformed, match="http-signature"):
        SignedRequest.parse("mz1=(" + first, "mz1=:" + second, third)
