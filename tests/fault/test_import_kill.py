"""`kill -9` in the middle of an import: run again, nothing is doubled and nothing lost."""

from __future__ import annotations

import asyncio
import csv
import io
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from api.clock import system_clock
from api.settings import for_directory
from certs.identifiers import id_check_character
from tests.support.api_lab import EXAMPLES, template

COUNT = 3500
BROKEN = 3200  # a row near the end whose date does not exist


def rows() -> bytes:
    """Registrations of one office, all different, one of them broken."""
    reader = csv.DictReader(io.StringIO((EXAMPLES / "marriage-registrations.csv").read_text("utf-8")))
    first = next(iter(reader))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(first))
    writer.writeheader()
    for n in range(COUNT):
        day = f"19{70 + n % 28:02d}-{1 + n // 28 % 12:02d}-{1 + n // 336 % 28:02d}"
        man, woman = (f"990101{day.replace('-', '')}{2 * (n % 400) + odd:03d}" for odd in (1, 2))
        row = first | {
            "record_no": f"AR-{n:06d}", "zihao": f"J990101-2025-{n + 1:06d}", "birth_man": day, "birth_woman": day,
            "cert_num_man": man + id_check_character(man), "cert_num_woman": woman + id_check_character(woman),
        }  # fmt: skip
        if n == BROKEN:
            row["op_date"] = "2025-02-30"
        writer.writerow(row)
    return out.getvalue().encode()


def run(directory: Path, file: Path, commits: int, when: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.support.import_child", str(directory), str(file), str(commits), when]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode, done.stdout


@pytest.mark.slow
def test_killed_before_a_commit_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(template(tmp_path / "data", patch, system_clock))
    file = tmp_path / "archive.csv"
    file.write_bytes(rows())
    assert run(tmp_path / "data", file, 2, "before")[0] == -9  # one block committed, the next written and not committed
    status, said = run(tmp_path / "data", file, 0, "never")
    assert (status, said.split()) == (0, [str(n) for n in (COUNT, COUNT - 1, 0, 1)])
    path = for_directory(tmp_path / "data").database_url.partition("///")[2]
    with sqlite3.connect(path) as database:
        events = database.execute("select count(*), count(distinct registration) from registration_event").fetchone()
        entries = database.execute("select count(*) from outbox where kind = 'log'").fetchone()
        jobs = database.execute("select state, position from import_job").fetchall()
        errors = database.execute("select line, field, code from import_error where part < 1000").fetchall()
        lost = database.execute(
            "select count(*) from registration_event where entry not in (select body from entry)"
        ).fetchone()
    assert events == (COUNT - 1, COUNT - 1)
    assert (entries, lost) == ((0,), (0,))
    assert jobs == [("done", COUNT)]
    assert errors == [(BROKEN + 2, "op_date", "DATE")]
