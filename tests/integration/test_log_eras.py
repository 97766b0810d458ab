"""Leaves are found era by era, 8,192 entries each: at the edges, the first of equal ones, and through the index."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event, text

from chain.log.model import Staged, leaf_key
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab, item

DATABASES = ("sqlite", "postgresql")
ERA = 8192
SIZE = 2 * ERA + 100
TWICE = {ERA - 2: 7, ERA + 5: 7, SIZE - 1: ERA + 1}  # the entry at an index repeats the body of an earlier one


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    made = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    for start in range(0, SIZE, 4096):
        numbers = range(start, min(start + 4096, SIZE))
        staged = [Staged(n, item(n)[0], item(TWICE.get(n, n))[1]) for n in numbers]
        async with made.writer.turn(made.write), made.write() as store:
            await made.writer.write(store, staged, queued=False)
    yield made
    await made.engines.dispose()


async def found(lab: Lab, n: int) -> int | None:
    async with lab.read() as store:
        return await store.find_leaf(SM3_LOG.hash.leaf(item(n)[1]))


async def test_every_era_is_searched_and_the_first_of_equal_leaves_wins(lab: Lab) -> None:
    for index in (0, ERA - 1, ERA, 2 * ERA - 1, 2 * ERA, SIZE - 2):
        assert await found(lab, index) == index
    assert await found(lab, 7) == 7  # again in its own era, and in the next
    assert await found(lab, ERA + 1) == ERA + 1  # again in the next era
    assert await found(lab, SIZE) is None


async def test_a_leaf_that_shares_its_key_is_passed_over(lab: Lab) -> None:
    wanted = 2 * ERA + 3
    key = leaf_key(SM3_LOG.hash.leaf(item(wanted)[1]))
    others = ", ".join(map(str, (5, 6, ERA - 1, ERA, 2 * ERA)))
    await lab.tamper(f"UPDATE entry SET leaf_key = {key} WHERE idx IN ({others})")
    assert await found(lab, wanted) == wanted


async def test_an_empty_log_has_no_leaf(database_url: str) -> None:
    lab = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    assert await found(lab, 0) is None
    await lab.engines.dispose()


@pytest.mark.parametrize("index", ["ix_entry_leaf_key", "idem"])
async def test_searches_stay_in_their_index_with_and_without_statistics(lab: Lab, index: str) -> None:
    asked: list[tuple[str, object]] = []

    def note(_c: object, _k: object, statement: str, values: object, _x: object, _many: bool) -> None:
        asked.append((statement, values))

    event.listen(lab.engines.reader.sync_engine, "before_cursor_execute", note)
    async with lab.read() as store:
        if index == "idem":
            keys = [item(n)[0] for n in range(0, 2 * SIZE, 64)]
            assert len(await store.find_idem(keys)) == sum(n < SIZE for n in range(0, 2 * SIZE, 64))
        else:
            assert await store.find_leaf(bytes(32)) is None
    statement, values = asked[-1]
    named = index if index != "idem" else "uq_entry_idem" if "$" in statement else "log_id=? AND idem=?"
    explain = "EXPLAIN QUERY PLAN" if lab.engines.reader.dialect.name == "sqlite" else "EXPLAIN"
    for _ in range(2):
        async with lab.engines.reader.begin() as connection:
            rows = (await connection.exec_driver_sql(f"{explain} {statement}", values)).all()
        steps = [str(row[-1]) for row in rows]
        (touching,) = [step for step in steps if "entry" in step]
        assert named in touching
        assert "SEARCH" in touching or "Index Scan" in touching or "Bitmap" in touching
        async with lab.engines.writer.begin() as connection:
            await connection.execute(text("ANALYZE"))
