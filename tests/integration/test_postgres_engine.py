"""PostgreSQL as the service opens it: turns, views, limits, what is refused, and what an error means."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError

from api.db.engine import DatabaseUnsuitable, Engines, Timeouts, create_engines
from api.db.faults import Judgement, judge
from api.db.log_store import create_log
from api.db.metadata import metadata
from api.db.postgres import check_properties
from api.db.uow import Database
from api.errors import Unavailable
from tests.support import postgres
from tests.support.log_lab import SM3_LOG

SHORT = Timeouts(lock=0.5, statement=2, idle=0.5)
Make = Callable[..., Engines]


@pytest.fixture
def name(postgres_server: postgres.Server) -> str:
    return postgres_server.create()


@pytest.fixture
async def make(postgres_server: postgres.Server, name: str) -> AsyncIterator[Make]:
    """Engines on the test's database; the first has a table `t`."""
    made: list[Engines] = []

    def engines(timeouts: Timeouts | None = None) -> Engines:
        made.append(create_engines(postgres_server.url(name), timeouts=timeouts))
        return made[-1]

    async with engines().writer.begin() as connection:
        await connection.execute(text("CREATE TABLE t (n integer PRIMARY KEY)"))
    yield engines
    for each in made:
        await each.dispose()


@pytest.fixture
async def database(make: Make) -> Database:
    engines = make()
    async with engines.writer.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await create_log(connection, SM3_LOG, 0)
    return Database(engines, SM3_LOG)


async def run(database: Database, *statements: str, pause: float = 0, between: Callable[[], object] = int) -> None:
    async with database.write() as work:
        for statement in statements:
            await work.connection.execute(text(statement))
            await asyncio.sleep(pause)
            between()


