"""Direct appends on both databases: batches, repeats, conflicts, cancelled and failed ones, two writers, full disk."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from api.db.log_store import SqlLogStore
from chain.errors import Conflict, LostSwap, OutcomeUnknown, QueueFull
from chain.log.committer import Appended, GroupCommitter
from chain.log.model import Append
from chain.log.writer import LogWriter
from tests.support import postgres
from tests.support.log_lab import SM3_LOG, Ed25519Signer, Lab, check_everything, item
from verifier.errors import Malformed

DATABASES = ("sqlite", "postgresql")
H = SM3_LOG.hash


class Cut(Exception):
    """The injected fault."""


class Valve:
    """Units of work that can be held before they begin, and made to fail before or after their commit."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.open = asyncio.Event()
        self.open.set()
        self.fail = ""
        self.begun = 0

    @asynccontextmanager
    async def work(self) -> AsyncIterator[SqlLogStore]:
        self.begun += 1
        await self.open.wait()
        async with self._lab.write() as store:
            yield store
            if self.fail == "before":
                raise Cut
        if self.fail == "after":
            raise Cut


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    made = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    yield made
    await made.engines.dispose()


@pytest.fixture
def valve(lab: Lab) -> Valve:
    return Valve(lab)


@pytest.fixture
def committer(lab: Lab, valve: Valve) -> GroupCommitter:
    return GroupCommitter(SM3_LOG, valve.work, lab.writer, max_queue=300)


async def settled(*appends: asyncio.Task[Appended]) -> list[Appended | BaseException]:
    return await asyncio.gather(*appends, return_exceptions=True)


def start(committer: GroupCommitter, *entries: tuple[bytes, bytes]) -> list[asyncio.Task[Appended]]:
    return [asyncio.create_task(committer.append(*entry)) for entry in entries]


async def test_whoever_comes_during_a_commit_shares_the_next_one(
    lab: Lab, valve: Valve, committer: GroupCommitter
) -> None:
    await committer.append(*item(0))
    valve.begun = 0
    done = await asyncio.gather(*start(committer, *(item(n) for n in range(1, 301))))
    assert valve.begun == 1
    assert [answer.index for answer in done] == list(range(1, 301))
    assert [answer.leaf_hash for answer in done] == [H.leaf(item(n)[1]) for n in range(1, 301)]
    assert not any(answer.duplicate for answer in done)
    assert len(await check_everything(lab)) == 301


async def test_batches_are_bounded(lab: Lab, valve: Valve) -> None:
    committer = GroupCommitter(SM3_LOG, valve.work, lab.writer, max_batch=100)
    await asyncio.gather(*start(committer, *(item(n) for n in range(250))))
    assert valve.begun == 4  # the role is taken in a transaction of its own
    assert len(await check_everything(lab)) == 250


async def test_repeats_and_conflicts_inside_one_batch_and_across(lab: Lab, committer: GroupCommitter) -> None:
    other = (item(1)[0], b"something else")
    a, b, c, d = await settled(*start(committer, item(0), item(1), item(1), other))
    assert (a, b) == (Appended(0, H.leaf(item(0)[1]), False), Appended(1, H.leaf(item(1)[1]), False))
    assert c == Appended(1, H.leaf(item(1)[1]), True)
    assert isinstance(d, Conflict)
    assert d.index == 1
    e, f, g = await settled(*start(committer, item(2), item(0), other))
    assert (e, f) == (Appended(2, H.leaf(item(2)[1]), False), Appended(0, H.leaf(item(0)[1]), True))
    assert isinstance(g, Conflict)
    assert len(await check_everything(lab)) == 3


async def test_entries_out_of_bounds_are_refused_at_the_door(lab: Lab, committer: GroupCommitter) -> None:
    for idem, body in ((b"short", b"x"), (bytes(16), b""), (bytes(16), bytes(65536))):
        with pytest.raises(Malformed, match="log-entry"):
            await committer.append(idem, body)
    assert await check_everything(lab) == []


@pytest.mark.parametrize("where", ["before", "after"])
async def test_failed_commit_fails_its_own_batch_and_may_be_repeated(
    lab: Lab, valve: Valve, committer: GroupCommitter, where: str
) -> None:
    await committer.append(*item(0))
    valve.open.clear()
    first = start(committer, item(1), item(2))
    await asyncio.sleep(0)
    second = start(committer, item(3))  # waits for the next transaction
    valve.fail = where
    while valve.begun < 3:  # the role, the entry before, this batch
        await asyncio.sleep(0)
    valve.open.set()
    failed = await settled(*first)
    valve.fail = ""
    assert [type(error) for error in failed] == [OutcomeUnknown, OutcomeUnknown]
    assert str(failed[0]) == "the append's transaction failed (Cut): repeat it with the same key"
    await settled(*second)
    again = await asyncio.gather(*start(committer, item(1), item(2), item(3)))
    written = where == "after"
    assert [answer.duplicate for answer in again[:2]] == [written, written]
    bodies = await check_everything(lab)
    assert [bodies[answer.index] for answer in again] == [item(n)[1] for n in (1, 2, 3)]
    assert len(bodies) == 4


