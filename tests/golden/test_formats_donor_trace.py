"""Golden vectors of sum trees, epochs, receipt codes and donors' traces: what is believed, and what is not."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from verifier.assess import Verifier
from verifier.charity.epoch import Epoch
from verifier.charity.opening import Details, ReceiptCode
from verifier.charity.sumtree import SumNode, root_from_path, root_from_range, root_of, verify_consistency
from verifier.charity.trace import check_trace
from verifier.charity.tracefile import Trace, is_trace
from verifier.errors import Malformed, VerifierError
from verifier.merkle import TreeHash
from verifier.policy import TrustBundle
from verifier.report import Outcome, Reason

FORMATS = Path(__file__).parent / "formats"
PAGES = Path(__file__).parents[2] / "docs" / "formats"


def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FORMATS / f"{name}.json").read_text())
    return found


TREES, EPOCHS, CODES, TRACES = golden("sum-tree"), golden("fund-epoch"), golden("receipt-code"), golden("donor-trace")
LEAVES = [bytes.fromhex(leaf) for leaf in TREES["leaves_hex"]]
VERIFIER = Verifier(TrustBundle.parse(b64decode(TRACES["trust_b64"])))
AT: int = TRACES["at"]


@pytest.mark.parametrize("case", TREES["accepted"], ids=lambda c: c["name"])
def test_sum_trees(case: dict[str, Any]) -> None:
    h, size = TreeHash(case["name"]), len(LEAVES)
    roots = [SumNode.decode(bytes.fromhex(r["node_hex"])) for r in case["roots"]]
    assert [root_of(h, LEAVES[:n]) for n in range(size + 1)] == roots
    for p in case["paths"]:
        path = bytes.fromhex(p["path_hex"])
        assert root_from_path(h, LEAVES[p["index"]], p["index"], size, path) == (roots[size], p["start"])
    for r in case["ranges"]:
        shown, path = LEAVES[r["first"] : r["end"]], bytes.fromhex(r["path_hex"])
        assert root_from_range(h, r["first"], shown, size, path) == (roots[size], r["start"])
    for c in case["consistency"]:
        path = bytes.fromhex(c["path_hex"])
        assert verify_consistency(h, c["old"], roots[c["old"]], c["new"], roots[c["new"]], path)
        assert not verify_consistency(h, c["old"], roots[c["old"] - 1], c["new"], roots[c["new"]], path)


@pytest.mark.parametrize("case", TREES["refused"], ids=lambda c: c["name"])
def test_refused_paths(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        root_from_path(
            TreeHash.SM3, bytes.fromhex(case["leaf_hex"]), case["index"], case["size"], bytes.fromhex(case["path_hex"])
        )


@pytest.mark.parametrize("case", EPOCHS["accepted"], ids=lambda c: c["name"])
def test_epochs(case: dict[str, Any]) -> None:
    data = b64decode(case["epoch_b64"])
    epoch = Epoch.parse(data)
    assert epoch.encode() == data
    assert epoch.claims.encode() == epoch.sign1.payload
    assert (epoch.claims.epoch, epoch.digest.hex()) == (case["number"], case["digest_hex"])


@pytest.mark.parametrize("case", EPOCHS["refused"], ids=lambda c: c["name"])
def test_refused_epochs(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        Epoch.parse(b64decode(case["epoch_b64"]))


def test_receipt_codes() -> None:
    for case in CODES["accepted"]:
        code = ReceiptCode(bytes.fromhex(case["donation_hex"]), bytes.fromhex(case["secret_hex"]))
        assert (code.text(), code.url("minzheng.example")) == (case["text"], case["url"])
        assert ReceiptCode.parse(case["text"]) == ReceiptCode.parse(case["url"]) == code
    for case in CODES["details"]:
        details = Details.parse(bytes.fromhex(case["details_hex"]))
        assert details.commitment(bytes.fromhex(case["secret_hex"])).hex() == case["ref_hex"]


@pytest.mark.parametrize("case", CODES["refused"], ids=lambda c: c["name"])
def test_refused_receipt_codes(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        ReceiptCode.parse(case["text"])


@pytest.mark.parametrize("case", TRACES["accepted"], ids=lambda c: c["name"])
def test_traces(case: dict[str, Any]) -> None:
    data = b64decode(case["trace_b64"])
    report = check_trace(data, VERIFIER, at=AT)
    assert json.loads(json.dumps(report.to_json())) == case["report"]
    assert report.outcome is Outcome.PASSED
    assert is_trace(data)
    assert Trace.parse(data).encode() == data
    assert report.donated is not None
    assert sum(p.amount for p in report.portions) == report.donated.amount


@pytest.mark.parametrize("case", TRACES["refused"], ids=lambda c: c["name"])
def test_refused_traces(case: dict[str, str]) -> None:
    data = b64decode(case["trace_b64"])
    report = check_trace(data, VERIFIER, at=AT)
    assert report.reason is Reason(case["reason"])
    if report.outcome is Outcome.FAILED or report.levels.get("L1") is not Reason.OK:
        assert report.donated is None
        assert report.portions == report.as_of == ()
    if report.reason is Reason.MALFORMED_FILE:
        with pytest.raises(VerifierError):
            Trace.parse(data)


def test_every_fate_of_a_fen_is_among_the_vectors() -> None:
    seen = {p["state"] for case in TRACES["accepted"] for p in case["report"]["portions"]}
    assert seen >= {
        "waiting",
        "paid",
        "acknowledged",
        "returned-to-donor",
        "reversed",
        "returned-to-fund",
        "redirected",
    }


def test_the_samples_of_the_pages_are_the_vectors() -> None:
    trace = next(c for c in TRACES["accepted"] if c["name"] == "waiting-and-returned-to-the-donor")
    epoch = next(c for c in EPOCHS["accepted"] if c["name"] == "not-logged")
    assert blocks("donor-trace") == [b64decode(trace["trace_b64"])]
    assert blocks("fund-epoch") == [b64decode(epoch["epoch_b64"])]
    assert blocks("sum-tree") == [LEAVES[0], bytes.fromhex(TREES["accepted"][0]["roots"][2]["node_hex"])]
    assert blocks("receipt-code") == [bytes.fromhex(CODES["details"][2]["details_hex"])]
    assert CODES["accepted"][0]["text"] in (PAGES / "receipt-code.md").read_text("utf-8")


def blocks(page: str) -> list[bytes]:
    text = (PAGES / f"{page}.md").read_text("utf-8")
    found = re.findall(r"```text\n([0-9a-f\n]+)```", text)
    return [bytes.fromhex(block) for block in found]
