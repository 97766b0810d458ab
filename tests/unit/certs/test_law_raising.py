"""D1 to D6, D10, D18, D25 at their edges."""

from __future__ import annotations

import json

import pytest

from certs.charity.rules import FundFigures
from certs.charity.rules.platforms import parse_platforms
from certs.errors import CatalogueInvalid
from tests.support.general_book import PLAN, WORDS, GeneralBook, day, terms
from verifier.charity import conduct as c
from verifier.charity import organisation as o

PLATFORM = "91990000MA00000000"


@pytest.fixture
def book() -> GeneralBook:
    return GeneralBook()


@pytest.mark.parametrize(("starts", "state"), [("2025-10-01", "DONE"), ("2025-09-30", "BREACHED")])
def test_d1_every_day_of_raising_needs_a_qualification(book: GeneralBook, starts: str, state: str) -> None:
    book.plan("2025-10-02", starts, "2026-02-01")
    assert book.states("2025-12-01", "D1") == [state]


def test_d1_ends_with_the_qualification(book: GeneralBook) -> None:
    book.plan("2026-01-05", "2026-02-01", "2026-03-31")
    book.add("2026-03-15", o.QualificationEnded, "Q1", day("2026-03-15"), WORDS)
    assert book.states("2026-01-20", "D1") == ["NOT_DUE"]
    assert book.states("2026-03-14", "D1") == ["DONE"]  # the last day with it
    assert book.states("2026-03-15", "D1") == ["BREACHED"]
    book.add("2026-03-15", o.Qualified, "Q2", day("2026-03-15"), None)  # a new one without a gap
    assert book.states("2026-03-15", "D1") == ["DONE"]


@pytest.mark.parametrize(("qualified", "found"), [("2025-09-30", ["NOT_CHECKABLE"]), ("2025-10-01", [])])
def test_d1_a_qualification_in_the_first_year_has_another_ground(qualified: str, found: list[str]) -> None:
    assert GeneralBook(qualified=qualified).states("2025-12-01", "D1") == found


@pytest.mark.parametrize(("filed", "state"), [("2026-02-18", "DONE"), ("2026-02-19", "DONE_LATE")])
def test_d2_a_plan_is_filed_ten_days_before(book: GeneralBook, filed: str, state: str) -> None:
    book.plan(filed, "2026-02-28", "2026-04-30")  # 18 February 2026 is a day off: the last day does not move
    assert book.states("2026-03-01", "D2") == [state]


def test_d2_a_start_can_be_put_off_until_it_has_come(book: GeneralBook) -> None:
    book.plan("2026-03-05", "2026-03-10", "2026-04-30")
    assert book.states("2026-03-05", "D2") == ["DONE_LATE"]
    book.add("2026-03-09", o.PlanChanged, PLAN, day("2026-03-09"), WORDS, terms("2026-03-15", "2026-04-30"))
    assert book.states("2026-03-09", "D2") == ["DONE"]
    late = GeneralBook()
    late.plan("2026-03-05", "2026-03-10", "2026-04-30")
    late.add("2026-03-11", o.PlanChanged, PLAN, day("2026-03-11"), WORDS, terms("2026-04-15", "2026-04-30"))
    assert late.states("2026-03-11", "D2") == ["DONE_LATE"]


def test_d2_a_start_brought_forward_counts_from_its_own_filing(book: GeneralBook) -> None:
    book.plan("2026-03-05", "2026-04-10", "2026-06-30")
    book.add("2026-03-20", o.PlanChanged, PLAN, day("2026-03-20"), WORDS, terms("2026-03-29", "2026-06-30"))
    assert book.states("2026-03-20", "D2") == ["DONE_LATE"]


@pytest.mark.parametrize(("first", "states"), [("2026-03-10", ["DONE"]), ("2026-03-09", ["DONE", "BREACHED"])])
def test_d2_nothing_is_received_before_the_start(book: GeneralBook, first: str, states: list[str]) -> None:
    book.plan("2026-02-10", "2026-03-10", "2026-04-30")
    fund = FundFigures(bytes(16), PLAN, day(first), day("2026-03-11"))
    assert book.states("2026-03-12", "D2", funds=(fund,)) == states


