"""What the service does while a part of it is down, or when its directory is not what it should be."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.beside import open_parties
from api.bootstrap import initialise, open_service
from api.commands.common import operator
from api.db import migrate
from api.db.engine import create_engines
from api.db.uow import Database
from api.errors import InstanceDamaged, NotInitialised, Unavailable
from api.http.schemas import MARRIAGE_EXAMPLE
from api.instance_state import may_initialise
from api.institution import SYNTHETIC
from api.main import create_app
from api.settings import Settings, for_directory
from chain.anchor.anchorer import AnchorStatus
from chain.errors import AlreadyLocked, RolledBack
from tests.support import api_lab
from tests.support.api_lab import Lab

DATABASES = ("sqlite", "postgresql")


async def test_a_database_that_is_gone_is_an_outage(lab: Lab) -> None:
    place, _, name = lab.service.settings.database_url.rpartition("/")
    gone = Database(create_engines(f"{place}/none/{name}"), lab.service.identity)
    with pytest.raises(Unavailable, match="does not answer"):
        async with gone.read():
            pass
    dark = replace(lab.service, database=gone, lookups=lab.service.lookups)
    transport = httpx.ASGITransport(create_app(dark), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["parts"]["database"] == "down"
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        assert {"mzt_database_up 0.0", "mzt_log_entries NaN"} <= set(answer.text.splitlines())
        assert 'mzt_http_requests_total{method="GET",route="/readyz",status="503"} 1.0' in answer.text
    await gone.engines.dispose()


async def test_a_directory_has_one_service(lab: Lab) -> None:
    with pytest.raises(AlreadyLocked):
        async with open_service(lab.service.settings):
            pass
    with pytest.raises(AlreadyLocked):
        await initialise(lab.service.settings, progress=lambda _: None)


async def test_an_empty_directory_is_no_instance(tmp_path: Path) -> None:
    settings = for_directory(tmp_path / "none")
    assert may_initialise(settings)
    with pytest.raises(NotInitialised, match="mzt init"):
        async with open_service(settings):
            pass
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "somebody's file").touch()
    assert not may_initialise(for_directory(tmp_path / "full"))


@pytest.mark.parametrize("name", ["keys/log.key", "keys/sealing", "keys/lookup", "passphrase", "institution.json"])
async def test_what_is_lost_is_an_error_and_never_made_anew(api_template: Path, tmp_path: Path, name: str) -> None:
    async with api_lab.running(api_template, tmp_path / "copy") as other:
        settings = other.service.settings
    (settings.data_dir / name).unlink()
    with pytest.raises(InstanceDamaged, match="missing"):
        async with open_service(settings):
            pass
    with pytest.raises(InstanceDamaged, match="missing"):
        await initialise(settings, progress=lambda _: None)
    assert not (settings.data_dir / name).exists()


async def test_an_empty_database_under_an_instance_is_a_lost_one(
    api_template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Somebody made the file or the database anew, or the URL names another: a new log would be a fork."""
    settings = api_lab.copied(api_template, tmp_path / "copy")
    if settings.database_url.startswith("sqlite"):
        empty = tmp_path / "empty.db"
        empty.touch()
        url = f"sqlite+aiosqlite:///{empty}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.create())
    settings = replace(settings, database_url=url)
    for schema in (False, True):  # not even tables, and then tables without the log
        if schema:
            await asyncio.to_thread(migrate.upgrade, url)
        with pytest.raises(InstanceDamaged, match=r"missing: the log .* in the database"):
            async with open_service(settings):
                pass
        with pytest.raises(InstanceDamaged, match=r"missing: the log .* in the database"):
            async with open_parties(settings):
                pass
        with pytest.raises(InstanceDamaged, match=r"missing: the log .* in the database"):
            await initialise(settings, progress=lambda _: None)
    assert not await asyncio.to_thread(migrate.holds_log, url, settings.log_origin)


async def test_a_new_directory_does_not_take_an_instance_s_database_over(api_template: Path, tmp_path: Path) -> None:
    """A container's volume was lost, or the URL is another's: new keys must not join theirs, nor a second log."""
    settings = api_lab.copied(api_template, tmp_path / "copy")
    for origin in (settings.log_origin, "log.minzheng.example/another"):
        new = replace(settings, data_dir=tmp_path / origin.rpartition("/")[2], log_origin=origin)
        with pytest.raises(InstanceDamaged, match="is missing, and the database knows its key"):
            await initialise(new, progress=lambda _: None)
    engines = create_engines(settings.database_url)
    async with engines.reader.begin() as connection:
        assert (await connection.exec_driver_sql("select count(*) from log")).scalar_one() == 1
    await engines.dispose()
    await _opened(settings)


async def test_a_lost_file_is_not_begun_anew(tmp_path: Path) -> None:
    settings = for_directory(tmp_path)
    (tmp_path / "initialised").touch()
    for start in (lambda: initialise(settings, progress=lambda _: None), lambda: _opened(settings)):
        with pytest.raises(InstanceDamaged, match=r"missing: .*minzheng\.db"):
            await start()
    assert not (tmp_path / "minzheng.db").exists()


async def _opened(settings: Settings) -> None:
    async with open_service(settings):
        pass


