"""Tables of holders: who enrolled, one-time and printed codes, who acts for whom. Codes are kept as keyed hashes."""

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

from api.db.metadata import characters, metadata

holder = Table(
    "holder",
    metadata,
    Column("holder_id", LargeBinary(16), primary_key=True),
    Column("tag", LargeBinary(32), nullable=False, unique=True),  # HMAC of the identity document
    Column("enrolled_at", BigInteger, nullable=False),
    Column("enrolled_by", characters(18), nullable=False),  # the office that saw the person
    Column("ended_at", BigInteger),
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),
    CheckConstraint("length(holder_id) = 16", name="lengths"),
)

activation = Table(
    "activation",
    metadata,
    Column("code_tag", LargeBinary(32), primary_key=True),
    Column("holder_id", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),
    Column("secret_tag", LargeBinary(32), nullable=False),  # the code's second half: compared, never searched for
    Column("attempts", Integer, nullable=False, server_default="0"),  # with a wrong second half
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

holder_card = Table(
    "holder_card",
    metadata,
    Column("card_tag", LargeBinary(32), primary_key=True),
    Column("holder_id", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),
    Column("pin_tag", LargeBinary(48), nullable=False),  # 16 bytes of salt, 32 of a slow keyed hash
    Column("issued_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),  # wrong PINs since the last right one
)

guardianship = Table(
    "guardianship",
    metadata,
    Column("ward", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),
    Column("guardian", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("ward", "guardian"),
)

dynamic_code = Table(
    "dynamic_code",
    metadata,
    Column("code_tag", LargeBinary(32), primary_key=True),
    Column("holder_id", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
Index("ix_dynamic_code_expires_at", dynamic_code.c.expires_at)
