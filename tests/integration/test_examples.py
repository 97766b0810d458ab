"""Every example of a relying party, run: what is written for banks to copy has to work."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from api.demo.stranger import serving as serving_app
from api.main import create_app
from tests.integration.test_party_client import connected
from tests.support import consenting, kit, signing
from tests.support.api_lab import Lab
from tests.support.party_keys import PIN, party_key
from tests.support.small_server import Asked, Reply, serving
from tests.unit.verifier import test_online_client as lies
from verifier.answerkeys import AnswerKey
from verifier.httpsig import SignedRequest, Target
from verifier.online.answers import Expected, checked
from verifier.online.keys import SoftwareSigner
from verifier.online.questions import Person

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which the package has the name that the wheel gives it."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "minzheng_verify").symlink_to(ROOT / "verifier")
    return {"PATH": os.defpath, "PYTHONPATH": str(tmp_path / "site"), "PYTHON": sys.executable, "LANG": "C.UTF-8"}


def cache_of(folder: Path, now: int) -> Path:
    """What `mz-trust` would keep, in force now."""
    keys = (AnswerKey(lies.SERVICE, lies.KEY.key, now - lies.YEAR, now + lies.YEAR),)
    bundle = kit.bundle(answers=keys, issued_at=now - kit.DAY, expires=now + kit.DAY)
    (folder / "status-lists").mkdir(parents=True)
    (folder / "root").write_text(bundle.root_fingerprint)
    (folder / "trust-bundle.cbor").write_bytes(kit.signed_bundle(bundle))
    (folder / "status-lists" / "1.cbor").write_bytes(kit.status(iat=now - 60, exp=now + kit.DAY))
    return folder


def run(env: dict[str, str], *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), env=env, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def test_a_file_is_checked_offline(tmp_path: Path, installed: dict[str, str]) -> None:
    cache = cache_of(tmp_path / "cache", int(time.time()))
    (tmp_path / "good.mzc").write_bytes(kit.holder_file())
    (tmp_path / "bad.mzc").write_bytes(kit.holder_file()[:-9])
    script = EXAMPLES / "bank" / "check_file.py"
    good = run(installed, sys.executable, script, cache, tmp_path / "good.mzc")
    assert (good.returncode, good.stderr) == (0, "")
    assert "核验通过" in good.stdout
    assert run(installed, sys.executable, script, cache, tmp_path / "bad.mzc").returncode == 1
    assert run(installed, sys.executable, script, tmp_path / "none", tmp_path / "good.mzc").returncode == 64


def test_an_archived_answer_is_read_years_later(tmp_path: Path, installed: dict[str, str]) -> None:
    now = int(time.time())
    keys = (AnswerKey(lies.SERVICE, lies.KEY.key, now - lies.YEAR, now + lies.YEAR),)
    trust = kit.bundle(answers=keys, issued_at=now - kit.DAY, expires=now + kit.DAY)
    archived = checked(lies.answer(iat=now), Expected(lies.PARTY, lies.PURPOSE), trust, now).to_archive()
    (tmp_path / "answer.json").write_bytes(archived)
    cache = cache_of(tmp_path / "cache", now)
    read = run(installed, sys.executable, EXAMPLES / "bank" / "read_archive.py", cache, tmp_path / "answer.json")
    assert (read.returncode, read.stderr) == (0, "")
    assert "result: TRUE" in read.stdout
    assert "signature: OK" in read.stdout


async def test_a_bank_asks_with_consent_and_archives(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await lab.issue()
    man, woman = await consenting.enrolled(lab, consenting.MAN), await consenting.enrolled(lab, consenting.WOMAN)
    bank = await signing.relying_party(lab)
    source = (EXAMPLES / "bank" / "ask_spouses.py").read_text("utf-8").replace("minzheng_verify", "verifier")
    example: dict[str, Any] = {"__name__": "example"}
    exec(compile(source, "ask_spouses.py", "exec"), example)
    assert example["PURPOSE"] == consenting.PURPOSE
    named = [Person("111", p["cert_num"], p["name"]) for p in (consenting.MAN, consenting.WOMAN)]
    day = lies.date(2027, 1, 15)
    example |= {"APPLICANT": named[0], "CO_BORROWER": named[1], "today": lambda: day}
    args = Namespace(user="0017", case="2027-000123", archive=str(tmp_path), code=await man.code(lab))
    async with connected(lab, bank) as client:
        loop = asyncio.get_running_loop()

        async def both_consent() -> None:
            for person in (man, woman):
                (waiting,) = (await person.items(lab))["pending"]
                assert (await person.decide(lab, waiting["trx"], "grant")).status_code == 200

        # The client's pause between two questions is when people read and decide.
        client.session.sleep = lambda _: asyncio.run_coroutine_threadsafe(both_consent(), loop).result(30)
        assert await asyncio.to_thread(example["ask"], client, args) == 0
    out = capsys.readouterr().out
    assert "registered_married: TRUE" in out
    assert "spouses_match: TRUE" in out
    files = sorted(tmp_path.glob("2027-000123-*.json"))
    assert [set(json.loads(f.read_bytes())) for f in files] == [{"answer", "opening"}] * 2


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this system")


@needs_curl
async def test_anybody_asks_with_curl(lab: Lab, tmp_path: Path, installed: dict[str, str]) -> None:
    code = (await lab.issue()).json()["certificates"][0]["code"]
    async with serving_app(create_app(lab.service)) as port:
        base = f"http://127.0.0.1:{port}"
        script = str(EXAMPLES / "curl" / "public.sh")
        command = ["sh", "-c", f'cd {tmp_path} && exec sh {script} "$0" "$1"', base, code]
        done = await asyncio.to_thread(run, installed, *command)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["outcome"] == "PASSED"
    assert (tmp_path / "trust-bundle.cbor").read_bytes() == (await lab.service.trust.latest()).signed


@needs_curl
def test_a_party_signs_for_curl(tmp_path: Path, installed: dict[str, str]) -> None:
    (tmp_path / "bank.key").write_bytes(party_key("SM2"))
    (tmp_path / "pin").write_text(PIN + "\n")
    key = SoftwareSigner(party_key("SM2"), PIN).key

    def serve(request: Asked) -> Reply:
        names = ("signature-input", "signature", "content-digest")
        read = SignedRequest.parse(*(request.headers[n] for n in names))  # type: ignore[arg-type]
        good = read.verify(key, Target("POST", "minzheng.example", "/v1/authenticity")) and read.holds(request.body)
        return Reply(200 if good and read.timely(int(time.time())) else 401, request.body)

    script = EXAMPLES / "curl" / "signed.sh"
    with serving(serve) as url:
        arguments = (url, tmp_path / "bank.key", tmp_path / "pin", "MZ1:A", "minzheng.example")
        done = run(installed, "sh", script, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["code"] == "MZ1:A"
