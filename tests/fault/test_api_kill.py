"""`kill -9` at any moment of making an instance and issuing: nothing is lost, doubled or forked."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from api.bootstrap import open_service
from api.commands.common import operator
from api.demo.making import sources
from api.settings import Settings
from tests.support import postgres
from tests.support.api_child import settings_of
from tests.support.api_lab import EXAMPLES
from tests.support.drill import only_drilled, times
from verifier.checkpoint import SignedNote
from verifier.merkle import TreeHash

SEED = 20261121
KILLS = times(4, 7)
LONGEST = 5.0  # seconds that a run may take before it is killed; an undisturbed one takes about three


def run_and_kill(command: Sequence[str], seconds: float) -> int:
    """Exit status, -9 if it was killed."""
    child = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, errors = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        _, errors = child.communicate()
    assert child.returncode in (0, -9), errors.decode()
    return child.returncode


def expected_certificates() -> int:
    counts = []
    for source in sources(EXAMPLES):
        rows = list(csv.DictReader(source.path.read_text("utf-8").splitlines()))
        counts.append(len(rows) * (2 if source.kind in ("marriage", "divorce") else 1))
    return sum(counts)


async def assert_whole(settings: Settings) -> None:
    """Every certificate once, every event once, one log entry for each and for each bundle, one history."""
    async with open_service(settings) as service:
        figures = await service.figures()
        assert figures.entries == figures.checkpoint == figures.anchored
        async with service.database.read() as work:
            entries = await work.log.entries(0, figures.entries)
            bundles = (await work.trust.latest()).sequence  # type: ignore[union-attr]
            rows = await work.connection.exec_driver_sql(
                "select cti, entry, business, role, revoked_at from certificate"
            )
            certificates = rows.all()
            events = (await work.connection.exec_driver_sql("select entry from status_event")).all()
            query = "select entry, registration from registration_event"
            registrations = (await work.connection.exec_driver_sql(query)).all()
            waiting = await work.connection.exec_driver_sql("select count(*) from outbox")
            assert waiting.scalar_one() == 0
            catalogues = await work.connection.exec_driver_sql("select count(*) from purpose_catalogue")
            bundles += catalogues.scalar_one()
            notes = (await work.connection.exec_driver_sql("select note from checkpoint order by size")).scalars().all()
        assert len(certificates) == expected_certificates()
        assert max(Counter((c.business, c.role) for c in certificates).values()) == 1
        assert len(events) == sum(c.revoked_at is not None for c in certificates) >= 3
        # one event for each marriage and divorce with its certificates, none without
        married = {c.business for c in certificates if c.role in ("man", "woman")}
        assert sorted(r.registration for r in registrations) == sorted(married)
        assert figures.entries == len(certificates) + len(events) + len(registrations) + bundles
        bodies = Counter(entry.body for entry in entries)
        assert all(bodies[c.entry] == 1 for c in certificates)
        assert all(bodies[e.entry] == 1 for e in (*events, *registrations))
        totals = {t.plan_filing_no: (t.count, t.amount_fen) for _, t in await service.donations.totals()}
        assert totals == _totals()
        leaves = [TreeHash.SM3.leaf(entry.body) for entry in entries]
        for note in notes:  # every checkpoint that ever got out is a prefix of what the log is now
            signed = SignedNote.parse(note).checkpoint
            assert signed.root == _root(leaves[: signed.size])
        again = await service.issuing.issue_file(
            operator, "marriage", (EXAMPLES / "marriage-registrations.csv").read_bytes()
        )
        assert again.issued == 0


def _totals() -> dict[str, tuple[int, int]]:
    totals: dict[str, tuple[int, int]] = {}
    for row in csv.DictReader((EXAMPLES / "donations.csv").read_text("utf-8").splitlines()):
        count, fen = totals.get(row["plan_filing_no"], (0, 0))
        totals[row["plan_filing_no"]] = (count + 1, fen + int(row["amount_fen"]))
    return totals


def _root(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, by its own words."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return TreeHash.SM3.node(_root(leaves[:split]), _root(leaves[split:]))


@pytest.mark.slow
@pytest.mark.parametrize(("database", "kills"), [("sqlite", KILLS), ("postgresql", 4)])
async def test_killed_anywhere_and_run_again_nothing_is_lost_doubled_or_forked(
    tmp_path: Path, request: pytest.FixtureRequest, database: str, kills: int
) -> None:
    arguments = [str(tmp_path / "data")]
    if database == "postgresql":  # which frees the writer's lock of a killed process at once
        server: postgres.Server = request.getfixturevalue("postgres_server")
        arguments.append(server.url(server.create()))
    moments = random.Random(SEED)
    command = ["tests.support.api_child", *arguments]
    started = time.monotonic()
    killed = 0
    for _ in range(kills):
        killed += run_and_kill(command, moments.uniform(0.4, LONGEST)) == -9
        if time.monotonic() - started > 25:
            break
    assert killed >= 2
    assert run_and_kill(command, 120) == 0
    await assert_whole(settings_of(*arguments))


@pytest.mark.slow
@only_drilled
def test_the_demo_survives_a_kill(tmp_path: Path) -> None:
    command = ["api", "demo", "--out", str(tmp_path / "out"), "--examples", str(EXAMPLES)]
    environment = {"MZ_DATA_DIR": str(tmp_path / "data")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        run_and_kill(command, random.Random(SEED).uniform(4, 8))
        assert run_and_kill(command, 200) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert len(report["checks"]) > 400
    assert all(check["expected"] == check["outcome"] for check in report["checks"])
    leftovers = list((tmp_path / "out").rglob("*.part"))
    assert leftovers == []
    names = {path.stem for path in (tmp_path / "out" / "certificates").glob("*.mzc")}
    assert "certificate-001-a" in names
    assert all(name.startswith("certificate-") for name in names)
