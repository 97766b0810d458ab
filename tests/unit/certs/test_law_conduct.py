"""D7 to D9, D11 to D17, D19 to D22, D26 at their edges."""

from __future__ import annotations

import pytest

from certs.charity.rules import FundFigures, Receipts
from certs.charity.rules.publishing import personal
from tests.support.general_book import CHARITY, PLAN, WORDS, GeneralBook, day
from verifier.charity import conduct as c
from verifier.charity import organisation as o

PARTY = b"\x07" * 32


@pytest.fixture
def book() -> GeneralBook:
    return GeneralBook()


@pytest.mark.parametrize(("ends", "asked"), [("2026-08-02", False), ("2026-08-03", True), (None, True)])
def test_d7_is_for_more_than_six_months(book: GeneralBook, ends: str | None, asked: bool) -> None:
    book.project("2026-02-02", ends)
    assert bool(book.states("2026-02-03", "D7")) is asked


def test_d7_counts_from_the_last_report(book: GeneralBook) -> None:
    book.project("2026-02-02", None)
    book.disclose("2026-03-31", "D7", "P1")
    found = book.judged("2026-07-01", "D7")
    assert [(one.state, one.counted) for one in found] == [("DONE", day("2026-05-02")), ("OVERDUE", day("2026-06-30"))]


def test_d7_a_project_made_long_begins_then(book: GeneralBook) -> None:
    book.project("2026-02-02", "2026-07-01")
    book.add("2026-06-01", o.ProjectChanged, "P1", WORDS, (), None, o.Budget(1, 1, 1, 1), WORDS)
    assert [one.counted for one in book.judged("2026-06-01", "D7")] == [day("2026-09-01")]


@pytest.mark.parametrize(("on", "state"), [("2026-08-31", "DUE_SOON"), ("2026-09-01", "OVERDUE")])
def test_d8_follows_the_end_that_was_stated_else_the_planned_one(book: GeneralBook, on: str, state: str) -> None:
    book.project("2026-02-02", "2026-05-30")  # 30 August is a Sunday
    assert book.states(on, "D8") == [state]
    book.add("2026-06-10", o.ProjectEnded, "P1", day("2026-06-10"), 0)
    assert book.states(on, "D8") == ["DUE_SOON"]


@pytest.mark.parametrize(("surplus", "states"), [(0, []), (1, ["DUE_SOON"])])
def test_d9_is_for_projects_that_left_something(book: GeneralBook, surplus: int, states: list[str]) -> None:
    book.project("2026-02-02", "2026-05-30")
    assert book.states("2026-06-01", "D9") == ["NOT_CHECKABLE"]  # nobody has said what was left
    book.add("2026-06-01", o.ProjectEnded, "P1", day("2026-05-30"), surplus)
    assert book.states("2026-08-10", "D9") == states


@pytest.mark.parametrize(
    ("on", "state"), [("2026-05-31", "DUE_SOON"), ("2026-06-01", "DUE_SOON"), ("2026-06-02", "OVERDUE")]
)
def test_d11_is_due_on_the_31st_of_may(book: GeneralBook, on: str, state: str) -> None:
    assert book.states(on, "D11")[0] == state  # 31 May 2026 is a Sunday


def test_d11_each_year_has_its_report_from_the_first_on() -> None:
    book = GeneralBook(since="2025-12-31", qualified=None)
    book.disclose("2026-06-02", "D11", "2025")
    found = book.judged("2026-07-01", "D11")
    assert [(one.subject, one.state) for one in found] == [("2025", "DONE_LATE"), ("2026", "NOT_DUE")]


@pytest.mark.parametrize(("audited", "state"), [(True, "DONE"), (False, "BREACHED")])
def test_d11_who_raised_in_public_is_audited(book: GeneralBook, audited: bool, state: str) -> None:
    assert next(one.state for one in book.judged("2026-06-02", "D11") if one.aspect == "audit") == "NOT_CHECKABLE"
    book.figures(2025, audited=audited)
    assert next(one.state for one in book.judged("2026-06-02", "D11") if one.aspect == "audit") == state


def test_d11_ends_with_the_charity(book: GeneralBook) -> None:
    book.add("2026-05-20", o.RegistrationEnded, day("2026-05-20"), WORDS)
    assert book.states("2026-07-01", "D11") == []


