"""QBFT's extraData as Besu itself writes it, and headers that no chain has."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rlp

from tests.golden import formats_proof as recorded
from tests.simulators.qbft import QbftNode
from tests.support.qbft_chain import Anchor, chain_trust
from verifier import cbor
from verifier.errors import Malformed
from verifier.finality.proof import AnchorProof
from verifier.finality.qbft import Header
from verifier.hazmat import secp256k1
from verifier.hazmat.keccak import keccak256

RAW: bytes = cbor.decode(recorded.QBFT_PROOF)[8][1]
ONE, TWO = bytes(19) + b"\x01", bytes(19) + b"\x02"
SEALS = [bytes(31) + b"\x01" + bytes(31) + b"\x0a\x00", bytes(31) + b"\x0a" + bytes(31) + b"\x01\x00"]
BESUS: list[Any] = [bytes(range(1, 33)), [ONE, TWO], [ONE, b"\xff"], b"\xfe\xdc\xba", SEALS]
BESUS_SHA256 = "c8202b0928f86ebd6d78530912098d270fc91a174cb5da87894078c13a1733f7"
"""Of RAW_HEX_ENCODING_STRING in Besu's QbftExtraDataCodecTest: vanity 01 to 20, two validators, a vote for the first,
round 0xfedcba, seals (r 1, s 10) and (r 10, s 1)."""


def with_extra(extra: list[Any]) -> bytes:
    head = rlp.decode(RAW)
    encoded: bytes = rlp.encode([*head[:12], rlp.encode(extra), *head[13:]])
    return encoded


def test_extra_data_is_besus() -> None:
    assert hashlib.sha256(rlp.encode(BESUS)).hexdigest() == BESUS_SHA256
    header = Header.parse(with_extra(BESUS))
    assert header.validators == (ONE, TWO)
    assert list(header.seals) == SEALS
    assert rlp.decode(rlp.decode(header.seal_message)[12]) == [*BESUS[:4], []]


def test_the_header_is_hashed_once_for_all_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 128 validators it was most of a second, and a stranger's file can hold such a proof."""
    chain, hashed = chain_trust(), []
    proof = AnchorProof.parse(Anchor("log.example/x", 5, bytes(31) + b"\1").proof())
    monkeypatch.setattr(secp256k1, "keccak256", lambda data: hashed.append(len(data)) or keccak256(data))
    proof.check(chain)
    assert isinstance(proof.evidence.header, Header)
    assert sorted(hashed) == [64, 64, 64, len(proof.evidence.header.seal_message)]  # three keys, one header


def test_the_simulator_writes_the_same() -> None:
    node = QbftNode(None, vote=[ONE, b"\xff"])  # type: ignore[arg-type]
    extra = rlp.decode(node.extra(0xFEDCBA, SEALS))
    assert [extra[0][:4], *extra[2:]] == [b"besu", *BESUS[2:]]


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (BESUS[:4], "extra-data"),
        ([*BESUS, b""], "extra-data"),
        ([bytes(31), *BESUS[1:]], "bytes"),
        ([*BESUS[:1], [ONE[1:]], *BESUS[2:]], "bytes"),
        ([*BESUS[:1], [ONE] * 129, *BESUS[2:]], "validators"),
        ([*BESUS[:4], [SEALS[0]] * 129], "validators"),
        ([*BESUS[:2], [ONE, b"\x01"], *BESUS[3:]], "vote"),
        ([*BESUS[:2], [ONE], *BESUS[3:]], "vote"),
        ([*BESUS[:2], b"", *BESUS[3:]], "list"),
        ([*BESUS[:2], [ONE[1:], b""], *BESUS[3:]], "bytes"),
        ([*BESUS[:3], b"\x00\xdc\xba", BESUS[4]], "scalar"),
        ([*BESUS[:3], b"\x01" * 5, BESUS[4]], "scalar"),
    ],
)
def test_extra_data_that_is_refused(extra: list[Any], reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        Header.parse(with_extra(extra))
    assert refused.value.reason == reason


@pytest.mark.parametrize("count", [14, 18, 22])
def test_numbers_of_fields_that_no_fork_has(count: int) -> None:
    head = rlp.decode(RAW)
    with pytest.raises(Malformed, match="number of fields"):
        Header.parse(rlp.encode([*head, *[b"\x01"] * 10][:count]))


def test_oversize_header() -> None:
    with pytest.raises(Malformed, match="too large"):
        Header.parse(bytes(32 * 1024 + 1))
