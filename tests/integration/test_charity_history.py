"""What happened before it was entered: a fund with a history, payments and acknowledgements of earlier days."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

from tests.integration.test_charity_ledger import checked
from tests.support.api_lab import CHARITY, Lab
from tests.support.charity_lab import DIGEST, epoch, opened

EARLIER = "2026-03-01"


async def test_a_fund_brings_its_history_with_every_true_day(lab: Lab) -> None:
    plain = await opened(lab)
    (late,) = await plain.donate(plain.row(100, received_on="2026-05-04"))
    assert [(e["field"], e["code"]) for e in late["errors"]] == [("received_on", "BEFORE_FUND")]
    fund = await opened(lab, "old", since=EARLIER)
    early, taken = await fund.donate(
        fund.row(100, received_on="2026-02-28"), fund.row(10_000, received_on="2026-05-04")
    )
    assert (early["errors"][0]["code"], taken["state"]) == ("BEFORE_FUND", "recorded")
    what: dict[str, Any] = {"project": "reading", "purpose": "books", "decision": DIGEST}
    await fund.act("allocated", amount=9_000, **what)
    pay = {"allocation": 1, "cost_class": "direct_aid", "payee_type": "supplier"}
    for amount in (6_000, 3_000):
        await fund.act("reserved", amount=amount, **pay)
    today = (await fund.act("paid", no=2, voucher=DIGEST, on="2027-01-15"))["day"]
    assert today == "2027-01-15"  # said, and no more than that: the same day is no earlier one
    assert await fund.refused("paid", no=1, voucher=DIGEST, on="2027-01-16") == "day-ahead"
    assert await fund.refused("paid", no=1, voucher=DIGEST, on="2026-02-28") == "day-before"
    assert (await fund.ask("paid", no=1, voucher=DIGEST, on="2026-02-30")).status_code == 422
    await fund.act("paid", no=1, voucher=DIGEST, on="2026-06-01")
    signed: dict[str, Any] = {"no": 1, "amount": 6_000, "evidence": DIGEST, "signer": "beneficiary"}
    assert await fund.refused("acknowledged", **signed, on="2026-05-31") == "day-before"
    await fund.act("acknowledged", **signed, on="2026-06-09")
    await epoch(lab)
    seen = (await lab.client.get(f"{fund.path}/overview")).json()
    assert (seen["opened"], seen["since"]) == (today, EARLIER)
    assert {"day": "2026-06-01", "in": 0, "out": 6_000} in seen["by_day"]
    rows = csv.DictReader((await lab.client.get(f"{fund.path}/payments.csv")).text.splitlines())
    days = {row["no"]: (row["paid"], row["paid_recorded"], row["acknowledged_on"]) for row in rows}
    assert days == {"1": ("2026-06-01", today, "2026-06-09"), "2": (today, today, "")}
    report = await checked(lab, taken)
    assert report.donated is not None
    assert [p["day"] for p in report.to_json()["portions"]][:2] == [number(today), number("2026-06-01")]
    own = await lab.client.get(f"{fund.path}/disbursements", headers=lab.token(CHARITY))
    assert {p["no"]: p["day"] for p in own.json()["disbursements"]} == {1: "2026-06-01", 2: today}


def number(day: str) -> int:
    return (date.fromisoformat(day) - date(1970, 1, 1)).days
