"""The vectors of single formats, read by the same strangers: cbor2, gmssl, cryptography, hashlib and base64."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.golden.test_second_implementation import canonical, gmssl_verifies, kid, verifies

FOLDER = Path(__file__).parent / "formats"
# Deterministic CBOR that our formats have no use for, so that it is refused all the same.
BEYOND_THE_PROFILE = ("key-", "too-deep", "half-float", "float", "double", "undefined", "simple-")


def document(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


@pytest.mark.parametrize("case", document("cbor")["accepted"], ids=lambda c: c["name"])
def test_cbor_is_deterministic(case: dict[str, str]) -> None:
    canonical(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize(
    "case",
    [c for c in document("cbor")["refused"] if not c["name"].startswith(BEYOND_THE_PROFILE)],
    ids=lambda c: c["name"],
)
def test_what_is_refused_is_no_deterministic_encoding(case: dict[str, str]) -> None:
    with pytest.raises((AssertionError, cbor2.CBORDecodeError, OverflowError, MemoryError)):
        canonical(bytes.fromhex(case["hex"]))


@pytest.mark.parametrize("case", document("log-entry")["accepted"], ids=lambda c: c["name"])
def test_log_entries(case: dict[str, str]) -> None:
    assert canonical(bytes.fromhex(case["hex"])) == {1: 1, 2: bytes.fromhex(case["commitment_hex"])}


@pytest.mark.parametrize("case", document("anchor-observation")["accepted"], ids=lambda c: c["name"])
def test_anchor_observations(case: dict[str, str]) -> None:
    assert list(canonical(bytes.fromhex(case["hex"]))) == list(range(1, 11))


@pytest.mark.parametrize("case", document("checkpoint")["accepted"], ids=lambda c: c["name"])
def test_checkpoint_notes(case: dict[str, Any]) -> None:
    key = document("checkpoint")["key"]
    name, public = key["name"], bytes.fromhex(key["public_hex"])
    text, _, lines = case["note"].partition("\n\n")
    key_id = hashlib.sha256(name.encode() + b"\n\xffSM2-SM3-GBT32918" + public).digest()[:4]
    found = []
    for line in lines.splitlines():
        dash, signer, blob = line.split(" ")
        raw = base64.b64decode(blob, validate=True)
        assert dash == "—"
        if signer == name and raw[:4] == key_id:
            found.append(len(raw) == 68 and gmssl_verifies(public, (text + "\n").encode(), raw[4:]))
    assert (bool(found) and all(found)) is case["verifies"]


@pytest.mark.parametrize("case", document("trust-bundle")["accepted"], ids=lambda c: c["name"])
def test_trust_bundles(case: dict[str, Any]) -> None:
    protected, unprotected, payload, signature = canonical(base64.b64decode(case["bundle_b64"])).value
    bundle = canonical(payload)
    header = canonical(protected)
    assert unprotected == {}
    assert (header[4], header[16]) == (kid(bundle[5]), "mz-trust+cbor")
    assert verifies(bundle[5], protected, payload, signature)


@pytest.mark.parametrize("case", document("status-event")["accepted"], ids=lambda c: c["name"])
def test_status_events(case: dict[str, Any]) -> None:
    public = bytes.fromhex(document("status-event")["key"]["public_hex"])
    key = {1: 2, -1: -65537, -2: public[1:33], -3: public[33:]}
    protected, _, payload, signature = canonical(base64.b64decode(case["event_b64"])).value
    assert verifies(key, protected, payload, signature) is case["verifies"]
