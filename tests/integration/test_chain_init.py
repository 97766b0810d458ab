"""`mzt chain init`: what is on the disk afterwards, and what a second run leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import run
from chain.anchor.evm_account import EvmAccount

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MZ_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def content(directory: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, time and bytes of every file."""
    return {
        str(path.relative_to(directory)): (path.stat().st_mode & 0o777, path.stat().st_mtime_ns, path.read_bytes())
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_second_run_changes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "net"
    assert run(["chain", "init", "--validators", "4", "--out", str(out)]) == 0
    made = content(out)
    assert {f"validator{n}/key" for n in range(1, 5)} < set(made)
    for name, (mode, _, data) in made.items():
        assert mode == (0o600 if name.endswith("/key") else 0o644), name
        assert data
    assert out.stat().st_mode & 0o777 == 0o700
    assert len({data for name, (_, _, data) in made.items() if name.endswith("/key")}) == 4
    assert run(["chain", "init", "--validators", "4", "--out", str(out)]) == 0
    assert content(out) == made


def test_submitter_of_this_instance_may_send(tmp_path: Path, data: Path, capsys: Capture) -> None:
    out = tmp_path / "net"
    assert run(["chain", "init", "--out", str(out)]) == 0
    secret = bytes.fromhex((data / "keys" / "submitter").read_text())
    assert json.loads((out / "plan.json").read_text())["accounts"] == [f"0x{EvmAccount(secret).address.hex()}"]
    assert f"the submitter of {data}" in capsys.readouterr().out


def test_interrupted_run_is_taken_up(tmp_path: Path) -> None:
    out = tmp_path / "net"
    assert run(["chain", "init", "--out", str(out)]) == 0
    made = content(out)
    for name in ("genesis.json", "validator3/static-nodes.json", "docker-compose.yml"):
        (out / name).unlink()
    assert run(["chain", "init", "--out", str(out)]) == 0
    assert {name: data for name, (_, _, data) in content(out).items()} == {n: d for n, (_, _, d) in made.items()}


def test_edited_configuration_stays_and_an_edited_genesis_is_refused(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "net"
    assert run(["chain", "init", "--out", str(out)]) == 0
    (out / "config.toml").write_text("mine\n")
    assert run(["chain", "init", "--out", str(out)]) == 0
    assert (out / "config.toml").read_text() == "mine\n"
    assert "left as it was edited: config.toml" in capsys.readouterr().out
    (out / "validator2" / "key").write_text("07" * 32)  # somebody exchanges a key: the genesis names another validator
    assert run(["chain", "init", "--out", str(out)]) == 2
    assert "genesis.json is not what" in " ".join(capsys.readouterr().err.split())


def test_other_parameters_want_another_folder(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "net"
    assert run(["chain", "init", "--out", str(out)]) == 0
    made = content(out)
    assert run(["chain", "init", "--out", str(out), "--validators", "5", "--chain-id", "7"]) == 2
    assert "chain_id, validators" in " ".join(capsys.readouterr().err.split())
    assert content(out) == made


def test_three_validators_are_refused_before_anything_is_written(tmp_path: Path, capsys: Capture) -> None:
    assert run(["chain", "init", "--out", str(tmp_path / "net"), "--validators", "3"]) == 2
    assert "3f+1" in capsys.readouterr().err
    assert not (tmp_path / "net").exists()


def test_key_that_others_can_read_is_not_used(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "net"
    assert run(["chain", "init", "--out", str(out)]) == 0
    (out / "validator1" / "key").chmod(0o644)
    assert run(["chain", "init", "--out", str(out)]) == 2
    assert "readable by other users" in " ".join(capsys.readouterr().err.split())


def test_bad_account_is_refused(tmp_path: Path) -> None:
    assert run(["chain", "init", "--out", str(tmp_path / "net"), "--account", "0x1234"]) == 2
