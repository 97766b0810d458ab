"""One answer out of several: what counts, what does not, and that nobody's address is ever named."""

from __future__ import annotations

from itertools import product

import pytest

from chain.anchor.agreement import Question, agree
from chain.errors import ChainUnavailable

# A view of a toy chain: its height, and which fork it is on. Views of one fork are earlier and later.
View = tuple[int, str]


def earlier(a: View, b: View) -> bool:
    return a[1] == b[1] and a[0] < b[0]


def ask(answers: list[View | None], *, cautious: bool = False) -> View:
    given = {n: a for n, a in enumerate(answers, start=1) if a is not None}
    silent = {n: "down" for n, a in enumerate(answers, start=1) if a is None}
    return agree(Question("the head", len(answers), cautious), given, silent, earlier)


HONEST, BEHIND, LIE = (9, "true"), (7, "true"), (9, "fork")


@pytest.mark.parametrize(
    "answers",
    [
        [HONEST],
        [HONEST, HONEST],
        [HONEST, None],
        [None, HONEST],
        [HONEST, HONEST, HONEST],
        [HONEST, None, HONEST],
        [BEHIND, HONEST, HONEST],
        [HONEST, BEHIND, HONEST, HONEST, None],
    ],
)
def test_the_answer(answers: list[View | None]) -> None:
    assert ask(answers) == HONEST
    assert ask(answers, cautious=True) == HONEST


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([None], "0 of 1 endpoints answer. endpoint 1: down"),
        ([None, None], "0 of 2 endpoints answer. endpoint 1: down; endpoint 2: down"),
        ([HONEST, None, None], "1 of 3 endpoints answer. endpoint 2: down; endpoint 3: down"),
        ([HONEST, LIE], "endpoints 1, 2 do not agree: the head"),
        ([HONEST, BEHIND], "endpoints 1, 2 do not agree: the head"),
        ([LIE, HONEST, HONEST], "endpoint 1 contradicts the others: the head"),
        ([HONEST, LIE, HONEST], "endpoint 2 contradicts the others: the head"),
        ([BEHIND, BEHIND, HONEST], "endpoint 3 contradicts the others: the head"),
        ([HONEST, BEHIND, LIE], "endpoints 1, 2, 3 do not agree: the head"),
        ([HONEST, LIE, None], "endpoints 1, 2 do not agree: the head"),
    ],
)
def test_no_answer(answers: list[View | None], words: str) -> None:
    with pytest.raises(ChainUnavailable) as caught:
        ask(answers)
    assert str(caught.value) == words


def test_the_earliest_view_where_it_does_no_harm() -> None:
    assert ask([HONEST, BEHIND], cautious=True) == BEHIND
    assert ask([BEHIND, BEHIND, HONEST], cautious=True) == BEHIND
    assert ask([(8, "true"), BEHIND, HONEST], cautious=True) == BEHIND
    for answers in ([HONEST, LIE], [BEHIND, HONEST, LIE]):
        with pytest.raises(ChainUnavailable, match="agree"):
            ask([*answers], cautious=True)


@pytest.mark.parametrize("total", [3, 4, 5])
@pytest.mark.parametrize("cautious", [False, True])
def test_no_minority_of_liars_is_ever_believed(total: int, cautious: bool) -> None:
    """Every way in which fewer than half lie and the others are right, behind or dead."""
    believed = 0
    for answers in product((HONEST, BEHIND, LIE, None), repeat=total):
        if 2 * answers.count(LIE) >= total or LIE not in answers:
            continue
        try:
            assert ask(list(answers), cautious=cautious) != LIE
            believed += 1
        except ChainUnavailable:
            pass
    assert believed == 0  # as long as somebody lies, there is no answer at all