def test_d12_is_for_charities_without_a_qualification() -> None:
    for qualified, states in (("2025-10-01", []), (None, ["NOT_CHECKABLE", "NOT_DUE"])):
        book = GeneralBook(qualified=qualified)
        book.project("2025-11-01", None)
        assert book.states("2026-06-02", "D12") == states  # which project is major, only the charity knows
        book.disclose("2026-06-01", "D12", "2025")
        assert book.states("2026-06-02", "D12")[:1] == (["DONE"] if states else [])


def transaction(book: GeneralBook, what: int = c.TRADE, **more: object) -> int:
    values = {"major": False, "party": None, "board": None, "money": c.OWN_MONEY} | more
    return book.add("2026-03-10", c.Transaction, "T1", what, 100, day("2026-03-10"), *values.values())


@pytest.mark.parametrize(("on", "state"), [("2026-04-09", "DONE"), ("2026-04-10", "DONE_LATE")])
def test_d13_major_ones_are_published_within_thirty_days(book: GeneralBook, on: str, state: str) -> None:
    transaction(book, major=True)
    book.disclose(on, "D13", "T1")
    assert (book.states(on, "D13"), book.states(on, "D14")) == ([state], [])


@pytest.mark.parametrize(
    ("important", "since", "until", "asked"),
    [
        (True, "2026-03-10", None, 1),
        (True, "2026-03-11", None, 0),
        (True, "2026-01-01", "2026-03-10", 0),  # the first day on which it is none
        (True, "2026-01-01", "2026-03-11", 1),
        (False, "2026-01-01", None, 0),
    ],
)
def test_d14_asks_who_the_party_was_on_that_day(
    book: GeneralBook, important: bool, since: str, until: str | None, asked: int
) -> None:
    book.add(since, c.RelatedParty, PARTY, c.FOUNDER, important, day(since))
    if until is not None:
        book.add(until, c.RelatedPartyEnded, PARTY, day(until))
    transaction(book, party=PARTY)
    assert len(book.judged("2026-04-01", "D14")) == asked


def test_d15_goes_to_the_registrar(book: GeneralBook) -> None:
    book.disclose("2026-05-01", "D15", "2026")
    assert book.states("2026-06-02", "D15")[0] == "OVERDUE"  # published is not reported
    book.disclose("2026-05-02", "D15", "2026", channel=c.TO_REGISTRAR)
    assert book.states("2026-06-02", "D15")[0] == "DONE"


@pytest.mark.parametrize(("on", "state"), [("2026-04-09", "DONE"), ("2026-04-10", "DONE_LATE")])
def test_d16_a_settlor_publishes_within_thirty_days(book: GeneralBook, on: str, state: str) -> None:
    book.add("2026-03-10", c.Trust, "X1", c.SETTLOR, WORDS, WORDS, 100, day("2026-03-10"))
    book.disclose(on, "D16", "X1")
    assert book.states(on, "D16") == [state]


def test_d16_a_trustee_reports_every_calendar_year_after_the_first(book: GeneralBook) -> None:
    book.add("2025-03-10", c.Trust, "X1", c.TRUSTEE, WORDS, WORDS, 100, day("2025-03-10"))
    assert book.states("2025-12-31", "D16") == []
    assert book.states("2026-11-01", "D16") == ["NOT_DUE"]
    book.disclose("2026-12-25", "D16", "X1")
    assert book.states("2026-12-25", "D16") == ["DONE"]
    late = GeneralBook()
    late.add("2026-12-01", c.Trust, "X1", c.TRUSTEE, WORDS, WORDS, 100, day("2026-12-01"))
    assert late.states("2026-12-31", "D16") == []
    ended = GeneralBook()
    ended.add("2025-03-10", c.Trust, "X1", c.TRUSTEE, WORDS, WORDS, 100, day("2025-03-10"))
    ended.add("2026-06-01", c.TrustEnded, "X1", day("2026-06-01"))
    assert ended.states("2026-12-25", "D16") == []


def test_d17_one_document_serves_one_entry(book: GeneralBook) -> None:
    book.disclose("2026-03-01", "D6", PLAN, document=bytes(32))
    book.disclose("2026-03-01", "D10", PLAN, document=bytes(32))  # two rules about one campaign: one entry
    assert book.states("2026-03-01", "D17") == ["DONE"]
    book.disclose("2026-03-01", "D8", "P1", document=bytes(32))
    assert [one.aspect for one in book.judged("2026-03-01", "D17")] == ["separate-entry"]


