"""What ends after its time, with a clock that is moved: data keys and tags are gone, the log's proof stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from api.db.access_tables import access_event, access_subject
from api.db.party_tables import party_usage
from api.db.repositories.access import Wanted
from api.errors import SettingsError
from api.services.retention import BATCH, RetentionService
from api.settings import Retention, from_environment
from certs.access import AccessEvent
from certs.idem import access_idem
from tests.support.api_lab import NOW, Lab
from tests.support.signing import BANK

DATABASES = ("sqlite", "postgresql")
DAY = 86400


async def ask(lab: Lab, number: int) -> bytes:
    tag = lab.service.access.tag("111", "156", "990101199803070013")
    event = AccessEvent(number.to_bytes(16, "big"), lab.clock(), BANK, "match", "mortgage-joint-debt", subjects=(tag,))
    await lab.service.access.append(event)
    return tag


async def count(lab: Lab, table: object) -> int:
    async with lab.service.database.read() as work:
        return int(await work.connection.scalar(select(func.count()).select_from(table)) or 0)  # type: ignore[arg-type]


async def test_an_access_ends_after_three_years_and_its_entry_stays(lab: Lab) -> None:
    tag = await ask(lab, 1)
    lab.clock.now += 1
    await ask(lab, 2)
    lab.clock.now = NOW + 1096 * DAY
    assert not (await lab.service.retention.run()).accesses, "not a second earlier"
    lab.clock.now += 1
    assert (await lab.service.retention.run()).accesses == 1
    young, old = await lab.service.access.recall(Wanted())
    assert (old.erased, young.erased) == (True, False)
    assert len(await lab.service.access.uses_of(tag)) == 1
    assert await count(lab, access_subject) == 1
    await lab.service.ledger.sequence()
    async with lab.service.database.read() as work:
        idem = access_idem((1).to_bytes(16, "big"), NOW)
        assert (await work.log.find_idem([idem]))[idem].body
        row = (await work.connection.execute(select(access_event).order_by(access_event.c.ordinal))).first()
        assert (row.sealed_key, row.sealed_body) == (None, b"")
    lab.clock.now += 1
    assert (await lab.service.retention.run()).accesses == 1
    assert not (await lab.service.retention.run()).accesses, "once"


async def test_many_end_in_several_transactions(lab: Lab) -> None:
    async with lab.service.database.write() as work:
        events = [
            AccessEvent(n.to_bytes(16, "big"), NOW, BANK, "match", "mortgage-joint-debt") for n in range(BATCH + 3)
        ]
        await lab.service.access.record_in(work, *events)
    lab.clock.now = NOW + 1097 * DAY
    assert (await lab.service.retention.run()).accesses == BATCH + 3


async def test_quotas_end_with_their_days(lab: Lab) -> None:
    await ask(lab, 1)
    lab.clock.now += 400 * DAY
    assert not (await lab.service.retention.run()).usage
    lab.clock.now += DAY
    assert (await lab.service.retention.run()).usage == 1
    assert await count(lab, party_usage) == 0


async def test_a_longer_retention_is_kept(lab: Lab) -> None:
    await ask(lab, 1)
    lab.clock.now += 1200 * DAY
    longer = RetentionService(lab.service.database, replace(Retention(), access_days=3650), lab.clock)
    assert not (await longer.run()).accesses


def test_less_than_three_years_is_no_setting() -> None:
    with pytest.raises(SettingsError):
        from_environment({"MZ_KEEP_ACCESS_DAYS": "1095"})
    assert from_environment({"MZ_KEEP_ACCESS_DAYS": "2000"}).retention.access_days == 2000
