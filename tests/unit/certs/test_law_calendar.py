"""Counting by the Civil Code: month ends, leap days, days off, years that nobody has announced."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from certs.charity.rules.calendar import (
    Calendar,
    announced,
    as_date,
    day_number,
    day_of,
    days_after,
    end_of,
    hours_after,
    months_after,
)
from tests.support.general_book import day


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        ("2026-03-15", 3, "2026-06-15"),
        ("2026-11-30", 3, "2027-02-28"),  # no 30 February: the month's last day
        ("2023-11-30", 3, "2024-02-29"),  # of a leap year
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-02-28", 1, "2026-03-28"),  # the same number, not the month's end
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
    ],
)
def test_months_end_on_the_same_number_or_the_months_last_day(first: str, months: int, last: str) -> None:
    assert as_date(months_after(day(first), months)) == date.fromisoformat(last)


def test_the_first_day_is_not_counted() -> None:
    assert as_date(days_after(day("2026-03-01"), 30)) == date(2026, 3, 31)
    assert as_date(days_after(day("2024-02-28"), 1)) == date(2024, 2, 29)


def test_a_day_ends_at_midnight_in_china() -> None:
    last = end_of(day("2026-06-01"))
    assert (day_of(last - 1), day_of(last)) == (day("2026-06-01"), day("2026-06-02"))


def test_hours_run_at_once() -> None:
    assert hours_after(1_000_000, 48) - 1_000_000 == 48 * 3600


@pytest.mark.parametrize(
    ("counted", "due"),
    [
        ("2026-05-29", "2026-05-29"),  # a Friday
        ("2026-05-30", "2026-06-01"),  # a Saturday
        ("2026-05-31", "2026-06-01"),  # a Sunday
        ("2025-05-31", "2025-06-03"),  # the Dragon Boat break begins on the very last day
        ("2026-02-14", "2026-02-14"),  # a Saturday that is worked
        ("2026-02-15", "2026-02-24"),  # nine days of Spring Festival
        ("2026-09-20", "2026-09-20"),  # a Sunday that is worked
        ("2026-10-01", "2026-10-08"),
    ],
)
def test_a_last_day_off_moves_to_the_next_working_day(counted: str, due: str) -> None:
    found = announced().last_day(day(counted))
    assert (as_date(found.counted).isoformat(), as_date(found.due).isoformat(), found.sure) == (counted, due, True)
    assert found.latest == found.due


def test_a_last_day_can_be_kept_from_moving() -> None:
    assert announced().last_day(day("2026-05-31"), rolls=False).due == day("2026-05-31")


@pytest.mark.parametrize(
    "counted", ["2027-05-31", "2026-12-31", "2026-12-28"]
)  # New Year's break can begin in December
def test_an_unannounced_year_is_not_guessed(counted: str) -> None:
    found = announced().last_day(day(counted))
    assert (found.due, found.sure) == (day(counted), False)
    assert found.latest > found.due


def test_a_december_day_that_no_break_can_reach_is_sure() -> None:
    assert announced().last_day(day("2026-12-25")).sure


def test_the_table_says_what_an_outsiders_says() -> None:
    calendar = announced()
    for year in calendar.years:
        first = date(year, 1, 1)
        for one in (first + timedelta(n) for n in range(366)):
            if one.year == year and calendar.working(day_number(one)) is not None:
                assert calendar.working(day_number(one)) == chinese_calendar.is_workday(one), one


def test_a_table_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="both free and worked"):
        Calendar.parse('[year.2030]\noff = ["01-01"]\nworked = ["01-01"]')
