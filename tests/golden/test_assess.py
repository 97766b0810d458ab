"""Every golden vector gives the outcome and the reason that it names."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.golden.generate import files
from tests.support.reasons_page import CLAUSES, STEPS
from verifier.anchor import AnchorObservation
from verifier.assess import assess
from verifier.policy import TrustBundle
from verifier.report import Outcome, Reason, Report, outcome_of

FOLDER = Path(__file__).parent / "assess"
SCHEMA = json.loads((Path(__file__).parents[2] / "verifier" / "report.schema.json").read_text("utf-8"))
REPORT = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
VECTORS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def run(vector: dict[str, Any]) -> Report:
    given = vector["input_text"] if "input_text" in vector else b64decode(vector["input_b64"])
    return assess(
        given,
        trust=TrustBundle.parse(b64decode(vector["trust_b64"])),
        at=vector["at"],
        statuses=[b64decode(s) for s in vector["status_b64"]],
        anchors=[AnchorObservation.parse(b64decode(a)) for a in vector["anchor_b64"]],
        checkpoints=[b64decode(c) for c in vector.get("checkpoint_b64", ())],
        proofs=[b64decode(p) for p in vector.get("proof_b64", ())],
        level=vector["level"],
    )


@pytest.mark.parametrize("name", VECTORS)
def test_vector(name: str) -> None:
    report = run(VECTORS[name])
    assert {"outcome": report.outcome.value, "reason": report.reason.value} == VECTORS[name]["expected"]
    assert [e.message for e in REPORT.iter_errors(report.to_json())] == []
    assert all(f.step in STEPS[f.reason] and f.clause == CLAUSES[f.step] for f in report.findings)


def test_every_reason_occurs() -> None:
    reached = {v["expected"]["reason"] for v in VECTORS.values()}
    formats = Path(__file__).parent / "formats"  # steps 12 and 13 have vectors of their own
    reached |= {case["reason"] for case in json.loads((formats / "presentation.json").read_text())["accepted"]}
    reached |= {case["reason"] for case in json.loads((formats / "donor-trace.json").read_text())["refused"]}
    assert reached == {r.value for r in Reason}


def test_expected_outcomes_are_those_of_their_reasons() -> None:
    for vector in VECTORS.values():
        expected = vector["expected"]
        assert Outcome(expected["outcome"]) is outcome_of(Reason(expected["reason"]))


def test_generator_reproduces_the_committed_files() -> None:
    wanted = {str(path): text for path, text in files().items()}
    root = Path(__file__).parent
    found = {str(p): p.read_text() for folder in ("assess", "formats") for p in (root / folder).glob("*.json")}
    assert found == wanted