@pytest.mark.parametrize(
    ("filed", "state"),
    [("2026-09-11", "DONE"), ("2026-09-14", "DONE"), ("2026-09-15", "DONE_LATE")],  # the tenth day is Saturday the 12th
)
def test_d3_an_emergency_plan_is_filed_ten_days_after_the_start(book: GeneralBook, filed: str, state: str) -> None:
    book.add("2026-09-01", o.EmergencyBegan, "E1", WORDS, day("2026-09-01"))
    book.plan(filed, "2026-09-02", "2026-12-01", emergency="E1")
    assert (book.states(filed, "D3"), book.states(filed, "D2")) == ([state], [])


def test_d3_is_for_what_starts_in_the_emergency(book: GeneralBook) -> None:
    book.add("2026-09-03", o.EmergencyBegan, "E1", WORDS, day("2026-09-03"))
    book.plan("2026-09-04", "2026-09-02", "2026-12-01", emergency="E1")
    assert (book.states("2026-09-04", "D3"), book.states("2026-09-04", "D2")) == ([], ["DONE_LATE"])


def emergency(book: GeneralBook) -> None:
    book.add("2026-09-25", o.EmergencyBegan, "E1", WORDS, day("2026-09-25"))
    book.plan("2026-09-26", "2026-09-26", "2026-12-01", emergency="E1")


@pytest.mark.parametrize(
    ("on", "state"),
    [("2026-09-28", "NOT_DUE"), ("2026-09-30", "DUE_SOON"), ("2026-10-01", "DUE_SOON"), ("2026-10-02", "OVERDUE")],
)
def test_d4_runs_through_holidays(book: GeneralBook, on: str, state: str) -> None:
    emergency(book)  # the fifth day is 1 October
    assert book.states(on, "D4") == [state, "NOT_CHECKABLE"]


def test_d4_begins_anew_with_each_report_and_ends_with_the_response(book: GeneralBook) -> None:
    emergency(book)
    for on in ("2026-09-28", "2026-10-01", "2026-10-07"):  # two in one period, then one a day late
        book.disclose(on, "D4")
    assert book.states("2026-10-08", "D4") == ["DONE", "DONE_LATE", "NOT_DUE", "NOT_CHECKABLE"]
    assert [one.late_by(0) for one in book.judged("2026-10-08", "D4")] == [0, 1, 0, 0]
    book.add("2026-10-11", o.EmergencyEnded, "E1", day("2026-10-11"))
    assert book.states("2026-10-20", "D4") == ["DONE", "DONE_LATE", "NOT_CHECKABLE"]


@pytest.mark.parametrize(("ends", "asked"), [("2026-08-02", False), ("2026-08-03", True)])
def test_d5_is_for_more_than_six_months(book: GeneralBook, ends: str, asked: bool) -> None:
    book.plan("2026-01-10", "2026-02-02", ends)
    assert bool(book.states("2026-02-03", "D5")) is asked


@pytest.mark.parametrize(
    ("on", "state"),
    [("2026-04-18", "NOT_DUE"), ("2026-04-25", "DUE_SOON"), ("2026-05-06", "DUE_SOON"), ("2026-05-07", "OVERDUE")],
)
def test_d5_is_due_after_three_months(book: GeneralBook, on: str, state: str) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-12-31")  # 2 May is a day off; 6 May is the next that is worked
    assert book.states(on, "D5") == [state]


def test_d5_a_full_report_serves_for_a_missed_one(book: GeneralBook) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-09-01")
    assert book.states("2026-09-10", "D5") == ["OVERDUE"]
    book.disclose("2026-09-10", "D6")
    assert book.states("2026-09-10", "D5") == ["DONE_LATE"]


def test_d5_an_extension_begins_the_period_anew(book: GeneralBook) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-07-01")
    assert book.states("2026-06-15", "D5") == []
    book.add("2026-06-15", o.PlanChanged, PLAN, day("2026-06-15"), WORDS, terms("2026-02-02", "2026-12-31"))
    (found,) = book.judged("2026-06-15", "D5")
    assert (found.state, found.due) == ("NOT_DUE", day("2026-09-15"))


def test_d5_a_plan_cut_short_asks_for_no_more(book: GeneralBook) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-12-31")
    book.add("2026-04-20", o.PlanEnded, PLAN, day("2026-04-20"), WORDS)
    assert book.states("2026-06-01", "D5") == []


@pytest.mark.parametrize(
    ("on", "state"), [("2026-05-28", "NOT_DUE"), ("2026-06-30", "DUE_SOON"), ("2026-07-01", "OVERDUE")]
)
def test_d6_is_due_three_months_after_the_end(book: GeneralBook, on: str, state: str) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30")
    assert book.states(on, "D6") == [state]


