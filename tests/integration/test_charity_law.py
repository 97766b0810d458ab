"""A charity's general book through the interface: what is recorded and refused, what follows by law, who sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.cli import _parser
from api.commands.charity_law import obligations
from api.commands.common import EXIT_FAILED, EXIT_USAGE
from api.db.charity_tables import charity_event
from api.db.repositories.access import Wanted
from api.services.service import Service
from api.settings import Settings
from certs.charity.rules import case_of, judge
from certs.charity.rules.calendar import day_number
from certs.charity.rules.shown import obligation_shown
from tests.support.api_lab import AUDITOR, CHARITY, OFFICE_1, Lab, problem
from tests.support.charity_lab import opened
from verifier.charity.general import General
from verifier.charity.generalevents import parse

DATABASES = ("sqlite",)
USCC = "53990000MJ9T00037A"
PLAN = USCC + "A26001"
BOTH = {"zh": "合成数据", "en": "synthetic"}
FIRST = {"name": BOTH, "form": 1, "region": "990000", "registrar": BOTH, "registered_on": "2025-01-10",
         "recognised_on": "2025-01-10"}  # fmt: skip
TERMS = {"title": BOTH, "purpose": BOTH, "use": BOTH, "surplus": BOTH, "starts_on": "2026-08-01",
         "ends_on": "2026-09-10", "region": "990000", "platforms": ["91990000MA9T00018W"]}  # fmt: skip
NAME = "某某关联企业有限公司"


class World:
    def __init__(self, lab: Lab) -> None:
        self.lab, self.count = lab, 0

    async def record(self, kind: str, ref: str = "", who: str = CHARITY, **members: Any) -> httpx.Response:
        self.count += 1
        body = {"ref": ref or f"E-{self.count}", "event": {"kind": kind, **members}}
        return await self.lab.client.post("/v1/charity/general", json=body, headers=self.lab.token(who))

    async def recorded(self, kind: str, **members: Any) -> dict[str, Any]:
        answer = await self.record(kind, **members)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def get(self, path: str, who: str | None = None, **query: str) -> Any:
        headers = {} if who is None else self.lab.token(who)
        answer = await self.lab.client.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def duties(self, rule: str, **query: str) -> list[dict[str, Any]]:
        found = await self.get(f"/v1/charity/{USCC}/obligations", **query)
        return [one for one in found["obligations"] if one["rule"] == rule]


@pytest.fixture
async def world(lab: Lab) -> World:
    found = World(lab)
    await found.recorded("registered", **FIRST)
    return found


async def raising(world: World) -> None:
    await world.recorded("qualified", certificate_no="Q1", valid_from="2026-02-01", valid_to=None)
    await world.recorded("plan_filed", filing_no=PLAN, filed_on="2026-07-20", emergency=None, terms=TERMS)


async def bodies(lab: Lab) -> list[bytes]:
    async with lab.service.database.read() as work:
        return [bytes(row.body) for row in await work.connection.execute(select(charity_event.c.body))]


async def test_what_is_recorded_is_a_book_that_anybody_can_fold(world: World) -> None:
    await raising(world)
    book = General.replay(parse(body) for body in await bodies(world.lab))
    assert (book.size, book.plans[PLAN].on(20700), list(book.qualifications)) == (3, True, ["Q1"])


async def test_the_same_number_is_recorded_once(world: World) -> None:
    event = {"certificate_no": "Q1", "valid_from": "2026-02-01"}
    first = (await world.record("qualified", "N1", **event)).json()
    again = (await world.record("qualified", "N1", **event)).json()
    assert again == first | {"created": False}
    assert problem(await world.record("qualified", "N1", **event | {"certificate_no": "Q2"}))["code"] == "conflict"


async def test_what_does_not_follow_is_refused_and_leaves_nothing(world: World) -> None:
    for kind, members, code in (
        ("plan_ended", {"filing_no": PLAN, "ended_on": "2026-11-01", "reason": BOTH}, "ledger-refused"),
        ("registered", FIRST, "ledger-refused"),
        ("emergency_began", {"emergency": "E1", "title": BOTH, "began_on": "2027-01-16"}, "ledger-refused"),
        ("emergency_began", {"emergency": "E1", "title": BOTH, "began_on": "2027-02-30"}, "rejected"),
        ("emergency_began", {"emergency": "E1", "title": BOTH}, "invalid-fields"),
        ("emergency_began", {"emergency": "致电13800000000", "title": BOTH, "began_on": "2027-01-01"}, "rejected"),
        ("plan_filed", {"filing_no": "53990000MJ9T00037BA26001", "filed_on": "2026-01-01", "terms": TERMS}, "rejected"),
        ("bank_day", {}, "invalid-fields"),
    ):
        assert problem(await world.record(kind, **members))["code"] == code, kind
    assert len(await bodies(world.lab)) == 1


async def test_a_book_begins_with_the_registration_and_is_the_charitys_own(lab: Lab) -> None:
    world = World(lab)
    tax = {"first_year": 2026, "last_year": 2028}
    assert problem(await world.record("tax_eligible", **tax))["code"] == "ledger-refused"
    assert problem(await world.record("tax_eligible", who=OFFICE_1, **tax))["code"] == "forbidden"
    assert await bodies(lab) == []
    answer = await lab.client.get(f"/v1/charity/{USCC}/obligations")
    assert problem(answer)["code"] == "not-found"


async def test_a_disclosure_settles_what_was_overdue(world: World) -> None:
    await raising(world)
    assert [(one["state"], one["due"], one["days_late"]) for one in await world.duties("D6")] == [
        ("overdue", "2026-12-10", 36)
    ]
    made = await world.recorded("disclosed", rule="D6", subject=PLAN, channel=1, document="ab" * 32,
                                published_on="2026-12-15")  # fmt: skip
    (late,) = await world.duties("D6")
    assert (late["state"], late["days_late"], late["event"]) == ("late", 5, made["seq"])
    assert (late["published"], late["recorded"]) == ("2026-12-15", "2027-01-15")


async def test_a_past_day_is_judged_by_what_was_known_then(world: World) -> None:
    await raising(world)
    answer = await world.lab.client.get(f"/v1/charity/{USCC}/obligations?day=2027-01-14")
    assert problem(answer)["code"] == "not-found"  # nothing was recorded by then
    for day in ("2027-01-16", "2026-02-30"):
        answer = await world.lab.client.get(f"/v1/charity/{USCC}/obligations?day={day}")
        assert problem(answer)["code"] == "bad-parameter"
    today = await world.get(f"/v1/charity/{USCC}/obligations")
    assert await world.get(f"/v1/charity/{USCC}/obligations", day="2027-01-15") == today


async def test_notes_figures_and_shares_are_shown(world: World) -> None:
    await raising(world)
    year = {"income": 1000, "deferred": 0, "released": 0, "spending": 1000, "charitable": 600, "admin": 100,
            "fundraising": 50, "net_assets": 10**9, "audited": True, "report": "cd" * 32}  # fmt: skip
    seq = (await world.recorded("figures", year=2025, **year))["seq"]
    await world.recorded("figures", year=2026, **year)
    shown = await world.get(f"/v1/charity/{USCC}/obligations")
    found = {row["ratio"]: (row["value"], row["limit"], row["state"]) for row in shown["ratios"] if row["year"] == 2026}
    assert found == {
        "fundraising": ("5.00 %", None, "unlimited"),
        "spending": ("60.00 %", "≥ 70 %", "breached"),
        "admin": ("10.00 %", "≤ 10 %", "met"),
    }
    await world.recorded("correction_note", about=seq, effect=2, reason=BOTH, published_on="2027-01-15")
    shown = await world.get(f"/v1/charity/{USCC}/obligations")
    assert [(note["about"], note["effect"], note["reason"]) for note in shown["corrections"]] == [
        (seq, "withdrawn", BOTH)
    ]


async def test_a_platform_asks_whether_it_may(world: World) -> None:
    await raising(world)
    path = f"/v1/charity/{USCC}/qualification"
    named = {"plan": PLAN, "platform": "91990000MA9T00018W"}
    first = await world.get(path)
    assert (first["may_raise"], first["stated_by"]) == (True, "charity")  # nobody else's word
    over = await world.get(path, **named)
    assert (over["may_raise"], over["plan"]["valid"], over["plan"]["platform_named"]) == (False, False, True)
    unknown = await world.get(path, plan=USCC + "A26002")
    assert (unknown["may_raise"], unknown["plan"]["known"]) == (False, False)
    await world.recorded("qualification_ended", certificate_no="Q1", ended_on="2027-01-15", reason=BOTH)
    assert (await world.get(path))["may_raise"] is False


async def test_a_related_partys_name_is_sealed_and_opened_for_the_regulator_alone(world: World) -> None:
    made = await world.recorded("related_party", name=NAME, relation=4, important=True, since="2026-01-01")
    again = await world.recorded("transaction", number="T1", what=6, amount=500, happened_on="2026-12-01",
                                 major=False, party=made["party"], money=1)  # fmt: skip
    assert again["created"] is True
    public = str(await world.get(f"/v1/charity/{USCC}/obligations")) + str(await bodies(world.lab))
    assert NAME not in public
    assert NAME.encode() not in b"".join(await bodies(world.lab))
    (row,) = (await world.get("/v1/regulator/related-parties", AUDITOR))["rows"]
    assert (row["party"], row["relation"]["en"], row["amount"], row["charity"]) == (NAME, "founder", 500, USCC)
    async with world.lab.service.database.read() as work:
        accesses = await work.accesses.find(Wanted(), 10)
    assert len(accesses) == 1


async def test_what_cannot_be_judged_says_why(world: World) -> None:
    fund = await opened(world.lab)
    await fund.donate(fund.row(100))
    (receipts,) = await world.duties("D22")
    assert receipts["missing"] == {"zh": "票据记录不公开", "en": "records of receipts are not public"}


async def test_the_regulators_lists_name_what_is_wrong(world: World) -> None:
    await raising(world)
    rows = (await world.get("/v1/regulator/overdue", AUDITOR))["rows"]
    assert ("D6", PLAN, 36) in [(row["rule"], row["subject"], row["days_late"]) for row in rows]
    assert all(row["bad"] and row["charity"] == USCC for row in rows)
    assert (await world.get("/v1/regulator/ratios", AUDITOR))["rows"] == []
    assert (await world.get("/v1/regulator/gaps", AUDITOR))["rows"] == []
    for path in ("overdue", "ratios", "related-parties", "gaps"):
        answer = await world.lab.client.get(f"/v1/regulator/{path}", headers=world.lab.token(CHARITY))
        assert problem(answer)["code"] == "forbidden"


async def test_who_never_registered_is_on_the_regulators_lists(lab: Lab) -> None:
    await opened(lab)
    world = World(lab)
    (row,) = (await world.get("/v1/regulator/overdue", AUDITOR))["rows"]
    assert (row["charity"], row["rule"], row["state"], row["bad"]) == (USCC, None, "unknown", True)
    statement = "交易日期,收入金额,支出金额,交易流水号\n2026-11-02,100.00,,B-1\n".encode()
    headers = lab.token(CHARITY) | {"Content-Type": "text/csv"}
    await lab.client.post("/v1/charity/imports/bank", content=statement, headers=headers)
    (gap,) = (await world.get("/v1/regulator/gaps", AUDITOR))["rows"]
    assert (gap["charity"], gap["bank"]) == (USCC, 10_000)
    await world.recorded("registered", **FIRST)
    assert all(row["rule"] for row in (await world.get("/v1/regulator/overdue", AUDITOR))["rows"])


async def test_the_command_lists_what_needs_somebody(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @asynccontextmanager
    async def opened(_: Settings) -> AsyncIterator[Service]:
        yield world.lab.service

    monkeypatch.setattr("api.commands.charity_law.open_service", opened)

    async def typed(*words: str) -> tuple[int, str]:
        arguments = _parser().parse_args(["charity", "obligations", "--as", CHARITY, *words])
        return await obligations(world.lab.service.settings, arguments), capsys.readouterr().out

    assert (await typed("--day", "2027-02-30"))[0] == EXIT_USAGE
    assert (await typed("--day", "2027-01-14"))[0] == EXIT_FAILED  # nothing was recorded by then
    await raising(world)
    status, shown = await typed("--lang", "en")
    assert status == 1
    assert f"D6 Campaign ended: full report · {PLAN} · overdue · due 2026-12-10 · 36 days late" in unwrapped(shown)
    assert "D18" not in shown
    assert "D18" in (await typed("--all"))[1]


def unwrapped(text: str) -> str:
    """Without the line breaks of a narrow terminal."""
    return " ".join(text.split())


async def test_a_stranger_judges_the_signed_book_and_finds_the_same(world: World) -> None:
    await raising(world)
    await world.lab.service.charity.epochs.run()
    shown = await world.get(f"/v1/charity/{USCC}/obligations")
    assert (shown["events"], shown["signed_events"]) == (3, 3)
    data = (await world.lab.client.get(f"/v1/charity/books/{shown['book']}/events.bin")).content
    events = []
    while data:
        size = int.from_bytes(data[:4], "big")
        events.append(parse(data[4 : 4 + size]))
        data = data[4 + size :]
    case = case_of(events, day_number(date(2027, 1, 15)))
    theirs = [obligation_shown(case, one) for one in judge(case)]
    assert theirs == shown["obligations"]
    assert len({one["rule"] for one in theirs}) > 10
