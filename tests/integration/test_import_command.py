"""`mzt import`: exit statuses, report, dry run, archive, and what stops a file."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from api.cli import run
from api.clock import system_clock
from api.settings import for_directory
from chain.filelock import FileLock
from tests.support.api_lab import EXAMPLES, template
from tests.support.spreadsheets import workbook
from verifier.cli import run as verify

Capture = pytest.CaptureFixture[str]
MARRIAGES = EXAMPLES / "marriage-registrations.csv"


@pytest.fixture(scope="module")
def made_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        return asyncio.run(template(tmp_path_factory.mktemp("import") / "template", patch, system_clock))


@pytest.fixture
def data(made_now: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "data"
    shutil.copytree(made_now, directory)
    monkeypatch.setenv("MZ_DATA_DIR", str(directory))
    return directory


def test_dry_run_archive_and_again(data: Path, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "old.csv"
    file.write_bytes(MARRIAGES.read_text("utf-8").encode("gb18030"))
    assert run(["import", str(file), "--kind", "marriage", "--archive", "--dry-run"]) == 0
    assert "试运行，未作任何更改：26 行：登记 26 行，此前已登记 0 行，未接受 0 行" in capsys.readouterr().out
    assert run(["import", str(file), "--kind", "marriage", "--archive", "--lang", "en"]) == 0
    assert "26 rows: 26 recorded, 0 recorded before, 0 rejected" in capsys.readouterr().out
    assert run(["import", str(file), "--kind", "marriage", "--archive", "--resume"]) == 0
    assert "26 行：登记 0 行，此前已登记 26 行，未接受 0 行" in capsys.readouterr().out


def test_old_books_are_taken_as_they_stand_and_flagged(data: Path, tmp_path: Path, capsys: Capture) -> None:
    report = tmp_path / "report.ndjson"
    archive = ["--kind", "marriage", "--archive", "--lang", "en"]
    assert run(["import", str(EXAMPLES / "old-marriages-gb18030.csv"), *archive, "--report", str(report)]) == 0
    said = capsys.readouterr()
    assert "4 rows: 4 recorded" in said.out
    assert "JOB_MAN" in said.err
    assert "line 5: note: ID_15_DIGITS" in said.err
    notes = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    assert [(note["line"], note["code"], note["severity"]) for note in notes] == [(5, "ID_15_DIGITS", "note")]
    assert run(["import", str(EXAMPLES / "old-marriages.ndjson"), *archive]) == 0
    assert "4 recorded before" in capsys.readouterr().out
    assert run(["import", str(EXAMPLES / "old-marriages.ndjson"), "--kind", "marriage"]) == 1  # only of an archive


def test_a_case_file_for_a_named_case(data: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["import", str(EXAMPLES / "marriage-registrations.csv"), "--kind", "marriage"]) == 0
    with sqlite3.connect(for_directory(data).database_url.partition("///")[2]) as database:
        (cti,) = database.execute("select hex(cti) from certificate where ordinal = 5").fetchone()
    case, out = tmp_path / "case.zip", tmp_path / "out"
    assert run(["publish", "--force"]) == 0
    assert run(["casefile", cti, str(case)]) == 64
    assert run(["casefile", cti, str(case), "--case", "(2027)示例9901调令1号"]) == 0
    assert case.stat().st_mode & 0o777 == 0o600
    assert run(["export", str(out)]) == 0
    assert verify(["--trust", str(out / "trust-bundle.cbor"), str(case)]) == 0
    assert "案件文件通过核验" in capsys.readouterr().out
    assert run(["casefile", cti, str(case), "--case", "x" * 200]) == 2
    assert run(["casefile", "zz", str(case), "--case", "order"]) == 2


def test_reports_name_rows_and_rules_and_no_value(data: Path, tmp_path: Path, capsys: Capture) -> None:
    report = tmp_path / "report.csv"
    bad = str(EXAMPLES / "bad-rows.csv")
    assert run(["import", bad, "--kind", "marriage", "--report", str(report), "--lang", "en"]) == 1
    assert report.stat().st_mode & 0o777 == 0o600
    with report.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert sorted({int(row["line"]) for row in found}) == list(range(2, 18))
    assert all(row["code"] and row["message"] and row["severity"] == "error" for row in found)
    rows = csv.reader((EXAMPLES / "bad-rows.csv").read_text("utf-8").splitlines()[1:])
    assert not {cell for row in rows for cell in row if len(cell) > 8 and cell in report.read_text("utf-8")}
    assert "line 17: column-count the row has another number of cells" in capsys.readouterr().err
    lines = tmp_path / "report.ndjson"
    assert run(["import", bad, "--kind", "marriage", "--report", str(lines)]) == 1
    assert [json.loads(line)["code"] for line in lines.read_text("utf-8").splitlines()] == [r["code"] for r in found]


def test_what_stops_a_file_is_said_with_its_line(data: Path, tmp_path: Path, capsys: Capture) -> None:
    mixed = tmp_path / "mixed.csv"
    lines = MARRIAGES.read_bytes().splitlines(keepends=True)
    mixed.write_bytes(b"".join([*lines[:5], lines[5].decode().encode("gb18030"), *lines[6:]]))
    assert run(["import", str(mixed), "--kind", "marriage", "--lang", "en"]) == 2
    assert "mzt: mixed.csv: encoding-mixed (line 6): the file mixes two encodings" in capsys.readouterr().err
    sheet = tmp_path / "sheet.xlsx"
    rows = [line.split(",") for line in MARRIAGES.read_text("utf-8").splitlines()]
    sheet.write_bytes(workbook(rows, lambda s: s.merge_cells("A2:A3")))
    assert run(["import", str(sheet), "--kind", "marriage"]) == 2
    assert "xlsx-merged-cells (line 2): 工作表有合并的单元格" in capsys.readouterr().err
    for wrong in (["--kind", "none"], []):
        assert run(["import", str(MARRIAGES), *wrong]) in (2, 64)
    assert run(["import", str(tmp_path / "none.csv"), "--kind", "marriage"]) == 64
    assert run(["import", str(MARRIAGES), "--kind", "marriage", "--report", "x.txt"]) == 64
    assert run(["import", str(MARRIAGES), "--kind", "marriage", "--encoding", "big5"]) == 64


def test_what_cannot_be_started_says_why_and_what_to_do(data: Path, capsys: Capture) -> None:
    donations = str(EXAMPLES / "donations.csv")
    assert run(["import", donations, "--kind", "donations"]) == 2
    assert "the kinds are marriage, divorce, donation" in capsys.readouterr().err
    assert run(["import", donations, "--kind", "donation", "--as", "registry-990101"]) == 2
    assert "has a type code for donation in institution.json" in capsys.readouterr().err
    with FileLock(data / "lock"):
        assert run(["import", donations, "--kind", "donation"]) == 2
    assert "the running service" in capsys.readouterr().err
