"""D23 and D24: shares compared in whole fen, at the very fen; tiers; averages; and the law as data."""

from __future__ import annotations

import pytest

from certs.charity.rules import CHECKS, case_of
from certs.charity.rules.calendar import announced
from certs.charity.rules.law import Law, in_force
from certs.charity.rules.ratios import limits_on, year_shares
from tests.support.general_book import GeneralBook, day
from verifier.charity import organisation as o

YUAN = 100


def held(book: GeneralBook, on: str = "2026-06-02", year: int = 2025) -> dict[str, bool | None]:
    return {share.name: share.holds for share in year_shares(case_of(book.events, day(on)), year).shares}


@pytest.mark.parametrize(("charitable", "holds"), [(70_000_000, True), (69_999_999, False)])
def test_d23_seventy_percent_of_last_years_income(charitable: int, holds: bool) -> None:
    book = GeneralBook()
    book.figures(2024)
    book.figures(2025, charitable=charitable)
    assert held(book)["spending"] is holds
    states = {one.aspect: one.state for one in book.judged("2026-06-02", "D23") if one.subject == "2025"}
    assert states == {"spending": "DONE" if holds else "BREACHED", "admin": "DONE"}
    assert [one for one in book.judged("2026-06-02", "D24") if one.subject == "2025"] == []


@pytest.mark.parametrize(("admin", "holds"), [(8_000_000, True), (8_000_001, False)])
def test_d23_ten_percent_for_administration(admin: int, holds: bool) -> None:
    book = GeneralBook()
    book.figures(2024)
    book.figures(2025, charitable=70_000_000, admin=admin, net_assets=0)
    free = held(book)["admin"]
    assert free is True  # 80 000 yuan are below what is limited at all
    book = GeneralBook()
    book.figures(2024)
    book.figures(2025, spending=800_000_000, charitable=700_000_000, admin=admin * 10)
    assert held(book)["admin"] is holds


@pytest.mark.parametrize(("admin", "holds"), [(199_999 * YUAN + 99, True), (200_000 * YUAN, False)])
def test_small_administration_is_not_limited(admin: int, holds: bool) -> None:
    book = GeneralBook()
    book.figures(2024)
    book.figures(2025, charitable=0, admin=admin)
    assert held(book)["admin"] is holds


def test_fundraising_is_a_class_of_its_own() -> None:
    book = GeneralBook()
    book.figures(2024)
    book.figures(2025, spending=800_000_000, charitable=700_000_000, admin=80_000_000, fundraising=20_000_000)
    shares = {s.name: s for s in year_shares(case_of(book.events, day("2026-06-02")), 2025).shares}
    assert (shares["admin"].part, shares["admin"].holds) == (80_000_000, True)
    assert (shares["fundraising"].part, shares["fundraising"].holds) == (20_000_000, None)


@pytest.mark.parametrize(
    ("known", "charitable", "holds"),
    [
        ((2022, 2023, 2024), 238_000_000, True),  # 70 % of the average of 10, 10 and 1000 million fen
        ((2022, 2023, 2024), 237_999_999, False),
        ((2023, 2024), 238_000_000, False),  # two years are no three: last year's thousand million count
        ((2023, 2024), 700_000_000, True),
    ],
)
def test_the_average_of_three_years_may_stand_for_the_last(
    known: tuple[int, ...], charitable: int, holds: bool
) -> None:
    book = GeneralBook(since="2020-01-01")
    for year in known:
        book.figures(year, income=1_000_000_000 if year == 2024 else 10_000_000)
    book.figures(2025, spending=900_000_000, charitable=charitable)
    assert held(book)["spending"] is holds


def test_the_average_never_makes_it_harder() -> None:
    book = GeneralBook(since="2020-01-01")
    for year, income in ((2022, 1_000_000_000), (2023, 10_000_000), (2024, 10_000_000)):
        book.figures(year, income=income)
    book.figures(2025, charitable=7_000_000)
    assert held(book)["spending"] is True


def test_income_that_may_not_be_used_is_left_out_and_counts_when_it_comes_free() -> None:
    book = GeneralBook()
    book.figures(2024, income=200_000_000, deferred=150_000_000, released=50_000_001)
    book.figures(2025, charitable=70_000_000)
    assert held(book)["spending"] is False
    book = GeneralBook()
    book.figures(2024, income=200_000_000, deferred=150_000_000, released=50_000_000)
    book.figures(2025, charitable=70_000_000)
    assert held(book)["spending"] is True


