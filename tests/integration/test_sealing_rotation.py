"""Rotation of the key-encryption key beside a service that issues and answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from api.beside import open_beside
from api.db.metadata import metadata
from api.db.tables import certificate, status_event
from api.errors import KeyInUse, NotFound
from api.http.schemas import DONATION_EXAMPLE
from api.sealingring import RingDirectory
from api.services.sealing import PLACES, REST, SealingService
from certs.errors import SealingKeyMissing
from certs.sealing import kek_id
from tests.support.api_lab import CHARITY, EXAMPLES, NOW, OFFICE_1, Lab, problem
from tests.support.audit_people import register_people
from tests.support.charity_lab import opened
from tests.support.signing import relying_party

DATABASES = ("sqlite", "postgresql")


@asynccontextmanager
async def beside(lab: Lab, now: int = NOW) -> AsyncIterator[SealingService]:
    """The rotation as a process of its own has it: engines and ring of its own."""
    settings = lab.service.settings
    async with open_beside(settings) as database:
        yield SealingService(database, RingDirectory(settings.data_dir), lambda n: b"\x07" * n, lambda: now)


async def issue_some(lab: Lab, revoked: int = 2) -> list[str]:
    data = (EXAMPLES / "marriage-registrations.csv").read_bytes()
    headers = lab.token(OFFICE_1) | {"Content-Type": "text/csv"}
    answer = await lab.client.post("/v1/certificates/batch?kind=marriage", content=data, headers=headers)
    assert answer.status_code == 200
    found = [row.cti.hex() for row in await rows(lab) if row.issuer == "11990000MB9T010142"]
    body = {"cti": found[:revoked], "reason": "rotation test"}
    assert (await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))).status_code == 200
    return found


async def rows(lab: Lab) -> list[object]:
    async with lab.service.database.read() as work:
        return list((await work.connection.execute(select(certificate).order_by(certificate.c.ordinal))).all())


async def counts(sealing: SealingService) -> dict[bytes, int]:
    return {use.kek: use.records for use in await sealing.use()}


def test_every_table_with_wrapped_keys_is_rotated() -> None:
    keeping = {table.name for table in metadata.tables.values() if "sealed_key" in table.c}
    assert keeping == {place.table.name for place in PLACES} >= {"certificate", "status_event"}
    assert len(PLACES) == len(keeping), "once each: a second row would count its records twice"


async def test_the_service_issues_and_answers_all_along(lab: Lab) -> None:
    ctis = await issue_some(lab)
    before = await rows(lab)
    async with beside(lab) as sealing:
        ((old, there),) = (await counts(sealing)).items()
        assert there > len(before) + 2, "certificates, two status events, registrations"
        new = sealing.rotate()
        running = asyncio.create_task(sealing.rewrap(batch=3))
        number = 0
        while not running.done():
            number += 1
            gift = DONATION_EXAMPLE | {"donation_no": f"DN-9{number:05d}", "receipt_number": f"{number:010d}"}
            answer = await lab.client.post("/v1/donations", json={"record": gift}, headers=lab.token(CHARITY))
            assert answer.status_code == 201, answer.text
            await lab.file(ctis[number % len(ctis)])
        done = await running
        assert number > 1
        told = number  # every file that was handed out has its sealed record, too
        assert await counts(sealing) == {new: there + number + told, old: 0}
        assert done >= there
    after = {row.cti: row for row in await rows(lab)}
    assert {row.cti: (row.sealed_body, row.statement, row.entry) for row in before} == {
        row.cti: (after[row.cti].sealed_body, after[row.cti].statement, after[row.cti].entry) for row in before
    }
    assert all(after[row.cti].sealed_key != row.sealed_key for row in before)
    for cti in ctis:
        await lab.file(cti)


async def test_killed_in_the_middle_it_is_resumed(lab: Lab) -> None:
    ctis = await issue_some(lab)
    await lab.service.ledger.settle()
    own = lab.token(OFFICE_1)  # a rendition's salt and a case's reference are sealed, too
    for path, body in (("document", {"format": "ofd"}), ("casefile", {"reference": "（2027）示例1号"})):
        answer = await lab.client.post(f"/v1/certificates/{path}", json={"cti": ctis[-1], **body}, headers=own)
        assert answer.status_code == 200, answer.text
    await relying_party(lab, category="bank")
    await register_people(lab.service, lab.clock)
    await lab.service.webhooks.register(lab.service.institution.root_uscc, "https://hooks.example/")
    fund = await opened(lab)
    (taken,) = await fund.donate(fund.row(100))
    await lab.service.charity_watches.ask(bytes.fromhex(taken["donation"]), "webhook", "https://hooks.example/")
    statement = "账号,9900\n交易日期,流水号,支出,收入\n2027-01-15,B-1,,1.00"
    sent = await lab.client.post(
        "/v1/charity/imports/bank",
        content=statement.encode(),
        headers=lab.token(CHARITY) | {"Content-Type": "text/csv"},
    )
    assert sent.is_success, sent.text
    async with lab.service.database.read() as work:
        for place in PLACES:
            assert (await work.connection.execute(select(place.table))).first() is not None, place.table.name
    settings = lab.service.settings
    command = [sys.executable, "-m", "tests.support.sealing_child", str(settings.data_dir), settings.database_url, "2"]
    child = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
    assert child.returncode == -9, child.stderr.decode()
    async with beside(lab) as sealing:
        first = await counts(sealing)
        assert sorted(first.values())[0] == 3 * 2, "both keys are in use"
        for cti in ctis:  # half done, everything opens
            await lab.file(cti)
        assert await sealing.rewrap() == max(first.values())
        assert sorted((await counts(sealing)).values()) == [0, sum(first.values()) + len(ctis)]
        assert await sealing.rewrap() == 0
    for cti in ctis:
        await lab.file(cti)


async def test_a_key_is_destroyed_only_when_nothing_can_be_under_it(lab: Lab) -> None:
    ctis = await issue_some(lab)
    keys = lab.service.settings.data_dir / "keys"
    async with beside(lab) as sealing:
        ((old, there),) = (await counts(sealing)).items()
        with pytest.raises(KeyInUse, match="seals now"):
            await sealing.destroy(old)
        with pytest.raises(NotFound):
            await sealing.destroy(b"none")
        new = sealing.rotate()
        retired = RingDirectory(lab.service.settings.data_dir).retired()[old]
        async with beside(lab, retired + REST - 1) as soon:
            with pytest.raises(KeyInUse, match="less than 3600 s ago"):
                await soon.destroy(old)
        async with beside(lab, retired + REST) as later:
            with pytest.raises(KeyInUse, match=f"{there} records are under it"):
                await later.destroy(old)
            await sealing.rewrap()
            await later.destroy(old)
        assert list(keys.glob("sealing*")) == [keys / "sealing"]
        assert await counts(sealing) == {new: there}
    assert kek_id(bytes.fromhex((keys / "sealing").read_text())) == new
    for cti in ctis:
        await lab.file(cti)


async def test_a_key_that_an_import_file_waits_under_is_kept(lab: Lab) -> None:
    data = (EXAMPLES / "marriage-registrations.csv").read_bytes()
    headers = lab.token(OFFICE_1) | {"Content-Type": "text/csv"}
    answer = await lab.client.post("/v1/imports?kind=marriage&mode=issue", content=data, headers=headers)
    assert answer.status_code == 202, answer.text
    ring = RingDirectory(lab.service.settings.data_dir)
    async with beside(lab) as sealing:
        (old,) = await counts(sealing)
        assert await counts(sealing) == {old: 1}
        sealing.rotate()
        await sealing.rewrap()
        async with beside(lab, ring.retired()[old] + REST) as later:
            with pytest.raises(KeyInUse, match="an import file that waits"):
                await later.destroy(old)
            assert await lab.service.imports.run_pending() == 1  # opened with the old key, issued under the new one
            await later.destroy(old)
        assert sum((await counts(sealing)).values()) > 20


async def test_a_lost_key_file_is_named_and_no_verdict_about_the_record(lab: Lab, tmp_path: Path) -> None:
    ctis = await issue_some(lab)
    keys = lab.service.settings.data_dir / "keys"
    async with beside(lab) as sealing:
        (old,) = await counts(sealing)
        sealing.rotate()
        kept = (keys / f"sealing.{old.hex()}").rename(tmp_path / "kept")
        assert (await lab.donate()).status_code == 201  # sealed under the new key, so the ring was read
        answer = await lab.client.post("/v1/certificates/file", json={"cti": ctis[0]}, headers=lab.token(OFFICE_1))
        assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
        assert [(use.kek, use.here) for use in await sealing.use() if not use.current] == [(old, False)]
        with pytest.raises(SealingKeyMissing, match=f"key {old.hex()}, which is not here"):
            await sealing.rewrap()
        kept.rename(keys / f"sealing.{old.hex()}")
        await lab.file(ctis[0])
        await sealing.rewrap()
    (row,) = [row for row in await rows(lab) if row.cti.hex() == ctis[0]]
    assert row.sealed_key[1:5] != old


async def test_an_erased_record_stays_erased(lab: Lab) -> None:
    await issue_some(lab)
    async with lab.service.database.write() as work:
        await work.connection.execute(certificate.update().values(sealed_key=None).where(certificate.c.ordinal == 1))
        await work.connection.execute(status_event.update().values(sealed_key=None))
    async with beside(lab) as sealing:
        sealing.rotate()
        await sealing.rewrap()
    assert [row.ordinal for row in await rows(lab) if row.sealed_key is None] == [1]
