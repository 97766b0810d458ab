"""PostgreSQL with the manners that the code knows from SQLite.

*Writers take turns.* A transaction of the writer begins with a transaction-level advisory lock, so there is one at a
time in the whole database, other processes included. Its isolation is READ COMMITTED, and must be: SERIALIZABLE would
take its snapshot before it has waited for the lock, and then see a state that its predecessor has already changed. With
the turn taken, every statement sees everything that was ever committed, which is what BEGIN IMMEDIATE gives.

*Readers see one state* (REPEATABLE READ) and cannot write.

*Plans are made for the values at hand.* A generic plan of `idem = ANY($1)` was measured at 1,900 rows a second, a plan
for the list at 59,000.

*A failed statement ends the transaction.* COMMIT then answers ROLLBACK, which the driver takes for success; whoever
swallowed the error would believe that something was stored. So a commit after a failure is refused here.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, ExceptionContext
from sqlalchemy.exc import DisconnectionError, InvalidRequestError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api.db.faults import ENDS_THE_SESSION, DatabaseUnsuitable, sqlstate
from api.db.pools import Engines, Timeouts

OLDEST_POSTGRESQL: Final = 150000
WRITERS_TURN: Final = 0x6D7A5F7475726E00  # advisory lock of whoever writes; the locks of a log's writer are in `writer`

_FAILED: Final = "mz-failed"
_PROPERTIES: Final = (
    "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('fsync'),"
    " current_setting('full_page_writes'), current_setting('synchronous_commit'),"
    " current_setting('zero_damaged_pages'), current_setting('ignore_checksum_failure'), pg_is_in_recovery()"
)


def postgres_engines(url: URL, readers: int, limits: Timeouts) -> Engines:
    """Opens nothing yet. Raises DatabaseUnsuitable."""
    if not url.database:
        raise DatabaseUnsuitable("the PostgreSQL URL names no database")
    writer = _engine(url, 1, "READ COMMITTED", limits, {})
    reader = _engine(url, readers, "REPEATABLE READ", limits, {"default_transaction_read_only": "on"})
    event.listen(writer.sync_engine, "connect", _on_writer_connect)
    event.listen(writer.sync_engine, "begin", _take_turn)
    return Engines(writer, reader)


def session(limits: Timeouts) -> dict[str, Any]:
    """Arguments of `asyncpg.connect` for every session of this service. 0 seconds: no limit."""
    return {
        "timeout": limits.connect,
        "command_timeout": limits.answer or None,
        "server_settings": {
            "application_name": "mzt",
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",
            "statement_timeout": _ms(limits.statement),
            "lock_timeout": _ms(limits.lock),
            "idle_in_transaction_session_timeout": _ms(limits.idle),
            # A client whose machine died holds its locks until the server notices: seconds, not the two hours of TCP.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    }


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def _engine(url: URL, connections: int, isolation: Any, limits: Timeouts, settings: dict[str, str]) -> AsyncEngine:
    arguments = session(limits)
    arguments["server_settings"] |= settings
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=limits.pool,
        isolation_level=isolation,
        hide_parameters=True,
        connect_args=arguments,
    )
    core = engine.sync_engine
    event.listen(core, "checkout", _still_open)
    event.listen(core, "handle_error", _on_error)
    event.listen(core, "begin", _unspoilt)
    event.listen(core, "commit", _refuse_spoilt)
    return engine


def _on_writer_connect(connection: Any, _record: object) -> None:
    """Every new connection may lead to another server: after a failover, to one with other settings."""
    cursor = connection.cursor()
    cursor.execute(_PROPERTIES)
    row = cursor.fetchone()
    cursor.close()
    connection.rollback()
    check_properties(*row)


def check_properties(
    version: int, encoding: str, fsync: str, pages: str, commit: str, zeroing: str, ignoring: str, standby: bool
) -> None:
    """Raises DatabaseUnsuitable for a server that may forget what it has confirmed, or hide what it has lost."""
    if version < OLDEST_POSTGRESQL:
        raise DatabaseUnsuitable("PostgreSQL 15 or later is needed")
    if standby:
        raise DatabaseUnsuitable("the PostgreSQL server is a standby; the primary is needed")
    for name, value, wanted in (
        ("server_encoding", encoding, ("UTF8",)),
        ("fsync", fsync, ("on",)),
        ("full_page_writes", pages, ("on",)),
        ("synchronous_commit", commit, ("on", "remote_apply")),
        ("zero_damaged_pages", zeroing, ("off",)),
        ("ignore_checksum_failure", ignoring, ("off",)),
    ):
        if value not in wanted:
            raise DatabaseUnsuitable(f"PostgreSQL's {name} must be {' or '.join(wanted)}, it is {value}")


def _take_turn(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_TURN})")


def _still_open(connection: Any, _record: object, _proxy: object) -> None:
    """The driver has seen the server close the socket: take a new one, instead of failing a first request after every
    restart. Costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("closed by the server")


def _on_error(context: ExceptionContext) -> BaseException | None:
    if context.connection is not None and not context.connection.invalidated:
        context.connection.info[_FAILED] = True
    error = context.original_exception
    if sqlstate(error) in ENDS_THE_SESSION:
        context.is_disconnect = True
    if isinstance(error, OSError | asyncio.TimeoutError):  # no answer in time, or the socket broke under the driver
        context.is_disconnect = True
        return OperationalError(None, None, error, hide_parameters=True, connection_invalidated=True)
    return None


def _unspoilt(connection: Connection) -> None:
    connection.info.pop(_FAILED, None)


def _refuse_spoilt(connection: Connection) -> None:
    if connection.info.get(_FAILED):
        raise InvalidRequestError("a statement of this transaction failed and its error was swallowed")
