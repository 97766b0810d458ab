"""`mz-verify --bulk`: every input is answered, in order, whatever the others are; and the short way, `verify()`."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import verifier as package
from tests.support import kit
from verifier import bulk, items
from verifier.cli import run
from verifier.code import encode_code
from verifier.facade import load, verify
from verifier.inputs import UsageError
from verifier.progress import Progress, Summary
from verifier.report import Outcome

CODE = encode_code(kit.statement())
ROOT = Path(__file__).parents[3]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    (tmp_path / "trust.cbor").write_bytes(kit.signed_bundle())
    (tmp_path / "status.cbor").write_bytes(kit.status())
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a.mzc").write_bytes(kit.holder_file())
    (tmp_path / "in" / "b" / "code.txt").write_text(CODE)
    (tmp_path / "in" / "z.bin").write_bytes(b"\xff")
    return tmp_path


def mz(world: Path, *more: str) -> int:
    given = ("--trust", str(world / "trust.cbor"), "--status", str(world / "status.cbor"), "--at", str(kit.AT))
    return run([*given, "--bulk", *more], clock=lambda: kit.AT)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_folders_patterns_codes_and_what_is_missing(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = world / "in"
    names = [str(inside), CODE, str(inside / "*.mzc"), str(inside / "*.pdf"), str(world / "gone"), "a\0b"]
    assert mz(world, "--jobs", "1", *names) == 1
    found = [(r["input"], r.get("outcome", r.get("error"))) for r in lines(capsys)]
    assert found == [
        (str(inside / "a.mzc"), "PASSED"),
        (str(inside / "z.bin"), "FAILED"),
        (str(inside / "b" / "code.txt"), "PASSED"),
        ("code 2", "PASSED"),
        (str(inside / "a.mzc"), "PASSED"),
        (str(inside / "*.pdf"), "no-match"),
        (str(world / "gone"), "unreadable"),
        ("argument 6", "unreadable"),
    ]


def feed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))


def test_ndjson_names_each_line(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"id": "loan-7", "code": CODE}
    file = {"id": "loan-8", "file": str(world / "in" / "a.mzc")}
    bad: list[bytes] = [
        b"{",
        b"[]",
        b"{}",
        b'{"id":"x"}',
        b'{"id":1,"code":"MZ1:"}',
        b'{"id":"","code":"MZ1:"}',
        json.dumps({**good, **file}).encode(),
        json.dumps({**good, "more": "x"}).encode(),
        b"[" * 60_000,
        b"\xff\xfe",
        b'{"id":"' + b"x" * 70_000 + b'","code":"MZ1:"}',
    ]
    text = b"\n".join([json.dumps(good).encode(), b"", *bad, json.dumps(file).encode(), b'{"code":"MZ1:\\ud800"}'])
    feed(monkeypatch, text)
    assert mz(world, "--jobs", "1", "-") == 1
    found = lines(capsys)
    assert [r["input"] for r in found] == ["loan-7", *[f"line {n}" for n in range(3, 14)], "loan-8", "line 15"]
    assert [r.get("error") for r in found[1:-2]] == ["bad-line"] * len(bad)
    assert [found[i]["outcome"] for i in (0, -2, -1)] == ["PASSED", "PASSED", "FAILED"]


def test_exit_status_never_passes_for_nothing(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, b"")
    assert mz(world, "--jobs", "1", "-") == 2  # nothing was checked: that is no success
    assert mz(world, "--jobs", "1", CODE) == 0
    assert mz(world, "--jobs", "1", CODE, str(world / "gone")) == 2  # not read is not failed
    assert mz(world, "--jobs", "0", CODE) == 64
    assert "1 项" in capsys.readouterr().err


def test_table_has_no_disclosed_field_and_no_formula(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = {"id": "=HYPERLINK(1)", "file": str(world / "in" / "a.mzc")}
    feed(monkeypatch, json.dumps(first).encode() + b"\n\n{")
    assert mz(world, "--jobs", "1", "--format", "csv", "-") == 2
    out = capsys.readouterr().out
    head, row, error = csv.reader(out.splitlines())
    assert tuple(head) == items.COLUMNS
    assert row[:5] == ["'=HYPERLINK(1)", "PASSED", "OK", "L3", "marriage"]
    assert error[0] == "line 3"
    assert error[-1] == "bad-line"
    assert "示例古丽" not in out


def test_processes_answer_in_order(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [CODE if n % 3 else str(world / "in" / "a.mzc") for n in range(bulk.PIECE * 7 + 5)]
    assert mz(world, "--jobs", "2", *names) == 0
    expected = [f"code {n}" if name == CODE else name for n, name in enumerate(names, 1)]
    assert [r["input"] for r in lines(capsys)] == expected


# In a worker's place: its process ends on one input, as one that the system kills would.
def _piece_that_may_die(piece: list[tuple[str, ...]]) -> items.Written:
    if any(task[0] == "poison" for task in piece):
        os._exit(9)
    return items.written([items.unchecked(items.Task(*task), "fine", "ndjson") for task in piece])


def test_an_input_that_kills_its_process_stops_nothing(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_piece", _piece_that_may_die)
    monkeypatch.setattr(bulk, "PIECE", 3)
    material = bulk.Material(kit.signed_bundle())
    job = bulk.Job(material, kit.AT, None, "ndjson", "en")
    found = [items.Task("poison" if n == 4 else str(n)) for n in range(9)]
    text = "".join(w.text for w in bulk._answers(iter(found), job, 2, bulk._Stop()))
    written = [json.loads(line) for line in text.splitlines()]
    assert [w["input"] for w in written] == [t.id for t in found]
    assert [w["error"] for w in written] == ["process-died" if n == 4 else "fine" for n in range(9)]


def test_interrupt_leaves_whole_lines_and_says_so(world: Path) -> None:
    command = [sys.executable, "-m", "verifier", "--trust", str(world / "trust.cbor"), "--lang", "en"]
    command += ["--at", str(kit.AT), "--bulk", "--jobs", "2", "-"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, **pipes, bufsize=0, cwd=ROOT, start_new_session=True)
    assert process.stdin is not None
    assert process.stdout is not None
    line = json.dumps({"code": CODE}).encode() + b"\n"
    process.stdin.write(line * bulk.PIECE * bulk.AHEAD * 3)
    process.stdin.flush()
    first = process.stdout.readline()  # the run is under way, and waits for more input
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(line * bulk.PIECE, timeout=60)  # what it waited for: the signal is seen behind it
    assert process.returncode == bulk.EXIT_INTERRUPTED
    assert err.decode().startswith("mz-verify: interrupted, partial: ")
    assert err.count(b"\n") == 1
    whole = first + out
    assert whole.endswith(b"\n")
    assert {json.loads(row)["outcome"] for row in whole.splitlines()} == {"INDETERMINATE"}


def test_memory_is_bounded_by_what_waits() -> None:
    """The source is read no further than the pieces that may wait."""
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield items.Task("x", error="none")

    material = bulk.Material(kit.signed_bundle())
    job = bulk.Job(material, kit.AT, None, "ndjson", "en")
    answers = bulk._answers(endless(), job, 1, bulk._Stop())  # type: ignore[arg-type]
    for _ in range(5):
        next(answers)
    assert taken <= 5 * bulk.PIECE


def test_a_bar_is_drawn_now_and_then() -> None:
    out, now = io.StringIO(), [0.0]
    progress, summary = Progress(out, 200, lambda: now[0]), Summary("en", 2)
    for n in range(100):
        now[0] = n / 50
        summary.add(["PASSED" if n else "FAILED"])
        progress.show(summary)
    progress.end()
    assert 10 <= out.getvalue().count("\r") <= 22
    assert "[##############................] 96/200  " in out.getvalue()
    assert "FAILED 1" in out.getvalue()
    assert (summary.exit_status(), summary.done) == (1, 100)


def test_short_way(world: Path) -> None:
    trust, status, good = world / "trust.cbor", world / "status.cbor", world / "in" / "a.mzc"
    pin = kit.bundle().root_fingerprint
    for source in (good, str(good), good.read_bytes(), CODE, CODE.encode()):
        report = verify(source, trust, root=pin, statuses=[status], at=kit.AT)
        assert report.outcome is Outcome.PASSED
    assert verify(CODE, kit.bundle(), at=kit.AT).outcome is Outcome.INDETERMINATE
    assert verify(CODE, trust, statuses=[status]).checked_at > kit.AT  # the machine's clock
    for wrong in (lambda: verify(CODE, trust, root="0" * 64), lambda: verify(CODE, kit.bundle(), root="0" * 64)):
        with pytest.raises(UsageError):
            wrong()
    with pytest.raises(UsageError):
        verify(str(world / "gone"), trust)


def test_a_folder_of_mz_trust_is_a_cache(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = world / "cache"
    (cache / "status-lists").mkdir(parents=True)
    (cache / "root").write_text(kit.bundle().root_fingerprint + "\n")
    (cache / "trust-bundle.cbor").write_bytes(kit.signed_bundle())
    (cache / "status-lists" / "1.cbor").write_bytes(kit.status())
    assert run(["--cache", str(cache), CODE], clock=lambda: kit.AT) == 0
    assert verify(CODE, cache, at=kit.AT).outcome is Outcome.PASSED
    assert verify(CODE, load(cache), at=kit.AT).outcome is Outcome.PASSED
    assert run(["--cache", str(cache), "--root", "0" * 64, CODE], clock=lambda: kit.AT) == 64
    (cache / "root").write_text("0" * 64)
    assert run(["--cache", str(cache), CODE], clock=lambda: kit.AT) == 64
    assert run(["--cache", str(cache), "--root", kit.bundle().root_fingerprint, CODE], clock=lambda: kit.AT) == 64
    assert run([CODE], clock=lambda: kit.AT) == 64
    assert "root" in capsys.readouterr().err


def test_names_of_the_package_are_found_when_they_are_wanted() -> None:
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError):
        _ = package.nothing
