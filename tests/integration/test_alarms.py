"""Quotas, rates and alarms over a running service: what is refused, what calls a person, and who may look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.errors import NotFound, RateLimited, Unavailable
from api.services.alarms import AGAIN, Guard
from api.settings import Quotas
from certs.access import AccessEvent
from tests.support.api_lab import Lab
from tests.support.signing import BANK


def guard(lab: Lab, **quotas: Any) -> Guard:
    return Guard(lab.service.database, lab.service.makers.lookup, lab.clock, replace(Quotas(), **quotas))


async def question(lab: Lab, number: int) -> None:
    now = lab.clock()
    event = AccessEvent(number.to_bytes(16, "big"), now, BANK, "match", "mortgage-joint-debt")
    await lab.service.access.append(event)


async def test_a_quota_outlives_the_process_and_ends_with_the_day_in_china(lab: Lab) -> None:
    watching = guard(lab, per_day=3)
    for n in range(3):
        await watching.admit(BANK)
        await question(lab, n)
    with pytest.raises(RateLimited) as refused:
        await watching.admit(BANK)
    assert await watching.left_today(BANK) == 0
    again = guard(lab, per_day=3)
    with pytest.raises(RateLimited):
        await again.admit(BANK)
    lab.clock.now += refused.value.retry_after - 1
    with pytest.raises(RateLimited):
        await again.admit(BANK)
    lab.clock.now += 1
    assert (lab.clock.now + 8 * 3600) % 86400 == 0
    await again.admit(BANK)
    assert [alarm.kind for alarm in await again.alarms()].count("quota") >= 1


async def test_offices_work_takes_nothing_of_a_quota(lab: Lab) -> None:
    await lab.service.access.office(BANK, "0017", "document")
    async with lab.service.database.read() as work:
        assert await work.watch.asked(BANK, (lab.clock.now + 8 * 3600) // 86400) == 0


async def test_a_rate_refuses_and_recovers(lab: Lab) -> None:
    watching = guard(lab, burst=2, per_minute=60)
    await watching.admit(BANK)
    await watching.admit(BANK)
    with pytest.raises(RateLimited) as refused:
        await watching.admit(BANK)
    assert refused.value.retry_after == 1
    await watching.admit("91990000MB9T07205J")  # another party has a rate of its own
    lab.clock.now += 1
    await watching.admit(BANK)


async def test_an_alarm_is_raised_once_an_hour_and_acknowledged_once(lab: Lab) -> None:
    watching = guard(lab, alarm_names=2)
    for name in ("王示例", "李示例", "张示例"):
        await watching.observe(BANK, "UNDETERMINED", [watching.asked("111", "156", "990101199803070013", name)])
    (alarm,) = await watching.alarms(still_open=True)
    assert (alarm.uscc, alarm.kind, alarm.seen) == (BANK, "names", 2)
    await watching.acknowledge(alarm.alarm_id)
    assert await watching.alarms(still_open=True) == []
    with pytest.raises(NotFound):
        await watching.acknowledge(alarm.alarm_id)
    lab.clock.now += AGAIN - 1
    for name in ("王示例", "李示例"):
        await watching.observe(BANK, "UNDETERMINED", [watching.asked("111", "156", "990101199803070013", name)])
    lab.clock.now += 1
    watching.tidy()
    await watching.observe(BANK, "UNDETERMINED", [watching.asked("111", "156", "990101199803070013", "刘示例")])
    assert len(await watching.alarms()) == 2


async def test_an_outage_hides_no_alarm(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> Any:
        raise Unavailable("the database does not answer")

    watching = guard(lab, alarm_names=2)
    asked = [watching.asked("111", "156", "990101199803070013", name) for name in ("王示例", "李示例")]
    monkeypatch.setattr(lab.service.database, "write", down)
    for one in asked:
        await watching.observe(BANK, "TRUE", [one])
    monkeypatch.undo()
    await watching.observe(BANK, "TRUE", [asked[0]])
    assert [alarm.kind for alarm in await watching.alarms()] == ["names"]
