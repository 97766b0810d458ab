"""Case files that left the register: of which certificate, when; sealed for which case, by whom, and which file."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, Table

from api.db.metadata import metadata

case_export = Table(
    "case_export",
    metadata,
    Column("case_id", LargeBinary(16), primary_key=True),
    Column("cti", LargeBinary(16), ForeignKey("certificate.cti"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("sealed_body", LargeBinary, nullable=False),
    CheckConstraint("length(case_id) = 16", name="lengths"),
)
