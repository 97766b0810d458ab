"""Open data of a fund before the real service: as of the last epoch, each row proven, donors named by consent only."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from api.services.charity import published
from tests.support.api_lab import Lab, problem
from tests.support.charity_lab import Fund, epoch, opened
from verifier.charity.epoch import Epoch
from verifier.charity.sumtree import root_from_path

DATABASES = ("sqlite",)


async def got(lab: Lab, fund: Fund, name: str, **query: str | int) -> httpx.Response:
    answer = await lab.client.get(f"{fund.path}/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


async def busy(lab: Lab) -> tuple[Fund, list[dict[str, Any]]]:
    """A fund in which something of everything happened, under its second epoch."""
    fund = await opened(lab)
    taken = await fund.donate(
        *(fund.row(1_000 + n) for n in range(5)),
        fund.row(7_777, donor_name="王示例", publish_name="1", publish_amount="1"),
        fund.row(8_888, donor_name="赵样本", publish_name="1"),
        fund.row(9_999, donor_name="钱退回", publish_name="1", publish_amount="1"),
        fund.row(5_555, donor_name="李不公开"),
    )
    await epoch(lab)
    number = await fund.spend(6_000, acknowledged=1_500)
    await fund.act("payment_returned", no=number, amount=500, reason={"code": "over-paid"})
    await fund.act("donation_returned", donation=taken[7]["donation"], reason={"code": "donor-asked"})
    await epoch(lab)
    return fund, taken


async def test_figures_rows_and_pages_of_the_last_epoch(lab: Lab) -> None:
    fund, _ = await busy(lab)
    first = await got(lab, fund, "overview")
    await fund.donate(fund.row(123_456))  # not under an epoch yet
    shown = (await got(lab, fund, "overview")).json()
    assert shown == first.json()
    again = await lab.client.get(f"{fund.path}/overview", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    totals, now = shown["totals"], (await fund.now())["totals"]
    assert totals["raised"] == now["received"] - 123_456 - 500 == 37_229
    assert (totals["paid"], totals["acknowledged"], totals["payments_returned"]) == (5_500, 1_500, 500)
    assert totals["balance"] == now["unallocated"] - 123_456 + now["allocated"] + now["reserved"]
    assert [c["kind"] for c in shown["corrections"]] == ["donation_returned", "payment_returned"]
    payments = (await got(lab, fund, "payments.json")).json()
    (payment,) = payments["payments"]
    assert (payment["state"], payment["acknowledged"], payments["next"]) == ("paid", 1_500, None)
    rows = list(csv.DictReader(io.StringIO((await got(lab, fund, "flows.csv")).text)))
    ins = [row for row in rows if row["line"] == "in"]
    assert sum(int(row["amount"]) for row in ins) == totals["raised"] + 500
    assert [int(row["first_serial"]) for row in ins] == [
        sum(int(r["amount"]) for r in ins[:i]) for i in range(len(ins))
    ]
    pages = [(await got(lab, fund, "flows.json", **{"from": at, "limit": 4})).json() for at in (0, 4, 8)]
    assert [page["next"] for page in pages] == [4, 8, None]
    assert [str(flow["index"]) for page in pages for flow in page["flows"]] == [row["index"] for row in ins]
    assert str(payment["segments"][0]["amount"]) in (await got(lab, fund, "payments.csv")).text
    badge = await got(lab, fund, "badge.svg", lang="en")
    assert "372.29" in badge.text
    assert "set-cookie" not in badge.headers


async def test_every_row_is_proven_by_the_epoch(lab: Lab) -> None:
    fund, _ = await busy(lab)
    claims = Epoch.parse((await got(lab, fund, "epoch")).content).claims
    for line, head, hash_ in (
        ("in", claims.inflows, claims.inflows.root.hash),
        ("out", claims.outflows, claims.settled),
    ):
        flows = (await got(lab, fund, "flows.json", line=line)).json()["flows"]
        assert len(flows) == head.size > 0
        for flow in flows:
            said = (await got(lab, fund, "proof", line=line, index=flow["index"])).json()
            path = b"".join(bytes.fromhex(node) for node in said["path"])
            root, start = root_from_path(claims.tree, bytes.fromhex(said["leaf"]), flow["index"], head.size, path)
            assert (root.hash, root.sum, start) == (hash_, head.root.sum, flow["first_serial"])
            assert bytes.fromhex(flow["ref"]) in bytes.fromhex(said["leaf"])
        assert (await lab.client.get(f"{fund.path}/proof?line={line}&index={head.size}")).status_code == 404


async def test_donors_are_named_by_their_consent_until_they_take_it_back(lab: Lab) -> None:
    fund, taken = await busy(lab)
    answer = await got(lab, fund, "donors")
    assert answer.headers["cache-control"] == "no-store"
    day = (await got(lab, fund, "flows.json")).json()["flows"][5]["day"]
    assert answer.json()["donors"] == [
        {"name": "王示例", "day": day, "amount": 7_777},
        {"name": "赵样本", "day": None, "amount": None},
    ]
    path = "/v1/charity/donations/withdraw-publication"
    other = taken[8]["code"]
    for code, status in (("MZD1:", 404), (other[:-1] + "0", 404), (taken[5]["code"], 200), (taken[5]["url"], 200)):
        assert (await lab.client.post(path, json={"code": code})).status_code == status, code
    assert [d["name"] for d in (await got(lab, fund, "donors")).json()["donors"]] == ["赵样本"]
    async with lab.service.database.write() as work:  # a flag alone publishes nobody
        await work.connection.exec_driver_sql("update charity_donation set published = 1")
    names = [d["name"] for d in (await got(lab, fund, "donors")).json()["donors"]]
    assert names == ["赵样本"]  # the sealed records say who gave the word, and who took it back


async def test_pages_of_donors_say_nothing_of_their_places(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page bounded by a place on the line had one donor: the name beside the leaf, and so beside its amount."""
    fund = await opened(lab)
    named = {"publish_name": "1", "publish_amount": "0"}
    taken = await fund.donate(*(fund.row(100 + n, **named, donor_name=name) for n, name in enumerate("甲乙丙丁")))
    await epoch(lab)
    monkeypatch.setattr(published, "PAGE", 1)
    assert (await got(lab, fund, "donors", before=1)).json() == (await got(lab, fund, "donors")).json()
    shown = [(await got(lab, fund, "donors", **{"from": n})).json() for n in range(4)]
    assert [page["next"] for page in shown] == [1, 2, 3, None]
    order = sorted(range(4), key=lambda n: taken[n]["donation"])  # random numbers
    assert [page["donors"][0]["name"] for page in shown] == ["甲乙丙丁"[n] for n in order]


async def test_a_text_with_somebodys_number_is_not_published(lab: Lab) -> None:
    fund = await opened(lab)
    await fund.donate(fund.row(1_000))
    for text in ("还给 990101199803070013", "电话 13800990000", "wang@example.org"):
        answer = await fund.ask("income", amount=1, source={"code": "gift", "text": text})
        assert (answer.status_code, problem(answer)["code"]) == (422, "rejected")
        assert text not in answer.text
    assert (await fund.now())["totals"]["received"] == 1_000


async def test_nothing_of_a_fund_before_its_first_epoch_or_of_no_fund(lab: Lab) -> None:
    fund = await opened(lab)
    await fund.donate(fund.row(100))
    names = ("overview", "payments.json", "payments.csv", "flows.json", "flows.csv", "badge.svg", "donors", "epoch")
    for name in (*names, "proof?index=0"):
        for path in (fund.path, f"/v1/charity/books/{'f' * 32}"):
            assert (await lab.client.get(f"{path}/{name}")).status_code == 404, name
