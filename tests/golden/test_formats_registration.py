"""Golden vectors of registration records."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from certs.errors import SealBroken
from certs.marriage.entry import decode_registration, encode_registration

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "registration-record.json").read_text())


@pytest.mark.parametrize("case", DOCUMENT["accepted"], ids=lambda c: c["name"])
def test_accepted(case: dict[str, str]) -> None:
    record = b64decode(case["record_b64"])
    assert encode_registration(*decode_registration(record)) == record


@pytest.mark.parametrize("case", DOCUMENT["refused"], ids=lambda c: c["name"])
def test_refused(case: dict[str, str]) -> None:
    with pytest.raises(SealBroken):
        decode_registration(b64decode(case["record_b64"]))
