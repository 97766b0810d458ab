"""Worked stories of marriages: what was so on a day, and what could be known of it when."""

from __future__ import annotations

from datetime import date

import pytest

from certs.marriage.events import Op
from certs.marriage.party import Party
from certs.marriage.people import identities
from certs.marriage.state import Event, State, state_between, state_of

AB = frozenset("AB")
AC = frozenset("AC")


def day(text: str) -> date:
    return date.fromisoformat(text)


def event(name: str, op: Op, effective: str, known: int, people: frozenset[str] = AB, **more: object) -> Event:
    return Event(name, op, known, day(effective), day(effective), people, **more)  # type: ignore[arg-type]


def told(events: list[Event], on: str, known: int = 99, people: str = "A") -> str:
    if len(people) == 2:
        return state_between(frozenset(people), events, as_of=day(on), known_at=known).value
    return state_of(people, events, as_of=day(on), known_at=known).value


def test_nothing_known_is_not_single() -> None:
    assert told([], "2026-01-01") == "NONE_KNOWN"
    assert "SINGLE" not in State.__members__


def test_married_from_its_day_and_divorced_from_its_day() -> None:
    events = [event("m", Op.MARRIAGE, "2020-05-20", 1, number="J1"), event("d", Op.DIVORCE, "2024-03-01", 2)]
    days = ["2020-05-19", "2020-05-20", "2024-02-29", "2024-03-01"]
    assert [told(events, d) for d in days] == ["NONE_KNOWN", "MARRIED", "MARRIED", "DIVORCED"]
    assert told(events, "2024-03-01", known=1) == "MARRIED"  # what an office could answer before it knew
    assert told(events, "2022-01-01", people="AC") == "NONE_KNOWN"


def test_a_late_registration_changes_the_past_but_not_what_was_known() -> None:
    """补办: registered in 2025 with effect from 2010."""
    late = [Event("m", Op.MARRIAGE, 10, day("2025-01-02"), day("2010-06-01"), AB)]
    assert told(late, "2015-01-01", known=9) == "NONE_KNOWN"
    assert told(late, "2015-01-01", known=10) == "MARRIED"


def test_a_judgment_that_reaches_the_registry_late() -> None:
    events = [event("m", Op.MARRIAGE, "2020-05-20", 1), event("c", Op.COURT_DIVORCE, "2023-01-10", 7)]
    assert told(events, "2023-06-01", known=6) == "MARRIED"
    assert told(events, "2023-06-01", known=7) == "DIVORCED_COURT"


@pytest.mark.parametrize("op", [Op.COURT_VOID, Op.COURT_REVOKED, Op.ANNULMENT])
def test_a_void_marriage_never_was(op: Op) -> None:
    events = [event("m", Op.MARRIAGE, "2020-05-20", 1, number="J1"), event("v", op, "2024-01-01", 5)]
    assert told(events, "2021-01-01", known=4) == "MARRIED"
    assert told(events, "2021-01-01") == "VOID_AB_INITIO"
    assert told(events, "2020-05-19") == "NONE_KNOWN"


def test_married_again_and_the_second_one_voided() -> None:
    events = [
        event("m1", Op.MARRIAGE, "2010-01-01", 1, number="J1"),
        event("d1", Op.DIVORCE, "2012-01-01", 2),
        event("m2", Op.MARRIAGE, "2015-01-01", 3, number="J2"),
    ]
    assert [told(events, f"{year}-06-01") for year in (2011, 2013, 2016)] == ["MARRIED", "DIVORCED", "MARRIED"]
    last = [*events, event("v", Op.COURT_VOID, "2018-01-01", 4)]
    assert [told(last, f"{year}-06-01") for year in (2011, 2016)] == ["MARRIED", "DIVORCED"]
    named = [*events, event("v", Op.COURT_VOID, "2018-01-01", 4, refers="J1")]
    assert [told(named, f"{year}-06-01") for year in (2011, 2016)] == ["VOID_AB_INITIO", "MARRIED"]


