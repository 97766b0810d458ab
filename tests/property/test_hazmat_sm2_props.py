"""Random keys, nonces, messages and identities: the backends agree with each other and with two other signers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.gmssl_oracle import gmssl_sm2
from tests.support.sm2_signer import EXAMPLE_D, EXAMPLE_KEY, N, multiply, public_key, sign
from verifier.hazmat import _sm2_pure, _sm2_tables, sm2

KEY = sm2.Sm2PublicKey.parse(EXAMPLE_KEY)
scalars = st.integers(1, N - 1)
private_keys = st.sampled_from([EXAMPLE_D, 1, 2, N - 2, 0x1234567890ABCDEF << 190])  # few: each has to build tables


def verdicts(key: sm2.Sm2PublicKey, signature: bytes, message: bytes, identity: bytes) -> set[bool]:
    found = set()
    for backend in sm2.available_backends():
        with sm2.forced_backend(backend):
            found.add(key.verify(signature, message, distinguishing_id=identity))
    return found


@settings(max_examples=60, deadline=None)
@given(d=private_keys, k=scalars, message=st.binary(max_size=200), identity=st.binary(max_size=64), data=st.data())
def test_good_and_altered_signatures(d: int, k: int, message: bytes, identity: bytes, data: st.DataObject) -> None:
    key = sm2.Sm2PublicKey.parse(public_key(d))
    signature = sign(d, k, message, identity)
    assert verdicts(key, signature, message, identity) == {True}
    bit = data.draw(st.integers(0, 511))
    altered = bytearray(signature)
    altered[bit // 8] ^= 1 << bit % 8
    assert verdicts(key, bytes(altered), message, identity) == {False}
    assert verdicts(key, signature, message + b"\x00", identity) == {False}
    assert verdicts(key, signature, message, identity + b"\x00") == {False}


@settings(max_examples=150, deadline=None)
@given(signature=st.binary(max_size=80) | st.binary(min_size=64, max_size=64), message=st.binary(max_size=40))
def test_arbitrary_bytes_are_refused_without_an_exception(signature: bytes, message: bytes) -> None:
    assert verdicts(KEY, signature, message, sm2.DEFAULT_ID) == {False}


@settings(max_examples=100, deadline=None)
@given(value=st.none() | st.integers() | st.text(max_size=64) | st.lists(st.integers()) | st.floats())
def test_other_types_are_refused_without_an_exception(value: object) -> None:
    assert KEY.verify(value, b"m") is False  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(encoded=st.binary(max_size=70) | st.binary(min_size=64, max_size=64).map(lambda raw: b"\x04" + raw))
def test_arbitrary_bytes_are_no_key(encoded: bytes) -> None:
    try:
        sm2.Sm2PublicKey.parse(encoded)
    except sm2.InvalidKey:
        return
    raise AssertionError("a random string was taken for a point (chance about 2**-255)")


@settings(max_examples=60, deadline=None)
@given(d=private_keys, s=scalars, t=scalars)
def test_the_point_itself_in_both_implementations(d: int, s: int, t: int) -> None:
    total = multiply((s + t * d) % N)
    modules = [_sm2_pure] + ([_sm2_tables] if "tables" in sm2.available_backends() else [])
    for module in modules:
        if total is None:
            assert not module.sum_has_x(public_key(d), s, t, 0)
        else:
            assert module.sum_has_x(public_key(d), s, t, total[0] % N)
            assert not module.sum_has_x(public_key(d), s, t, (total[0] + 1) % N)


@settings(max_examples=12, deadline=None)
@given(d=private_keys, k=scalars, message=st.binary(min_size=1, max_size=100))
def test_against_gmssl(d: int, k: int, message: bytes) -> None:
    """The package `gmssl` as oracle: its signatures verify here, and the test signer's there."""
    public = public_key(d)
    oracle = gmssl_sm2(public, d.to_bytes(32, "big"))
    theirs = bytes.fromhex(oracle.sign_with_sm3(message, f"{k:064x}"))
    assert theirs == sign(d, k, message)
    assert verdicts(sm2.Sm2PublicKey.parse(public), theirs, message, sm2.DEFAULT_ID) == {True}
    if d > 2:  # its point addition does not know infinity
        assert oracle.verify_with_sm3(theirs.hex(), message)
