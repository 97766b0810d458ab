"""Golden vectors of a bank's signed daily totals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.charity.bankday import SignedBankDay
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.labels import CRV_SM2

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "bank-day.json").read_text())


@pytest.mark.parametrize("case", DOCUMENT["accepted"], ids=lambda c: c["name"])
def test_accepted(case: dict[str, Any]) -> None:
    signed = SignedBankDay.parse(bytes.fromhex(case["hex"]))
    assert signed.totals.encode() == signed.sign1.payload
    assert signed.sign1.encode().hex() == case["hex"]
    assert signed.sign1.verify(CoseKey(CRV_SM2, bytes.fromhex(DOCUMENT["key_hex"]))) is case["verifies"]


@pytest.mark.parametrize("case", DOCUMENT["refused"], ids=lambda c: c["name"])
def test_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        SignedBankDay.parse(bytes.fromhex(case["hex"]))