async def test_cancelling_a_waiter_takes_nothing_back(lab: Lab, valve: Valve, committer: GroupCommitter) -> None:
    await committer.append(*item(0))
    valve.open.clear()
    tasks = start(committer, item(1), item(2), item(3))
    await asyncio.sleep(0)
    tasks[1].cancel()
    valve.open.set()
    one, cancelled, three = await settled(*tasks)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert [answer.index for answer in (one, three) if isinstance(answer, Appended)] == [1, 3]
    assert (await committer.append(*item(2))).index == 2
    assert len(await check_everything(lab)) == 4


async def test_full_queue_takes_nothing(lab: Lab, valve: Valve, committer: GroupCommitter) -> None:
    await committer.append(*item(0))
    valve.open.clear()
    busy = start(committer, item(1))
    while valve.begun < 3:
        await asyncio.sleep(0)
    waiting = start(committer, *(item(n) for n in range(2, 302)))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull, match="300 appends are waiting"):
        await committer.append(*item(400))
    valve.open.set()
    answers = await asyncio.gather(*busy, *waiting)
    assert len(answers) == 301
    assert len(await check_everything(lab)) == 302
    assert not (await committer.append(*item(400))).duplicate


async def test_closing_answers_what_was_taken_and_takes_no_more(lab: Lab, committer: GroupCommitter) -> None:
    tasks = start(committer, item(0), item(1))
    await asyncio.sleep(0)
    closing = asyncio.create_task(committer.close())
    await asyncio.sleep(0)
    with pytest.raises(QueueFull, match="closing"):
        await committer.append(*item(2))
    await closing
    assert [answer.index for answer in await asyncio.gather(*tasks)] == [0, 1]
    await committer.close()
    assert len(await check_everything(lab)) == 2


async def test_direct_and_staged_entries_share_one_log(lab: Lab, committer: GroupCommitter) -> None:
    async def staged(start: int) -> None:
        await lab.stage(*(item(n) for n in range(start, start + 40)))
        await lab.sequencer.drain(lab.write)

    direct = start(committer, *(item(n) for n in range(1000, 1200)))
    await asyncio.gather(*direct, *(staged(n) for n in range(0, 400, 40)))
    bodies = await check_everything(lab)
    assert sorted(bodies) == sorted(item(n)[1] for n in (*range(400), *range(1000, 1200)))
    again = await committer.append(*item(7))  # staged then, direct now
    assert again.duplicate
    assert bodies[again.index] == item(7)[1]


async def test_writer_that_was_replaced_loses_for_good(lab: Lab, committer: GroupCommitter) -> None:
    await committer.append(*item(0))
    other = GroupCommitter(SM3_LOG, lab.write, LogWriter(SM3_LOG))  # another process that believes it is the writer
    assert (await other.append(*item(1))).index == 1
    lost = await settled(*start(committer, item(2), item(3)))
    assert [type(error) for error in lost] == [LostSwap, LostSwap]
    with pytest.raises(LostSwap, match="another writer is active"):
        await committer.append(*item(4))
    await lab.stage(item(5))
    with pytest.raises(LostSwap):
        await lab.sequencer.drain(lab.write)  # the same writer: it may not append either
    assert (await other.append(*item(2))).index == 2
    assert len(await check_everything(lab)) == 3


async def test_repeats_alone_do_not_touch_the_head(
    lab: Lab, committer: GroupCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committer.append(*item(0))

    async def refuse(self: SqlLogStore, batch: Append) -> None:
        raise AssertionError("nothing was new")

    monkeypatch.setattr(SqlLogStore, "append", refuse)
    assert (await committer.append(*item(0))).duplicate


async def test_role_whose_commit_failed_is_taken_again(lab: Lab, valve: Valve, committer: GroupCommitter) -> None:
    valve.fail = "after"  # the number in the table has moved, and the writer does not know it
    with pytest.raises(OutcomeUnknown):
        await committer.append(*item(0))
    valve.fail = ""
    assert (await committer.append(*item(0))).index == 0
    assert await lab.rows("SELECT epoch FROM head") == [(2,)]


async def test_full_disk_fails_the_batch_and_nothing_else(tmp_path: Path) -> None:
    """A real write error of the file system, from its limit on the size of files."""
    path = tmp_path / "log.db"
    lab = await Lab(path, SM3_LOG, Ed25519Signer()).create()
    await lab.committer.append(*item(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    try:
        failed = await settled(*start(lab.committer, *(item(n) for n in range(1, 2000))))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {type(error) for error in failed} == {OutcomeUnknown}
    assert (await lab.committer.append(*item(1))).index == 1
    assert len(await check_everything(lab)) == 2
    await lab.engines.dispose()


async def test_lost_connection_fails_the_batch_and_nothing_else(
    postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = await Lab(postgres_server.url(postgres_server.create()), SM3_LOG, Ed25519Signer()).create()
    await lab.committer.append(*item(0))
    real = SqlLogStore.append

    async def append(self: SqlLogStore, batch: Append) -> None:
        monkeypatch.undo()
        await real(self, batch)
        await self._conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    monkeypatch.setattr(SqlLogStore, "append", append)
    failed = await settled(*start(lab.committer, item(1), item(2)))
    assert {type(error) for error in failed} == {OutcomeUnknown}
    assert [answer.index for answer in await asyncio.gather(*start(lab.committer, item(1), item(2)))] == [1, 2]
    assert len(await check_everything(lab)) == 3
    await lab.engines.dispose()
