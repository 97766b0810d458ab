"""The whole service before real witnesses: cosigned, kept in files, believed by the verifier, and asked at start."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from api import cli
from api.bootstrap import open_service
from api.errors import SettingsError, Unavailable
from api.jobs import loops
from api.main import create_app
from api.metrics import Metrics
from api.settings import for_directory
from chain.errors import RolledBack, TooFewWitnesses
from chain.witness.collector import WitnessState
from tests.support.api_lab import NOW, Clock, Lab
from tests.support.witness_lab import Running, made, serving
from verifier.checkpoint import KeyUse, NoteKey, SignedNote
from verifier.cosignature import cosigners
from verifier.credential import HolderFile
from verifier.policy import TrustBundle
from verifier.report import Outcome, Reason

NAMES = ("witness.north.example/w1", "witness.south.example/w1", "witness.west.example/w1")


def clock() -> Clock:
    """The witnesses' clock is the machine's, and the examples are dated up to NOW."""
    return Clock(max(NOW, int(time.time())))


@dataclass(frozen=True)
class Witnessed:
    """Three witnesses' directories that follow the template's log."""

    directories: tuple[Path, ...]


@pytest.fixture(scope="module")
async def witnesses(tmp_path_factory: pytest.TempPathFactory, api_template: Path) -> Witnessed:
    """Directories, to be copied: no test may see what another's log was cosigned at."""
    settings = for_directory(api_template)
    async with open_service(settings, clock=clock()) as service:
        log = service.trust.bundle.logs[0]
    line = "".join(f"log {NoteKey(log.origin, k.key, KeyUse.LOG).encode()} {log.tree.value}\n" for k in log.keys)
    folder = tmp_path_factory.mktemp("witnesses")
    for place, name in enumerate(NAMES):
        await made(folder / str(place), name, line, ("sm2",) if place == 2 else ("ed25519",))
    return Witnessed(tuple(folder / str(place) for place in range(3)))


@pytest.fixture
def running(witnesses: Witnessed, tmp_path: Path) -> Iterator[list[Running]]:
    copies = [tmp_path / f"witness-{place}" for place in range(3)]
    for source, copy in zip(witnesses.directories, copies, strict=True):
        shutil.copytree(source, copy)
    with serving(*copies) as found:
        yield found


def policy(path: Path, running: Sequence[Running], rule: str = "group most 2 a b c\nquorum most\n") -> Path:
    lines = [f"witness {n} {w.key.encode()} {w.url}\n" for n, w in zip("abc", running, strict=True)]
    path.write_text("".join(lines) + rule)
    return path


@asynccontextmanager
async def service_over(directory: Path, witness_policy: Path | None) -> AsyncIterator[Lab]:
    standing = clock()
    settings = replace(for_directory(directory), witness_policy=witness_policy)
    async with open_service(settings, clock=standing) as service:
        transport = httpx.ASGITransport(create_app(service), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Lab(service, client, standing)


@pytest.fixture
def directory(api_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(api_template, tmp_path / "data"))


async def issued(lab: Lab) -> tuple[str, bytes]:
    answer = await lab.issue()
    assert answer.status_code == 201, answer.text
    cti = answer.json()["certificates"][0]["cti"]
    await lab.service.publishing.publish()
    return cti, (await lab.service.publishing.latest(1)).signed


async def test_a_file_reaches_level_l4_and_goes_on_doing_so(
    directory: Path, tmp_path: Path, running: list[Running]
) -> None:
    rules = policy(tmp_path / "policy.txt", running)
    async with service_over(directory, rules) as lab:
        service = lab.service
        cti, _ = await issued(lab)
        await service.ledger.settle()
        figures = await service.figures()
        assert figures.entries == figures.checkpoint == figures.anchored == figures.cosigned
        bundle = TrustBundle.parse((await lab.client.get("/v1/trust-bundle")).content)
        assert bundle.witnesses is not None
        note = SignedNote.parse((await lab.client.get("/log/checkpoint")).content)
        assert cosigners(note, bundle.witnesses, NOW * 2) == frozenset(NAMES)
        same = await lab.client.get("/v1/log/checkpoint", params={"size": figures.checkpoint})
        assert same.content == note.encode()
        assert (await lab.client.get("/v1/log/checkpoint", params={"size": 10**9})).status_code == 404
        data = await lab.file(cti)
        assert HolderFile.parse(data).checkpoints == (note.encode(),)
        report = await service.verification.verify(data, "L4")
        assert (report.outcome, report.reason) == (Outcome.PASSED, Reason.OK)
        page = (await lab.client.get("/metrics")).text
        assert f'mzt_witness_cosigned{{witness="{NAMES[0]}"}} 1.0' in page
        assert f"mzt_cosigned_entries {float(figures.cosigned)}" in page
    # without witnesses a newer entry is not at L4, and everything else goes on
    for one in running[:2]:
        one.kill()
    async with service_over(directory, None) as lab:
        assert lab.service.trust.bundle.witnesses is None
        assert (await lab.service.figures()).cosigned == 0


async def test_one_dead_witness_is_no_loss_and_two_are_said(
    directory: Path, tmp_path: Path, running: list[Running]
) -> None:
    rules = policy(tmp_path / "policy.txt", running)
    async with service_over(directory, rules) as lab:
        running[0].kill()
        await lab.service.ledger.settle()
        first = (await lab.service.figures()).cosigned
        assert first == (await lab.service.figures()).entries
        running[1].kill()
        cti, _ = await issued(lab)
        step = await lab.service.ledger.settle()
        figures = await lab.service.figures()
        assert figures.anchored == figures.checkpoint == figures.entries > figures.cosigned == first, step
        data = await lab.file(cti)
        report = await lab.service.verification.verify(data, "L4")
        assert (report.outcome, report.reason) == (Outcome.INDETERMINATE, Reason.QUORUM_NOT_REACHED)
        assert lab.service.witnesses.states[NAMES[0]] is WitnessState.UNREACHABLE
        ready = await lab.client.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["witnesses"]) == (200, "2 of 3 do not cosign")
        assert "witnesses" in ready.json()["degraded"]