@pytest.mark.parametrize(("on", "state"), [("2026-06-30", "DONE"), ("2026-07-01", "DONE_LATE")])
def test_d6_counts_the_published_day_and_shows_when_it_was_recorded(book: GeneralBook, on: str, state: str) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30")
    seq = book.disclose(on, "D6", recorded="2026-08-01")
    assert book.states("2026-07-31", "D6") == ["OVERDUE"]  # nobody could have known of it
    (found,) = book.judged("2026-08-01", "D6")
    assert (found.state, found.entry, found.recorded_on) == (state, seq, day("2026-08-01"))


def test_d6_a_report_that_was_taken_back_does_not_count(book: GeneralBook) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30")
    seq = book.disclose("2026-04-10", "D6")
    note = book.add("2026-05-01", c.CorrectionNote, seq, c.AMENDED, WORDS, bytes(32), day("2026-05-01"))
    (found,) = book.judged("2026-07-01", "D6")
    assert (found.state, found.notes) == ("DONE", (note,))
    book.add("2026-05-02", c.CorrectionNote, seq, c.WITHDRAWN, WORDS, None, day("2026-05-02"))
    assert book.states("2026-07-01", "D6") == ["OVERDUE"]


def test_d6_a_report_before_the_end_is_none(book: GeneralBook) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30")
    book.disclose("2026-03-29", "D6")
    assert book.states("2026-07-01", "D6") == ["OVERDUE"]


def test_d6_in_a_year_that_is_not_announced_nobody_is_accused_too_early(book: GeneralBook) -> None:
    book.plan("2026-06-10", "2026-07-02", "2026-11-30")
    states = [book.states(on, "D6")[0] for on in ("2027-02-28", "2027-03-01", "2027-03-15", "2027-03-16")]
    assert states == ["DUE_SOON", "NOT_CHECKABLE", "NOT_CHECKABLE", "OVERDUE"]


@pytest.mark.parametrize(("partners", "asked"), [((), 0), ((PLATFORM,), 1)])
def test_d10_is_for_campaigns_with_partners(book: GeneralBook, partners: tuple[str, ...], asked: int) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30", partners=partners)
    assert len(book.judged("2026-04-01", "D10")) == asked


def test_d10_is_not_asked_for_before_its_order_was_in_effect() -> None:
    for ends, asked in (("2025-12-31", []), ("2026-01-01", ["NOT_DUE"])):
        book = GeneralBook()
        book.plan("2025-10-10", "2025-11-02", ends, individuals=2)
        assert book.states("2026-01-02", "D10") == asked


def test_d18_shows_what_was_said_and_claims_nothing(book: GeneralBook) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30")
    assert book.states("2026-02-01", "D18") == []
    seq = book.disclose("2026-02-02", "D18", channel=c.ON_SITE)
    (found,) = book.judged("2026-02-02", "D18")
    assert (found.state, found.entry, found.missing) == ("NOT_CHECKABLE", seq, "place-of-raising")


@pytest.mark.parametrize(
    ("listed", "state"),
    [
        (None, "NOT_CHECKABLE"),
        ({}, "BREACHED"),
        ({PLATFORM: ("2026-02-02", None)}, "DONE"),
        ({PLATFORM: ("2026-02-03", None)}, "BREACHED"),
        ({PLATFORM: ("2020-01-01", "2026-03-09")}, "BREACHED"),
    ],
)
def test_d25_platforms_are_designated_ones(
    book: GeneralBook, listed: dict[str, tuple[str, str | None]] | None, state: str
) -> None:
    book.plan("2026-01-10", "2026-02-02", "2026-03-30", platforms=(PLATFORM,))
    known = None if listed is None else {k: (day(a), b and day(b)) for k, (a, b) in listed.items()}
    assert book.states("2026-03-10", "D25", platforms=known) == [state]


def test_d25_the_list_is_brought_along() -> None:
    row = {"uscc": "91990000MA9T00018W", "from": "2024-09-05", "to": None}
    assert parse_platforms(json.dumps([row])) == {row["uscc"]: (day("2024-09-05"), None)}
    for bad in ("{", "1", [row, row], [row | {"to": "2024-09-04"}], [row | {"uscc": "91990000MA9T00018X"}], [{}]):
        with pytest.raises(CatalogueInvalid):
            parse_platforms(bad if isinstance(bad, str) else json.dumps(bad))