def test_a_death_ends_it_and_a_correction_takes_the_death_back() -> None:
    events = [
        event("m", Op.MARRIAGE, "2020-05-20", 1),
        event("x", Op.DEATH, "2024-01-01", 5, frozenset("B")),
        event("k", Op.CORRECTION, "2024-01-01", 9, frozenset("B"), corrects="x", withdrawn=True),
    ]
    answers = [told(events, "2024-02-01", known=known) for known in (4, 5, 8, 9)]
    assert answers == ["MARRIED", "ENDED_DEATH", "ENDED_DEATH", "MARRIED"]


def test_a_corrected_day_of_effect() -> None:
    events = [
        event("m", Op.MARRIAGE, "2020-05-20", 1),
        event("k", Op.CORRECTION, "2020-05-10", 3, corrects="m"),
    ]
    assert [told(events, "2020-05-15", known=known) for known in (2, 3)] == ["NONE_KNOWN", "MARRIED"]


def test_reissues_of_reissues_change_nothing_and_tell_of_paper() -> None:
    paper = [event("r1", Op.REISSUE_MARRIAGE, "2001-01-01", 4, number="BJ1", refers="J1")]
    assert told(paper, "2005-01-01") == "MARRIED"
    assert told(paper, "2005-01-01", known=3) == "NONE_KNOWN"
    chain = [
        event("m", Op.MARRIAGE, "2001-02-02", 6, number="J1"),  # found in the archive, with another day of effect
        *paper,
        event("r2", Op.REISSUE_MARRIAGE, "2001-01-01", 5, number="BJ2", refers="BJ1"),
    ]
    assert told(chain, "2001-01-15") == "NONE_KNOWN"
    assert told(chain, "2001-01-15", known=5) == "MARRIED"
    void = [*chain, event("v", Op.COURT_VOID, "2020-01-01", 8, refers="BJ2")]
    assert told(void, "2005-01-01") == "VOID_AB_INITIO"


def test_a_reissue_repeats_nothing_of_another_sort() -> None:
    """Free forms of old numbers are the same for both."""
    events = [
        event("d", Op.DIVORCE, "1990-01-01", 1, number="12号"),
        event("r", Op.REISSUE_MARRIAGE, "1995-01-01", 2, number="BJ1", refers="12号"),
    ]
    assert [told(events, d) for d in ("1992-01-01", "1996-01-01")] == ["DIVORCED", "MARRIED"]


def test_a_divorce_of_a_marriage_on_paper() -> None:
    events = [event("d", Op.DIVORCE, "2024-03-01", 2, refers="J1"), event("m", Op.MARRIAGE, "2025-01-01", 3, AC)]
    assert [told(events, d) for d in ("2024-02-28", "2024-03-01", "2025-01-01")] == [
        "NONE_KNOWN",
        "DIVORCED",
        "MARRIED",
    ]
    assert told(events, "2025-06-01", people="AB") == "DIVORCED"


def party(document: str, name: str = "样例甲", kind: str = "111") -> Party:
    return Party(name, "1", date(1990, 1, 2), kind, document, "156" if kind == "111" else "840", "1")


def test_who_is_the_same_person() -> None:
    one, temporary, other = party("1"), party("1", kind="112"), party("2")
    assert temporary.identity_key.endswith(":1")
    assert len(set(identities([one, other]).values())) == 2  # two identity numbers are two people
    old, new = party("X1", kind="414"), party("X2", kind="414")
    assert len(set(identities([old, new]).values())) == 1  # a passport was renewed
    assert len(set(identities([old, one]).values())) == 1  # and given up for an identity card
    assert len(set(identities([old, new, one, other]).values())) == 4  # whose it was nobody can say
    assert len(set(identities([old, party("X2", "样例乙", "414")]).values())) == 2
