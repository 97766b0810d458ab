"""Tables of what the register keeps beside certificates: registration events, renditions, erasures.

The three rules of `tables` hold here too: signed or committed bytes verbatim, nothing personal in the clear, instants
in UTC seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from api.db.metadata import COUNTER, characters, metadata

registration_event = Table(
    "registration_event",
    metadata,
    Column("ordinal", COUNTER, primary_key=True),  # order of knowledge
    Column("event_id", LargeBinary(16), nullable=False, unique=True),
    Column("issuer", characters(18), nullable=False),
    Column("registration", LargeBinary(32), nullable=False, unique=True),  # HMAC of kind, issuer, business id
    Column("known_at", BigInteger, nullable=False),
    Column("entry", LargeBinary, nullable=False),  # body of its log entry
    Column("sealed_key", LargeBinary),  # wrapped data key; null once erased
    Column("sealed_body", LargeBinary, nullable=False),
    CheckConstraint("length(event_id) = 16 and length(registration) = 32", name="lengths"),
    sqlite_autoincrement=True,
)

registration_term = Table(
    "registration_term",
    metadata,
    Column("term", LargeBinary(32), nullable=False),  # HMAC-SM3, as `lookup.term`
    Column("event_id", LargeBinary(16), ForeignKey("registration_event.event_id"), nullable=False),
    PrimaryKeyConstraint("term", "event_id"),
    sqlite_with_rowid=False,
)

rendition = Table(
    "rendition",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),  # SM3 of the rendered bytes, which are not kept
    Column("cti", LargeBinary(16), ForeignKey("certificate.cti"), nullable=False),
    Column("media", Integer, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),  # of annotated copies
    Column("statement", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),  # the entry's salt
    CheckConstraint("media in (1, 2)", name="media"),
    CheckConstraint("length(digest) = 32", name="lengths"),
)
Index("ix_rendition_cti", rendition.c.cti)

erasure = Table(
    "erasure",
    metadata,
    Column("cti", LargeBinary(16), ForeignKey("certificate.cti"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("reason", characters(16), nullable=False),  # a code, kept here and never in the receipt
    Column("statement", LargeBinary, nullable=False),  # the signed receipt, which is public
    Column("entry", LargeBinary, nullable=False),
    Column("salt", LargeBinary(32), nullable=False),  # opens its log entry
    CheckConstraint(
        "reason in ('RETENTION_ENDED', 'HOLDER_REQUEST', 'ISSUED_IN_ERROR', 'STATUTORY_ORDER')", name="reason"
    ),
)
