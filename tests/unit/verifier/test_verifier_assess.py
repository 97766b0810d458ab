"""Edges of `assess` that no single vector shows: the caller's values, order, what a report tells and what it hides."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from tests.support import kit
from verifier.assess import Verifier, assess, verify
from verifier.code import encode_code
from verifier.credential import HolderFile
from verifier.errors import VerificationFailed
from verifier.policy import TrustBundle
from verifier.report import Outcome, Reason

TRUST = TrustBundle.parse(kit.signed_bundle())
STATEMENT = kit.statement()
CODE = encode_code(STATEMENT)


@pytest.mark.parametrize("at", [True, 1767225600.0, -1, 253402300800, 10**30, None, "1767225600"])
def test_time_that_is_no_time_is_the_callers_error(at: Any) -> None:
    with pytest.raises(ValueError, match="at: expected whole seconds"):
        assess(CODE, trust=TRUST, at=at)


@pytest.mark.parametrize("level", ["L0", "L6", "", "l1", 1, True])
def test_unknown_level_is_the_callers_error(level: Any) -> None:
    with pytest.raises(ValueError, match="level: expected one of"):
        assess(CODE, trust=TRUST, at=kit.AT, level=level)


def test_order_of_status_lists_never_matters() -> None:
    lists = [
        kit.status(iat=kit.AT - 7200),
        kit.status([70001]),
        kit.status(),
        kit.status([70001], iat=kit.AT + 9999),
        b"damaged",
    ]
    seen = {
        (r.reason, r.status) for order in permutations(lists) for r in [Verifier(TRUST, order).assess(CODE, at=kit.AT)]
    }
    assert [reason for reason, _ in seen] == [Reason.STATUS_NOT_VALID]


def test_past_moment_is_judged_by_what_was_known_then() -> None:
    v = Verifier(TRUST, [kit.status(iat=kit.AT - 7200, exp=kit.AT + 10), kit.status([70001], iat=kit.AT - 3600)])
    assert v.assess(CODE, at=kit.AT - 5000).outcome is Outcome.PASSED
    assert v.assess(CODE, at=kit.AT).reason is Reason.STATUS_NOT_VALID


def test_order_of_anchors_never_matters() -> None:
    log = kit.TestLog()
    file = kit.holder_file(log=log)
    good = log.anchor()
    seen = [good, replace(good, root=bytes(32)), replace(good, chain_id=1), replace(good, size=12)]
    reasons = {
        assess(file, trust=TRUST, at=kit.AT, statuses=[kit.status()], anchors=order, level="L5").reason
        for order in permutations(seen)
    }
    assert reasons == {Reason.ANCHOR_MISMATCH}


def test_fields_show_only_behind_a_good_signature() -> None:
    file = kit.holder_file()
    good = assess(file, trust=TRUST, at=kit.AT, statuses=[kit.status()])
    assert dict(good.disclosed) == dict(kit.FIELDS)
    forged = bytearray(file)
    forged[-1] ^= 1
    assert assess(bytes(forged), trust=TRUST, at=kit.AT).disclosed == {}
    donation = kit.statement(kit.donation_claims(), kit.STRANGER_KEY)
    assert assess(encode_code(donation), trust=TRUST, at=kit.AT).public == {}


def test_one_bad_disclosure_hides_all() -> None:
    _, disclosures = kit.commitment(5)
    file = kit.holder_file(disclosures=(*disclosures[:3], replace(disclosures[3], value="2000-01-01")))
    report = assess(file, trust=TRUST, at=kit.AT, statuses=[kit.status()])
    assert report.reason is Reason.DISCLOSURE_INVALID
    assert report.disclosed == {}


def test_nothing_personal_in_findings_and_needs() -> None:
    _, disclosures = kit.commitment(5)
    for bad in (replace(disclosures[1], slot=3), replace(disclosures[1], name="x" * 65)):
        report = assess(kit.holder_file(disclosures=(bad,)), trust=TRUST, at=kit.AT)
        text = repr((report.findings, report.needs))
        assert "示例" not in text
        assert "holder_name" not in text


def test_nothing_personal_in_a_representation() -> None:
    """Objects end up in logs and tracebacks by their repr."""
    file = kit.holder_file()
    report = assess(file, trust=TRUST, at=kit.AT, statuses=[kit.status()])
    text = repr((report, HolderFile.parse(file)))
    assert "示例古丽" not in text
    assert "1990-03-07" not in text
    assert repr(kit.ENTRY_SALT) not in text


def test_a_bad_receipt_shows_in_its_levels() -> None:
    file = kit.holder_file(entry_salt=bytes(32))
    report = assess(file, trust=TRUST, at=kit.AT, statuses=[kit.status()])
    assert {report.levels["L2"], report.levels["L3"]} == {Reason.RECEIPT_INVALID}
    assert report.level == "L1"


def test_failed_outweighs_indeterminate_whatever_the_step() -> None:
    report = assess(encode_code(kit.statement(kit.claims(exp=kit.AT))), trust=TRUST, at=kit.AT)
    assert report.reason is Reason.EXPIRED
    assert {f.reason for f in report.findings} >= {Reason.STATUS_MISSING, Reason.EXPIRED}


def test_needs_name_what_is_missing() -> None:
    report = assess(STATEMENT, trust=TRUST, at=kit.AT)
    assert {(n.what, n.ref) for n in report.needs} >= {("status-list", kit.STATUS_URI)}
    assert "receipt" in {n.what for n in report.needs}


def test_verify_raises_with_the_report_and_returns_it() -> None:
    lists = [kit.status()]
    assert verify(CODE, trust=TRUST, at=kit.AT, statuses=lists).outcome is Outcome.PASSED
    with pytest.raises(VerificationFailed, match="INDETERMINATE: STATUS_MISSING") as caught:
        verify(CODE, trust=TRUST, at=kit.AT)
    assert caught.value.report.reason is Reason.STATUS_MISSING


@pytest.mark.parametrize("level", ["L2", "L3", "L4", "L5"])
def test_a_code_never_reaches_what_needs_a_receipt(level: str) -> None:
    report = assess(CODE, trust=TRUST, at=kit.AT, statuses=[kit.status()], level=level)
    assert report.outcome is Outcome.INDETERMINATE
    assert report.level == "L1"


def test_holder_file_parse_and_encode_are_inverse() -> None:
    file = kit.holder_file()
    parsed = HolderFile.parse(file)
    assert parsed.encode() == file
    assert parsed.certificate.statement == STATEMENT
