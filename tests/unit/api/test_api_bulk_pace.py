"""Bulk questions that come faster than the party's rate: they wait, and are not refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from api.errors import RateLimited
from api.services.answering import AnsweringService
from api.services.bulk import BulkService
from api.services.clients import Caller
from api.services.questions import Question

CALLER = Caller("91990000MB9T071099", "party", "verifier", "bank", "00" * 8, "91990000MB9T071099", None)


class Told:
    def to_json(self) -> dict[str, Any]:
        return {"answer": ""}


class Busy:
    """Has places for nobody as often as `refusals` says, each time for so many seconds."""

    def __init__(self, *refusals: int) -> None:
        self.refusals = list(refusals)

    async def ask(self, caller: Caller, question: Question) -> Told:
        if self.refusals:
            raise RateLimited(self.refusals.pop())
        return Told()


async def asked(busy: Busy) -> tuple[list[dict[str, Any]], list[float]]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def lines() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"{}"

    service = BulkService(cast(AnsweringService, busy), 100, sleep)
    answers = service.answers(CALLER, lines(), lambda _: cast(Question, None), lambda e: {"code": type(e).__name__})
    return [found async for found in answers], slept


async def test_a_line_waits_for_its_place() -> None:
    found, slept = await asked(Busy(2, 1, 1))
    assert found[-1] == {"end": {"lines": 3, "answered": 3}}
    assert sorted(slept) == [1, 1, 2]


async def test_nobody_waits_for_the_next_day() -> None:
    found, slept = await asked(Busy(7200))
    assert [f["problem"]["code"] for f in found if "problem" in f] == ["RateLimited"]
    assert (found[-1], slept) == ({"end": {"lines": 3, "answered": 2}}, [])
