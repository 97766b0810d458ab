"""Tables of who may ask: relying parties, administrators, the public keys they sign with, what each purpose allows."""

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

relying_party = Table(
    "relying_party",
    metadata,
    Column("uscc", characters(18), ForeignKey("party.uscc"), primary_key=True),
    Column("category", characters(32), nullable=False),  # of the purpose catalogue: "bank", "court" …
    Column("contact", characters(), nullable=False),  # of an office, shown to holders: never a person's
    Column("created_at", BigInteger, nullable=False),
    Column("suspended_at", BigInteger),
)

administrator = Table(
    "administrator",
    metadata,
    Column("admin_id", characters(32), primary_key=True),  # a staff number of the operator's, no name
    Column("role", characters(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    CheckConstraint("role in ('system', 'security', 'audit')", name="role"),
)

client_key = Table(
    "client_key",
    metadata,
    Column("keyid", characters(64), primary_key=True),  # 16 hex digits of a COSE key id; 64 of a TLS certificate
    Column("owner_kind", characters(16), nullable=False),
    Column("owner", characters(32), nullable=False),  # uscc, admin_id, or holder_id in hex
    Column("purpose", characters(8), nullable=False),
    Column("alg", Integer, nullable=False),  # COSE number; 0 for a TLS certificate
    Column("public_key", LargeBinary(65), nullable=False),  # 04 || x || y; SHA-256 of the DER for a TLS certificate
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("released_at", BigInteger),  # by a second person; null before that, and for owners that need none
    Column("revoked_at", BigInteger),
    Column("floor", BigInteger, nullable=False, server_default="0"),  # signatures of up to then are taken no more
    CheckConstraint("owner_kind in ('party', 'administrator', 'holder')", name="owner_kind"),
    CheckConstraint("purpose in ('sign', 'encrypt', 'tls')", name="purpose"),
)
Index("ix_client_key_owner", client_key.c.owner_kind, client_key.c.owner)

client_act = Table(
    "client_act",
    metadata,
    Column("act_id", COUNTER, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("action", characters(32), nullable=False),
    Column("actor", characters(32), nullable=False),  # admin_id; "operator" on the machine itself
    Column("statement", LargeBinary, nullable=False),  # what the actor signed, whole
    Column("entry", LargeBinary, nullable=False),  # body of its log entry
    Column("entry_salt", LargeBinary(32), nullable=False),  # opens it; nothing in the statement is personal
    sqlite_autoincrement=True,
)

purpose_catalogue = Table(
    "purpose_catalogue",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("proposal", LargeBinary, nullable=False),  # signed by one administrator
    Column("approved_at", BigInteger),
    Column("approval", LargeBinary),  # signed by another one
    Column("entry", LargeBinary),  # body of its log entry, once approved
    Column("entry_salt", LargeBinary(32)),  # opens it; the catalogue is public
    CheckConstraint("(approved_at is null) = (approval is null)", name="approved"),
)

party_usage = Table(
    "party_usage",
    metadata,
    Column("uscc", characters(18), nullable=False),
    Column("day", Integer, nullable=False),  # days since 1970-01-01, in China
    Column("questions", BigInteger, nullable=False),
    PrimaryKeyConstraint("uscc", "day"),
    sqlite_with_rowid=False,
)

alarm = Table(
    "alarm",
    metadata,
    Column("alarm_id", COUNTER, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("uscc", characters(18), nullable=False),
    Column("kind", characters(32), nullable=False),  # what was counted
    Column("seen", BigInteger, nullable=False),  # how often
    Column("acknowledged_at", BigInteger),
    sqlite_autoincrement=True,
)
