"""Golden vectors of envelopes, opened by the service's code; another library made them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certs.envelope import Envelope
from certs.errors import DecryptionFailed
from certs.keys._evp import PrivateKey
from tests.golden.formats_envelope import PARTY
from verifier.errors import Malformed

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "envelope.json").read_text())
KEY = PrivateKey.load(bytearray.fromhex(DOCUMENT["key"]), PARTY.key.public)


def cases(member: str) -> Iterator[Any]:
    for case in DOCUMENT[member]:
        yield pytest.param(case, id=case["name"])


@pytest.mark.parametrize("case", cases("accepted"))
def test_accepted(case: dict[str, Any]) -> None:
    envelope = Envelope.parse(bytes.fromhex(case["envelope"]))
    assert (envelope.registrar, envelope.kid.hex()) == (DOCUMENT["registrar"], DOCUMENT["kid"])
    assert envelope.open(KEY).hex() == case["content"]


@pytest.mark.parametrize("case", cases("refused"))
def test_refused(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["envelope"])
    if case["why"] == "malformed":
        with pytest.raises(Malformed):
            Envelope.parse(data)
        return
    with pytest.raises(DecryptionFailed):
        Envelope.parse(data).open(KEY)
