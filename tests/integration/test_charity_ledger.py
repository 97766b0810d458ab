"""Funds through the API: donations in, acts, epochs, and traces that a stranger's verifier passes."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from api.db.repositories.charity_books import CharityBookRepository
from certs.errors import StoreConflict
from tests.support.api_lab import CHARITY, OFFICE_1, Lab, problem
from tests.support.charity_lab import DIGEST, epoch, opened, trace
from verifier.assess import Verifier
from verifier.charity.events import parse_event
from verifier.charity.opening import ReceiptCode
from verifier.charity.trace import check_trace
from verifier.charity.tracereport import TraceReport
from verifier.report import Outcome

DATABASES = ("sqlite", "postgresql")


async def checked(lab: Lab, taken: dict[str, Any]) -> TraceReport:
    """The opened trace, as `mz-verify` would judge it."""
    secret = ReceiptCode.parse(taken["code"]).secret.hex()
    answer = await lab.client.post("/v1/charity/trace", json={"donation": taken["donation"], "secret": secret})
    report = check_trace(
        base64.b64decode(answer.json()["trace"]), Verifier(lab.service.trust.bundle), at=lab.clock.now + 1
    )
    assert report.outcome is Outcome.PASSED, report.to_json()
    assert report.donated is not None
    assert report.donated.opened
    return report


def states(report: TraceReport) -> list[tuple[str, int]]:
    return [(portion.state.value, portion.amount) for portion in report.portions]


async def test_every_fen_is_traced_through_payments_returns_and_transfers(lab: Lab) -> None:
    fund, other = await opened(lab), await opened(lab, "fund-2")
    first, second, third = await fund.donate(fund.row(10_000), fund.row(5_000), fund.row(700, bank_reference="B-1"))
    assert await trace(lab, first) == {
        "donation": first["donation"], "trace": None, "details": (await trace(lab, first))["details"],
        "waiting": "epoch", "unit": None,
    }  # fmt: skip
    number = await fund.spend(12_000, acknowledged=4_000)
    await fund.act("payment_returned", no=number, amount=3_000, reason={"code": "over-paid"})
    await fund.act("donation_returned", donation=third["donation"], reason={"code": "donor-asked"})
    await fund.act("transferred", target=other.book, amount=1_000, decision=DIGEST)
    assert await epoch(lab) == 2
    assert states(await checked(lab, first)) == [("acknowledged", 4_000), ("paid", 5_000), ("waiting", 1_000)]
    report = await checked(lab, second)
    assert sum(amount for _, amount in states(report)) == 5_000
    assert {portion.book.hex() for portion in report.portions} == {fund.book, other.book}
    assert states(await checked(lab, third)) == [("returned-to-donor", 700)]
    assert report.level == "L3"
    assert await epoch(lab) == 0  # nothing happened since
    totals = (await fund.now())["totals"]
    out = {name: totals[name] for name in totals if name != "received"}
    assert totals["received"] == sum(out.values()) == 18_700


async def test_a_row_is_recorded_once_and_a_wrong_one_not_at_all(lab: Lab) -> None:
    fund = await opened(lab)
    rows = [fund.row(100, bank_reference="B-1"), fund.row(-1), fund.row(200, bank_reference="B-2"), fund.row(1)]
    rows[3]["amount_fen"] = 12.5  # a fraction of a fen, as a number: its own row is refused, no other
    first = await fund.donate(*rows)
    assert [one["state"] for one in first] == ["recorded", "rejected", "recorded", "rejected"]
    assert [one["errors"][0]["code"] for one in first[1::2]] == ["AMOUNT_NEGATIVE", "NOT_TEXT"]
    assert first[3]["errors"][0]["field"] == "amount_fen"
    again = await fund.donate(*rows)
    assert [one["state"] for one in again] == ["existing", "rejected", "existing", "rejected"]
    assert [one.get("code") for one in again] == [one.get("code") for one in first]
    third = fund.row(7, bank_reference="B-3")
    others = (fund.row(5, bank_reference="B-2"), third, third, fund.row(7, bank_reference="B-3"))
    changed = await fund.donate({**rows[0], "amount_fen": 101}, *others)
    assert [one.get("errors", [{}])[0].get("code") for one in changed] == [
        "NUMBER_USED", "BANK_USED", None, "NUMBER_TWICE", "BANK_USED",
    ]  # fmt: skip
    assert (await fund.now())["totals"]["received"] == 307


async def test_an_act_is_recorded_once_and_refused_by_name(lab: Lab) -> None:
    fund = await opened(lab)
    (taken,) = await fund.donate(fund.row(1_000))
    what: dict[str, Any] = {"project": "reading", "purpose": "books", "amount": 600, "decision": DIGEST}
    first = await fund.act("allocated", "decision-7", **what)
    assert await fund.act("allocated", "decision-7", **what) == first | {"created": False}
    assert problem(await fund.ask("allocated", "decision-7", **what | {"amount": 601}))["code"] == "conflict"
    assert await fund.refused("allocated", **what) == "over-allocation"
    assert await fund.refused("paid", no=9, voucher=DIGEST) == "unknown-number"
    pay: dict[str, Any] = {"amount": 600, "cost_class": "admin", "payee_type": "staff"}
    assert await fund.refused("reserved", allocation=3, **pay) == "no-allocation"
    number = (await fund.act("reserved", allocation=1, **pay))["no"]
    await fund.act("paid", no=number, voucher=DIGEST)
    done: dict[str, Any] = {"no": number, "amount": 601, "evidence": DIGEST, "signer": "beneficiary"}
    assert await fund.refused("acknowledged", **done) == "over-acknowledged"
    assert await fund.refused("closed", reason={"code": "purpose-reached"}) == "not-empty"
    await fund.act("donation_returned", donation=taken["donation"], reason={"code": "donor-asked"})
    assert (
        await fund.refused("donation_returned", donation=taken["donation"], reason={"code": "donor-asked"})
        == "already-spent"
    )
    await fund.act("closed", reason={"code": "purpose-reached"})
    answer = await lab.client.post(
        f"{fund.path}/donations", json={"donations": [fund.row(1)]}, headers=lab.token(CHARITY)
    )
    assert problem(answer)["errors"][0]["code"] == "closed"
    seen = await fund.now()
    assert (seen["closed"], seen["totals"]["acknowledged"], seen["totals"]["paid"]) == (True, 0, 600)


async def test_small_gifts_are_shown_as_one_leaf_once_enough_donors_wait(lab: Lab) -> None:
    fund = await opened(lab)
    rows = [fund.row(100 + n, group=True) for n in range(4)]
    rows.append(fund.row(9, group=True) | {"donor_ref": rows[0]["donor_ref"]})  # five gifts of four donors
    waiting = await fund.donate(*rows)
    await fund.donate(fund.row(50))
    assert [one["state"] for one in waiting] == ["waiting"] * 5
    await epoch(lab)
    assert (await trace(lab, waiting[0]))["waiting"] == "group"
    waiting += await fund.donate(fund.row(1, group=True))
    await epoch(lab)
    report = await checked(lab, waiting[3])
    assert report.donated is not None
    assert (report.donated.amount, report.donated.grouped, states(report)) == (103, True, [("waiting", 103)])
    assert (await lab.client.get(f"{fund.path}/in.bin")).content[45:46] == b"\x02"
    await fund.act("donation_returned", donation=waiting[3]["donation"], reason={"code": "donor-asked"})
    await fund.spend(200)
    await epoch(lab)
    assert states(await checked(lab, waiting[3]))[-1:] == [("returned-to-donor", 103)]


async def test_no_fund_is_closed_over_those_who_wait(lab: Lab) -> None:
    """Their money is in no book yet: closed, none would ever take it in."""
    fund = await opened(lab)
    await fund.donate(*(fund.row(100, group=True) for _ in range(4)))
    assert await fund.refused("closed", reason={"code": "purpose-reached"}) == "not-empty"
    await fund.donate(fund.row(100, group=True))
    await epoch(lab)
    await fund.act("surplus", amount=500, recipient="53990000MJ9T00037A", decision=DIGEST)
    await fund.act("closed", reason={"code": "purpose-reached"})
    late = {"donations": [fund.row(100, group=True)]}
    answer = await lab.client.post(f"{fund.path}/donations", json=late, headers=lab.token(CHARITY))
    assert problem(answer)["errors"][0]["code"] == "closed"


async def test_one_credit_is_one_donation_however_it_is_written(lab: Lab) -> None:
    fund, other = await opened(lab), await opened(lab, "fund-2")
    spelt = ("BK-0017a", "bk-0017A", "ＢＫ-0017a", "BK -0017a")
    taken = await fund.donate(*(fund.row(100, bank_reference=text) for text in spelt))
    assert [one["state"] for one in taken] == ["recorded", "rejected", "rejected", "rejected"]
    taken = await other.donate(*(other.row(100, bank_reference=text) for text in spelt))
    assert {one["errors"][0]["code"] for one in taken} == {"BANK_USED"}


async def test_what_concerns_one_donation_takes_its_own_serials_only(lab: Lab) -> None:
    fund, other = await opened(lab), await opened(lab, "fund-2")
    first, second = await fund.donate(fund.row(1_000), fund.row(1_000))
    await fund.act("redirected", donation=second["donation"], amount=400, target=other.book, consent=DIGEST)
    await fund.spend(1_300)
    assert await fund.refused("donation_returned", donation=first["donation"], reason={"code": "x"}) == "already-spent"
    await fund.act("donation_reversed", donation=second["donation"], reason={"code": "never-received"})
    await epoch(lab)
    assert states(await checked(lab, first)) == [("paid", 1_000)]
    assert sorted(states(await checked(lab, second))) == [("paid", 300), ("reversed", 300), ("waiting", 400)]


async def test_nobody_acts_for_a_charity_but_itself(lab: Lab) -> None:
    fund = await opened(lab)
    body = {"ref": "x", "event": {"kind": "closed", "reason": {"code": "over"}}}
    for headers, code in (({}, "unauthenticated"), (lab.token(OFFICE_1), "forbidden")):
        for path, content in ((f"{fund.path}/events", body), ("/v1/charity/donations/find", {"donation_no": "x"})):
            answer = await lab.client.post(path, json=content, headers=headers)
            assert problem(answer)["code"] == code
    unknown = await lab.client.post("/v1/charity/books/" + "0" * 32 + "/events", json=body, headers=lab.token(CHARITY))
    assert problem(unknown)["code"] == "not-found"
    assert problem(await lab.client.get(fund.path))["code"] == "not-found"  # before its first epoch nothing is public


async def test_a_donation_is_found_by_the_charitys_number(lab: Lab) -> None:
    fund = await opened(lab)
    row = fund.row(100)
    (taken,) = await fund.donate(row)
    body = {"donation_no": row["donation_no"]}
    found = (await lab.client.post("/v1/charity/donations/find", json=body, headers=lab.token(CHARITY))).json()
    assert (found["code"], found["book"], found["amount"]) == (taken["code"], fund.book, 100)
    wrong = {"donation": taken["donation"], "secret": "00" * 16}
    assert problem(await lab.client.post("/v1/charity/trace", json=wrong))["code"] == "not-found"


async def test_no_state_survives_a_transaction_that_did_not(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    fund = await opened(lab)
    await fund.donate(fund.row(1_000))
    what: dict[str, Any] = {"project": "reading", "purpose": "books", "amount": 600, "decision": DIGEST}

    async def refuse(*_: object) -> None:
        raise StoreConflict("an account would be overdrawn")

    with monkeypatch.context() as patch:
        patch.setattr(CharityBookRepository, "post", refuse)
        assert (await fund.ask("allocated", "decision-1", **what)).status_code == 503
        answer = await lab.client.post(
            f"{fund.path}/donations", json={"donations": [fund.row(7)]}, headers=lab.token(CHARITY)
        )
        assert answer.status_code == 503
    assert (await fund.act("allocated", "decision-1", **what))["seq"] == 2
    totals = (await fund.now())["totals"]
    assert (totals["received"], totals["allocated"], totals["unallocated"]) == (1_000, 600, 400)


async def test_requests_to_one_fund_follow_each_other(lab: Lab) -> None:
    fund, other = await opened(lab), await opened(lab, "fund-2")
    (first,) = await fund.donate(fund.row(1_000))
    moves = [fund.act("transferred", f"t{n}", target=other.book, amount=10, decision=DIGEST) for n in range(3)]
    back: dict[str, Any] = {"donation": first["donation"], "amount": 100, "reason": {"code": "x"}}
    same = [fund.ask("donation_returned", "r", **back) for _ in range(2)]
    gifts = [fund.donate(*(fund.row(5) for _ in range(4))) for _ in range(3)]
    answers = await asyncio.gather(*moves, *gifts, *same)
    assert sorted(answer.status_code for answer in answers[-2:]) == [200, 201]
    async with lab.service.database.read() as work:
        bodies = await work.charity.books.bodies(bytes.fromhex(fund.book), 0, 100)
    assert [parse_event(body).seq for body in bodies] == list(range(1 + 1 + 3 + 3 + 1))
    assert ((await fund.now())["totals"]["received"], (await other.now())["totals"]["received"]) == (1_060, 30)
    await epoch(lab)
    assert sum(amount for _, amount in states(await checked(lab, first))) == 1_000


async def test_goods_pledges_and_foreign_money_come_in_with_what_belongs_to_them(lab: Lab) -> None:
    goods = await opened(lab, unit={"item": "被子", "unit": "床"})
    thing = {"property": "goods", "item": "被子", "unit": "床", "quantity": 20, "fair_value_yuan": "1000.00",
             "fair_value_basis": "1", "amount_fen": None}  # fmt: skip
    given, wrong = await goods.donate(goods.row(1, **thing), goods.row(1, **thing | {"unit": "条"}))
    assert wrong["errors"][0]["code"] == "ITEM_FOR_FUND"
    money = await opened(lab, "fund-2")
    pledge = (await money.act("pledged", amount=100, due="2027-06-01"))["no"]
    kept, none = await money.donate(money.row(100, pledge_no=pledge), money.row(100, pledge_no=pledge))
    assert none["errors"] == [{"field": "pledge_no", "code": "PLEDGE_UNKNOWN", "reason": none["errors"][0]["reason"]}]
    foreign = {"amount_fen": None, "currency": "USD", "foreign_amount": "10.00", "rate": "7.12"}
    (dollars,) = await money.donate(money.row(1, **foreign))
    await epoch(lab)
    for taken, amount in ((given, 20), (kept, 100), (dollars, 7_120)):
        report = await checked(lab, taken)
        assert states(report) == [("waiting", amount)]
    seen = (await lab.client.get(f"{money.path}/events")).json()["events"]
    assert [event["kind"] for event in seen] == ["opened", "pledged", "received", "pledge_kept", "received"]
    assert (await trace(lab, given))["unit"] == {"item": "被子", "unit": "床"}
