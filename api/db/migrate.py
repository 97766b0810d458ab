"""Bring a database to the schema of this release. Synchronous: run once, before anything else opens the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url

_SCRIPTS = Path(__file__).parent / "migrations"


def database_path(url: str) -> Path | None:
    """The database's file; None for one behind a server."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade, in one transaction."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Downgrade, in one transaction. Loses the data of what it drops."""
    _run(url, lambda config: command.downgrade(config, revision))


def is_current(url: str) -> bool:
    """Whether the database is at the newest schema this release knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head
    finally:
        engine.dispose()


def _run(url: str, action: Any) -> None:
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            action(_config(connection))
    finally:
        engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Any:
    """The standard library's driver, told not to commit behind our back before every DDL statement."""
    engine = create_engine(make_url(url).set(drivername="sqlite"))

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=EXTRA")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
