"""Which questions look like a search through the register, and which are a busy counter's."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from api.services.watching import ENOUGH, KEPT, WINDOW, Asked, Pattern, Thresholds, Watched, asked_about
from certs.sealing import HmacLookupKey

KEY = HmacLookupKey(b"\x05" * 32)
THRESHOLDS = Thresholds(questions=10_000, subjects=3000, undetermined=60, names=4, sequence=6)
START = 1_800_000_000


def person(birth: date, serial: int, name: str = "示例", region: str = "990101") -> Asked:
    return asked_about(KEY, "111", "156", f"{region}{birth:%Y%m%d}{serial:03d}X", name)


def ask(watched: Watched, people: list[Asked], *, undetermined: int = 0, every: int = 1) -> set[Pattern]:
    found: set[Pattern] = set()
    for n, one in enumerate(people):
        found |= watched.add(START + n * every, 37 * n % 100 < undetermined, (one,), THRESHOLDS).keys()
    return found


def customers(count: int, seed: int = 1) -> list[Asked]:
    """People of one county as a bank meets them: any birthday of forty years, any serial."""
    chance = random.Random(seed)
    return [
        person(date(1960, 1, 1) + timedelta(days=chance.randrange(14_600)), chance.randrange(1, 999))
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_a_busy_morning_is_no_alarm(seed: int) -> None:
    assert ask(Watched(), customers(400, seed), undetermined=30, every=6) == set()


def test_the_same_couple_asked_about_again_and_again_is_no_alarm() -> None:
    assert ask(Watched(), [person(date(1998, 3, 7), 1)] * 200) == set()


def test_guessing_names_of_one_document() -> None:
    names = ["王示例", "李示例", "张示例", "刘示例"]
    asked = [person(date(1998, 3, 7), 1, name) for name in names]
    assert ask(Watched(), asked[:3]) == set()
    assert ask(Watched(), asked) == {Pattern.NAMES}


def test_counting_through_the_serial_numbers_of_a_birthday() -> None:
    asked = [person(date(1998, 3, 7), serial) for serial in range(1, 7)]
    assert ask(Watched(), asked[:5]) == set()
    assert ask(Watched(), asked) == {Pattern.SEQUENCE}


def test_counting_through_the_birthdays_of_a_serial_number() -> None:
    asked = [person(date(1998, 3, 1) + timedelta(days=n), 1) for n in range(6)]
    assert ask(Watched(), asked) == {Pattern.SEQUENCE}


def test_guesses_that_find_nobody() -> None:
    assert ask(Watched(), customers(ENOUGH - 1), undetermined=100) == set()
    assert ask(Watched(), customers(ENOUGH), undetermined=100) == {Pattern.UNDETERMINED}


def test_more_people_or_questions_than_anybody_has_customers() -> None:
    few = Thresholds(questions=50, subjects=30, undetermined=100, names=99, sequence=99)
    watched, found = Watched(), [set[Pattern]()]
    for n, one in enumerate(customers(60)):
        found.append(set(watched.add(START + n, False, (one,), few)))
    assert found[30] == set()
    assert found[31] == {Pattern.SUBJECTS}
    assert found[51] == {Pattern.SUBJECTS, Pattern.QUESTIONS}


def test_what_left_the_window_is_counted_no_more() -> None:
    watched = Watched()
    names = [person(date(1998, 3, 7), 1, name) for name in ("王", "李", "张")]
    for one in names:
        watched.add(START, True, (one,), THRESHOLDS)
    later = watched.add(START + WINDOW, True, (person(date(1998, 3, 7), 1, "刘"),), THRESHOLDS)
    assert later == {}
    assert watched.forget_before(START + 2 * WINDOW)
    assert (watched.undetermined, watched.subjects, watched.names, watched.countings) == (0, {}, {}, {})


def test_memory_of_a_party_is_bounded() -> None:
    watched = Watched()
    nobody = Thresholds(10**9, 10**9, 100, 10**9, 10**9)
    one = (person(date(1998, 3, 7), 1),)
    for n in range(KEPT + 50):
        watched.add(START, n % 2 == 0, one, nobody)
    assert len(watched.seen) == KEPT
    assert watched.subjects == {one[0].subject: KEPT}


def test_nothing_of_a_person_is_kept() -> None:
    kept = repr(asked_about(KEY, "111", "156", "990101199803070013", "张示例"))
    assert "9901" not in kept
    assert "张" not in kept
    other = asked_about(HmacLookupKey(b"\x06" * 32), "111", "156", "990101199803070013", "张示例")
    assert repr(other) != kept
