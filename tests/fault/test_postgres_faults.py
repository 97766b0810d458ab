"""A real PostgreSQL server is killed, cut off, filled, set read-only, damaged and replaced under a running service.

Each time: a typed error, nothing half done, nothing signed that is not stored, and going on by itself afterwards.
"""

from __future__ import annotations

import asyncio
import csv
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.bootstrap import open_service
from api.cli import run as mzt
from api.commands.common import operator
from api.db.engine import DatabaseUnsuitable
from api.db.log_store import SqlLogStore
from api.errors import Unavailable
from api.main import create_app
from api.services.batch import BatchReport
from api.services.service import Service
from api.settings import Settings
from chain.errors import Corrupt, LostSwap, RolledBack
from tests.support import api_lab, postgres
from tests.support.api_lab import EXAMPLES, OTHER_COUPLE, Lab, problem
from verifier.checkpoint import SignedNote
from verifier.merkle import TreeHash

SEED = 20261122
KILLS = 4
MARRIAGES = (EXAMPLES / "marriage-registrations.csv").read_bytes()
ROWS = len(list(csv.DictReader(MARRIAGES.decode().splitlines())))
SOON = 60.0  # seconds: a limit, not an expectation


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """The module's own: it is killed."""
    with postgres.server() as made:
        yield made


