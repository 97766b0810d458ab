"""Many questions in one request: answered a few at a time, in order, and read no faster than answers are taken.

Each line is a question of its own, with its own answer, signature and place in the access log: a party archives one
line as evidence without showing the others. Lines that are there together share a commit of the access log.
A line that comes sooner than the party's rate allows waits for its place; only a day's quota refuses one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from api.errors import RateLimited, ServiceError
from api.services.answering import Answered, AnsweringService
from api.services.clients import Caller
from api.services.questions import Question
from certs.errors import CertsError
from chain.errors import ChainFault
from verifier.errors import VerifierError

TOGETHER: Final = 16  # lines in work at once
OPEN: Final = 2  # bulk requests of one party
_LATER: Final = 30  # seconds to wait for one of them
_PATIENCE: Final = 60  # seconds that a line waits for its place; what is told to come back later than that is refused
_END: Final = None
Problem = Callable[[Exception], dict[str, Any]]


class BulkService:
    def __init__(
        self,
        answering: AnsweringService,
        max_lines: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._answering, self._max_lines, self._sleep = answering, max_lines, sleep
        self._open: Counter[str] = Counter()

    def answers(
        self, caller: Caller, lines: AsyncIterator[bytes], question: Callable[[bytes], Question], problem: Problem
    ) -> AsyncGenerator[dict[str, Any], None]:
        """One object for each line, then `{"end": {"lines": 2, "answered": 1}}`: without it an answer was cut short.

        Raises RateLimited before anything is read. `question` reads a line; `problem` words what it and the service
        raise.
        """
        if self._open[caller.uscc] >= OPEN:
            raise RateLimited(_LATER)
        return self._answers(caller, lines, question, problem)

    async def _answers(
        self, caller: Caller, lines: AsyncIterator[bytes], question: Callable[[bytes], Question], problem: Problem
    ) -> AsyncGenerator[dict[str, Any], None]:
        waiting: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(TOGETHER)
        reader = asyncio.create_task(_read(lines, waiting))
        self._open[caller.uscc] += 1
        count = answered = 0
        try:
            while count < self._max_lines:
                group = await _together(waiting, self._max_lines - count)
                asked = [self._one(caller, line, question, problem) for line in group if isinstance(line, bytes)]
                for found in await asyncio.gather(*asked):
                    count += 1
                    answered += "answer" in found
                    yield {"line": count, **found}
                last = group[-1]
                if isinstance(last, BaseException):
                    raise last
                if last is _END:
                    break
            else:
                yield {"line": count + 1, "problem": {"code": "too-many-lines"}}
            yield {"end": {"lines": count, "answered": answered}}
        finally:
            self._open[caller.uscc] -= 1
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader

    async def _one(
        self, caller: Caller, line: bytes, question: Callable[[bytes], Question], problem: Problem
    ) -> dict[str, Any]:
        try:
            return (await self._paced(caller, question(line))).to_json()
        except (ServiceError, CertsError, ChainFault, VerifierError) as error:
            return {"problem": problem(error)}

    async def _paced(self, caller: Caller, question: Question) -> Answered:
        """Ask, and again when the rate has a place: the party sees one answer a line, however fast it sends."""
        while True:
            try:
                return await self._answering.ask(caller, question)
            except RateLimited as refused:
                if refused.retry_after > _PATIENCE:
                    raise
                await self._sleep(refused.retry_after)


async def _read(lines: AsyncIterator[bytes], waiting: asyncio.Queue[bytes | BaseException | None]) -> None:
    """Put lines where they are taken from, which waits while the place is full. What reading raises comes last."""
    last: BaseException | None = _END
    try:
        async for line in lines:
            await waiting.put(line)
    except Exception as error:  # noqa: BLE001 - handed to whoever takes the lines, and raised there
        last = error
    await waiting.put(last)


async def _together(
    waiting: asyncio.Queue[bytes | BaseException | None], most: int
) -> list[bytes | BaseException | None]:
    """The next line, and what is there beside it. Waits for the first one only: a client may want each answer before
    it sends on."""
    group = [await waiting.get()]
    while isinstance(group[-1], bytes) and len(group) < min(most, TOGETHER) and not waiting.empty():
        group.append(waiting.get_nowait())
    return group
