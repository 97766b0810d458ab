"""Statements and platform files through the interface: what is kept and refused, and what differs from the books."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.db.charity_tables import charity_bank_row, charity_donation, charity_event, charity_import
from api.services.charity.imports import MAX_LINES
from certs.charity.reconcile import FINE
from tests.support.api_lab import AUDITOR, CHARITY, OFFICE_1, Lab, problem
from tests.support.money_world import COLUMNS, HEADING, USCC, World, credit, day, debit, gift, money_world
from tests.support.spreadsheets import workbook

DATABASES = ("sqlite",)


@pytest.fixture
async def world(lab: Lab) -> World:
    return await money_world(lab)


def gaps(state: dict[str, Any]) -> list[str]:
    return sorted(gap["code"] for gap in state["gaps"])


async def test_a_platform_file_is_recorded_row_by_row(world: World) -> None:
    rows = [gift(1, "100.00"), gift(2, "12.345"), gift(3, "-1"), gift(4, "50", anonymous="1"), gift(1, "7")]
    rows[3] = rows[3].replace("WAIVED", "ANONYMOUS_RECORDED")
    answer = await world.platform("\n".join(rows))
    said = answer.json()
    assert answer.status_code == 201, said
    assert said["rows"] == 5
    assert said["classes"] == {"recorded": 2, "waiting": 0, "existing": 0, "rejected": 3}
    assert said["amount"] == 15000
    assert [(p["line"], p["code"]) for p in said["problems"]] == [
        (3, "AMOUNT_FRACTION"), (4, "AMOUNT_NEGATIVE"), (6, "NUMBER_TWICE"),
    ]  # fmt: skip
    assert all(p["reason"] for p in said["problems"])
    assert [d["line"] for d in said["donations"]] == [2, 5]
    assert await world.count(charity_donation) == 2
    assert "样例" not in answer.text


async def test_the_same_file_again_records_nothing_and_tells_the_codes_again(world: World) -> None:
    rows = "\n".join([gift(1, "100.00"), gift(2, "5")])
    first, again = (await world.platform(rows)).json(), (await world.platform(rows)).json()
    assert again["id"] == first["id"]
    assert [d["code"] for d in again["donations"]] == [d["code"] for d in first["donations"]]
    assert await world.count(charity_donation) == 2
    assert await world.count(charity_import) == 1
    kept = await world.lab.client.get(first_url(first), headers=world.lab.token(CHARITY))
    assert "donations" not in kept.json()
    assert kept.json()["classes"]["recorded"] == 2


def first_url(report: dict[str, Any]) -> str:
    return f"/v1/charity/imports/{report['id']}"


async def test_a_spreadsheet_and_ndjson_say_the_same_as_csv(world: World) -> None:
    cells: list[Any] = gift(1, "100.25").split(",")
    cells[1], cells[8] = 100.25, False  # as a spreadsheet keeps an amount and a flag
    lossy: list[Any] = gift(2, "0").split(",")
    lossy[1] = 12.345
    sheet = workbook([COLUMNS.split(","), cells, lossy])
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    said = (await world.platform(sheet, media)).json()
    assert said["classes"]["recorded"] == 1
    assert [(p["line"], p["field"], p["code"]) for p in said["problems"]] == [(3, "amount_yuan", "xlsx-number")]
    row = {
        "donation_no": "P-1", "amount_yuan": "100.25", "donor_type": "1", "donor_name": "样例捐赠人",
        "received_on": day(2), "channel": "平台", "handler": "样例经手人", "receipt_status": "WAIVED",
    }  # fmt: skip
    line = json.dumps(row, ensure_ascii=False)
    again = await world.platform(line.encode(), "application/x-ndjson")
    assert again.json()["classes"]["existing"] == 1


async def test_one_bank_reference_pays_for_one_donation(world: World) -> None:
    said = (await world.platform("\n".join([gift(1, "5", reference="R1"), gift(2, "5", reference="R1")]))).json()
    assert [(p["line"], p["field"], p["code"]) for p in said["problems"]] == [(3, "bank_reference", "BANK_USED")]
    refused = problem(await world.platform(gift(3, "5"), settlement="R1"))
    assert (refused["code"], refused["errors"][0]["code"]) == ("rejected", "BANK_USED")


async def test_an_unreadable_platform_file_changes_nothing(world: World) -> None:
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    for content, media, status, code in (
        (b"a,b\n1,2", "text/csv; charset=utf-8", 400, "batch-unreadable"),
        (b"\xff\xfe\x00", "text/csv", 400, "batch-unreadable"),
        (b"PK\x03\x04", sheet, 400, "batch-unreadable"),
        (COLUMNS.replace("是否匿名", "是否匿民").encode(), "text/csv; charset=utf-8", 400, "batch-unreadable"),
        (b"{}", "application/json", 415, "unsupported-media-type"),
    ):
        refused = await world.platform(content, media)
        assert (refused.status_code, problem(refused)["code"]) == (status, code)
    assert await world.count(charity_import) == 0


async def test_a_statement_is_kept_once_and_posts_nothing(world: World) -> None:
    events = await world.count(charity_event)
    lines = [credit("R1", '"1,234.56"', 2), debit("R2", "88.00", 3), credit("R3", "12.345", 3), "合计,,88,1234"]
    first = (await world.bank(*lines)).json()
    assert first["classes"] == {"taken": 2, "known": 0, "rejected": 1}
    assert (first["first_day"], first["last_day"], first["credits"], first["debits_count"]) == (
        day(2), day(3), 123456, 1,
    )  # fmt: skip
    assert [(p["line"], p["code"]) for p in first["problems"]] == [(5, "AMOUNT_FRACTION")]
    assert (await world.bank(*lines)).json()["id"] == first["id"]
    more = (await world.bank(*lines[:2], credit("R4", "1", 4), debit("R2", "88.01", 3))).json()
    assert more["classes"] == {"taken": 1, "known": 1, "rejected": 2}
    assert {p["code"] for p in more["problems"]} == {"REFERENCE_TWICE"}
    changed = (await world.bank(debit("R2", "88.01", 3))).json()
    assert [p["code"] for p in changed["problems"]] == ["REFERENCE_DIFFERS"]
    assert await world.count(charity_bank_row) == 3
    assert await world.count(charity_event) == events


async def test_a_statement_is_read_in_each_encoding(world: World) -> None:
    for number, (encoding, declared) in enumerate(
        [("gb18030", "; charset=gbk"), ("utf-8-sig", ""), ("utf-8", "; charset=utf-8")]
    ):
        data = f"{HEADING}\n{credit(f'R{number}', '5', 2)}".encode(encoding)
        headers = world.lab.token(CHARITY) | {"Content-Type": f"text/csv{declared}"}
        answer = await world.lab.client.post("/v1/charity/imports/bank", content=data, headers=headers)
        assert answer.json()["classes"]["taken"] == 1, encoding
    long = await world.bank(*["x"] * MAX_LINES)
    assert problem(long)["code"] == "batch-unreadable"


async def test_books_and_bank_are_held_against_each_other(world: World) -> None:
    gifts = [gift(n, "100.00", reference=f"R{n}") for n in range(1, 5)]
    assert (await world.platform("\n".join(gifts))).json()["classes"]["recorded"] == 4
    assert gaps(await world.state()) == []
    assert (await world.state())["classes"]["not-covered"] == 4
    await world.act("a1", kind="allocated", no=1, project="meals", purpose="lunch", amount=30_000, decision="bb" * 32)
    await world.pay(1, 10_000, "B1")
    await world.pay(2, 6_000, "slip 7")
    await world.pay(3, 500, "slip 8")
    paid = 40
    await world.bank(
        credit("R1", "100.00", 2), credit("R2", "99.00", 2), credit("R3", "100.00", 20), credit("X1", "1.00", 3),
        debit("B1", "100.00", paid), debit("B2", "60.00", paid - 2), debit("X2", "2.00", paid),
    )  # fmt: skip
    state = await world.state()
    assert state["covered"] == [[day(2), day(paid)]]
    assert gaps(state) == [
        "amount-differs", "credit-without-donation", "day-differs", "debit-without-payment", "donation-without-credit",
    ]  # fmt: skip
    counted = {code: n for code, n in state["classes"].items() if code in FINE}
    assert counted == {"matched": 2, "matched-by-amount": 1, "not-covered": 0, "pending": 1}
    differs = next(gap for gap in state["gaps"] if gap["code"] == "amount-differs")
    assert (differs["difference"], differs["line"]["line"], differs["booking"]["index"]) == (-100, 4, 1)
    seen = await world.state(AUDITOR, charity=USCC)
    assert seen["classes"] == state["classes"]


async def test_one_credit_pays_for_a_platforms_file(world: World) -> None:
    rows = "\n".join(gift(n, "100.00") for n in range(3))
    await world.platform(rows, settlement="S1")
    await world.bank(credit("S1", "299.00", 5), credit("Z", "1", 30))
    state = await world.state()
    (gap,) = [gap for gap in state["gaps"] if gap["code"] == "amount-differs"]
    assert (gap["difference"], gap["booking"]["source"]) == (-100, "settlement")
    taken = problem(await world.platform(gift(9, "5"), settlement="S1"))
    assert taken["errors"][0]["code"] == "BANK_USED"


async def test_a_donation_that_never_came_is_not_expected(world: World) -> None:
    said = (await world.platform("\n".join([gift(1, "100.00", reference="R1"), gift(2, "5", reference="R2")]))).json()
    await world.bank(credit("R2", "5", 2), credit("Z", "1", 30))
    assert gaps(await world.state()) == ["credit-without-donation", "donation-without-credit"]
    await world.act(
        "fix", kind="donation_reversed", donation=said["donations"][0]["donation"], reason={"code": "never-came"}
    )
    assert gaps(await world.state()) == ["credit-without-donation"]


async def test_who_may_ask(world: World) -> None:
    made = (await world.bank(credit("R1", "5", 2))).json()
    get = world.lab.client.get
    assert (await get(first_url(made), headers=world.lab.token(AUDITOR))).status_code == 200
    assert (await get(first_url(made), headers=world.lab.token(OFFICE_1))).status_code == 403
    assert (await get(first_url({"id": "00" * 16}), headers=world.lab.token(CHARITY))).status_code == 404
    assert (await world.bank(credit("R1", "5", 2), who=AUDITOR)).status_code == 403
    listed = await get("/v1/charity/imports", headers=world.lab.token(CHARITY))
    assert [row["id"] for row in listed.json()["imports"]] == [made["id"]]
    for query in ({}, {"charity": USCC, "from": "2027-02-01", "to": "2027-01-01"}):
        answer = await get("/v1/charity/reconciliation", params=query, headers=world.lab.token(AUDITOR))
        assert problem(answer)["code"] == "bad-parameter"
    stranger = await get(
        "/v1/charity/reconciliation", params={"charity": "51990000MJ9T00045B"}, headers=world.lab.token(CHARITY)
    )
    assert stranger.status_code == 404
