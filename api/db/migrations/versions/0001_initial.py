"""The first schema: register, status lists, trust, log, anchors.

The tables of the log that are append-only are so by trigger; SQLite has no other way to say it. What PostgreSQL says
otherwise stands in `_COUNTER`, `_text` and `_refuse_changes`; SQLite's text is pinned by a test.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("entry", "tile", "checkpoint", "cosignature")


# Numbers that the database gives out: ten years of entries do not fit 31 bits. SQLite's rowid has 63 under this name.
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_REFUSE = """CREATE FUNCTION mz_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$"""


def _text(length: int | None = None) -> sa.types.TypeEngine[str]:
    """Text compared by its bytes. A collation of the C library changes with the library, and a unique index built
    under the old order then takes the same key twice."""
    if length is None:
        return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for event in ("update", "delete", "truncate"):
            name = f"{table}_no_{event}"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION mz_refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")  # under session_replication_role too
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")


def upgrade() -> None:  # one statement a table: long, and read once
    op.create_table(
        "certificate",
        sa.Column("ordinal", _COUNTER, nullable=False),
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("role", _text(16), nullable=False),
        sa.Column("issuer", _text(18), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("business", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("list_index", sa.Integer(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(cti) = 16 and length(business) = 32 and length(content) = 32",
            name=op.f("ck_certificate_lengths"),
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_certificate")),
        sa.UniqueConstraint("business", "role", name="uq_certificate_business"),
        sa.UniqueConstraint("cti", name=op.f("uq_certificate_cti")),
        sa.UniqueConstraint("list_number", "list_index", name="uq_certificate_status"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "donation_total",
        sa.Column("issuer", _text(18), nullable=False),
        sa.Column("plan", _text(24), nullable=False),
        sa.Column("donations", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("donations >= 0 and amount_fen >= 0", name=op.f("ck_donation_total_not_negative")),
        sa.PrimaryKeyConstraint("issuer", "plan", name=op.f("pk_donation_total")),
    )
    op.create_table(
        "idempotency",
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("key_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("uscc", "key_tag", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "log",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("origin", _text(), nullable=False),
        sa.Column("hash_alg", _text(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("hash_alg in ('sm3', 'sha-256')", name=op.f("ck_log_hash_alg")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_log")),
        sa.UniqueConstraint("origin", name=op.f("uq_log_origin")),
    )
    op.create_table(
        "party",
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("role", _text(16), nullable=False),
        sa.Column("name_zh", _text(), nullable=False),
        sa.Column("name_en", _text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role in ('registry', 'charity', 'auditor')", name=op.f("ck_party_role")),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_party")),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.LargeBinary(length=8), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("purpose", _text(8), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=65), nullable=False),
        sa.Column("uri", _text(), nullable=False),
        sa.Column("kinds", _text(64), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("revoked_from", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("purpose in ('root', 'issuer', 'status', 'log')", name=op.f("ck_signing_key_purpose")),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issuer", _text(18), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("used between 0 and size", name=op.f("ck_status_list_used")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_list")),
    )
    op.create_index("ix_status_list_issuer", "status_list", ["issuer"], unique=False)
    op.create_table(
        "trust_bundle",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entry_salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_trust_bundle")),
    )
    op.create_table(
        "access_token",
        sa.Column("token_id", _text(16), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("secret_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["uscc"], ["party.uscc"], name=op.f("fk_access_token_uscc_party")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_access_token")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("receipt_protected", sa.LargeBinary(), nullable=False),
        sa.Column("receipt_signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "size > 0 and length(root) = 32 and length(receipt_signature) = 64",
            name=op.f("ck_checkpoint_shape"),
        ),
        sa.ForeignKeyConstraint(["log_id"], ["log.log_id"], name=op.f("fk_checkpoint_log_id_log")),
        sa.PrimaryKeyConstraint("log_id", "size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "entry",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("idem", sa.LargeBinary(length=16), nullable=False),
        sa.CheckConstraint("idx >= 0", name=op.f("ck_entry_idx")),
        sa.CheckConstraint("length(leaf_hash) = 32 and length(idem) = 16", name=op.f("ck_entry_lengths")),
        sa.ForeignKeyConstraint(["log_id"], ["log.log_id"], name=op.f("fk_entry_log_id_log")),
        sa.PrimaryKeyConstraint("log_id", "idx", name=op.f("pk_entry")),
        sa.UniqueConstraint("log_id", "idem", name="uq_entry_idem"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_entry_leaf_hash", "entry", ["log_id", "leaf_hash"], unique=False)
    op.create_table(
        "head",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("size >= 0 and length(root) = 32", name=op.f("ck_head_shape")),
        sa.ForeignKeyConstraint(["log_id"], ["log.log_id"], name=op.f("fk_head_log_id_log")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_head")),
    )
    op.create_table(
        "lookup",
        sa.Column("term", sa.LargeBinary(length=32), nullable=False),
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["cti"], ["certificate.cti"], name=op.f("fk_lookup_cti_certificate")),
        sa.PrimaryKeyConstraint("term", "cti", name=op.f("pk_lookup")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_id", _COUNTER, nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("kind", _text(8), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", _text(8), server_default="queued", nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind in ('log', 'anchor')", name=op.f("ck_outbox_kind")),
        sa.CheckConstraint("state in ('queued', 'parked')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["log_id"], ["log.log_id"], name=op.f("fk_outbox_log_id_log")),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("log_id", "kind", "key", name="uq_outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_queue", "outbox", ["log_id", "kind", "state", "outbox_id"], unique=False)
    op.create_table(
        "status_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invalid", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("invalid in (0, 1) and idx >= 0", name=op.f("ck_status_entry_bit")),
        sa.ForeignKeyConstraint(["number"], ["status_list.number"], name=op.f("fk_status_entry_number_status_list")),
        sa.PrimaryKeyConstraint("number", "idx", name=op.f("pk_status_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_status_entry_invalid",
        "status_entry",
        ["number"],
        unique=False,
        sqlite_where=sa.text("invalid = 1"),
        postgresql_where=sa.text("invalid = 1"),
    )
    op.create_table(
        "status_event",
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["cti"], ["certificate.cti"], name=op.f("fk_status_event_cti_certificate")),
        sa.PrimaryKeyConstraint("cti", name=op.f("pk_status_event")),
    )
    op.create_table(
        "status_publication",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("signed", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["status_list.number"], name=op.f("fk_status_publication_number_status_list")
        ),
        sa.PrimaryKeyConstraint("number", "sequence", name=op.f("pk_status_publication")),
    )
    op.create_table(
        "tile",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(length=8192), nullable=False),
        sa.CheckConstraint("length(data) = 8192 and length(root) = 32", name=op.f("ck_tile_lengths")),
        sa.ForeignKeyConstraint(["log_id"], ["log.log_id"], name=op.f("fk_tile_log_id_log")),
        sa.PrimaryKeyConstraint("log_id", "level", "n", name=op.f("pk_tile")),
    )
    op.create_table(
        "anchor",
        sa.Column("anchor_id", _COUNTER, nullable=False),
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.LargeBinary(length=20), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("tx_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", _text(12), nullable=False),
        sa.Column("reason", _text(), server_default="", nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("block_time", sa.BigInteger(), nullable=True),
        sa.Column("prepared_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'final' or block_number is not null and block_hash is not null and block_time is not null",
            name=op.f("ck_anchor_final_block"),
        ),
        sa.CheckConstraint(
            "state in ('final', 'failed') or nonce is not null and raw is not null",
            name=op.f("ck_anchor_sendable"),
        ),
        sa.CheckConstraint("state in ('prepared', 'sent', 'final', 'failed')", name=op.f("ck_anchor_state")),
        sa.ForeignKeyConstraint(
            ["log_id", "size"],
            ["checkpoint.log_id", "checkpoint.size"],
            name=op.f("fk_anchor_log_id_checkpoint"),
        ),
        sa.PrimaryKeyConstraint("anchor_id", name=op.f("pk_anchor")),
        sa.UniqueConstraint("log_id", "chain_id", "contract", "tx_hash", name="uq_anchor_tx"),
    )
    op.create_index(
        "uq_anchor_pending",
        "anchor",
        ["log_id", "chain_id", "contract"],
        unique=True,
        sqlite_where=sa.text("state IN ('prepared', 'sent')"),
        postgresql_where=sa.text("state IN ('prepared', 'sent')"),
    )
    op.create_table(
        "cosignature",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", _text(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(length=4), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["log_id", "size"],
            ["checkpoint.log_id", "checkpoint.size"],
            name=op.f("fk_cosignature_log_id_checkpoint"),
        ),
        sa.PrimaryKeyConstraint("log_id", "size", "witness", name=op.f("pk_cosignature")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE tile ALTER COLUMN data SET STORAGE EXTERNAL")  # hashes do not get smaller
        op.execute(_REFUSE)
    for table in APPEND_ONLY:
        _refuse_changes(table)


def downgrade() -> None:
    op.drop_table("cosignature")
    op.drop_index(
        "uq_anchor_pending",
        table_name="anchor",
        sqlite_where=sa.text("state IN ('prepared', 'sent')"),
        postgresql_where=sa.text("state IN ('prepared', 'sent')"),
    )
    op.drop_table("anchor")
    op.drop_table("tile")
    op.drop_table("status_publication")
    op.drop_table("status_event")
    op.drop_index(
        "ix_status_entry_invalid",
        table_name="status_entry",
        sqlite_where=sa.text("invalid = 1"),
        postgresql_where=sa.text("invalid = 1"),
    )
    op.drop_table("status_entry")
    op.drop_index("ix_outbox_queue", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("lookup")
    op.drop_table("head")
    op.drop_index("ix_entry_leaf_hash", table_name="entry")
    op.drop_table("entry")
    op.drop_table("checkpoint")
    op.drop_table("access_token")
    op.drop_table("trust_bundle")
    op.drop_index("ix_status_list_issuer", table_name="status_list")
    op.drop_table("status_list")
    op.drop_table("signing_key")
    op.drop_table("party")
    op.drop_table("log")
    op.drop_table("idempotency")
    op.drop_table("donation_total")
    op.drop_table("certificate")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION mz_refuse_change()")
