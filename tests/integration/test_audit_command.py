"""`mzt audit` as an operator runs it: exit statuses, sources, a service beside it, damaged files."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import api.commands.audit
import api.keyring
from api.bootstrap import initialise, open_service
from api.cli import run
from api.commands.audit import audit_settings, inputs_of
from api.commands.common import operator
from api.services.audit_context import Verifying
from api.settings import Settings, for_directory
from certs.keys import create_software_key
from chain.audit.anchors import Seen
from tests.support.api_lab import EXAMPLES, NOW, Clock
from tests.support.audit_lab import FIRST_SIZE, make
from tests.support.tamper import as_intruder

Audit = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        return await make(tmp_path_factory.mktemp("audit") / "data", patch)


@pytest.fixture
def data(made: Settings, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(made.data_dir, tmp_path / "data"))


@pytest.fixture
def audit(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """(exit status, JSON report) of `mzt audit` two hours after the instance was left; its witnesses answer."""
    monkeypatch.setenv("MZ_DATA_DIR", str(data))
    monkeypatch.setenv("MZ_WITNESS_POLICY", str(data / "witnesses.txt"))
    monkeypatch.setattr(api.commands.audit, "system_clock", Clock(NOW + 7200))

    async def answer(_settings: Settings, _keys: Sequence[object]) -> tuple[Seen, ...]:
        return (Seen("witness"),)

    monkeypatch.setattr(api.commands.audit, "ask_witnesses", answer)

    def command(*arguments: str) -> tuple[int, dict[str, Any]]:
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        status = run(["audit", "--json", str(report), "--processes", "1", *arguments])
        return status, json.loads(report.read_bytes()) if report.exists() else {}

    return command


def check(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in report["checks"] if c["name"] == name)
    return found


def test_clean(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    status, report = audit()
    assert (status, report["outcome"], report["first"]) == (0, "clean", None)
    assert report["size"] == check(report, "entries")["counted"] > 600
    text = capsys.readouterr().out
    assert "clean: instance data" in text
    assert all(str(number) in text for number in range(1, 24))


def test_json_on_the_output_is_json_alone(audit: Audit, capsys: pytest.CaptureFixture[str]) -> None:
    audit("--offline")
    capsys.readouterr()
    run(["audit", "--offline", "--json", "-", "--processes", "1"])
    assert json.loads(capsys.readouterr().out)["outcome"] == "incomplete"


def test_a_fault_is_named_and_gives_one(audit: Audit, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with as_intruder(data / "minzheng.db") as connection:
        connection.execute("UPDATE checkpoint SET receipt_signature = zeroblob(64) WHERE size = ?", (FIRST_SIZE,))
    status, report = audit()
    assert status == 1
    place = {"table": "checkpoint", "position": str(FIRST_SIZE), "field": "receipt_signature"}
    assert report["first"] == place | {"detail": "signature does not verify"}
    assert (
        f"begin here: checkpoint {FIRST_SIZE} receipt_signature: signature does not verify" in capsys.readouterr().out
    )


def test_what_was_not_asked_is_incomplete(audit: Audit) -> None:
    status, report = audit("--offline")
    assert status == 2
    assert check(report, "anchors")["unchecked"] == ["--offline: the chain was not asked"]
    assert check(report, "witnesses")["outcome"] == "incomplete"


def test_without_the_keys_the_salts_are_not_checked_and_it_says_so(audit: Audit, data: Path) -> None:
    shutil.rmtree(data / "keys")
    status, report = audit()
    assert status == 2
    for name in ("certificates", "look-ups", "status events", "foreign entries", "keys"):
        assert check(report, name)["outcome"] == "incomplete"
    assert "salts are sealed" in check(report, "certificates")["unchecked"][0]
    assert check(report, "checkpoints")["outcome"] == "clean"


@pytest.mark.parametrize("since", ["328", "2027-01-14T12:00:00+00:00"])
def test_since_begins_at_a_verified_checkpoint(audit: Audit, data: Path, since: str) -> None:
    status, report = audit("--since", since)
    assert (status, report["since"]) == (0, 256)
    assert "not re-checked" in check(report, "donation totals")["notes"][0]
    assert check(report, "entries")["counted"] == report["size"] - 256
    assert "are not re-checked" in check(report, "entries")["notes"][0]
    with as_intruder(data / "minzheng.db") as connection:
        connection.execute("UPDATE tile SET root = zeroblob(32) WHERE n = 0")
    status, report = audit("--since", since)
    assert (status, report["first"]["table"]) == (1, "checkpoint")


def test_a_backup_is_judged_by_its_own_time(audit: Audit, made: Settings) -> None:
    status, report = audit("--data-dir", str(made.data_dir.with_name("yesterday")))
    assert (status, report["first"]) == (0, None)
    assert report["as_of"] < NOW
    assert report["source"] == "backup yesterday"


def test_another_database_beside_this_directory(audit: Audit, made: Settings) -> None:
    """Yesterday's database against today's chain: as a backup it is whole, as the register it is rolled back."""
    old = made.data_dir.with_name("yesterday") / "minzheng.db"
    status, report = audit("--database-url", f"sqlite+aiosqlite:///{old}")
    assert (status, report["first"]) == (0, None)
    with sqlite3.connect(old) as source, sqlite3.connect(made.data_dir / "unused.db") as target:
        source.backup(target)


def test_a_restored_yesterday_is_rolled_back(audit: Audit, data: Path, made: Settings) -> None:
    shutil.copy(made.data_dir.with_name("yesterday") / "minzheng.db", data / "minzheng.db")
    status, report = audit()
    assert (status, report["first"]["table"], report["first"]["field"]) == (1, "checkpoint", "size")


def test_an_edited_journal_is_a_fault(audit: Audit, data: Path) -> None:
    journal = data / "chain" / "journal"
    lines = journal.read_bytes().split(b"\n")
    lines[3] = lines[3][:-2] + b"0}"
    journal.write_bytes(b"\n".join(lines))
    status, report = audit()
    assert (status, report["first"]["table"], report["first"]["field"]) == (1, "chain", "journal")


def test_a_lost_journal_is_incomplete(audit: Audit, data: Path) -> None:
    (data / "chain" / "journal").unlink()
    status, report = audit()
    assert status == 2
    assert "cannot be asked" in check(report, "anchors")["unchecked"][0]


async def test_it_runs_beside_a_service_and_leaves_nothing(audit: Audit, data: Path) -> None:

    settings = Settings(data_dir=data, database_url=f"sqlite+aiosqlite:///{data / 'minzheng.db'}")
    before = {p.relative_to(data) for p in data.rglob("*")}
    async with open_service(settings, clock=Clock(NOW + 7100)):
        during = {p.relative_to(data) for p in data.rglob("*")}
        status, report = await asyncio.to_thread(audit)
        assert {p.relative_to(data) for p in data.rglob("*")} == during
    assert status in (0, 2), report["first"]
    assert report["first"] is None
    assert before <= during


def test_a_damaged_page_is_a_fault_and_no_crash(audit: Audit, data: Path) -> None:
    path = data / "minzheng.db"
    held = bytearray(path.read_bytes())
    middle = len(held) // 2 // 4096 * 4096
    held[middle : middle + 4096 * 6] = b"\xff" * 4096 * 6
    path.write_bytes(held)
    status, _ = audit()
    assert status == 1
    path.write_bytes(b"no database at all" * 100)
    assert audit()[0] == 1


async def test_a_log_of_the_sha256_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two log keys, the Ed25519 one signing the receipts."""
    monkeypatch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
    settings = replace(
        for_directory(tmp_path / "data"), log_profile="sha256", log_origin="log.minzheng.example/sha256-2026"
    )
    clock = Clock(NOW)
    await initialise(settings, clock=clock, progress=lambda _: None)
    clock.now += 100
    async with open_service(settings, clock=clock) as service:
        await service.issuing.issue_file(operator, "donation", (EXAMPLES / "donations.csv").read_bytes())
        await service.publishing.publish()
        await service.ledger.settle()
    inputs = inputs_of(settings, None, NOW + 200)
    with Verifying(1) as verify:
        report = await audit_settings(settings, inputs, verify, lambda *_: None, clock=clock)
    assert (report.outcome.value, report.first) == ("clean", None)
    assert next(c for c in report.checks if c.name == "keys").counted == 22


@pytest.mark.parametrize(
    "arguments", [["--since", "yesterday"], ["--export", "x", "--data-dir", "y"], ["--nonsense"], ["--since", "-1"]]
)
def test_wrong_usage(audit: Audit, arguments: list[str]) -> None:
    assert run(["audit", *arguments]) == 64


def test_a_slip_of_the_caller_is_no_fault_found(audit: Audit, tmp_path: Path) -> None:
    for option in ("--data-dir", "--export"):
        assert run(["audit", option, str(tmp_path / "nothing")]) == 64
    for pin in ("00", "zz" * 32, ""):
        assert run(["audit", "--pin", pin]) == 64
