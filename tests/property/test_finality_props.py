"""No change of any byte leaves a proof of finality good, and no bytes make its parsers fail in another way."""

from __future__ import annotations

import pytest
import rlp as oracle
from hypothesis import given
from hypothesis import strategies as st

from tests.golden import formats_proof as recorded
from verifier.errors import Malformed, ProofInvalid, Unsupported
from verifier.finality import protobuf, rlp
from verifier.finality.ics23 import Existence
from verifier.finality.proof import AnchorProof
from verifier.finality.qbft import Header

PROOFS = st.sampled_from(
    [(recorded.COMET_PROOF, recorded.COMET_TRUST), (recorded.QBFT_PROOF, recorded.QBFT_TRUST)],
)
EXPECTED = (Malformed, ProofInvalid, Unsupported)
ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@given(PROOFS, st.integers(0, 10**6), st.integers(1, 255))
def test_every_byte_counts(proof: tuple[bytes, recorded.ChainTrust], at: int, change: int) -> None:
    data, chain = proof
    position = at % len(data)
    broken = data[:position] + bytes([data[position] ^ change]) + data[position + 1 :]
    with pytest.raises(EXPECTED):
        AnchorProof.parse(broken).check(chain)


@given(PROOFS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_pieces_are_nothing(proof: tuple[bytes, recorded.ChainTrust], start: int, stop: int) -> None:
    data, _ = proof
    piece = data[start % len(data) : stop % len(data)]
    with pytest.raises(EXPECTED):
        AnchorProof.parse(piece)


@given(ITEMS)
def test_rlp_round_trip(item: rlp.Item) -> None:
    raw = rlp.encode(item)
    assert raw == oracle.encode(item)
    assert rlp.decode(raw) == item


@given(st.binary(max_size=80))
def test_rlp_accepts_one_encoding_only(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except Malformed:
        return
    assert rlp.encode(item) == data == oracle.encode(item)


@given(st.binary(max_size=80))
def test_protobuf_accepts_one_encoding_only(data: bytes) -> None:
    try:
        fields = protobuf.parse(data)
    except Malformed:
        return
    written = b"".join(
        protobuf.number(n, value) if isinstance(value, int) else protobuf.message(n, value) for n, value in fields
    )
    assert written == data


@given(st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    for parser in (Existence.parse, Header.parse, AnchorProof.parse):
        with pytest.raises(EXPECTED):
            parser(data)
