"""Pauses after failed transactions: none after one, then longer and longer, never longer than an hour."""

from __future__ import annotations

from chain.anchor.backoff import LONGEST_PAUSE, Failures


def test_pauses() -> None:
    pauses = [Failures(count, 1000, "").resume_at - 1000 for count in range(11)]
    assert pauses == [0, 0, 60, 120, 240, 480, 960, 1920, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert Failures(10**9, 0, "").resume_at == LONGEST_PAUSE
