"""The schema on PostgreSQL: up, down, whole or not at all, and what the triggers refuse."""

from __future__ import annotations

import asyncio
import re

import asyncpg  # type: ignore[import-untyped]
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, String, inspect
from sqlalchemy.exc import ProgrammingError

import api.db.log_tables
import api.db.tables  # noqa: F401
from api.db import migrate
from api.db.engine import create_engines
from api.db.log_tables import APPEND_ONLY
from api.db.metadata import metadata
from tests.support import postgres

RELATIONS = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


@pytest.fixture
def name(postgres_server: postgres.Server) -> str:
    return postgres_server.create()


@pytest.fixture
def url(postgres_server: postgres.Server, name: str) -> str:
    return postgres_server.url(name)


def dumped(server: postgres.Server, name: str) -> list[str]:
    """The schema's lines, in an order that does not depend on that of creation."""
    text = re.sub(r" CONSTRAINT \w+_not_null\d* NOT NULL", " NOT NULL", server.dump_schema(name))  # names since 18
    wanted = [line.strip().rstrip(",") for line in text.splitlines() if line.strip() and not line.startswith("--")]
    return sorted(line for line in wanted if not line.startswith(("\\", "SET ")))


def create_all(url: str) -> None:
    async def run() -> None:
        engines = create_engines(url)
        async with engines.writer.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engines.dispose()

    asyncio.run(run())


def test_the_migrations_make_the_tables(url: str) -> None:
    migrate.upgrade(url)
    assert migrate.is_current(url)

    async def run() -> None:
        engines = create_engines(url)
        async with engines.reader.begin() as connection:
            await connection.run_sync(compare)
        await engines.dispose()

    def compare(connection: Connection) -> None:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
        for table in inspect(connection).get_table_names():
            for column in inspect(connection).get_columns(table):
                if isinstance(column["type"], String) and table != "alembic_version":
                    assert column["type"].collation == "C", f"{table}.{column['name']}"

    asyncio.run(run())


def test_migrated_and_created_schemas_are_the_same(postgres_server: postgres.Server, name: str, url: str) -> None:
    migrate.upgrade(url)
    postgres_server.execute("DROP TABLE alembic_version", database=name)
    other = postgres_server.create()
    create_all(postgres_server.url(other))
    migrated = dumped(postgres_server, name)
    assert migrated == dumped(postgres_server, other)
    assert any("STORAGE EXTERNAL" in line for line in migrated)
    assert sum("ENABLE ALWAYS TRIGGER" in line for line in migrated) == 3 * len(APPEND_ONLY)


def test_numbers_that_the_database_gives_out_have_63_bits(
    postgres_server: postgres.Server, name: str, url: str
) -> None:
    migrate.upgrade(url)
    found = postgres_server.execute(
        "SELECT seqrelid::regclass::text, seqtypid::regtype::text FROM pg_sequence", database=name
    )
    kinds = dict(map(tuple, found))
    for sequence in ("certificate_ordinal_seq", "outbox_outbox_id_seq", "anchor_anchor_id_seq"):
        assert kinds[sequence] == "bigint"


def test_down_and_up_again(postgres_server: postgres.Server, name: str, url: str) -> None:
    migrate.upgrade(url)
    migrate.downgrade(url, "base")
    assert [row[0] for row in postgres_server.execute(RELATIONS, database=name)] == ["alembic_version"]
    assert postgres_server.execute(FUNCTIONS, database=name) == []
    assert not migrate.is_current(url)
    migrate.upgrade(url)
    assert migrate.is_current(url)


def test_an_upgrade_that_fails_leaves_the_old_schema(postgres_server: postgres.Server, name: str, url: str) -> None:
    postgres_server.execute("CREATE TABLE trust_bundle (x integer)", database=name)
    with pytest.raises(ProgrammingError, match="already exists"):
        migrate.upgrade(url)
    assert [row[0] for row in postgres_server.execute(RELATIONS, database=name)] == ["trust_bundle"]


def test_two_upgrades_at_once_are_one(url: str) -> None:
    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, url) for _ in range(3)))

    asyncio.run(both())
    assert migrate.is_current(url)


@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
@pytest.mark.parametrize("change", ["UPDATE {t} SET log_id = log_id", "DELETE FROM {t}", "TRUNCATE {t} CASCADE"])
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_history_tables_refuse_changes(
    postgres_server: postgres.Server, migrated: str, table: str, change: str, role: str
) -> None:
    """Of the superuser too, and of a session that calls itself a replica, whose ordinary triggers do not fire."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=f"^{table} is append-only$"):
        postgres_server.execute(f"SET session_replication_role = {role}", change.format(t=table), database=migrated)


@pytest.fixture(scope="module")
def migrated(postgres_server: postgres.Server) -> str:
    name = postgres_server.create()
    postgres_server.kept.add(name)
    migrate.upgrade(postgres_server.url(name))
    return name


def test_a_password_is_in_no_message(url: str) -> None:
    wrong = re.sub(r"postgres@[^/]*/", "postgres:hunter2@127.0.0.1:1/", url)
    for attempt in (migrate.upgrade, migrate.is_current):
        with pytest.raises(Exception, match="does not answer") as caught:
            attempt(wrong)
        assert "hunter2" not in repr(caught.value)
