"""One answer out of several nodes' answers. Pure.

A node may be dead, behind, or lying. The rules, for `total` configured endpoints:

* Enough must answer: a majority of them; of two, one (that one is then trusted as a single endpoint would be).
* If all that answered say the same, that is the answer.
* If not, it is the answer of a majority of *all* endpoints, and only if every other answer is an earlier view of the
  same chain ("no receipt yet" against a receipt, a smaller head against a larger one).
* Where an earlier view can do no harm (`cautious`: "no receipt yet" only sends the same bytes again), and the answers
  are views of one chain at different heights, the earliest of them is the answer.
* Everything else is a disagreement, and no answer: two views that exclude each other (another root, another block), or
  somebody who claims to be ahead of the majority where that matters. Nobody is outvoted: a majority of one operator's
  nodes is no proof.

So one liar among three can stop anchoring, which is an outage with a name; it takes a majority of the endpoints, lying
alike, with every honest one dead, to make us believe anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from chain.errors import ChainUnavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """`what` is asked for, in words for the operator, of `total` endpoints."""

    what: str
    total: int
    cautious: bool = False

    @property
    def majority(self) -> int:
        """More than half of all."""
        return self.total // 2 + 1

    @property
    def needed(self) -> int:
        """Endpoints that must answer."""
        return 1 if self.total <= 2 else self.majority


def agree(
    question: Question,
    answers: Mapping[int, T],
    silent: Mapping[int, str],
    earlier: Callable[[T, T], bool],
) -> T:
    """The answer. `answers` and `silent` by endpoint number; `earlier(a, b)`: a is an earlier view of what b shows.

    Raises ChainUnavailable, naming endpoints by number.
    """
    if len(answers) < question.needed:
        reasons = "; ".join(f"endpoint {number}: {reason}" for number, reason in sorted(silent.items()))
        raise ChainUnavailable(f"{len(answers)} of {question.total} endpoints answer. {reasons}")
    groups: list[tuple[T, list[int]]] = []
    for number, answer in sorted(answers.items()):
        for value, members in groups:
            if value == answer:
                members.append(number)
                break
        else:
            groups.append((answer, [number]))
    groups.sort(key=lambda group: -len(group[1]))
    value, members = groups[0]
    others = groups[1:]
    if not others:
        return value
    if len(members) >= question.majority and all(earlier(other, value) for other, _ in others):
        return value
    views = [other for other, _ in groups]
    if question.cautious and all(earlier(a, b) or earlier(b, a) for a, b in combinations(views, 2)):
        return next(view for view in views if not any(earlier(other, view) for other in views))
    odd = [number for _, numbers in others for number in numbers]
    if len(members) >= question.majority:
        raise ChainUnavailable(f"{_named(odd)} contradicts the others: {question.what}")
    raise ChainUnavailable(f"{_named(sorted(answers))} do not agree: {question.what}")


def _named(numbers: list[int]) -> str:
    """ "endpoint 2", "endpoints 1, 3"."""
    return f"endpoint{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