@pytest.mark.parametrize(("noted", "state"), [("2026-03-02", "DONE"), ("2026-03-03", "BREACHED")])
def test_d17_what_was_published_changes_with_a_note(book: GeneralBook, noted: str, state: str) -> None:
    seq = book.disclose("2026-03-01", "D6")
    book.disclose("2026-03-02", "D6")
    assert [one.aspect for one in book.judged("2026-03-02", "D17")] == ["correction-note"]
    book.add("2026-03-03", c.CorrectionNote, seq, c.AMENDED, WORDS, None, day(noted))
    assert book.states("2026-03-03", "D17") == [state]


def test_d17_regular_reports_are_corrected_by_period(book: GeneralBook) -> None:
    first = (day("2026-01-01"), day("2026-03-31"))
    book.disclose("2026-04-01", "D7", "P1", period=first)
    book.disclose("2026-07-01", "D7", "P1", period=(day("2026-04-01"), day("2026-06-30")))
    assert book.states("2026-07-01", "D17") == ["DONE"]
    book.disclose("2026-07-02", "D7", "P1", period=first)
    assert book.states("2026-07-02", "D17") == ["BREACHED"]


def test_d19_and_d20_name_no_day(book: GeneralBook) -> None:
    seq = book.disclose("2026-03-01", "D19", CHARITY, channel=c.TO_DONORS)
    (told,) = book.judged("2026-03-01", "D19")
    assert (told.state, told.entry) == ("NOT_CHECKABLE", seq)
    assert book.states("2026-03-01", "D20") == ["NOT_CHECKABLE"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("身份证110101199003070011", ["identity-number"]),
        ("110101199003070012", []),  # the check character is wrong
        ("电话13800000000", ["telephone"]),
        ("138000000001", []),
        ("卡号6222020000000000000", ["card-number"]),
        ("someone@example.org", ["mail-address"]),
        (PLAN, []),
        (CHARITY, []),
        ("2026-05-31, 1000000 元", []),
    ],
)
def test_d21_finds_numbers_of_persons(text: str, kinds: list[str]) -> None:
    assert list(personal(text)) == kinds


def test_d21_reads_every_text_and_never_says_that_all_is_well(book: GeneralBook) -> None:
    assert book.states("2026-03-01", "D21") == ["NOT_CHECKABLE"]
    book.plan("2026-01-10", "2026-02-02", "2026-03-30", use=("致电13800000000", "call"))
    (found, _) = book.judged("2026-03-01", "D21")
    assert (found.state, found.aspect, found.entry) == ("BREACHED", "telephone", 2)


@pytest.mark.parametrize(
    ("receipts", "state"),
    [(None, "NOT_CHECKABLE"), (Receipts(3, 1, 1, 0), "DONE"), (Receipts(3, 1, 1, 1), "BREACHED")],
)
def test_d22_every_donation_has_a_receipt_or_a_record(book: GeneralBook, receipts: Receipts | None, state: str) -> None:
    fund = FundFigures(bytes(16), None, day("2026-02-01"), day("2026-02-01"), receipts)
    assert book.states("2026-03-01", "D22", funds=(fund,)) == [state]


@pytest.mark.parametrize(
    ("money", "state"), [(c.OWN_MONEY, "DONE"), (c.GOVERNMENT_MONEY, "BREACHED"), (c.NOT_TO_BE_INVESTED, "BREACHED")]
)
def test_d26_some_money_is_not_invested(book: GeneralBook, money: int, state: str) -> None:
    transaction(book, c.INVESTMENT, money=money)
    assert book.states("2026-04-01", "D26") == [state]


@pytest.mark.parametrize(
    ("board", "state"), [(None, "NOT_CHECKABLE"), ((10, 15), "DONE"), ((9, 15), "BREACHED"), ((0, 0), "NOT_CHECKABLE")]
)
def test_d26_major_investments_need_two_thirds(book: GeneralBook, board: tuple[int, int] | None, state: str) -> None:
    transaction(book, c.INVESTMENT, major=True, board=board)
    assert book.states("2026-04-01", "D26") == ["DONE", state]


def test_d26_is_about_investments(book: GeneralBook) -> None:
    transaction(book, c.GRANT, major=True, money=c.GOVERNMENT_MONEY)
    assert book.states("2026-04-01", "D26") == []
