"""The schema: what the migration makes is what the tables say, up and down, whole or not at all."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning

import api.db.log_tables
import api.db.tables  # noqa: F401
from api.db import migrate
from api.db.log_tables import APPEND_ONLY, append_only_sqlite
from api.db.metadata import metadata


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'm.db'}"


def objects(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("select name, sql from sqlite_master where sql is not null").fetchall()
    connection.close()
    return dict(rows)


def test_the_migrations_make_the_tables(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url)
    assert migrate.is_current(url)
    engine = create_engine(f"sqlite:///{tmp_path / 'm.db'}")
    skipped = "expression-based index '?ix_entry_leaf_key"  # its text is compared below
    with engine.connect() as connection, pytest.warns((SAWarning, UserWarning), match=skipped):
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    made = objects(tmp_path / "m.db")
    for table in APPEND_ONLY:
        for trigger in append_only_sqlite(table):
            assert trigger in made.values()


def test_migrated_and_created_schemas_have_the_same_constraints(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url)
    engine = create_engine(f"sqlite:///{tmp_path / 'c.db'}")
    metadata.create_all(engine)
    engine.dispose()
    migrated, created = objects(tmp_path / "m.db"), objects(tmp_path / "c.db")
    migrated.pop("alembic_version")

    def words(sql: str) -> list[str]:
        plain = sql.replace('"', "")  # SQLite writes the name in quotes once a table was renamed
        return sorted(plain.replace("(", " ( ").replace(")", " ) ").replace(",", " ").split())

    assert {name: words(sql) for name, sql in migrated.items()} == {name: words(sql) for name, sql in created.items()}


def test_the_first_schema_on_sqlite_is_what_it_was_when_it_was_released(url: str, tmp_path: Path) -> None:
    """There are files of it: what other databases need must not change a byte of its statements."""
    migrate.upgrade(url, "0001")
    with sqlite3.connect(tmp_path / "m.db") as connection:
        rows = connection.execute("select sql from sqlite_master where sql is not null order by type, name").fetchall()
    connection.close()
    text = "\n".join(sql for (sql,) in rows)
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "a47e4fc5f387e92bb93d3f311b8b5cae4f933ab010b71b77b4d655a9af271196"
    )


def test_down_and_up_again(url: str, tmp_path: Path) -> None:
    migrate.upgrade(url)
    migrate.downgrade(url, "base")
    assert set(objects(tmp_path / "m.db")) - {"sqlite_sequence"} == {"alembic_version"}
    assert not migrate.is_current(url)
    migrate.upgrade(url)
    assert migrate.is_current(url)


def test_an_upgrade_that_fails_leaves_the_old_schema(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "m.db") as connection:
        connection.execute("create table trust_bundle (x)")  # a later statement of the migration will stumble over it
    connection.close()
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(url)
    assert set(objects(tmp_path / "m.db")) == {"trust_bundle"}
