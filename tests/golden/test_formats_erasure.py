"""Golden vectors of erasure receipts."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifier.erasure import ErasureReceipt
from verifier.errors import Malformed
from verifier.policy import TrustBundle
from verifier.report import Reason

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "formats" / "erasure.json").read_text())
TRUST = TrustBundle.parse(b64decode(DOCUMENT["trust_b64"]))
AT: int = DOCUMENT["at"]


def named(name: str) -> bytes:
    return next(b64decode(c["receipt_b64"]) for c in DOCUMENT["accepted"] if c["name"] == name)


@pytest.mark.parametrize("case", DOCUMENT["accepted"], ids=lambda c: c["name"])
def test_accepted(case: dict[str, Any]) -> None:
    receipt = ErasureReceipt.parse(b64decode(case["receipt_b64"]))
    assert receipt.check(TRUST, AT) is Reason(case["reason"])
    assert receipt.logged(TRUST, AT) is Reason(case["logged"])
    assert receipt.concerns(bytes.fromhex(DOCUMENT["entry_body_hex"]))


@pytest.mark.parametrize("case", DOCUMENT["refused"], ids=lambda c: c["name"])
def test_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        ErasureReceipt.parse(b64decode(case["receipt_b64"]))


def test_another_entry_is_not_concerned() -> None:
    assert not ErasureReceipt.parse(named("plain")).concerns(bytes(38))


def test_an_expired_bundle_says_nothing() -> None:
    receipt = ErasureReceipt.parse(named("logged"))
    assert receipt.check(TRUST, TRUST.expires) is Reason.TRUST_EXPIRED


@pytest.mark.parametrize(
    ("name", "revoked", "reason"),
    [
        ("logged", AT - 600, Reason.KEY_NOT_VALID_AT_ISSUE),  # as it says itself
        ("logged", AT - 300, Reason.KEY_REVOKED),  # the log saw it only when the key was stolen
        ("logged", AT - 299, Reason.OK),
        ("plain", AT - 299, Reason.KEY_REVOKED),  # a thief can back-date
    ],
)
def test_of_a_key_stolen_since_only_the_log_s_time_counts(name: str, revoked: int, reason: Reason) -> None:
    issuers = tuple(
        replace(issuer, keys=tuple(replace(key, revoked_from=revoked) for key in issuer.keys))
        for issuer in TRUST.issuers
    )
    assert ErasureReceipt.parse(named(name)).check(replace(TRUST, issuers=issuers), AT) is reason


def test_the_sample_of_the_page_is_the_plain_vector() -> None:
    page = Path(__file__).parents[2] / "docs" / "formats" / "erasure.md"
    block = re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[0]
    assert bytes.fromhex(block) == named("plain")