async def test_writers_take_turns_in_every_process(make: Make) -> None:
    """Read, then write what was read plus one: two that read the same would collide."""
    pools = [make(), make(), make()]

    async def write(engines: Engines) -> None:
        async with engines.writer.begin() as connection:
            count = (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(text("INSERT INTO t VALUES (:n)"), {"n": count})

    await asyncio.gather(*(write(pools[n % 3]) for n in range(30)))
    async with pools[0].reader.begin() as connection:
        assert (await connection.execute(text("SELECT n FROM t ORDER BY n"))).scalars().all() == list(range(30))


async def test_a_reader_sees_one_state_and_cannot_write(make: Make) -> None:
    engines = make()
    async with engines.reader.begin() as reader:
        assert (await reader.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0
        async with engines.writer.begin() as writer:
            await writer.execute(text("INSERT INTO t VALUES (1)"))
        assert (await reader.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0
    async with engines.reader.begin() as reader:
        assert (await reader.execute(text("SELECT count(*) FROM t"))).scalar_one() == 1
    async with engines.reader.connect() as reader:
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await reader.execute(text("DELETE FROM t"))


@pytest.mark.parametrize("kind", ["writer", "reader"])
async def test_plans_are_made_for_the_values(make: Make, kind: str) -> None:
    async with getattr(make(), kind).begin() as connection:
        assert (await connection.execute(text("SHOW plan_cache_mode"))).scalar_one() == "force_custom_plan"


async def test_a_commit_after_a_swallowed_error_is_an_error(make: Make) -> None:
    """The server answers ROLLBACK to COMMIT then, and the driver says nothing."""
    engines = make()

    async def swallow() -> None:
        async with engines.writer.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            with contextlib.suppress(IntegrityError):
                await connection.execute(text("INSERT INTO t VALUES (1)"))

    with pytest.raises(InvalidRequestError, match="swallowed"):
        await swallow()
    async with engines.writer.begin() as connection:  # the next one is not blamed
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0


async def test_limits_of_time_are_outages_and_leave_nothing(make: Make, database: Database) -> None:
    database = Database(make(SHORT), SM3_LOG)
    async with make().writer.begin():  # somebody else's turn
        with pytest.raises(Unavailable, match="does not answer"):
            async with database.write():
                pass
    with pytest.raises(Unavailable, match="does not answer"):
        await run(database, "INSERT INTO t VALUES (1)", "SELECT pg_sleep(60)")
    with pytest.raises(Unavailable, match="does not answer"):  # the server ends a transaction that stands still
        await run(database, "INSERT INTO t VALUES (2)", *["SELECT 1"] * 20, pause=1)
    async with database.read() as work:
        assert (await work.connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0


async def test_a_server_that_says_nothing_is_an_outage(make: Make, database: Database) -> None:
    """The client's own limit: packets that a network swallows end no connection."""
    hasty = Database(make(Timeouts(statement=0, answer=2)), SM3_LOG)
    with pytest.raises(Unavailable, match="does not answer"):
        async with hasty.read() as work:
            await work.connection.execute(text("SELECT pg_sleep(60)"))
    async with hasty.read() as work:
        assert (await work.connection.execute(text("SELECT 1"))).scalar_one() == 1


async def test_connections_that_were_cut_are_replaced(
    postgres_server: postgres.Server, name: str, database: Database
) -> None:
    cut = (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'mzt'"
    )
    for _ in range(3):
        async with database.write() as work:
            await work.connection.execute(text("SELECT 1"))
        async with database.read() as work:
            await work.connection.execute(text("SELECT 1"))
        assert len(postgres_server.execute(cut)) >= 2
    async with database.write() as work:
        await work.connection.execute(text("INSERT INTO t VALUES (1)"))
    with pytest.raises(Unavailable, match="does not answer"):
        await run(
            database, *(f"INSERT INTO t VALUES ({n})" for n in (2, 3)), between=lambda: postgres_server.execute(cut)
        )
    async with database.read() as work:
        assert (await work.connection.execute(text("SELECT n FROM t"))).scalars().all() == [1]


async def test_a_request_that_is_cancelled_gives_its_turn_back(
    postgres_server: postgres.Server, name: str, database: Database
) -> None:
    """A client that hangs up in the middle of a statement: nobody else may wait for it."""
    busy = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE '%pg_sleep(600)%'"
    task = asyncio.create_task(run(database, "INSERT INTO t VALUES (1)", "SELECT pg_sleep(600)"))
    while not await asyncio.to_thread(postgres_server.execute, f"{busy} AND pid <> pg_backend_pid()"):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await run(database, "INSERT INTO t VALUES (2)")
    async with database.read() as work:
        assert (await work.connection.execute(text("SELECT n FROM t"))).scalars().all() == [2]


async def test_a_broken_rule_keeps_its_class(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as work:
            await work.connection.execute(text("INSERT INTO t VALUES (1), (1)"))
    with pytest.raises(ConnectionRefusedError):  # somebody's socket in a block, not the database's
        async with database.write():
            raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("state", "judgement"),
    [
        ("08006", Judgement.OUTAGE), ("40001", Judgement.OUTAGE), ("53100", Judgement.OUTAGE),
        ("57P01", Judgement.OUTAGE), ("57014", Judgement.OUTAGE), ("25006", Judgement.OUTAGE),
        ("55P03", Judgement.OUTAGE), ("58030", Judgement.OUTAGE), ("XX001", Judgement.DAMAGE),
        ("XX002", Judgement.DAMAGE), ("58P01", Judgement.DAMAGE), ("23505", None), ("42703", None), ("XX000", None),
    ],
)  # fmt: skip
async def test_states_are_judged(make: Make, state: str, judgement: Judgement | None) -> None:
    """The server itself raises each."""
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(DBAPIError) as caught:
        async with make().writer.begin() as connection:
            await connection.execute(text(raising))
    assert judge(caught.value) is judgement


GOOD = (150000, "UTF8", "on", "on", "on", "off", "off", False)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, 140012, "PostgreSQL 15 or later"),
        (1, "SQL_ASCII", "server_encoding must be UTF8, it is SQL_ASCII"),
        (2, "off", "fsync must be on"),
        (3, "off", "full_page_writes must be on"),
        (4, "off", "synchronous_commit must be on or remote_apply, it is off"),
        (4, "local", "synchronous_commit must be"),
        (5, "on", "zero_damaged_pages must be off"),
        (6, "on", "ignore_checksum_failure must be off"),
        (7, True, "is a standby"),
    ],
)
def test_a_server_that_may_forget_is_refused(place: int, value: object, reason: str) -> None:
    check_properties(*GOOD)  # type: ignore[arg-type]
    check_properties(*GOOD[:4], "remote_apply", *GOOD[5:])  # type: ignore[arg-type]
    with pytest.raises(DatabaseUnsuitable, match=reason):
        check_properties(*GOOD[:place], value, *GOOD[place + 1 :])  # type: ignore[arg-type]


async def test_it_is_asked_of_every_new_connection(
    postgres_server: postgres.Server, name: str, make: Make, database: Database
) -> None:
    postgres_server.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(DatabaseUnsuitable, match="synchronous_commit"):
        await make().check()
    async with database.write():  # a session from before: it has the old setting
        pass
    await database.engines.dispose()
    with pytest.raises(Unavailable):
        async with database.write():
            pass


async def test_where_an_url_leads_nowhere_it_is_said(postgres_server: postgres.Server) -> None:
    postgres_server.execute("CREATE ROLE locked NOLOGIN")
    good = postgres_server.url("postgres")
    for url, error, reason in (
        (postgres_server.url("nothing-there"), DatabaseUnsuitable, "no database of this name"),
        (good.replace("//postgres@", "//locked:hunter2@"), DatabaseUnsuitable, "refuses this account"),
        (good.replace(f":{postgres_server.port}", ":1"), Unavailable, "does not answer"),
    ):
        engines = create_engines(url)
        with pytest.raises(error, match=reason) as caught:
            await engines.check()
        assert "hunter2" not in repr(caught.value)
        await engines.dispose()
