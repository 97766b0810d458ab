"""Lookups go through an index, however the tables grow: without statistics SQLite prefers to read the whole log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab, item


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = await Lab(tmp_path / "log.db", SM3_LOG, Ed25519Signer()).create()
    yield made
    await made.engines.dispose()


async def test_every_lookup_of_the_log_uses_an_index_to_the_full(lab: Lab) -> None:
    await lab.fill(0, 600)
    await lab.checkpoint()
    statements: list[tuple[str, object]] = []

    def note(_c: object, _k: object, statement: str, values: object, _x: object, _many: bool) -> None:
        statements.append((statement, values))

    for engine in (lab.engines.writer, lab.engines.reader):
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    await lab.committer.append(*item(5))
    await lab.stage(item(3), item(900))
    async with lab.read() as store:
        assert await store.find_leaf(SM3_LOG.hash.leaf(item(7)[1])) == 7
        await store.entries(256, 512)
        await store.hashes(1, 0, 2)
        await store.tile(0, 1)
        await store.staged(100)
        await store.backlog()
        await store.checkpoint()
        await store.checkpoint(600)
    asked = [(sql, values) for sql, values in statements if sql.startswith(("SELECT", "WITH"))]
    assert len(asked) > 10
    async with lab.engines.reader.begin() as connection:
        for sql, values in asked:
            plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)).all()
            steps = [row[3] for row in plan]
            touching = [step for step in steps if "entry" in step or "outbox" in step]
            whole = [step for step in touching if step.startswith("SCAN") or step.endswith("(log_id=?)")]
            assert not whole, (sql, whole)
        assert (await connection.execute(text("SELECT count(*) FROM entry"))).scalar_one() == 600