async def test_witnesses_catch_a_restored_backup_before_anything_is_signed(
    directory: Path, tmp_path: Path, running: list[Running]
) -> None:
    """The chain's journal is restored with the rest, as one operator's backup does: the chain sees nothing."""
    rules = policy(tmp_path / "policy.txt", running)
    async with service_over(directory, rules) as lab:
        await lab.service.ledger.settle()
    backup = shutil.copytree(directory, tmp_path / "backup")
    async with service_over(directory, rules) as lab:
        await issued(lab)
        await lab.service.ledger.settle()
    async with service_over(backup, rules) as lab:
        with pytest.raises(Unavailable):
            await lab.service.ledger.admit()
        assert lab.service.ledger.stopped == "RolledBack"
        with pytest.raises(RolledBack):
            await lab.service.ledger.checkpoint()
        assert (await lab.issue()).status_code == 503
    async with service_over(Path(shutil.copytree(backup, tmp_path / "unasked")), None) as lab:
        await lab.service.ledger.settle()  # without witnesses nobody would have known


async def test_without_enough_answers_nothing_is_signed_at_first_and_issuing_goes_on(
    directory: Path, tmp_path: Path, running: list[Running]
) -> None:
    rules = policy(tmp_path / "policy.txt", running)
    for one in running[1:]:
        one.kill()
    async with service_over(directory, rules) as lab:
        await issued(lab)
        assert await lab.service.ledger.sequence() > 0
        with pytest.raises(TooFewWitnesses):
            await lab.service.ledger.checkpoint()
        assert lab.service.ledger.stopped is None  # an outage, no contradiction


async def test_the_job_collects_by_itself(directory: Path, tmp_path: Path, running: list[Running]) -> None:
    rules = policy(tmp_path / "policy.txt", running)
    async with service_over(directory, rules) as lab:
        task = asyncio.create_task(loops.run(lab.service, Metrics()))
        try:
            async with asyncio.timeout(60):
                while (await lab.service.figures()).cosigned == 0:
                    await asyncio.sleep(0.05)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_policies_that_cannot_work_are_refused_at_start(
    directory: Path, tmp_path: Path, running: list[Running]
) -> None:
    path = tmp_path / "policy.txt"
    stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = running[0].key.encode()
    for text, word in (
        (None, "cannot be read"),
        ("", "quorum"),
        (f"witness a {key}\nquorum a\n", "address"),
        (f"log {stranger}\nwitness a {key} {running[0].url}\nquorum a\n", "log-line"),
    ):
        if text is not None:
            path.write_text(text)
        with pytest.raises(SettingsError, match=word):
            async with service_over(directory, path):
                raise AssertionError
    path.write_text("quorum none\n")
    async with service_over(directory, path) as lab:
        assert lab.service.witnesses.policy is None


def test_a_witness_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "w"
    command = ["witness", "init", "witness.east.example/w1", "--dir", str(directory), "--alg", "both"]
    keys = []
    for _ in range(2):
        assert cli.run(command) == 0
        keys.append([line for line in capsys.readouterr().out.splitlines() if line.startswith("witness.east")])
    assert keys[0] == keys[1]
    assert [NoteKey.parse(key).use for key in keys[0]] == [KeyUse.COSIGNER, KeyUse.COSIGNER]
    assert cli.run(["witness", "init", "witness.other.example/w1", "--dir", str(directory)]) == 2
    assert cli.run(["witness", "init", "two words", "--dir", str(tmp_path / "x")]) == 2
    assert cli.run(["witness", "vkey", "--dir", str(tmp_path / "x")]) == 2  # nothing half-made passes for a witness
    assert cli.run(["witness", "init", "a", "--alg", "rsa"]) == 64
    with sqlite3.connect(directory / "witness.db") as database:
        database.execute("PRAGMA user_version=9")
    database.close()
    assert cli.run(["witness", "serve", "--dir", str(directory), "--port", "0"]) == 2


def test_the_operator_s_commands(
    directory: Path,
    tmp_path: Path,
    running: list[Running],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MZ_DATA_DIR", str(directory))
    assert cli.run(["witness", "log-line"]) == 0
    line = capsys.readouterr().out
    assert line == (running[0].directory / "logs.txt").read_text()
    assert cli.run(["witness", "vkey", "--dir", str(running[0].directory)]) == 0
    assert capsys.readouterr().out == running[0].key.encode() + "\n"
    assert cli.run(["witness", "serve", "--dir", str(running[0].directory), "--port", "0"]) == 2  # it runs already
    assert cli.run(["witness", "serve", "--dir", str(tmp_path / "nothing")]) == 2
    monkeypatch.setenv("MZ_WITNESS_POLICY", str(policy(tmp_path / "p", running)))
    # the template's keys begin on the laboratory's day, and a key that has not begun signs nothing
    monkeypatch.setattr("api.clock.time", SimpleNamespace(time=lambda: NOW))
    assert cli.run(["anchor"]) == 0
    with sqlite3.connect(f"file:{directory / 'minzheng.db'}?mode=ro", uri=True) as database:
        assert {row[0] for row in database.execute("select witness from cosignature")} == set(NAMES)
    database.close()
