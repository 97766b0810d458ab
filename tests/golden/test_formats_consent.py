"""Golden vectors of consent statements."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from certs.consent.statement import Statement
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.hazmat.sm3 import sm3
from verifier.labels import CRV_SM2

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "consent.json").read_text())
KEY = CoseKey(CRV_SM2, bytes.fromhex(DOCUMENT["key_hex"]))


@pytest.mark.parametrize("case", DOCUMENT["accepted"], ids=lambda c: c["name"])
def test_accepted(case: dict[str, Any]) -> None:
    said = Statement.parse(b64decode(case["statement_b64"]))
    assert (said.party, said.at, said.decision) == (DOCUMENT["party"], DOCUMENT["at"], case["decision"])
    assert said.verify(KEY) is case["verifies"]
    same = (said.trx.hex(), said.notice) == (DOCUMENT["trx_hex"], sm3(DOCUMENT["notice"].encode()))
    assert same or not case["verifies"]


@pytest.mark.parametrize("case", DOCUMENT["refused"], ids=lambda c: c["name"])
def test_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        Statement.parse(b64decode(case["statement_b64"]))


def test_the_sample_of_the_page_is_the_vector() -> None:
    page = (Path(__file__).parents[2] / "docs/formats/consent.md").read_text(encoding="utf-8")
    sample = bytes.fromhex(re.findall(r"```text\n(.*?)```", page, re.DOTALL)[0])
    assert sample == b64decode(DOCUMENT["accepted"][0]["statement_b64"])