@pytest.mark.parametrize(
    ("form", "qualified", "assets", "spend", "admin"),
    [
        (o.FOUNDATION, True, 0, 70, 10),
        (o.ASSOCIATION, True, 0, 70, 13),
        (o.SERVICE_ORGANISATION, True, 10**9, 70, 13),
        (o.FOUNDATION, False, 60_000_000, 6, 12),
        (o.FOUNDATION, False, 59_999_999, 6, 13),
        (o.FOUNDATION, False, 8_000_000, 6, 13),
        (o.FOUNDATION, False, 7_999_999, 7, 15),
        (o.FOUNDATION, False, 4_000_000, 7, 15),
        (o.FOUNDATION, False, 3_999_999, 8, 20),
        (o.ASSOCIATION, False, 10_000_000, 6, 13),
        (o.SERVICE_ORGANISATION, False, 9_999_999, 7, 14),
        (o.SERVICE_ORGANISATION, False, 5_000_000, 7, 14),
        (o.ASSOCIATION, False, 4_999_999, 8, 15),
        (o.ASSOCIATION, False, 1_000_000, 8, 15),
        (o.ASSOCIATION, False, 999_999, 8, 20),
    ],
)
def test_tiers_by_net_assets(form: int, qualified: bool, assets: int, spend: int, admin: int) -> None:
    found = in_force().limits_for(form, qualified, assets * YUAN, day("2026-01-01"))
    assert found is not None
    assert (found.spend, found.admin, found.of_income) == (spend, admin, qualified)


def test_a_small_service_organisation_also_spends_half_its_income() -> None:
    book = GeneralBook(form=o.SERVICE_ORGANISATION, qualified=None)
    book.figures(2024, income=100_000_000, net_assets=50_000_000)
    book.figures(2025, charitable=49_999_999)
    assert held(book)["spending-of-income"] is False
    assert held(book)["spending"] is True


def test_what_is_missing_is_named() -> None:
    book = GeneralBook()
    assert book.states("2026-05-01", "D23")[0] == "NOT_DUE"
    assert next(one.missing for one in book.judged("2026-06-02", "D23")) == "figures"
    book.figures(2025)
    assert next(one.missing for one in book.judged("2026-06-02", "D23")) == "figures-of-year-before"


def test_who_misses_a_share_explains_it() -> None:
    book = GeneralBook()
    book.figures(2024)
    book.figures(2025, charitable=1)
    seq = book.disclose("2026-05-02", "D23", "2025")
    (found,) = [one for one in book.judged("2026-06-02", "D23") if one.state == "BREACHED"]
    assert (found.aspect, found.entry) == ("spending", seq)


def test_the_running_years_limits_follow_from_last_years_assets() -> None:
    book = GeneralBook(qualified=None)
    assert limits_on(case_of(book.events, day("2026-06-02"))) is None
    book.figures(2025, net_assets=4_000_000 * YUAN)
    found = limits_on(case_of(book.events, day("2026-06-02")))
    assert found is not None
    assert found.admin == 15


def test_every_rule_has_a_check_a_title_and_a_source() -> None:
    law = in_force()
    assert list(law.rules) == list(CHECKS) == [f"D{n}" for n in range(1, 27)]
    assert all(rule.zh and rule.en and rule.source and rule.source_en for rules in law.rules.values() for rule in rules)


def test_a_change_of_the_law_is_a_later_version() -> None:
    head = '[[D6]]\nzh = "x"\nen = "x"\nsource = "x"\nsource_en = "x"\ncertainty = "law"\n'
    old, new = head + "since = 2024-09-05\nmonths = 3\n", head + "since = 2027-01-01\nmonths = 2\n"
    ratios = "average_years = 3\nadmin_free_below = 200_000\nlimits = []\n"
    law = Law.parse(old + new, ratios)
    found = [law.rule("D6", day(on)) for on in ("2024-09-04", "2026-12-31", "2027-01-01")]
    assert [rule and rule.months for rule in found] == [None, 3, 2]
    yearly = head.replace("D6", "D11") + 'since = {}\nday_of_year = "{}"\n'
    law = Law.parse(yearly.format("2024-09-05", "05-31") + yearly.format("2027-07-01", "04-30"), ratios)
    due = [law.due_in("D11", year, announced()) for year in (2024, 2025, 2027, 2028)]
    assert [one and one[1].counted for one in due] == [None, *map(day, ("2025-05-31", "2027-05-31", "2028-04-30"))]
    with pytest.raises(ValueError, match="order of their effect"):
        Law.parse(new + old, ratios)
