"""When an anchor is due."""

from __future__ import annotations

import pytest

from chain.anchor.model import News
from chain.anchor.trigger import Trigger


@pytest.mark.parametrize(
    ("now", "news", "anchored", "due"),
    [
        (1059, News(1000, 5), 0, False),
        (1060, News(1000, 5), 0, True),
        (1000, News(1000, 10_000), 0, True),
        (1000, News(1000, 10_000), 1, False),
    ],
)
def test_due_by_age_or_by_number(now: int, news: News, anchored: int, due: bool) -> None:
    assert Trigger().is_due(now, news, anchored) is due


def test_silence_becomes_worth_proving_after_a_day() -> None:
    assert not Trigger().is_quiet(10**9, None)  # before the first anchor there is nothing to prove
    assert not Trigger().is_quiet(86_399, 0)
    assert Trigger().is_quiet(86_400, 0)
