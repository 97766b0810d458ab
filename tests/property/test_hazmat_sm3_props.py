"""SM3 and HMAC-SM3: both implementations and `gmssl` agree on random input."""

from __future__ import annotations

from gmssl import sm3 as gmssl_sm3
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sm3_implementations import IMPLEMENTATIONS
from verifier.hazmat import sm3


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_digest(data: bytes) -> None:
    assert {module.sm3(data).hex() for module in IMPLEMENTATIONS} == {gmssl_sm3.sm3_hash(list(data))}


@settings(max_examples=40, deadline=None)
@given(key=st.binary(max_size=150), data=st.binary(max_size=150))
def test_hmac(key: bytes, data: bytes) -> None:
    assert len({module.hmac_sm3(key, data) for module in IMPLEMENTATIONS}) == 1


@settings(max_examples=40, deadline=None)
@given(left=st.binary(min_size=32, max_size=32), right=st.binary(min_size=32, max_size=32))
def test_tree_hashes(left: bytes, right: bytes) -> None:
    for module in IMPLEMENTATIONS:
        assert module.node_hash(left, right) == sm3.sm3(b"\x01" + left + right)
        assert module.leaf_hash(left) == sm3.sm3(b"\x00" + left)
        assert module.prefixed(left)(right) == sm3.sm3(left + right)
