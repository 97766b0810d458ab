"""`mzt`, command by command, with its exit statuses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from api.bootstrap import open_service
from api.cli import run
from api.clock import system_clock
from api.commands.common import operator
from api.errors import Unauthenticated
from api.settings import for_directory
from tests.support.api_lab import EXAMPLES, template
from verifier.anchor import AnchorObservation
from verifier.checkpoint import SignedNote
from verifier.credential import HolderFile
from verifier.policy import TrustBundle
from verifier.receipt import Receipt

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance whose keys are valid by the machine's own clock, which is what the command line goes by."""
    with pytest.MonkeyPatch.context() as patch:
        return asyncio.run(template(tmp_path_factory.mktemp("cli") / "template", patch, system_clock))


@pytest.fixture
def data(made_now: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that `mzt` finds by its environment."""
    directory = tmp_path / "data"
    shutil.copytree(made_now, directory)
    monkeypatch.setenv("MZ_DATA_DIR", str(directory))
    return directory


def test_wrong_usage_is_64(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    for argv in ([], ["none"], ["issue-batch"], ["issue-batch", "x.csv"], ["token"]):
        assert run(argv) == 64
    assert run(["--help"]) == 0
    monkeypatch.setenv("MZ_PORT", "hunter2")
    assert run(["status"]) == 64
    assert "hunter2" not in capsys.readouterr().err


def test_without_an_instance_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("MZ_DATA_DIR", str(tmp_path / "none"))
    assert run(["status"]) == 2
    assert "mzt init" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_init_again_is_harmless(data: Path, capsys: Capture) -> None:
    root = (data / "trust-root.hex").read_text()
    assert run(["init"]) == 0
    assert root.strip() in capsys.readouterr().out.replace("\n", "")


def test_issue_anchor_export_and_revoke(data: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["issue-batch", str(EXAMPLES / "bad-rows.csv"), "--kind", "marriage"]) == 1
    assert run(["issue-batch", str(EXAMPLES / "donations.csv"), "--kind", "donation"]) == 0
    capsys.readouterr()
    assert run(["issue-batch", str(EXAMPLES / "donations.csv"), "--kind", "donation", "--as", "charity-990001"]) == 0
    assert "此前已签发 36 行" in capsys.readouterr().out
    assert run(["checkpoint"]) == 0
    note = SignedNote.parse(capsys.readouterr().out.encode())  # not folded at some width
    assert (note.checkpoint.origin, note.checkpoint.size) == ("log.minzheng.example/sm3-2026", 38)
    assert run(["anchor"]) == 0
    cti = _some_cti(data)
    assert run(["export", str(tmp_path / "out"), "--cti", cti]) == 0
    bundle = TrustBundle.parse((tmp_path / "out" / "trust-bundle.cbor").read_bytes())
    assert len(bundle.issuers) == 5
    assert AnchorObservation.parse((tmp_path / "out" / "anchor.cbor").read_bytes()).size == 38
    assert (tmp_path / "out" / f"{cti}.mzc").stat().st_mode & 0o777 == 0o600
    (seen,) = (tmp_path / "out" / "anchors").glob("*.cbor")
    receipt = Receipt.parse(HolderFile.parse((tmp_path / "out" / f"{cti}.mzc").read_bytes()).receipts[0])
    assert AnchorObservation.parse(seen.read_bytes()).size == receipt.size == int(seen.stem)
    capsys.readouterr()
    assert run(["metadata", cti]) == 0
    assert json.loads(capsys.readouterr().out)["metadata"]["ZZMC"] == "捐赠证书"
    assert run(["metadata", cti, "--directory", "--batch", "7", "--as", "charity-990001"]) == 0
    assert json.loads(capsys.readouterr().out)["cd_batch"] == "7"
    assert run(["metadata", cti, "--as", "registry-990101"]) == 2
    assert run(["metadata", "zz"]) == 2
    assert run(["revoke", cti, "--reason", "test"]) == 0
    assert "1 revoked" in capsys.readouterr().out
    assert run(["revoke", cti, "--as", "registry-990101"]) == 2
    assert run(["revoke", "zz"]) == 2
    capsys.readouterr()
    assert run(["revoke", "00" * 16]) == 2
    assert "NotFound: No such thing" in capsys.readouterr().err
    receipts = tmp_path / "not" / "yet"
    assert run(["erase", cti, "--reason", "HOLDER_REQUEST", "--out", str(receipts)]) == 0
    assert [file.name for file in receipts.iterdir()] == [f"{cti}.erasure"]
    assert run(["publish", "--force"]) == 0
    assert run(["status"]) == 0


def _some_cti(data: Path) -> str:
    async def find() -> str:
        async with open_service(for_directory(data)) as service:
            found = await service.lookups.find(operator, "receipt", "99050126:0000000001")
            return str(found[0]["cti"])

    return asyncio.run(find())


def test_tokens_are_shown_once_and_withdrawn(data: Path, capsys: Capture) -> None:
    assert run(["token", "create", "registry-990102", "--days", "1"]) == 0
    token = capsys.readouterr().out.strip()
    match = re.fullmatch(r"mzt_([0-9a-f]{16})_[A-Za-z0-9_-]{43}", token)
    assert match is not None
    assert token.encode() not in (data / "minzheng.db").read_bytes()
    assert run(["token", "revoke", match[1]]) == 0
    assert run(["token", "revoke", match[1]]) == 2
    assert run(["token", "create", "nobody"]) == 2


def test_a_token_is_withdrawn_while_the_service_runs(data: Path, capsys: Capture) -> None:
    async def beside_a_service() -> None:
        async with open_service(for_directory(data)) as service:
            assert await asyncio.to_thread(run, ["token", "create", "auditor"]) == 0
            token = capsys.readouterr().out.strip()
            assert (await service.parties.authenticate(token)).role == "auditor"
            assert await asyncio.to_thread(run, ["token", "revoke", token.split("_")[1]]) == 0
            with pytest.raises(Unauthenticated):
                await service.parties.authenticate(token)

    asyncio.run(beside_a_service())


def test_another_chain_is_refused_before_anything_is_signed(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    before = _bundles(data)
    monkeypatch.setenv("MZ_CHAIN", "http://127.0.0.1:9")
    for chain_id in ("1", "990000"):
        monkeypatch.setenv("MZ_CHAIN_ID", chain_id)
        assert run(["status"]) == 2
        assert "another chain" in capsys.readouterr().err
        assert run(["init"]) == 2
    assert _bundles(data) == before


def _bundles(data: Path) -> list[tuple[int]]:
    with contextlib.closing(sqlite3.connect(data / "minzheng.db")) as connection:
        return connection.execute("SELECT sequence FROM trust_bundle").fetchall()


def test_nobody_else_may_read_the_database(data: Path) -> None:
    assert (data / "minzheng.db").stat().st_mode & 0o077 == 0


def test_another_institution_is_taken_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path, capsys: Capture
) -> None:
    document = json.loads((data / "institution.json").read_text())
    document["authorities"] = document["authorities"][:1]
    (tmp_path / "institution.json").write_text(json.dumps(document))
    monkeypatch.setenv("MZ_DATA_DIR", str(tmp_path / "other"))
    assert run(["init", "--institution", str(tmp_path / "institution.json")]) == 0
    assert sorted(p.stem for p in (tmp_path / "other" / "tokens").iterdir()) == ["registry-990101"]
    assert run(["init", "--institution", str(data / "institution.json")]) == 2
    assert "another institution" in capsys.readouterr().err
