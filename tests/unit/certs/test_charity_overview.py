"""A fund's figures are those of its book in double entry; its tables run nothing in a stranger's spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from api.services.charity.badge import badge
from certs.charity.opencsv import line, table
from certs.charity.overview import Overview
from tests.support.charity_story import book, overview


def test_the_figures_are_those_of_the_accounts() -> None:
    shown, booked = overview(), book()
    accounts = booked.accounts.balances
    totals = shown.totals()

    def total(prefix: str) -> int:
        return sum(amount for name, amount in accounts.items() if name.partition(":")[0] == prefix)

    assert totals["raised"] == accounts["received:donation"] + accounts["received:group"]
    assert totals["income"] == accounts["received:income"]
    assert totals["unallocated"] == accounts["unallocated"]
    assert totals["reserved"] == total("reserved")
    assert totals["allocated"] == total("allocated") + total("reserved") + totals["paid"]
    assert totals["paid"] == total("paid") + total("acknowledged")
    assert totals["acknowledged"] == total("acknowledged")
    assert totals["payments_returned"] == accounts["returned"] == 50_000
    assert totals["donations_returned"] == accounts["out:donation-returned"] == 40_000
    assert totals["donations_reversed"] == accounts["out:donation-reversed"] == 30_000
    assert totals["balance"] == booked.available
    by_class = [accounts.get(f"paid:{c}", 0) + accounts.get(f"acknowledged:{c}", 0) for c in (1, 2, 3, 4)]
    assert shown.costs == by_class == [550_000, 200_000, 60_000, 40_000]


def test_what_came_in_less_what_went_out_day_by_day_is_the_balance() -> None:
    shown = overview().shown()
    moved = sum(day["in"] - day["out"] for day in shown["by_day"])
    assert moved == shown["totals"]["balance"] == 9_081_234
    assert [day["day"] for day in shown["by_day"]] == sorted(day["day"] for day in shown["by_day"])


def test_states_of_payments_and_use_of_decisions() -> None:
    found = overview()
    assert [p.state for p in found.payments.values()] == ["acknowledged", "paid", "paid", "paid", "cancelled"]
    assert (found.allocations[1].amount, found.allocations[1].used) == (1_900_000, 850_000)
    assert found.pledges == {1: 70_000}


def test_every_correction_has_its_published_reason_the_newest_first() -> None:
    shown = overview().shown()
    kinds = [c["kind"] for c in shown["corrections"]]
    assert kinds == [
        "correction",
        "released",
        "donation_reversed",
        "donation_returned",
        "cancelled",
        "payment_returned",
    ]
    assert shown["corrections"][0]["words"]["zh"].startswith("金额更正")
    assert all(c["reason"]["code"] for c in shown["corrections"])


def test_no_book_is_shown_before_it_is_opened() -> None:
    with pytest.raises(ValueError, match="begins with"):
        Overview().shown()


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\r=1", " =1", "　＝1", "＝1", "|calc", "%0A"]
)
def test_no_text_is_a_formula(text: str) -> None:
    (row,) = csv.reader(io.StringIO(line([text]), newline=""))
    assert row == [f"'{text}"]


def test_what_is_no_formula_stays_as_it_is() -> None:
    cells = ["a=1", '校园,"午餐"', "two\r\nlines", "", "00ff"]
    assert list(csv.reader(io.StringIO(table(["n", "t"], [[-5, cells[1]], [None, cells[2]]]), newline=""))) == [
        ["n", "t"], ["-5", cells[1]], ["", cells[2]],
    ]  # fmt: skip
    assert line(cells[:1]) == "a=1\r\n"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_badge_names_its_epoch_and_runs_nothing(lang: str) -> None:
    shown = overview().shown() | {"epoch": {"number": 7, "at": 0, "day": "2026-10-04"}}
    shown["title"] = {"zh": '<script>"&', "en": "x" * 80}
    picture = badge(shown, lang).decode()
    assert "<script" not in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    for text in ("100,000.00", "8,500.00", "90,812.34", "2026-10-04", "7"):
        assert text in picture
    assert len(picture) < 2000
