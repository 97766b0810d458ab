"""The relationship state against a second, slow one, over random histories; and what must hold in every history."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from certs.marriage.events import Op
from certs.marriage.state import Event, State, marriages, state_between, state_of
from tests.support.relationship_reference import FIRST, Reference, pairs

PEOPLE = "ABC"
SPAN = 12  # days and seconds: small, so that things meet
DAYS = st.integers(0, SPAN).map(lambda n: FIRST + timedelta(days=n))
PLAIN = [op for op in Op if op is not Op.CORRECTION]
OFTEN = [Op.MARRIAGE, Op.MARRIAGE, Op.MARRIAGE, Op.DIVORCE, Op.COURT_VOID]
COUPLES = ["AB", "AB", "AB", "AC", "BC"]  # mostly one couple, so that its entries meet


@st.composite
def histories(draw: Any) -> list[Event]:
    """Up to nine entries of three people: right, late, contradictory, corrected."""
    events: list[Event] = []
    for n in range(draw(st.integers(1, 9))):
        correctable = [e for e in events if e.op is not Op.CORRECTION]
        op = draw(st.sampled_from([*Op, *OFTEN] if correctable else [*PLAIN, *OFTEN]))
        target = draw(st.sampled_from(correctable)) if op is Op.CORRECTION else None
        people = draw(st.sampled_from(PEOPLE if op is Op.DEATH else COUPLES)) if target is None else target.people
        numbers = [e.number for e in events if e.number is not None]
        day = draw(DAYS)
        events.append(
            Event(
                name=f"e{n}",
                op=op,
                known_at=draw(st.integers(0, 6)),
                day=day,
                effective=day,
                people=frozenset(people),
                number=f"n{n}" if op in (Op.MARRIAGE, Op.DIVORCE, Op.REISSUE_MARRIAGE, Op.REISSUE_DIVORCE) else None,
                refers=draw(st.sampled_from([None, "unknown", *numbers])) if op is not Op.MARRIAGE else None,
                corrects=None if target is None else target.name,
                withdrawn=target is not None and draw(st.booleans()),
            )
        )
    # a store gives them in the order in which they became known
    return sorted(events, key=lambda e: e.known_at)


MOMENTS = {"as_of": DAYS, "known_at": st.integers(-1, 7)}


@given(events=histories(), **MOMENTS)
@settings(max_examples=600, deadline=None)
def test_the_second_model_says_the_same(events: list[Event], as_of: date, known_at: int) -> None:
    slow = Reference(events, known_at)
    for person in PEOPLE:
        quick = state_of(person, events, as_of=as_of, known_at=known_at)
        assert quick == slow.state(pairs(slow.seen, person), as_of)
    for pair in pairs(events):
        assert state_between(pair, events, as_of=as_of, known_at=known_at) == slow.state([pair], as_of)


@given(events=histories(), later=histories(), **MOMENTS)
@settings(max_examples=60, deadline=None)
def test_later_knowledge_changes_no_earlier_answer(
    events: list[Event], later: list[Event], as_of: date, known_at: int
) -> None:
    moved = [Event(f"x{e.name}", e.op, e.known_at + known_at + 1, e.day, e.effective, e.people) for e in later]
    for person in PEOPLE:
        before = state_of(person, events, as_of=as_of, known_at=known_at)
        assert state_of(person, [*events, *moved], as_of=as_of, known_at=known_at) == before


@given(events=histories(), **MOMENTS)
@settings(max_examples=60, deadline=None)
def test_a_reissue_of_what_is_recorded_changes_nothing(events: list[Event], as_of: date, known_at: int) -> None:
    for original in events:
        if original.op not in (Op.MARRIAGE, Op.DIVORCE):
            continue
        op = Op.REISSUE_MARRIAGE if original.op is Op.MARRIAGE else Op.REISSUE_DIVORCE
        again = Event("again", op, original.known_at, as_of, as_of, original.people, "n-again", original.number)
        for person in PEOPLE:
            before = state_of(person, events, as_of=as_of, known_at=known_at)
            assert state_of(person, [*events, again], as_of=as_of, known_at=known_at) == before


@given(events=histories(), **MOMENTS)
@settings(max_examples=60, deadline=None)
def test_nobody_is_married_after_a_death_or_by_a_void_marriage(events: list[Event], as_of: date, known_at: int) -> None:
    known_deaths = Reference(events, known_at)
    for person in PEOPLE:
        dead = [e for e in known_deaths.deaths(frozenset(person)) if known_deaths.effect(e) <= as_of]
        if dead:
            assert state_of(person, events, as_of=as_of, known_at=known_at) is not State.MARRIED
    for marriage in marriages(events, known_at):
        assert not (marriage.void and marriage.holds(as_of))
        assert marriage.end is None or marriage.start is None or marriage.end >= marriage.start
