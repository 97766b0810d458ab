"""Random crowds of direct appends: new, repeated, conflicting, impatient; commits that fail, with effect or without.

After every step the whole table is checked against the recursive definitions, and every answer ever given against it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.db.log_store import SqlLogStore
from chain.errors import Conflict, OutcomeUnknown
from chain.log.committer import Appended, GroupCommitter
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab, check_everything, item

T = TypeVar("T")
KEYS = 12  # few, so that they meet again

Call = tuple[int, int, bool]
"""(key, which of two bodies, whether the caller goes away at once)"""
crowds = st.lists(st.tuples(st.integers(0, KEYS - 1), st.integers(0, 1), st.booleans()), min_size=1, max_size=9)


class Cut(Exception):
    """The injected fault."""


def entry(call: Call) -> tuple[bytes, bytes]:
    key, body, _ = call
    return item(key)[0], item(1000 * body + key)[1]


class CommitterMachine(RuleBasedStateMachine):
    """`told`: key -> (index, body), as the table ever had it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        self.lab = self.run(Lab(Path(self.directory.name) / "log.db", SM3_LOG, Ed25519Signer()).create())
        self.fail = ""
        self.committer = GroupCommitter(SM3_LOG, self.work, self.lab.writer, max_batch=4)
        self.told: dict[bytes, tuple[int, bytes]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.lab.engines.dispose())
        self.runner.close()
        self.directory.cleanup()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[SqlLogStore]:
        async with self.lab.write() as store:
            yield store
            if self.fail == "before":
                raise Cut
        if self.fail == "after":
            raise Cut

    @initialize(size=st.sampled_from([0, 250, 254, 255, 508]))
    def start_near_a_tile_boundary(self, size: int) -> None:
        self.run(self.lab.fill(10_000, 10_000 + size))

    @rule(crowd=crowds, fail=st.sampled_from(["", "", "", "before", "after"]))
    def append(self, crowd: list[Call], fail: str) -> None:
        before = self.run(self._table())
        self.fail = fail
        answers = self.run(self._crowd(crowd))
        self.fail = ""
        after = self.run(self._table())
        for call, answer in zip(crowd, answers, strict=True):
            idem, body = entry(call)
            if isinstance(answer, Appended):
                assert after[idem] == (answer.index, body)
                assert answer.leaf_hash == SM3_LOG.hash.leaf(body)
                assert answer.duplicate or idem not in before
            elif isinstance(answer, Conflict):
                assert after[idem] == (answer.index, after[idem][1])
                assert after[idem][1] != body
            else:
                assert isinstance(answer, OutcomeUnknown if not call[2] else asyncio.CancelledError)
                assert fail or call[2]
        if not fail:
            assert {entry(call)[0] for call in crowd} <= set(after)  # those who went away as well
        if fail == "before":
            assert after == before
        self.told.update(before)

    async def _crowd(self, crowd: list[Call]) -> list[Appended | BaseException]:
        tasks = [asyncio.create_task(self.committer.append(*entry(call))) for call in crowd]
        await asyncio.sleep(0)
        for call, task in zip(crowd, tasks, strict=True):
            if call[2]:
                task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(self.committer.append(*item(5000)), return_exceptions=True)  # behind all that was taken
        return answers

    async def _table(self) -> dict[bytes, tuple[int, bytes]]:
        return {row.idem: (row.idx, row.body) for row in await self.lab.rows("SELECT idem, idx, body FROM entry")}

    @invariant()
    def nothing_moved(self) -> None:
        self.run(check_everything(self.lab))
        table = self.run(self._table())
        assert all(table[idem] == place for idem, place in self.told.items())


TestCommitter = CommitterMachine.TestCase
TestCommitter.settings = settings(
    max_examples=25,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