@pytest.fixture(scope="module")
def instance(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("faults") / "template"
    with pytest.MonkeyPatch.context() as patch:
        return asyncio.run(api_lab.template(directory, patch, server=server))


@pytest.fixture
async def lab(server: postgres.Server, instance: Path, tmp_path: Path) -> AsyncIterator[Lab]:
    async with api_lab.running(instance, tmp_path / "data") as made:
        yield made
    server.tidy()


def name_of(settings: Settings) -> str:
    return settings.database_url.rpartition("/")[2]


async def recovered(service: Service, times: int = 1) -> None:
    """The lock is held, for at least the `times`th time; it takes half a second after the server is back."""
    async with asyncio.timeout(SOON):
        while True:
            try:
                async with service.database.read():
                    if service.database.check_lock() >= times:
                        return
            except Unavailable:
                pass
            await asyncio.sleep(0.02)


async def rows(service: Service, sql: str) -> list[Any]:
    async with service.database.read() as work:
        return list((await work.connection.exec_driver_sql(sql)).all())


async def assert_whole(service: Service) -> None:
    """Every certificate once, one entry for each, nothing waiting, and every note ever signed a prefix of one log."""
    await service.ledger.sequence()
    await service.ledger.checkpoint()
    certificates = await rows(service, "select business, role, entry, list_number, list_index from certificate")
    assert len(certificates) == 2 * ROWS
    assert max(Counter((c.business, c.role) for c in certificates).values()) == 1
    claimed = await rows(service, "select number, idx from status_entry")
    assert {tuple(row) for row in claimed} == {(c.list_number, c.list_index) for c in certificates}
    assert await rows(service, "select 1 from outbox where kind = 'log'") == []
    async with service.database.read() as work:
        head = await work.log.head()
        bodies = [entry.body for entry in await work.log.entries(0, head.size)]
    count = Counter(bodies)
    assert all(count[c.entry] == 1 for c in certificates)
    notes = [SignedNote.parse(row.note).checkpoint for row in await rows(service, "select note from checkpoint")]
    leaves = [TreeHash.SM3.leaf(body) for body in bodies]
    assert max(note.size for note in notes) == len(bodies)
    assert all(note.root == api_lab.root_of(leaves[: note.size]) for note in notes)


async def test_killed_while_issuing_nothing_is_lost_or_doubled(server: postgres.Server, lab: Lab) -> None:
    """`kill -9` of the server at moments of a fixed seed's choice; the same file again after each restart."""
    service, moments = lab.service, random.Random(SEED)
    interrupted = 0
    for _ in range(KILLS):
        reports: list[int] = []
        after = moments.randrange(1, 10)

        def progress(report: BatchReport, reports: list[int] = reports) -> None:
            reports.append(report.issued + report.existing)

        issuing = asyncio.create_task(
            service.issuing.issue_file(operator, "marriage", MARRIAGES, per_transaction=2, progress=progress)
        )
        logging = asyncio.create_task(service.ledger.sequence())
        while len(reports) <= after and not issuing.done():
            await asyncio.sleep(0)
        await asyncio.to_thread(server.kill)
        results = await asyncio.gather(issuing, logging, return_exceptions=True)
        assert all(isinstance(r, Unavailable) for r in results if isinstance(r, BaseException)), results
        interrupted += isinstance(results[0], Unavailable)
        answer = await lab.issue()
        assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
        assert "retry-after" in answer.headers
        parts = (await lab.client.get("/readyz")).json()["parts"]
        assert (parts["database"], parts["log"]) == ("down", "without its lock")
        await asyncio.to_thread(server.start)
        await recovered(service)
        assert len(await rows(service, "select 1 from certificate")) >= 2 * max(reports)  # all that was acknowledged
    assert interrupted >= 2
    report = await service.issuing.issue_file(operator, "marriage", MARRIAGES)
    assert (report.issued + report.existing, report.rejected) == (ROWS, [])
    assert set((await lab.client.get("/readyz")).json()["parts"].values()) == {"ok"}
    await assert_whole(service)


async def test_a_restart_in_between_is_not_noticed(server: postgres.Server, lab: Lab) -> None:
    assert (await lab.issue()).status_code == 201
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    await recovered(lab.service)
    assert (await lab.issue()).status_code == 200
    assert await lab.service.ledger.sequence() > 0
    assert await lab.service.ledger.checkpoint() is not None


@pytest.mark.parametrize("stored", [False, True], ids=["before the commit", "after the commit"])
async def test_no_checkpoint_is_signed_twice_when_the_connection_breaks(
    server: postgres.Server, lab: Lab, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """The outcome of the commit is unknown either way. The next turn looks, and signs only what is not there."""
    service = lab.service
    await lab.issue()
    await service.ledger.sequence()
    before = len(await rows(service, "select 1 from checkpoint"))
    with monkeypatch.context() as patch:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND state LIKE 'idle in%'"
        insert, commit = SqlLogStore.insert_checkpoint, AsyncConnection.commit

        async def insert_and_cut(store: SqlLogStore, checkpoint: Any) -> None:
            await insert(store, checkpoint)
            if not stored:
                assert server.execute(cut.format(name_of(service.settings)))

        async def commit_and_lose(connection: AsyncConnection) -> None:
            await commit(connection)
            if stored:
                raise OperationalError(None, None, ConnectionResetError(), connection_invalidated=True)

        patch.setattr(SqlLogStore, "insert_checkpoint", insert_and_cut)
        patch.setattr(AsyncConnection, "commit", commit_and_lose)
        with pytest.raises(Unavailable):
            await service.ledger.checkpoint()
    await recovered(service)
    found = await rows(service, "select note from checkpoint order by size desc")
    assert len(found) == before + stored
    made = await service.ledger.checkpoint()
    assert made is not None
    found = await rows(service, "select note from checkpoint order by size desc")
    assert (len(found), found[0].note) == (before + 1, made.note)


async def test_a_service_that_was_replaced_stops_for_good(server: postgres.Server, lab: Lab, tmp_path: Path) -> None:
    """Its lock is cut while it stands still; another machine takes over; then it goes on."""
    service = lab.service
    await lab.issue()
    await service.ledger.sequence()
    await service.ledger.checkpoint()
    held = service.database.check_lock()
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mzt writer'")
    server.execute("UPDATE head SET epoch = epoch + 1", database=name_of(service.settings))  # what taking the role does
    await recovered(service, held + 1)
    other = await lab.issue(OTHER_COUPLE)
    assert other.status_code == 201  # not knowing it yet; its successor's sequencer takes the entries
    with pytest.raises(LostSwap):
        await service.ledger.checkpoint()
    with pytest.raises(LostSwap):
        await service.ledger.sequence()
    assert service.ledger.stopped == "LostSwap"
    assert (await lab.issue({"record_no": "MR-000003"})).status_code == 503
    assert (await lab.client.get("/readyz")).json()["parts"]["log"] == "LostSwap"


async def test_a_failover_to_a_server_that_was_behind_is_a_rollback(
    server: postgres.Server, lab: Lab, tmp_path: Path
) -> None:
    """Asynchronous replication: the standby lacks the last seconds. Nobody outside has seen them but this process."""
    service = lab.service
    await service.ledger.settle()
    live = name_of(service.settings)
    behind = await asyncio.to_thread(server.copy, live, tmp_path)
    await lab.issue()
    await service.ledger.sequence()
    signed = await service.ledger.checkpoint()
    assert signed is not None
    away = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{live}'"
    switch = (f"ALTER DATABASE {live} RENAME TO lost", f"ALTER DATABASE {behind} RENAME TO {live}")
    await asyncio.to_thread(server.execute, f"ALTER DATABASE {live} ALLOW_CONNECTIONS false", away, *switch)
    await recovered(service)
    with pytest.raises(RolledBack, match=f"this process has seen size {signed.size}"):
        await service.ledger.checkpoint()
    assert (await lab.issue()).status_code == 503
    assert service.ledger.stopped == "RolledBack"
    server.execute("ALTER DATABASE lost ALLOW_CONNECTIONS true", "DROP DATABASE lost WITH (FORCE)")


COUNTS = "select (select count(*) from certificate), (select count(*) from status_entry), (select count(*) from outbox)"
OUTAGES = {
    "disk full": (
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$ //"
        " CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()",
        "DROP FUNCTION full_disk CASCADE",
    ),
    "read only": ("ALTER DATABASE {name} SET default_transaction_read_only = on", "ALTER DATABASE {name} RESET ALL"),
}


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_leaves_nothing_half_done_and_passes(server: postgres.Server, lab: Lab, outage: str) -> None:
    service = lab.service
    name = name_of(service.settings)
    begin, end = OUTAGES[outage]
    place = name if outage == "disk full" else "postgres"
    sessions = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    for table in ("certificate", "outbox"):  # early and late in the transaction
        before = await rows(service, COUNTS)
        server.execute(*begin.format(table=table, name=name).split(" // "), database=place)
        held = service.database.check_lock()
        server.execute(sessions)  # new ones see the new setting
        await recovered(service, held + 1)
        answer = await lab.issue()
        assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
        server.execute(end.format(table=table, name=name), database=place)
        assert await rows(service, COUNTS) == before
    assert (await lab.issue()).status_code == 201
    await service.ledger.sequence()
    assert await service.ledger.checkpoint() is not None


async def test_damaged_pages_stop_the_log_and_issuing(server: postgres.Server, lab: Lab) -> None:
    """Checksums find them. Not an outage that passes: what is issued now would never get into the log."""
    service = lab.service
    await service.ledger.settle()
    assert (await lab.issue()).status_code == 201
    name = name_of(service.settings)
    [[file]] = server.execute("SELECT pg_relation_filepath('entry')", database=name)
    server.execute("CHECKPOINT")
    await asyncio.to_thread(server.stop)
    with (server.data / file).open("r+b") as pages:
        pages.seek(100)
        pages.write(b"\xff" * 4000)
    await asyncio.to_thread(server.start)
    await recovered(service)
    with pytest.raises(Corrupt, match="database"):
        await service.ledger.sequence()
    assert service.ledger.stopped == "Corrupt"
    answer = await lab.issue({"record_no": "MR-000002"})
    assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")


async def test_a_server_that_is_down_or_unsafe_at_start(
    server: postgres.Server, instance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = api_lab.copied(instance, tmp_path / "data")
    server.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        async with open_service(settings):
            pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MZ_DATA_DIR", str(settings.data_dir))
        patch.setenv("MZ_DATABASE_URL", settings.database_url.replace("postgres@", "postgres:hunter2@"))
        assert await asyncio.to_thread(mzt, ["status"]) == 2
    said = capsys.readouterr().err
    assert "the database does not answer" in said
    assert "hunter2" not in said
    server.start(fsync="off")
    with pytest.raises(DatabaseUnsuitable, match="fsync must be on, it is off"):
        async with open_service(settings):
            pass
    server.stop()
    server.start()
    async with open_service(settings, clock=api_lab.Clock()) as service:
        assert (await service.readiness())["database"] == "ok"
    server.tidy()


async def test_two_services_of_one_database_never_run_together(
    server: postgres.Server, instance: Path, tmp_path: Path
) -> None:
    """Many start at once, as an orchestrator's replicas would: exactly one becomes the writer."""
    settings = api_lab.copied(instance, tmp_path / "data")
    others = [replace(settings, data_dir=tmp_path / f"copy-{n}") for n in range(3)]
    for other in others:
        shutil.copytree(settings.data_dir, other.data_dir)
    running, most = 0, 0
    entered = asyncio.Event()

    async def start(one: Settings) -> str:
        nonlocal running, most
        try:
            async with open_service(one, clock=api_lab.Clock()):
                running += 1
                most = max(most, running)
                await asyncio.wait_for(entered.wait(), SOON)
                running -= 1
                return "ran"
        except Exception as error:  # noqa: BLE001 - its class is what the test looks at
            return type(error).__name__

    tasks = [asyncio.create_task(start(one)) for one in others]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    while sum(task.done() for task in tasks) < 2:
        await asyncio.sleep(0.02)
    entered.set()
    assert sorted(await asyncio.gather(*tasks)) == ["AlreadyLocked", "AlreadyLocked", "ran"]
    assert most == 1
    server.tidy()


async def test_an_app_over_a_dead_server_still_answers(server: postgres.Server, lab: Lab) -> None:
    await asyncio.to_thread(server.kill)
    try:
        transport = httpx.ASGITransport(create_app(lab.service), raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503
    finally:
        await asyncio.to_thread(server.start)
    await recovered(lab.service)
