"""Tables of the X.509 side of the keys: certificates and revocation lists, both public."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table

from api.db.metadata import metadata

x509 = Table(
    "x509",
    metadata,
    Column("issuer_kid", LargeBinary(8), nullable=False),  # of the CA key that signed it; its own for a root
    Column("serial", LargeBinary(20), nullable=False),
    Column("kid", LargeBinary(8), nullable=False),  # of the key that it certifies
    Column("der", LargeBinary, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("reason", Integer),  # CRLReason of RFC 5280 clause 5.3.1
    PrimaryKeyConstraint("issuer_kid", "serial"),
    CheckConstraint("(revoked_at is null) = (reason is null)", name="revocation"),
)

crl = Table(
    "crl",
    metadata,
    Column("issuer_kid", LargeBinary(8), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("this_update", BigInteger, nullable=False),
    Column("next_update", BigInteger, nullable=False),
    PrimaryKeyConstraint("issuer_kid", "number"),
)