async def test_another_directory_does_not_get_a_running_instance_s_database(lab: Lab, tmp_path: Path) -> None:
    """Two machines, one database: the lock of the log's writer is where the database is."""
    settings = lab.service.settings
    elsewhere = replace(settings, data_dir=Path(shutil.copytree(settings.data_dir, tmp_path / "elsewhere")))
    with pytest.raises(AlreadyLocked):
        await _opened(elsewhere)
    with pytest.raises(AlreadyLocked):
        await initialise(replace(settings, data_dir=tmp_path / "new"), progress=lambda _: None)
    assert (await lab.issue()).status_code == 201


async def test_tokens_are_made_beside_a_service_that_writes(lab: Lab) -> None:
    """Another process without the writer's lock: the database has the two take turns."""
    uscc = lab.service.institution.organisations[0].uscc
    async with open_parties(lab.service.settings, clock=lab.clock) as (_, parties):
        issued, *tokens = await asyncio.gather(lab.issue(), *(parties.create_token(uscc, 60) for _ in range(5)))
    assert issued.status_code == 201
    for token in tokens:
        assert (await lab.service.parties.authenticate(token)).uscc == uscc


async def test_another_institution_does_not_take_a_directory_over(api_template: Path, tmp_path: Path) -> None:
    async with api_lab.running(api_template, tmp_path / "copy") as other:
        settings = other.service.settings
    stranger = replace(SYNTHETIC, root_zh="另一机构")
    with pytest.raises(InstanceDamaged, match="another institution"):
        await initialise(settings, stranger, progress=lambda _: None)


async def test_initialising_again_changes_nothing(api_template: Path, tmp_path: Path) -> None:
    async with api_lab.running(api_template, tmp_path / "copy") as other:
        settings, bundle = other.service.settings, await other.service.trust.latest()
        token = other.token(api_lab.OFFICE_1)
    await initialise(settings, clock=api_lab.Clock(), progress=lambda _: None)
    async with open_service(settings, clock=api_lab.Clock()) as service:
        assert await service.trust.latest() == bundle
        await service.parties.authenticate(token["Authorization"].removeprefix("Bearer "))


async def test_a_restored_older_database_is_not_signed_on(
    api_template: Path, tmp_path: Path, backup: Callable[[str], str]
) -> None:
    """The classic fork: the backup of yesterday. The chain remembers, so nothing is signed and readiness says so."""
    async with api_lab.running(api_template, tmp_path / "data") as first:
        settings = first.service.settings
        await first.service.ledger.settle()
        restored = replace(settings, database_url=backup(settings.database_url))
        await first.issue()
        await first.service.ledger.settle()
    async with open_service(restored, clock=api_lab.Clock()) as service:
        with pytest.raises(RolledBack):
            await service.ledger.checkpoint()
        assert service.ledger.stopped == "RolledBack"
        assert (await service.readiness())["log"] == "RolledBack"
        with pytest.raises(RolledBack):
            await service.ledger.sequence()


async def test_a_restored_older_database_issues_nothing(
    api_template: Path, tmp_path: Path, backup: Callable[[str], str]
) -> None:
    """It has forgotten a certificate that somebody holds, and would issue it again. Asked before the first one."""
    async with api_lab.running(api_template, tmp_path / "data") as first:
        settings = first.service.settings
        await first.service.ledger.settle()
        restored = replace(settings, database_url=backup(settings.database_url))
        await first.issue()
        await first.service.ledger.settle()
    async with open_service(restored, clock=api_lab.Clock()) as service:
        record = MARRIAGE_EXAMPLE
        with pytest.raises(Unavailable, match="log has stopped"):
            await service.issuing.issue(operator, "marriage", record, None)
        rows = json.dumps(record).encode()
        with pytest.raises(Unavailable, match="log has stopped"):
            await service.issuing.issue_file(operator, "marriage", rows, form="ndjson")
        async with service.database.read() as work:
            found = await work.connection.exec_driver_sql("select count(*) from certificate")
            assert found.scalar_one() == 0
        assert (await service.readiness())["log"] == "RolledBack"


async def test_a_lost_chain_is_not_begun_anew(api_template: Path, tmp_path: Path) -> None:
    settings = api_lab.copied(api_template, tmp_path / "data")
    journal = settings.data_dir / "chain" / "journal"
    for spoil in (lambda: journal.write_bytes(b""), journal.unlink):
        spoil()
        with pytest.raises(InstanceDamaged, match="chain/journal"):
            async with open_service(settings):
                pass
    assert not journal.exists()


async def test_a_silent_day_is_padded_once(lab: Lab) -> None:
    await lab.service.ledger.settle()
    before = (await lab.service.figures()).entries
    lab.clock.now += 2 * 86400
    assert (await lab.service.ledger.anchor()).status is AnchorStatus.HEARTBEAT_DUE
    for _ in range(3):
        await lab.service.ledger.pad()
    await lab.service.ledger.settle()
    figures = await lab.service.figures()
    assert (figures.entries, figures.anchored) == (before + 1, before + 1)


async def test_a_key_file_of_another_institution_is_noticed(api_template: Path, tmp_path: Path) -> None:
    async with api_lab.running(api_template, tmp_path / "copy") as other:
        settings = other.service.settings
    keys = settings.data_dir / "keys"
    (keys / "log.key").write_bytes((keys / "root.key").read_bytes())
    with pytest.raises(InstanceDamaged, match="another key"):
        async with open_service(settings):
            pass
    assert json.loads((keys / "root.key").read_text())["format"].startswith("mzt-sm2-key")
