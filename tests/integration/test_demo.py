"""`make demo` as a newcomer runs it, and a bank that has nothing but the wheel and the folder it left."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from api.demo import run
from api.demo.checks import Check, Expected, report_json
from api.settings import for_directory
from tests.e2e.test_differential_signed import World, python, same_reports
from tests.support.api_lab import EXAMPLES
from tests.support.bank import ROOT, build_wheel, install_alone
from verifier.cbor import split_sequence

REVOKED = {"certificate-005-a"}
SUPERSEDED = {"certificate-001-a", "certificate-001-b"}  # by the re-issue in row 12
DIVORCED = {"certificate-003-a", "certificate-003-b", "certificate-005-b", "certificate-008-a", "certificate-008-b"}
REPLACED = {"divorce-001-a", "divorce-001-b", "cremation-001", "minimum-living-allowance-001"}
OTHERS = {
    "minimum-living-allowance": 6, "disability-subsidy": 5, "elder-care": 5, "child-welfare": 4, "cremation": 5,
}  # fmt: skip
FOLDERS = ("certificates", "divorces", "donations", "others")
WRONG = {
    "a changed byte": ("FAILED", "SIGNATURE_INVALID"),
    "a changed disclosure": ("FAILED", "DISCLOSURE_INVALID"),
    "a revoked certificate": ("FAILED", "STATUS_NOT_VALID"),
    "an unknown issuer": ("INDETERMINATE", "ISSUER_UNKNOWN"),
    "a key not allowed for that kind": ("FAILED", "KEY_NOT_ALLOWED_FOR_KIND"),
    "a stale status list": ("INDETERMINATE", "STATUS_STALE"),
    "no status list": ("INDETERMINATE", "STATUS_MISSING"),
    "a receipt of another log": ("INDETERMINATE", "RECEIPT_LOG_UNKNOWN"),
    "a word added to an OFD's page": ("FAILED", "DOCUMENT_ALTERED"),
    "a byte of a PDF's page tree": ("FAILED", "DOCUMENT_ALTERED"),
    "the statement of another PDF": ("FAILED", "RENDITION_MISMATCH"),
    "a PDF without its statement": ("INDETERMINATE", "RENDITION_MISSING"),
    "the chain switched off, L5 asked for": ("INDETERMINATE", "ANCHOR_MISSING"),
    "the chain switched off, L3 asked for": ("PASSED", "OK"),
    "a bank credit posted a second time": ("refused", "BANK_USED"),
    "more acknowledged than was paid": ("refused", "over-acknowledged"),
    "a trace of more than was given": ("FAILED", "TRACE_INVALID"),
    "a trace with a payment left out": ("FAILED", "TRACE_INVALID"),
    "a trace with a forged sum": ("FAILED", "TRACE_INVALID"),
    "a trace with another donor's details": ("FAILED", "DISCLOSURE_INVALID"),
    "public audit of all funds (mz-verify --charity)": ("PASSED", "OK"),
    "the books with fen moved between donations": ("FAILED", "EPOCH_INFLOWS_DIFFER"),
    "a fork, to witness north": ("REFUSED", "HTTP 422"),
    "a genuine file beside a forked checkpoint": ("FAILED", "LOG_FORKED"),
    "1 witness of 3 dead, L4 asked for": ("PASSED", "OK"),
    "2 witnesses of 3 dead, L4 asked for": ("INDETERMINATE", "QUORUM_NOT_REACHED"),
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "api", "demo", "--out", str(folder / "out"), "--examples", str(EXAMPLES)]
    environment = {**os.environ, "MZ_DATA_DIR": str(folder / "data")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout.decode()[-3000:]
    assert b"/v" in done.stdout  # it says how to open the pages
    return folder / "out"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    return install_alone(build_wheel(folder), folder / "venv") / "mz-verify"


def pieces(out: Path, suffix: str) -> list[Path]:
    return sorted(path for folder in FOLDERS for path in out.glob(f"{folder}/*.{suffix}"))


def expected(path: Path) -> str:
    return "FAILED" if path.stem in REVOKED | SUPERSEDED | DIVORCED | REPLACED else "PASSED"


def outcomes(bank: Path, out: Path, inputs: list[str], *arguments: str) -> list[tuple[str, str]]:
    command = [str(bank), "--json", "--trust", "trust-bundle.cbor", "--status", "status-list.cbor", *arguments]
    clean = {"PATH": os.defpath, "LANG": "C"}
    done = subprocess.run([*command, *inputs], cwd=out, env=clean, capture_output=True, timeout=120, check=False)
    assert done.stderr == b""
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == (1 if any(r["outcome"] == "FAILED" for r in reports) else 0)
    return [(r["outcome"], r["level"]) for r in reports]


def test_it_leaves_what_a_newcomer_is_promised(out: Path) -> None:
    for name in ("trust-bundle.cbor", "status-list.cbor", "anchor.cbor", "report.json"):
        assert (out / name).stat().st_size > 0
    stems = {suffix: [p.stem for p in pieces(out, suffix)] for suffix in ("mzc", "pdf", "ofd", "png")}
    assert stems["mzc"] == stems["png"]
    valid = [p.stem for p in pieces(out, "mzc") if expected(p) == "PASSED"]
    assert stems["pdf"] == stems["ofd"] == valid
    found = Counter(stem.rstrip("ab-").rpartition("-")[0] for stem in stems["mzc"])
    assert found == {"certificate": 52, "donation": 36, "divorce": 8, **OTHERS}


def test_the_report_names_every_check(out: Path) -> None:
    checks = json.loads((out / "report.json").read_text())["checks"]
    assert all(set(check) == {"name", "expected", "outcome", "reason"} for check in checks)
    assert all(check["expected"] == check["outcome"] for check in checks)
    assert len({check["name"] for check in checks}) == len(checks) > 400
    drills = {check["name"].removeprefix("drill: "): (check["outcome"], check["reason"]) for check in checks}
    assert {name: drills.get(name) for name in WRONG} == WRONG


def test_a_check_that_differs_is_told_apart_by_its_reason() -> None:
    wanted = Expected("FAILED", "SIGNATURE_INVALID")
    assert Check("drill", "x", wanted, "FAILED", "SIGNATURE_INVALID").as_expected
    other = Check("drill", "x", wanted, "FAILED", "EXPIRED")
    assert not other.as_expected
    assert json.loads(report_json([other]))["checks"][0]["reason"] == "EXPIRED"


@pytest.mark.parametrize(("reason", "status"), [("OK", 0), ("RECEIPT_MISSING", 1)])
async def test_the_exit_status_says_whether_a_check_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str, status: int
) -> None:
    async def nothing(*_: object) -> None:
        return None

    async def one_check(*_: object) -> list[Check]:
        return [Check("drill", "x", Expected("PASSED", "OK"), "PASSED", reason)]

    monkeypatch.setattr(logging.root, "level", logging.root.level)  # the demo quiets it for its whole process
    monkeypatch.setattr(run, "_initialise", nothing)
    monkeypatch.setattr(run, "_watched", lambda *_: nullcontext((None, None)))
    monkeypatch.setattr(run, "_run", one_check)
    monkeypatch.setattr(run, "_say_where", lambda *_: None)
    arguments = Namespace(out=str(tmp_path), examples=str(EXAMPLES))
    assert await run.demo(for_directory(tmp_path / "data"), arguments) == status


def test_the_wheel_alone_verifies_every_file_to_the_anchor(bank: Path, out: Path) -> None:
    files = pieces(out, "mzc")
    found = outcomes(bank, out, [str(f) for f in files], "--anchor", "anchor.cbor", "--level", "L5")
    assert [outcome for outcome, _ in found] == [expected(f) for f in files]
    assert {level for outcome, level in found if outcome == "PASSED"} == {"L5"}


def test_the_wheel_alone_follows_every_donation_and_audits_the_funds(bank: Path, out: Path) -> None:
    traces = sorted((out / "giving").glob("*.mzd"))
    anchors = [f"--anchor={path}" for path in sorted((out / "giving" / "anchors").glob("*.cbor"))]
    found = outcomes(bank, out, [str(path) for path in traces], *anchors, "--level", "L5")
    assert found == [("PASSED", "L5")] * len(traces)
    assert {path.stem for path in traces} == {"donation", "returned", "foreign", "grouped", "goods"}
    command = [str(bank), "--json", "--trust", "trust-bundle.cbor", "giving/donation.mzd"]
    done = subprocess.run(command, cwd=out, capture_output=True, timeout=60, check=True)
    parts = json.loads(done.stdout)["portions"]
    # 60 yuan acknowledged; of the next 30, 15 too and 10 came back and wait again; the last 10 were never spent
    totals: Counter[str] = Counter()
    for part in parts:
        totals[part["state"]] += part["amount"]
    assert totals == {"acknowledged": 7500, "paid": 500, "waiting": 2000}


@pytest.mark.parametrize("suffix", ["pdf", "ofd"])
def test_the_wheel_alone_verifies_every_document(bank: Path, out: Path, suffix: str) -> None:
    files = pieces(out, suffix)
    found = outcomes(bank, out, [str(f) for f in files])
    assert {outcome for outcome, _ in found} == {"PASSED"}
    assert len(files) > 100


def test_the_wheel_alone_believes_the_witnesses_of_every_file(bank: Path, out: Path) -> None:
    """Nothing but file, bundle and list: the cosigned note is in the file, the quorum in the bundle."""
    files = pieces(out, "mzc")
    found = outcomes(bank, out, [str(f) for f in files], "--level", "L4")
    assert [outcome for outcome, _ in found] == [expected(f) for f in files]
    assert {level for outcome, level in found if outcome == "PASSED"} == {"L4"}


def test_the_browsers_verifier_says_the_same(out: Path) -> None:
    """The page's modules on Node and the Python ones, given the same: every level, every reason, every finding."""
    lists = split_sequence((out / "status-list.cbor").read_bytes(), max_bytes=1 << 23)
    shared: dict[str, Any] = {
        "trust": (out / "trust-bundle.cbor").read_bytes(),
        "statuses": tuple(lists),
        "anchors": ((out / "anchor.cbor").read_bytes(),),
        "checkpoints": ((out / "checkpoint.txt").read_bytes(),),
        "at": int(time.time()),
    }
    good, negative = pieces(out, "mzc")[::4], sorted((out / "negative").glob("*.mzc"))
    worlds = [World(f.read_bytes(), level="L5", **shared) for f in (*good, *negative)]
    same_reports(worlds, at_least=20)
    passed = [r for r in map(python, worlds[: len(good)]) if r["outcome"] == "PASSED"]
    assert len(passed) > 10
    assert all({level["reason"] for level in r["levels"].values()} == {"OK"} for r in passed)


def test_the_wheel_alone_verifies_every_code_from_its_picture(bank: Path, out: Path) -> None:
    pictures = pieces(out, "png")
    codes = []
    for picture in pictures:
        with Image.open(picture) as image:
            codes.append(zxingcpp.read_barcodes(image)[0].text)
    found = outcomes(bank, out, codes)
    assert [outcome for outcome, _ in found] == [expected(p) for p in pictures]
