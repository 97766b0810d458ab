"""The example files are what the generator makes, and contain what real data have."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from certs.documents.fonts import require_glyphs
from certs.kinds.base import Rejected
from certs.kinds.donation import KIND as DONATION
from certs.kinds.marriage import KIND as MARRIAGE

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2026, 11, 21)

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (EXAMPLES / name).open(encoding="utf-8", newline="") as stream:
        return [{key: value or "" for key, value in row.items()} for row in csv.DictReader(stream)]


def test_committed_files_are_the_generators() -> None:
    command = [sys.executable, str(EXAMPLES / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("kind", "name", "least"), [(MARRIAGE, "marriage-registrations.csv", 24), (DONATION, "donations.csv", 34)]
)
def test_every_row_keeps_the_rules_and_can_be_printed(kind, name: str, least: int) -> None:  # type: ignore[no-untyped-def]
    table = rows(name)
    assert len(table) >= least
    for number, row in enumerate(table, start=2):
        draft = kind.parse_row(row, today=TODAY)
        assert not isinstance(draft, Rejected), (number, draft)
        for column, value in row.items():
            require_glyphs(column, value)


def test_every_bad_row_is_refused() -> None:
    table = rows("bad-rows.csv")
    assert len(table) == 16
    assert all(isinstance(MARRIAGE.parse_row(row, today=TODAY), Rejected) for row in table)


def test_marriage_rows_hold_the_special_cases() -> None:
    table = rows("marriage-registrations.csv")
    names = [row[column] for row in table for column in ("name_man", "name_woman")]
    serials = {row["zihao"] for row in table}
    reissues = [row["old_zihao"] for row in table if row["op_type"] == "ICA"]
    assert any("·" in name for name in names)
    assert any(len(name) >= 5 and "·" not in name and not name.isascii() for name in names)
    assert any("\u3400" <= character <= "\u4dbf" for name in names for character in name)
    assert any(character >= "\U00020000" for name in names for character in name)
    assert {"414", "516"} <= {row["cert_type_man"] for row in table}
    assert [old in serials for old in reissues] == [True, False]
    assert any(row["remedy_flag"] == "1" and row["effective_from"] < row["op_date"] for row in table)
    assert any(row["renew_flag"] == "1" for row in table)


def test_donation_rows_hold_the_special_cases() -> None:
    table = rows("donations.csv")
    amounts = [int(row["amount_fen"]) for row in table]
    assert min(amounts) == 1
    assert max(amounts) >= 10**9
    assert {row["donor_type"] for row in table} == {"1", "2"}
    assert {row["receipt_status"] for row in table} == {"ISSUED", "WAIVED", "ANONYMOUS_RECORDED"}
    assert all(not row["donor_name"] for row in table if row["anonymous"] == "1")


def test_nothing_in_the_examples_can_be_anybodys() -> None:
    for row in rows("marriage-registrations.csv"):
        for who in ("man", "woman"):
            assert any(word in row[f"name_{who}"] for word in ("示", "样", "SPECIMEN", "SAMPLE"))
            assert row[f"cert_type_{who}"] != "111" or row[f"cert_num_{who}"].startswith("9901")
        assert "9901" in row["zihao"]
