"""What a database's error means, told by its class and SQLSTATE and never by its text.

    an outage   it passes: no answer, restart, full disk, a lock or statement that took too long, a failed-over server
    damage      it does not pass: pages or files that cannot be read as what they were written as
    a rule      a constraint or a mistake of ours: not judged here, raised as it is

SQLSTATEs are those of PostgreSQL's appendix A. SQLite has none; its driver's classes say the same.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from api.errors import Unavailable


class DatabaseUnsuitable(Exception):
    """The database cannot keep what this service promises, or its URL leads nowhere; says what is needed."""


class Judgement(Enum):
    OUTAGE = auto()
    DAMAGE = auto()


_DAMAGE: Final = frozenset({
    "XX001",  # data corrupted: a page's checksum or header
    "XX002",  # index corrupted
    "58P01",  # a table's file is not there
})  # fmt: skip
_OUTAGE_CLASSES: Final = frozenset({
    "08",  # connection
    "28",  # the account was withdrawn
    "3D",  # no such database
    "40",  # serialization failure, deadlock: nothing was done
    "53",  # disk full, out of memory, too many connections
    "57",  # shutdown, starting up, statement cancelled
    "58",  # an operating system's error
})  # fmt: skip
_OUTAGES: Final = frozenset({
    "25006",  # read only: a standby, or a primary that was set so
    "25P03",  # idle in a transaction for too long
    "25P04",  # a transaction that took too long
    "55P03",  # lock timeout
})  # fmt: skip
# The session is of no use any more although its socket may still be open; a new one may reach another server.
ENDS_THE_SESSION: Final = frozenset({"25006", "25P03", "25P04", "57P01", "57P02", "57P03", "57P04", "57P05"})

# What connecting raises besides the dialect's errors, which do not exist yet at that point.
CONNECTING: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def sqlstate(error: BaseException | None) -> str | None:
    """Five characters, e.g. "53100"; None where the driver gives none."""
    state = getattr(error, "sqlstate", None)
    return state if isinstance(state, str) else None


def judge(error: DBAPIError) -> Judgement | None:
    """None for a broken rule."""
    state = sqlstate(error.orig)
    if state is not None:
        if state in _DAMAGE:
            return Judgement.DAMAGE
        return Judgement.OUTAGE if state in _OUTAGES or state[:2] in _OUTAGE_CLASSES else None
    if error.connection_invalidated or isinstance(error, OperationalError):
        return Judgement.OUTAGE
    if type(error) is DatabaseError:  # SQLite: "malformed"; a broken rule is a subclass
        return Judgement.DAMAGE
    return None


def refused(error: BaseException) -> Exception:
    """Why no connection came about. The driver's text is dropped: it names the account and the host."""
    state = sqlstate(error) or sqlstate(getattr(error, "orig", None)) or ""
    if state[:2] == "28":
        return DatabaseUnsuitable("the database server refuses this account or its password (see MZ_DATABASE_URL)")
    if state == "3D000":
        return DatabaseUnsuitable("the database server has no database of this name (see MZ_DATABASE_URL)")
    return Unavailable("the database does not answer")
