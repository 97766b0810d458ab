"""Whatever is changed in a code or a holder's file, it is not PASSED."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import kit
from tests.support.strategies import edited
from verifier.assess import Verifier
from verifier.code import encode_code, encode_url
from verifier.credential import HolderFile
from verifier.policy import TrustBundle
from verifier.report import Outcome

STATEMENT = kit.statement()
FILE = kit.holder_file()
BASE45 = encode_code(STATEMENT)
V = Verifier(
    TrustBundle.parse(kit.signed_bundle()), [kit.status(), kit.status(signer=kit.CHARITY_KEY, iss=kit.CHARITY)]
)


def passed(data: bytes | str) -> bool:
    return V.assess(data, at=kit.AT).outcome is Outcome.PASSED


def test_the_originals_pass() -> None:
    assert passed(BASE45)
    assert passed(encode_url("minzheng.example", STATEMENT))
    assert passed(FILE)


def flips(data: bytes) -> list[bytes]:
    whole = int.from_bytes(data, "big")
    return [(whole ^ 1 << i).to_bytes(len(data), "big") for i in range(len(data) * 8)]


@pytest.mark.parametrize(
    "statement", [STATEMENT, kit.statement(kit.donation_claims(), kit.CHARITY_KEY)], ids=["1", "3"]
)
def test_every_bit_of_a_code(statement: bytes) -> None:
    assert not [s for s in flips(statement) if passed(encode_code(s))]


def test_every_bit_of_a_code_text() -> None:
    texts = [t.decode("latin-1") for t in flips(BASE45.encode())]
    assert not [t for t in texts if passed(t)]


def test_every_bit_of_a_file() -> None:
    """One disclosure is enough: every field, every path hash, receipt, salt and signature has its turn."""
    one = kit.holder_file(disclosures=HolderFile.parse(FILE).disclosures[1:2])
    assert passed(one)
    assert not [f for f in flips(one) if passed(f)]


def test_every_truncation_and_every_longer_file() -> None:
    assert not [n for n in range(len(FILE)) if passed(FILE[:n])]
    assert not [b for b in range(256) if passed(FILE + bytes([b]))]


@settings(max_examples=400, deadline=None)
@given(edited(FILE))
def test_edited_files(data: bytes) -> None:
    assert not passed(data)


@settings(max_examples=400, deadline=None)
@given(edited(STATEMENT))
def test_edited_codes(data: bytes) -> None:
    if len(data) < 700:
        assert not passed(encode_code(data))


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 4))
def test_any_selection_of_disclosures_passes(order: list[int], count: int) -> None:
    """The other direction: a holder may show any subset, and exactly that is shown."""
    disclosures = HolderFile.parse(FILE).disclosures
    shown = tuple(disclosures[i] for i in order[:count])
    report = V.assess(kit.holder_file(disclosures=shown), at=kit.AT)
    assert report.outcome is Outcome.PASSED
    assert dict(report.disclosed) == {d.name: d.value for d in shown}
