"""Tables of the register. The log's own tables are in `log_tables`.

Three rules hold for every column: signed bytes are stored verbatim, and columns beside them are an index that can be
derived again; nothing personal is in the clear (it is sealed, or under a keyed HMAC); instants are UTC seconds.
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
    Table,
    UniqueConstraint,
)

# Only so that whoever imports this module has all tables on the one metadata.
import api.db.access_tables
import api.db.case_tables
import api.db.charity_tables
import api.db.consent_tables
import api.db.holder_tables
import api.db.import_tables
import api.db.key_tables
import api.db.party_tables
import api.db.register_tables  # noqa: F401
from api.db.metadata import COUNTER, characters, metadata

party = Table(
    "party",
    metadata,
    Column("uscc", characters(18), primary_key=True),
    Column("role", characters(16), nullable=False),
    Column("name_zh", characters(), nullable=False),  # organisations only: never a person's name
    Column("name_en", characters(), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("role in ('registry', 'charity', 'auditor', 'verifier')", name="role"),
)

access_token = Table(
    "access_token",
    metadata,
    Column("token_id", characters(16), primary_key=True),  # the public half, so that the secret is never searched for
    Column("uscc", characters(18), ForeignKey("party.uscc"), nullable=False),
    Column("secret_tag", LargeBinary(32), nullable=False),  # HMAC-SM3 of the secret half
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", LargeBinary(8), primary_key=True),
    Column("uscc", characters(18), nullable=False),
    Column("purpose", characters(8), nullable=False),
    Column("public_key", LargeBinary(65), nullable=False),
    Column("uri", characters(), nullable=False),  # where its private half is; never the key
    Column("kinds", characters(64), nullable=False),  # comma-separated numbers, "" for none
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("revoked_from", BigInteger),
    Column("retired_at", BigInteger),  # since then it signs no more; what it signed stays good
    CheckConstraint(
        "purpose in ('root', 'issuer', 'status', 'log', 'seal', 'maker', 'ca-root', 'ca-sub', 'answer')", name="purpose"
    ),
)

certificate = Table(
    "certificate",
    metadata,
    Column("ordinal", COUNTER, primary_key=True),  # order of issue
    Column("cti", LargeBinary(16), nullable=False, unique=True),
    Column("kind", Integer, nullable=False),
    Column("role", characters(16), nullable=False),
    Column("issuer", characters(18), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("business", LargeBinary(32), nullable=False),  # HMAC of kind, issuer and business id
    Column("content", LargeBinary(32), nullable=False),  # HMAC of the whole row: the same again, or other content?
    Column("terms", LargeBinary, nullable=False),  # the HMACs of `lookup`, 32 bytes each
    Column("list_number", Integer, nullable=False),
    Column("list_index", Integer, nullable=False),
    Column("statement", LargeBinary, nullable=False),  # the exact signed bytes
    Column("entry", LargeBinary, nullable=False),  # body of its log entry
    Column("sealed_key", LargeBinary),  # wrapped data key; null once erased
    Column("sealed_body", LargeBinary, nullable=False),
    Column("revoked_at", BigInteger),
    UniqueConstraint("business", "role", name="uq_certificate_business"),
    UniqueConstraint("list_number", "list_index", name="uq_certificate_status"),
    CheckConstraint("length(cti) = 16 and length(business) = 32 and length(content) = 32", name="lengths"),
    sqlite_autoincrement=True,
)

lookup = Table(
    "lookup",
    metadata,
    Column("term", LargeBinary(32), primary_key=True),  # HMAC-SM3 of a field's name and value
    Column("cti", LargeBinary(16), ForeignKey("certificate.cti"), primary_key=True),
    sqlite_with_rowid=False,
)

status_event = Table(
    "status_event",
    metadata,
    Column("cti", LargeBinary(16), ForeignKey("certificate.cti"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("statement", LargeBinary, nullable=False),  # signed, never published
    Column("entry", LargeBinary, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),
)

status_list = Table(
    "status_list",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("issuer", characters(18), nullable=False),
    Column("size", Integer, nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),  # counting the entries would cost every issue
    CheckConstraint("used between 0 and size", name="used"),
)
Index("ix_status_list_issuer", status_list.c.issuer)

status_entry = Table(
    "status_entry",
    metadata,
    Column("number", Integer, ForeignKey("status_list.number"), primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),  # what makes reuse of an index impossible
    Column("invalid", Integer, nullable=False, server_default="0"),
    CheckConstraint("invalid in (0, 1) and idx >= 0", name="bit"),
    sqlite_with_rowid=False,
)
Index(
    "ix_status_entry_invalid",
    status_entry.c.number,
    sqlite_where=status_entry.c.invalid == 1,
    postgresql_where=status_entry.c.invalid == 1,
)

status_publication = Table(
    "status_publication",
    metadata,
    Column("number", Integer, ForeignKey("status_list.number"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("signed", LargeBinary, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("uscc", characters(18), primary_key=True),
    Column("key_tag", LargeBinary(32), primary_key=True),  # HMAC: a client may put a person's number into its key
    Column("request_tag", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("response", LargeBinary, nullable=False),  # answers carry no personal value
    Column("created_at", BigInteger, nullable=False),
)

donation_total = Table(
    "donation_total",
    metadata,
    Column("issuer", characters(18), primary_key=True),
    Column("plan", characters(24), primary_key=True),
    Column("donations", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    CheckConstraint("donations >= 0 and amount_fen >= 0", name="not_negative"),
)

trust_bundle = Table(
    "trust_bundle",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("signed", LargeBinary, nullable=False),
    Column("subject", LargeBinary(32), nullable=False),  # SM3 of what it states, without sequence and times
    Column("entry_salt", LargeBinary(32), nullable=False),  # opens its log entry; the bundle is public anyway
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
