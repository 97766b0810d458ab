"""Tables of who was told what: every access to somebody's data, sealed, and committed to by the log."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table

from api.db.metadata import COUNTER, characters, metadata

access_event = Table(
    "access_event",
    metadata,
    Column("ordinal", COUNTER, primary_key=True),
    Column("request_id", LargeBinary(16), nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("uscc", characters(18), nullable=False),  # who asked
    Column("entry", LargeBinary, nullable=False),  # body of its log entry
    Column("sealed_key", LargeBinary),  # wrapped data key; null once its retention ended
    Column("sealed_body", LargeBinary, nullable=False),
    CheckConstraint("length(request_id) = 16", name="lengths"),
    sqlite_autoincrement=True,
)

access_subject = Table(
    "access_subject",
    metadata,
    Column("tag", LargeBinary(32), nullable=False),  # HMAC of whose data it was, in a space of its own
    Column("ordinal", BigInteger, ForeignKey("access_event.ordinal"), nullable=False),
    PrimaryKeyConstraint("tag", "ordinal"),
    sqlite_with_rowid=False,
)
