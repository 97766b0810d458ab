"""What certificates need to be whole: registration events, renditions, erasures, imports, X.509, more kinds of keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PURPOSES = "purpose in ('root', 'issuer', 'status', 'log')"
_MORE_PURPOSES = "purpose in ('root', 'issuer', 'status', 'log', 'seal', 'maker', 'ca-root', 'ca-sub')"


def _text(length: int | None = None) -> sa.types.TypeEngine[str]:
    """Text compared by its bytes (see 0001)."""
    if length is None:
        return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _purposes(condition: str) -> None:
    """SQLite cannot change a constraint: the table is made anew, some dozen rows."""
    with op.batch_alter_table("signing_key") as batch:
        batch.drop_constraint(batch.f("ck_signing_key_purpose"), type_="check")
        batch.create_check_constraint(batch.f("ck_signing_key_purpose"), condition)


def upgrade() -> None:  # one statement a table: long, and read once
    op.create_table(
        "crl",
        sa.Column("issuer_kid", sa.LargeBinary(length=8), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("this_update", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer_kid", "number", name=op.f("pk_crl")),
    )
    op.create_table(
        "import_job",
        sa.Column("job_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("mode", _text(16), nullable=False),
        sa.Column("file_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("existing", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "mode in ('issue', 'archive', 'issue-check', 'archive-check')", name=op.f("ck_import_job_mode")
        ),
        sa.CheckConstraint(
            "state in ('received', 'running', 'done', 'stopped', 'cancelled')", name=op.f("ck_import_job_state")
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_import_job")),
    )
    op.create_table(
        "registration_event",
        sa.Column("ordinal", _COUNTER, nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("issuer", _text(18), nullable=False),
        sa.Column("registration", sa.LargeBinary(length=32), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "length(event_id) = 16 and length(registration) = 32", name=op.f("ck_registration_event_lengths")
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_registration_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_registration_event_event_id")),
        sa.UniqueConstraint("registration", name=op.f("uq_registration_event_registration")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "x509",
        sa.Column("issuer_kid", sa.LargeBinary(length=8), nullable=False),
        sa.Column("serial", sa.LargeBinary(length=20), nullable=False),
        sa.Column("kid", sa.LargeBinary(length=8), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Integer(), nullable=True),
        sa.CheckConstraint("(revoked_at is null) = (reason is null)", name=op.f("ck_x509_revocation")),
        sa.PrimaryKeyConstraint("issuer_kid", "serial", name=op.f("pk_x509")),
    )
    op.create_table(
        "case_export",
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(case_id) = 16", name=op.f("ck_case_export_lengths")),
        sa.ForeignKeyConstraint(["cti"], ["certificate.cti"], name=op.f("fk_case_export_cti_certificate")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_export")),
    )
    op.create_table(
        "erasure",
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", _text(16), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "reason in ('RETENTION_ENDED', 'HOLDER_REQUEST', 'ISSUED_IN_ERROR', 'STATUTORY_ORDER')",
            name=op.f("ck_erasure_reason"),
        ),
        sa.ForeignKeyConstraint(["cti"], ["certificate.cti"], name=op.f("fk_erasure_cti_certificate")),
        sa.PrimaryKeyConstraint("cti", name=op.f("pk_erasure")),
    )
    op.create_table(
        "import_error",
        sa.Column("job_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("field", _text(), nullable=False),
        sa.Column("code", _text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["import_job.job_id"], name=op.f("fk_import_error_job_id_import_job")),
        sa.PrimaryKeyConstraint("job_id", "line", "part", name=op.f("pk_import_error")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "registration_term",
        sa.Column("term", sa.LargeBinary(length=32), nullable=False),
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["registration_event.event_id"], name=op.f("fk_registration_term_event_id_registration_event")
        ),
        sa.PrimaryKeyConstraint("term", "event_id", name=op.f("pk_registration_term")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rendition",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.Column("media", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_rendition_lengths")),
        sa.CheckConstraint("media in (1, 2)", name=op.f("ck_rendition_media")),
        sa.ForeignKeyConstraint(["cti"], ["certificate.cti"], name=op.f("fk_rendition_cti_certificate")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rendition")),
    )
    op.create_index("ix_rendition_cti", "rendition", ["cti"], unique=False)
    op.add_column("signing_key", sa.Column("retired_at", sa.BigInteger(), nullable=True))
    _purposes(_MORE_PURPOSES)


def downgrade() -> None:
    op.execute("DELETE FROM signing_key WHERE purpose IN ('seal', 'maker', 'ca-root', 'ca-sub')")
    _purposes(_PURPOSES)
    op.drop_column("signing_key", "retired_at")
    op.drop_index("ix_rendition_cti", table_name="rendition")
    op.drop_table("rendition")
    op.drop_table("registration_term")
    op.drop_table("import_error")
    op.drop_table("erasure")
    op.drop_table("case_export")
    op.drop_table("x509")
    op.drop_table("registration_event")
    op.drop_table("import_job")
    op.drop_table("crl")
