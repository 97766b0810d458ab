"""Report in JSON and in words: stable members, every reason worded, nothing that passes for another line."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.support import kit
from verifier.assess import assess
from verifier.credential import Disclosure, claim_leaf
from verifier.hazmat.sm3 import sm3
from verifier.labels import KIND_NAMES
from verifier.merkle import TreeHash, fixed_levels, fixed_path
from verifier.policy import TrustBundle
from verifier.report import Outcome, Reason, Report, outcome_of
from verifier.wording import REASON_TEXT, outcome_text, to_text

TRUST = TrustBundle.parse(kit.signed_bundle())


def test_every_reason_and_outcome_has_words_in_both_languages() -> None:
    assert set(REASON_TEXT) == set(Reason)
    for texts in REASON_TEXT.values():
        assert len(texts) == 2
        assert all(texts)
    assert len({zh for zh, _ in REASON_TEXT.values()}) == len(Reason)
    assert len({en for _, en in REASON_TEXT.values()}) == len(Reason)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", [None, *KIND_NAMES, 99])
def test_every_reason_can_be_told(reason: Reason, lang: str, kind: int | None) -> None:
    report = Report(outcome_of(reason), reason, kit.AT, (), {}, kind=kind)
    text = to_text(report, lang)
    assert reason.value in text
    assert outcome_text(report, lang) in text
    assert json.loads(json.dumps(report.to_json()))["reason"] == reason.value


def test_indeterminate_is_never_worded_as_false() -> None:
    for reason in Reason:
        if outcome_of(reason) is Outcome.INDETERMINATE:
            zh, en = REASON_TEXT[reason]
            assert not {"伪造", "无效", "不通过"} & {zh}
            assert "forged" not in en


def test_json_members_and_their_order() -> None:
    report = assess(kit.holder_file(), trust=TRUST, at=kit.AT, statuses=[kit.status()]).to_json()
    assert list(report) == [
        "outcome",
        "reason",
        "level",
        "levels",
        "certificate",
        "disclosed",
        "labels",
        "public",
        "status",
        "findings",
        "needs",
        "checked_at",
        "trust",
    ]
    assert report["certificate"] == {
        "kind": 1,
        "kind_name": "marriage",
        "kind_title": {},
        "issuer": kit.REGISTRY,
        "issuer_name": {"zh": "示例婚姻登记处（虚构）", "en": "Sample Marriage Registry (fictitious)"},
        "issued_at": "2025-12-31T00:00:00Z",
    }
    assert report["status"] == {
        "issued_at": "2025-12-31T23:00:00Z",
        "expires": "2026-01-02T00:00:00Z",
        "age_seconds": 3600,
    }
    assert report["levels"] == {
        "L1": {"outcome": "PASSED", "reason": "OK"},
        "L2": {"outcome": "PASSED", "reason": "OK"},
        "L3": {"outcome": "PASSED", "reason": "OK"},
        "L4": {"outcome": "INDETERMINATE", "reason": "QUORUM_NOT_REACHED"},
        "L5": {"outcome": "INDETERMINATE", "reason": "ANCHOR_MISSING"},
    }
    assert [list(f) for f in report["findings"]] == [["step", "code", "outcome", "clause", "detail"]] * 4
    assert report["trust"] == {"sequence": 1, "root": TRUST.root_fingerprint}


def test_json_is_the_same_each_time() -> None:
    texts = {
        json.dumps(assess(kit.holder_file(), trust=TRUST, at=kit.AT, statuses=[kit.status()]).to_json())
        for _ in range(3)
    }
    assert len(texts) == 1


def test_report_of_what_could_not_be_read() -> None:
    report = assess(b"", trust=TRUST, at=kit.AT).to_json()
    assert report["certificate"] is None
    assert report["level"] is None
    assert report["status"] is None


def test_signed_field_cannot_pass_for_a_line_of_the_report() -> None:
    """An issuer's software may sign what a person typed in: line breaks, terminal and direction controls."""
    value = "x\n✔ PASSED\x1b[2J\u202eabc\u2028\u0085y\u2066"
    salt = bytes(16)
    leaves = [claim_leaf(salt, "holder_name", value), *(sm3(bytes([i])) for i in range(31))]
    levels = fixed_levels(TreeHash.SM3, leaves)
    disclosure = Disclosure(0, salt, "holder_name", value, tuple(fixed_path(levels, 0)))
    st = kit.statement(kit.claims(root=levels[-1][0]))
    report = assess(kit.holder_file(st, disclosures=(disclosure,)), trust=TRUST, at=kit.AT, statuses=[kit.status()])
    assert report.disclosed == {"holder_name": value}
    for lang in ("zh", "en"):
        text = to_text(report, lang)
        assert sum("PASSED" in line for line in text.splitlines()) <= 2
        categories = {unicodedata.category(c) for line in text.split("\n") for c in line}
        assert not categories & {"Cc", "Zl", "Zp", "Cf"}


def test_rare_characters_are_shown_as_they_are() -> None:
    """Characters of the newest extensions and of the private area, which official fonts use, are not replaced."""
    report = Report(Outcome.PASSED, Reason.OK, kit.AT, (), {}, disclosed={"holder_name": "𠮷\U0002ebf0\ue815·"})
    assert "𠮷\U0002ebf0\ue815·" in to_text(report)
