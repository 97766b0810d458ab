"""One writer for a log: the lock, its loss, and the fence behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg  # type: ignore[import-untyped]
import pytest

from api.db.engine import DatabaseUnsuitable
from api.db.uow import Database
from api.db.writer import AdvisoryLock, lock_key, writer_lock
from api.errors import Unavailable
from chain.errors import AlreadyLocked, LostSwap
from tests.support import postgres
from tests.support.log_lab import SHA_LOG, SM3_LOG, Ed25519Signer, Lab, check_everything, item

DATABASES = ("sqlite", "postgresql")
WRITERS = "pid FROM pg_stat_activity WHERE application_name = 'mzt writer' AND datname = '{}'"
WAITING = "SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = '{}' AND NOT granted"
SOON = 60.0  # seconds: a limit, not an expectation


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    made = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    yield made
    await made.engines.dispose()


@pytest.fixture
async def held(postgres_server: postgres.Server) -> AsyncIterator[tuple[AdvisoryLock, str]]:
    """A lock that is held, and its database."""
    name = postgres_server.create()
    lock = AdvisoryLock(postgres_server.url(name), 7, beat=0.2, again=0.05)
    await lock.acquire()
    yield lock, name
    await lock.release()


async def test_a_second_writer_is_kept_out_until_the_first_is_gone(database_url: str) -> None:
    async with AsyncExitStack() as first:
        check = await first.enter_async_context(writer_lock(database_url, SM3_LOG.origin))
        assert check() == 1
        for _ in range(2):  # having been refused changes nothing
            with pytest.raises(AlreadyLocked):
                async with writer_lock(database_url, SM3_LOG.origin):
                    pass
    async with writer_lock(database_url, SM3_LOG.origin) as check:
        assert check() == 1


def test_every_log_has_a_lock_of_its_own() -> None:
    assert lock_key(SM3_LOG.origin) != lock_key(SHA_LOG.origin)
    assert -(2**63) <= lock_key(SM3_LOG.origin) < 2**63


async def test_a_writer_whose_lock_died_can_never_append_again(lab: Lab) -> None:
    """The lock is not what protects the log: a process that stood still for a minute does not know that it lost it."""
    await lab.fill(0, 3)
    successor = Lab(lab.url, SM3_LOG, Ed25519Signer())
    await successor.fill(3, 5)
    await lab.stage(item(9))
    for _ in range(2):
        with pytest.raises(LostSwap, match="another writer is active"):
            await lab.sequencer.drain(lab.write)
    await successor.sequencer.drain(successor.write)  # what it staged is not lost: its successor takes it
    assert len(await check_everything(successor)) == 6
    await successor.engines.dispose()


async def test_a_writer_that_was_replaced_signs_nothing(lab: Lab) -> None:
    await lab.fill(0, 3)
    async with lab.writer.turn(lab.write), lab.write() as store:
        await lab.writer.confirm(store)
    successor = Lab(lab.url, SM3_LOG, Ed25519Signer())
    await successor.fill(3, 5)
    with pytest.raises(LostSwap):
        async with lab.writer.turn(lab.write), lab.write() as store:
            await lab.writer.confirm(store)
    with pytest.raises(LostSwap):
        async with lab.writer.turn(lab.write):
            pass
    await successor.engines.dispose()


async def test_a_lock_that_was_cut_is_noticed_and_taken_back(
    postgres_server: postgres.Server, held: tuple[AdvisoryLock, str]
) -> None:
    lock, name = held
    assert lock.check() == 1
    lost = asyncio.create_task(lock.lost.wait())
    await asyncio.sleep(0)
    assert postgres_server.execute("SELECT pg_terminate_backend(pid), " + WRITERS.format(name))
    await asyncio.wait_for(lost, SOON)
    await asyncio.wait_for(lock.held.wait(), SOON)
    assert lock.check() == 2


async def test_while_another_has_the_lock_the_log_s_work_is_refused(
    postgres_server: postgres.Server, held: tuple[AdvisoryLock, str]
) -> None:
    lock, name = held
    lab = await Lab(postgres_server.url(name), SM3_LOG, Ed25519Signer()).create()
    database = Database(lab.engines, SM3_LOG, lock.check)
    async with database.log_write():
        pass
    thief = await asyncpg.connect(postgres_server.url(name).replace("+asyncpg", ""))
    stealing = asyncio.create_task(thief.execute("SELECT pg_advisory_lock(7)"))
    while not await asyncio.to_thread(postgres_server.execute, WAITING.format(name)):
        await asyncio.sleep(0.01)
    lost = asyncio.create_task(lock.lost.wait())
    postgres_server.execute("SELECT pg_terminate_backend(pid), " + WRITERS.format(name))
    await asyncio.wait_for(asyncio.gather(lost, stealing), SOON)
    for work in (database.log_write, database.log_connection):
        with pytest.raises(Unavailable, match="log's lock was lost"):
            async with work():
                pass
    with pytest.raises(Unavailable, match="log's lock was lost"):
        database.lineage()
    async with database.read():
        pass
    await thief.close()
    await asyncio.wait_for(lock.held.wait(), SOON)
    assert database.lineage()[0] == 2
    async with database.log_write():
        pass
    await lab.engines.dispose()


async def test_a_connection_that_gives_no_answer_does_not_hold_the_lock(
    held: tuple[AdvisoryLock, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that swallows packets: the socket stays open, and the question never comes back."""
    lock, _ = held
    lost = asyncio.create_task(lock.lost.wait())
    await asyncio.sleep(0)
    with monkeypatch.context() as patch:
        patch.setattr("api.db.writer.ASK", "SELECT pg_sleep(3600)")
        await asyncio.wait_for(lost, SOON)
    await asyncio.wait_for(lock.held.wait(), SOON)


async def test_a_pooler_is_refused(postgres_server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says another process number than the server does, for it deals out the server's sessions."""
    monkeypatch.setattr("asyncpg.Connection.get_server_pid", lambda _: 1)
    lock = AdvisoryLock(postgres_server.url(postgres_server.create()), 7)
    with pytest.raises(DatabaseUnsuitable, match="pooler"):
        await lock.acquire()
    await lock.release()
