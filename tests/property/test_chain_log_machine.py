"""Random histories of one log, checked whole after every step against a slow recursive model.

Faults are injected where they hurt: before and after each write, and around the commit (failed and absent, failed but
present). After each one the process "restarts": only what is in the database counts.
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
from chain.errors import Conflict
from chain.log.checkpointer import Checkpointer
from chain.log.model import Append, StoredCheckpoint
from chain.log.view import LogView
from tests.support import rfc9162_reference as rfc
from tests.support.log_lab import (
    REFERENCE_HASH,
    SHA_LOG,
    SM3_LOG,
    Ed25519Signer,
    Lab,
    check_everything,
    item,
)
from verifier.merkle import verify_consistency, verify_inclusion

T = TypeVar("T")
POINTS = ("before-append", "after-append", "before-checkpoint", "after-checkpoint", "before-commit", "after-commit")


class Cut(Exception):
    """The injected fault."""


class FaultyStore(SqlLogStore):
    """Raises at one point. What a write left behind inside the transaction, the rollback takes away."""

    point = ""

    async def append(self, batch: Append) -> None:
        self._cut("before-append")
        await super().append(batch)
        self._cut("after-append")

    async def insert_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        self._cut("before-checkpoint")
        await super().insert_checkpoint(checkpoint)
        self._cut("after-checkpoint")

    def _cut(self, point: str) -> None:
        if self.point == point:
            raise Cut(point)


class LogMachine(RuleBasedStateMachine):
    """`expected` is the log as it must be; `staged` what must follow, in order."""

    identity = SM3_LOG

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name) / "log.db"
        self.lab = self.run(Lab(path, self.identity, Ed25519Signer(), max_batch=300).create())
        self.expected: list[bytes] = []
        self.staged: list[bytes] = []
        self.bodies: dict[bytes, bytes] = {}
        self.notes: dict[int, bytes] = {}
        self.next = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.lab.engines.dispose())
        self.runner.close()
        self.directory.cleanup()

    @initialize(size=st.sampled_from([0, 1, 254, 255, 256, 511]))
    def start_near_a_tile_boundary(self, size: int) -> None:
        if size:
            self.stage_new(size)
            self.sequence("")

    @rule(count=st.sampled_from([1, 2, 3, 7, 100, 256]))
    def stage_new(self, count: int) -> None:
        items = [item(n) for n in range(self.next, self.next + count)]
        self.next += count
        self.bodies.update(items)
        self.run(self.lab.stage(*items))
        self.staged += [body for _, body in items]

    @rule(data=st.data())
    def stage_again(self, data: st.DataObject) -> None:
        if self.bodies:
            key = data.draw(st.sampled_from(sorted(self.bodies)))
            self.run(self.lab.stage((key, self.bodies[key])))

    @rule(data=st.data())
    def stage_conflict(self, data: st.DataObject) -> None:
        if self.bodies:
            key = data.draw(st.sampled_from(sorted(self.bodies)))
            try:
                self.run(self.lab.stage((key, b"another body")))
            except Conflict:
                return
            raise AssertionError("conflict went unnoticed")

    @asynccontextmanager
    async def work(self, point: str) -> AsyncIterator[SqlLogStore]:
        async with self.lab.engines.writer.connect() as conn:
            transaction = await conn.begin()
            store = FaultyStore(conn, self.identity, 1)
            store.point = point
            try:
                yield store
                store._cut("before-commit")
            except BaseException:
                await transaction.rollback()
                raise
            await transaction.commit()
            store._cut("after-commit")

    @rule(point=st.sampled_from(("", "", *POINTS)))
    def sequence(self, point: str) -> None:
        self.run(self._take_role())  # in a transaction of its own, or the fault would hit that one
        try:
            self.run(self.lab.sequencer.drain(lambda: self.work(point)))
        except Cut:
            self.run(self.lab.restart())
        size = len(self.run(self.lab.rows("SELECT idx FROM entry")))
        moved = size - len(self.expected)
        if point in ("before-append", "after-append", "before-commit"):
            assert moved == 0
        elif point == "after-commit":
            assert moved == min(300, len(self.staged))
        else:
            assert moved == len(self.staged)
        self.expected += self.staged[:moved]
        del self.staged[:moved]

    async def _take_role(self) -> None:
        async with self.lab.writer.turn(self.lab.write):
            pass

    @rule(point=st.sampled_from(("", "", *POINTS)), later=st.integers(0, 100))
    def checkpoint(self, point: str, later: int) -> None:
        self.lab.now += later
        try:
            made = self.run(self._checkpoint(point))
        except Cut:
            self.run(self.lab.restart())
            return
        assert (made is None) == (not self.expected)
        if made is not None:
            assert self.notes.setdefault(made.size, made.note) == made.note  # what was shown once stays

    async def _checkpoint(self, point: str) -> StoredCheckpoint | None:
        permit = await self.lab.permit()
        maker = Checkpointer(self.identity, [self.lab.signer], lambda: self.lab.now, permit)
        async with self.work(point) as store:
            return await maker.checkpoint(store)

    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        if not self.expected:
            return
        h = REFERENCE_HASH[self.identity.hash]
        leaves = [rfc.leaf(h, body) for body in self.expected]
        size = data.draw(st.integers(1, len(leaves)))
        index = data.draw(st.integers(0, size - 1))
        old = data.draw(st.integers(1, size))
        path, proof = self.run(self._proofs(index, size, old))
        root = rfc.root(h, leaves[:size])
        assert verify_inclusion(self.identity.hash, leaves[index], index, size, path, root)
        old_root = rfc.root(h, leaves[:old])
        assert verify_consistency(self.identity.hash, old, old_root, size, root, proof)
        assert proof == rfc.consistency_proof(h, old, leaves[:size])

    async def _proofs(self, index: int, size: int, old: int) -> tuple[list[bytes], list[bytes]]:
        async with self.lab.read() as store:
            view = LogView(self.identity, store)
            return await view.inclusion(index, size), await view.consistency(old, size)

    @invariant()
    def whole_log_is_right(self) -> None:
        assert self.run(check_everything(self.lab)) == self.expected


class ShaLogMachine(LogMachine):
    identity = SHA_LOG


SETTINGS = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestSm3Log = LogMachine.TestCase
TestSm3Log.settings = SETTINGS
TestShaLog = ShaLogMachine.TestCase
TestShaLog.settings = settings(SETTINGS, max_examples=6)
