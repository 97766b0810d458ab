"""Rules that several declared kinds share. Each function makes a `Rule` from the columns that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .fields import Rule, Values
from .persons import document_key, id_number_of


def years_after(day: date, years: int) -> date:
    """The same day `years` later. Who is born on 29 February completes a year of life on 1 March of a common year.

    The calendar ends in 9999, whatever a row says.
    """
    if day.year + years > date.max.year:
        return date.max
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def ordered(earlier: str, later: str, code: str) -> Rule:
    """`later` is not before `earlier`; noted at `later`."""

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        first, second = values.day(earlier), values.day(later)
        if first is not None and second is not None and second < first:
            yield later, code

    return rule


def period(begins: str, ends: str, *, years: int) -> Rule:
    """`ends` is not before `begins`, not over, and at most `years` later: a bound against slips, not a rule of law.

    What is over cannot be issued: no verifier would pass it, and an issuer releases only what passes.
    """

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        first, last = values.day(begins), values.day(ends)
        if last is None:
            return
        if first is not None and last < first:
            yield ends, "PERIOD_ORDER"
        elif last < values.today:
            yield ends, "PERIOD_OVER"
        elif first is not None and last >= years_after(first, years):
            yield ends, "PERIOD_TOO_LONG"

    return rule


def paid_from(begins: str, month: str, *, most: int = 3) -> Rule:
    """Payment begins in the month of approval or at most `most` months later."""

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        first, text = values.day(begins), values.text(month)
        if first is None or text is None:
            return
        later = (int(text[:4]) - first.year) * 12 + int(text[5:]) - first.month
        if not 0 <= later <= most:
            yield month, "PAID_FROM"

    return rule


def different(prefix: str, other: str) -> Rule:
    """Two people of one certificate are two people; noted at the second one's number."""

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        key = document_key(prefix, values)
        if key is not None and key == document_key(other, values):
            yield f"{other}_document_number", "SAME_PERSON"

    return rule


def adult(prefix: str, on: str, code: str, years: int = 18) -> Rule:
    """Whose identity number says the birth is at least `years` old on the day in `on`."""

    def rule(values: Values) -> Iterator[tuple[str, str]]:
        number, day = id_number_of(prefix, values), values.day(on)
        if number is not None and day is not None and years_after(number.birth, years) > day:
            yield f"{prefix}_document_number", code

    return rule
