"""Donors' traces: the report in words and as JSON, levels, doubts, and a tree that is broken where ours is not."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.support import kit
from tests.support.fund_story import BOOK_A, IDX, MADE, sealed, story, trace_of
from verifier.assess import Verifier
from verifier.charity import tracemaker
from verifier.charity.epoch import judge_epoch
from verifier.charity.follow import State
from verifier.charity.trace import check_trace
from verifier.charity.tracemaker import make_trace
from verifier.charity.tracewords import STATES, amount_text, trace_text
from verifier.cli import run
from verifier.errors import Malformed
from verifier.hazmat.sm3 import sm3
from verifier.report import Outcome, Reason

ROOT = Path(__file__).parents[3]
GOLDEN = json.loads((ROOT / "tests" / "golden" / "formats" / "donor-trace.json").read_text())
SCHEMA = json.loads((ROOT / "verifier" / "trace.schema.json").read_text("utf-8"))
DATA = {case["name"]: b64decode(case["trace_b64"]) for case in GOLDEN["accepted"] + GOLDEN["refused"]}
PLAIN = DATA["paid-acknowledged-returned"]
AT = kit.AT


def verifier(**changes: Any) -> Verifier:
    return Verifier(kit.bundle(**changes))


def test_the_schema_describes_every_report() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    validator = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
    reports = [check_trace(data, verifier(), at=AT).to_json() for data in DATA.values()]
    assert [list(validator.iter_errors(report)) for report in reports] == [[]] * len(reports)
    assert set(reports[0]) | {"input"} == set(SCHEMA["properties"])
    states = SCHEMA["properties"]["portions"]["items"]["properties"]["state"]["enum"]
    assert states == [s.value for s in State]


def test_in_words_it_says_where_the_money_is_and_what_is_not_proven() -> None:
    report = check_trace(PLAIN, verifier(), at=AT)
    zh, en = trace_text(report), trace_text(report, "en")
    assert "70.00 元 已支出并已签收" in zh
    assert "未证明：受益人真实存在" in zh
    assert "不是捐赠票据" in zh
    assert "of which CNY 70.00 paid and acknowledged" in en
    assert "Not proven: that payees exist" in en
    assert set(STATES) == set(State)
    unopened = trace_text(check_trace(DATA["nobody-s-name-on-it"], verifier(), at=AT), "en")
    assert "does not show whose it is" in unopened
    assert (amount_text(3, True, "zh"), amount_text(3, True, "en")) == ("3 件", "3 units")


def test_what_is_not_believed_is_not_shown() -> None:
    text = trace_text(check_trace(DATA["inflow-larger"], verifier(), at=AT), "en")
    assert "FAILED" in text
    assert "donation" not in text
    assert "Download it again with the receipt code" in text


def test_levels_are_reached_when_every_epoch_reaches_them() -> None:
    report = check_trace(PLAIN, verifier(), at=AT, level="L4")
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, Reason.QUORUM_NOT_REACHED)
    assert report.portions  # signed and logged all the same
    assert report.level == "L3"
    two = trace_of(story(), 5)
    half = replace(two, epochs={**two.epochs, BOOK_A: sealed(story().a.claims(iat=MADE), logged=False)})
    assert check_trace(half.encode(), verifier(), at=AT).reason is Reason.RECEIPT_MISSING
    assert check_trace(half.encode(), verifier(), at=AT, level="L1").outcome is Outcome.PASSED
    with pytest.raises(ValueError, match="L1 to L5"):
        check_trace(PLAIN, verifier(), at=AT, level="L0")


def test_an_anchor_that_contradicts_is_heard_by_who_did_not_ask() -> None:
    trace = trace_of(story(), 4)
    log = kit.TestLog()
    log.fill(3)
    log.add(sm3(b"entry salt of an epoch"), trace.epochs[BOOK_A].statement)
    log.fill(2)
    good = Verifier(kit.bundle(), anchors=[log.anchor()])
    assert check_trace(trace.encode(), good, at=AT, level="L5").level == "L5"
    other = Verifier(kit.bundle(), anchors=[log.anchor(root=bytes(32))])
    assert check_trace(trace.encode(), other, at=AT).reason is Reason.ANCHOR_MISMATCH


def test_an_expired_bundle_makes_it_uncertain_and_a_stolen_key_needs_an_older_receipt() -> None:
    late = kit.bundle().expires
    report = check_trace(PLAIN, verifier(), at=late)
    assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, Reason.TRUST_EXPIRED)
    base = kit.bundle()

    def stolen(at: int) -> Verifier:
        keys = (replace(base.issuers[1].keys[0], revoked_from=at),)
        return Verifier(replace(base, issuers=(base.issuers[0], replace(base.issuers[1], keys=keys))))

    assert check_trace(PLAIN, stolen(MADE + 30), at=AT).reason is Reason.KEY_REVOKED
    assert check_trace(PLAIN, stolen(AT), at=AT).outcome is Outcome.PASSED
    epoch = sealed(story().a.claims(iat=MADE))
    assert judge_epoch(epoch, kit.bundle(), AT) is Reason.OK
    assert judge_epoch(epoch, kit.bundle(), late) is Reason.TRUST_EXPIRED


def test_the_command_line_knows_a_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trust").write_bytes(b64decode(GOLDEN["trust_b64"]))
    (tmp_path / "good.mzd").write_bytes(PLAIN)
    (tmp_path / "bad.mzd").write_bytes(DATA["payment-duplicated"])
    base = ["--trust", str(tmp_path / "trust"), "--at", str(AT)]
    assert run([*base, str(tmp_path / "good.mzd")]) == 0
    assert run([*base, "--json", str(tmp_path / "bad.mzd")]) == 1
    assert '"reason": "TRACE_INVALID"' in capsys.readouterr().out


def test_more_outflows_than_a_file_may_show_are_an_error_and_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    views = story().views()
    monkeypatch.setattr(tracemaker, "MAX_LEAVES", 2)
    with pytest.raises(Malformed, match="too-many-outflows"):
        make_trace(views.get, BOOK_A, IDX[2])


def test_without_an_epoch_there_is_no_trace() -> None:
    with pytest.raises(ValueError, match="without an epoch"):
        make_trace({}.get, BOOK_A, IDX[0])
    with pytest.raises(Malformed, match="index-out-of-range"):
        make_trace(story().views().get, BOOK_A, 99)


def test_nothing_in_a_trace_without_details_names_the_donor() -> None:
    data = trace_of(story(), 1, opened=False).encode()
    details = story().given[1]
    assert details.pseudonym is not None
    assert all(secret not in data for secret in (details.donation, details.pseudonym))
