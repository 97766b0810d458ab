"""The log of accesses: group commit, own uses, and an outage that answers nothing."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from api.db.repositories.access import Wanted
from api.errors import Unavailable
from api.services.service import Service
from certs.access import AccessEvent
from certs.errors import StoreConflict
from tests.support.api_lab import NOW, Lab

DATABASES = ("sqlite", "postgresql")
BANK = "91999900MB9T020130"


def event(service: Service, number: int, *subjects: bytes, uscc: str = BANK) -> AccessEvent:
    context = {"user": "0017", "item_name": "示例事项", "item_code": "I-1", "business_code": "B-1", "use_cause": "示例"}
    request = number.to_bytes(16, "big")
    return AccessEvent(request, NOW, uscc, "match", "joint-debt", "registered_married", "TRUE", subjects, context)


async def test_many_accesses_share_a_few_transactions_and_all_of_them_are_kept(lab: Lab) -> None:
    service = lab.service
    one = service.access.tag("111", "156", "990101199803070013")
    await asyncio.gather(*(service.access.append(event(service, n, one)) for n in range(32)))
    assert service.access.transactions <= 3
    found = await service.access.recall(Wanted())
    assert [row.event and row.event.request_id[-1] for row in found] == list(reversed(range(32)))
    async with service.database.read() as work:
        assert await work.log.backlog() >= 32


async def test_everybody_sees_his_own_uses_and_no_staff_number(lab: Lab) -> None:
    access = lab.service.access
    one, two = access.tag("111", "156", "1"), access.tag("111", "156", "2")
    await access.append(event(lab.service, 1, one))
    await access.append(event(lab.service, 2, two))
    await access.append(event(lab.service, 3, one, two))
    assert [use.item_code for _, use in await access.uses_of(one)] == ["I-1"] * 2
    (newest, _), (oldest, use) = await access.uses_of(one)
    assert newest > oldest
    assert (use.uscc, use.purpose, use.result) == (BANK, "joint-debt", "TRUE")
    assert "0017" not in repr(use)
    assert [ordinal for ordinal, _ in await access.uses_of(one, before=newest)] == [oldest]
    assert access.tag("112", "156", "1") == one, "a temporary card is the same person's"


async def test_a_repeated_request_is_refused_and_its_neighbours_are_not(lab: Lab) -> None:
    access = lab.service.access
    await access.append(event(lab.service, 1))
    several = [access.append(event(lab.service, n)) for n in (1, 2, 3)]
    outcomes = await asyncio.gather(*several, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreConflict, type(None), type(None)]
    assert len(await access.recall(Wanted(uscc=BANK))) == 3


async def test_what_cannot_be_recorded_is_an_outage(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def down():  # type: ignore[no-untyped-def]
        raise Unavailable("the database does not answer")
        yield

    monkeypatch.setattr(lab.service.database, "write", down)
    with pytest.raises(Unavailable):
        await lab.service.access.append(event(lab.service, 1))
    monkeypatch.undo()
    await lab.service.access.append(event(lab.service, 1))


async def test_a_request_that_was_cancelled_is_recorded_all_the_same(lab: Lab) -> None:
    task = asyncio.create_task(lab.service.access.append(event(lab.service, 1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await lab.service.access.close()
    assert len(await lab.service.access.recall(Wanted())) == 1
