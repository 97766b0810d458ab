"""The published schema of the report, and the page of its reason codes, against the code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.support import kit
from tests.support.reasons_page import STEPS, page
from verifier.advice import ADVICE, LEVEL, NEED, span
from verifier.assess import LEVELS, assess
from verifier.report import DocumentSeen, Outcome, PresentationSeen, Reason, Report, outcome_of
from verifier.wording import to_text

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "verifier" / "report.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


def good() -> Report:
    return assess(kit.holder_file(), trust=kit.bundle(), at=kit.AT, statuses=[kit.status()])


def test_schema_is_one_and_names_exactly_our_codes() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["$defs"]["reason"]["enum"] == [r.value for r in Reason]
    assert SCHEMA["$defs"]["outcome"]["enum"] == [o.value for o in Outcome]


def test_every_member_that_a_report_can_have_is_described() -> None:
    seal = {"name": "x"}
    whole = replace(
        good(),
        document=DocumentSeen("application/pdf", "0" * 64, kit.AT, True, kit.AT, seal),
        presentation=PresentationSeen("https://bank.example", kit.AT, kit.AT + 60),
    ).to_json()
    assert list(VALIDATOR.iter_errors({"input": "a.mzc", **whole})) == []
    assert set(whole) | {"input"} == set(SCHEMA["properties"])
    assert set(SCHEMA["required"]) == set(whole) - {"document", "presentation"}


def changed(**members: Any) -> dict[str, Any]:
    return {**good().to_json(), **members}


@pytest.mark.parametrize(
    "wrong",
    [
        changed(outcome="MAYBE"),
        changed(reason="BECAUSE"),
        changed(level="L6"),
        changed(more=1),
        changed(checked_at="yesterday"),
        changed(levels={"L9": {"outcome": "PASSED", "reason": "OK"}}),
        changed(trust={"sequence": -1, "root": None}),
        changed(findings=[{"step": 4}]),
        changed(document={"media": "x"}),
        {k: v for k, v in changed().items() if k != "needs"},
    ],
)
def test_schema_refuses(wrong: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(wrong)


def test_page_of_reasons_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "reasons.md").read_text("utf-8") == page()
    assert set(STEPS) == set(Reason)


def test_there_is_advice_for_every_reason_but_ok() -> None:
    assert set(ADVICE) == set(Reason) - {Reason.OK}
    for reason, (zh, en) in ADVICE.items():
        if outcome_of(reason) is Outcome.INDETERMINATE:  # nobody is sent away for an outage
            assert zh.startswith("这不是“不通过”")
            assert en.startswith("This is not a failure.")
        assert "拒绝办理" not in zh


def test_text_tells_an_officer_what_was_shown_and_what_to_do() -> None:
    zh, en = to_text(good()), to_text(good(), "en")
    assert "等级: L3（颁发机构签发，已记入日志，在日志签署的树中）" in zh
    assert "有效状态: 依据 1 小时前签发的状态列表" in zh
    assert "by the status list issued 1 h ago" in en
    assert "checked at: 2026-01-01T00:00:00Z" in en
    unclear = assess(kit.holder_file(), trust=kit.bundle(), at=kit.AT)
    assert "怎么办: 这不是“不通过”" in to_text(unclear)
    assert f"还需要: 状态列表 {kit.STATUS_URI}" in to_text(unclear)
    assert set(LEVEL) == set(LEVELS)


def test_every_need_has_a_name() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "verifier").rglob("*.py"))
    assert all(f'"{name}"' in sources for name in NEED)
    assert {part.partition('"')[0] for part in sources.split('Need("')[1:]} <= set(NEED)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_spans(seconds: int, words: str) -> None:
    assert span(seconds, 1) == words
