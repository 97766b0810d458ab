"""One line of a bulk run: where inputs come from, and how an answer is written.

    in    {"id": "loan-7", "code": "MZ1:…"}        {"id": "loan-8", "file": "scans/8.pdf"}
    out   {"input": "loan-7", "outcome": "PASSED", …the report of report.schema.json…}
          {"input": "loan-8", "error": "unreadable"}

An error is no verdict: the input was never looked at. Codes: `unreadable`, `no-match`, `bad-line`, `process-died`.
"""

from __future__ import annotations

import csv
import glob
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from .assess import Verifier
from .inputs import AnyReport, UsageError, check, input_file, is_code, text_or_bytes
from .report import Report

MAX_LINE_BYTES: Final = 1 << 16
MAX_ID_CHARS: Final = 256
COLUMNS: Final = ("id", "outcome", "reason", "level", "kind", "issuer", "issued_at", "checked_at", "error")


@dataclass(frozen=True, slots=True)
class Task:
    """One input: a code, a file, or the error code of something that is neither."""

    id: str
    code: str | None = None
    file: str | None = None
    error: str | None = None

    def fields(self) -> tuple[str | None, ...]:
        """What a process is handed."""
        return self.id, self.code, self.file, self.error


class Written(NamedTuple):
    """Finished lines of several inputs, and the outcome of each as `Row` has it."""

    text: str
    outcomes: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A finished line with its line break. `outcome`: PASSED, FAILED, INDETERMINATE, or "" if nothing was checked."""

    line: str
    outcome: str


def tasks(inputs: Sequence[str]) -> Iterator[Task]:
    """What the arguments stand for, in order: codes, files, folders (with all below them), patterns, "-"."""
    for number, name in enumerate(inputs, 1):
        if name == "-":
            yield from read_ndjson(sys.stdin.buffer)
        elif is_code(name):
            yield Task(f"code {number}", code=name)
        elif "\0" in name:
            yield Task(f"argument {number}", error="unreadable")
        elif os.path.isdir(name):
            yield from _folder(name)
        elif glob.has_magic(name) and not os.path.lexists(name):
            matches = sorted(glob.iglob(name, recursive=True))
            yield from (Task(m, file=m) for m in matches if not os.path.isdir(m))
            if not matches:
                yield Task(name, error="no-match")
        else:
            yield Task(name, file=name)


def _folder(folder: str) -> Iterator[Task]:
    """Every file below, in name order. None is passed over: a skipped file would look like a checked one."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(parent, name)
            yield Task(path, file=path)


def read_ndjson(stream: BinaryIO) -> Iterator[Task]:
    """One task a line; a line that is none is answered by its number."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE_BYTES)
            yield Task(f"line {number}", error="bad-line")
        elif line.strip():
            yield _task(line, number)


def _task(line: bytes, number: int) -> Task:
    bad = Task(f"line {number}", error="bad-line")
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return bad
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        return bad
    name = value.get("id", f"line {number}")
    if set(value) - {"id"} not in ({"code"}, {"file"}) or not 0 < len(name) <= MAX_ID_CHARS:
        return bad
    return Task(name, value.get("code"), value.get("file"))


def row(task: Task, verifier: Verifier, at: int, level: str | None, form: str) -> Row:
    """The answer to one task."""
    if task.error is not None:
        return unchecked(task, task.error, form)
    if task.code is not None:
        data: bytes | str = task.code
    else:
        try:
            data = text_or_bytes(input_file(Path(task.file or "")))
        except UsageError:
            return unchecked(task, "unreadable", form)
    report = check(data, verifier, at, level)
    line = _csv_line(task.id, report) if form == "csv" else _json_line({"input": task.id, **report.to_json()})
    return Row(line, report.outcome.value)


def written(rows: Sequence[Row]) -> Written:
    """Rows put together."""
    return Written("".join(r.line for r in rows), [r.outcome for r in rows])


def unchecked(task: Task, error: str, form: str) -> Row:
    """The line of an input that was never looked at."""
    if form == "csv":
        return Row(_csv((task.id, *[""] * (len(COLUMNS) - 2), error)), "")
    return Row(_json_line({"input": task.id, "error": error}), "")


def _json_line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"


def _csv_line(name: str, report: AnyReport) -> str:
    """No disclosed field stands here: a table is passed on more easily than a report."""
    whole = report.to_json()
    certificate = (whole if isinstance(report, Report) else whole.get("certificate") or {}).get("certificate") or {}
    return _csv(
        (
            name,
            whole["outcome"],
            whole.get("reason", ""),
            whole.get("level") or "",
            certificate.get("kind_name", ""),
            certificate.get("issuer", ""),
            certificate.get("issued_at", ""),
            whole.get("checked_at", ""),
            "",
        )
    )


def _csv(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([_inert(cell) for cell in cells])
    return buffer.getvalue()


def _inert(cell: str) -> str:
    """A file's name is its sender's choice, and a spreadsheet runs what begins like a formula."""
    text = cell.encode("utf-8", "replace").decode()
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


CSV_HEADER: Final = _csv(COLUMNS)
