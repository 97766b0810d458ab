"""Tables of imports under way and done: how far each came, and what was wrong with which row. No value of a row."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from api.db.metadata import characters, metadata

import_job = Table(
    "import_job",
    metadata,
    Column("job_id", LargeBinary(16), primary_key=True),
    Column("uscc", characters(18), nullable=False),  # the party that imports
    Column("kind", Integer, nullable=False),
    Column("mode", characters(16), nullable=False),
    Column("file_digest", LargeBinary(32), nullable=False),  # HMAC of the file: the same file again, or another?
    Column("state", characters(16), nullable=False),
    Column("position", BigInteger, nullable=False),  # rows that are decided and committed
    Column("rows", BigInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("existing", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    CheckConstraint("mode in ('issue', 'archive', 'issue-check', 'archive-check')", name="mode"),
    CheckConstraint("state in ('received', 'running', 'done', 'stopped', 'cancelled')", name="state"),
)

import_error = Table(
    "import_error",
    metadata,
    Column("job_id", LargeBinary(16), ForeignKey("import_job.job_id"), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),  # 0, 1, 2 …: a row may break several rules
    Column("field", characters(), nullable=False),
    Column("code", characters(), nullable=False),
    PrimaryKeyConstraint("job_id", "line", "part"),
    sqlite_with_rowid=False,
)
