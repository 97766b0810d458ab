"""The charity ledger: books, lines, donations, accounts, epochs, tiles, imports, bank rows, watches, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(length: int | None = None) -> sa.types.TypeEngine[str]:
    """Text compared by its bytes (see 0001)."""
    if length is None:
        return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:  # one statement a table: long, and read once
    op.create_table(
        "charity_book",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("charity", _text(18), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("tree", _text(8), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("settlement", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("tree in ('sm3', 'sha-256')", name=op.f("ck_charity_book_tree")),
        sa.CheckConstraint("kind in (1, 2)", name=op.f("ck_charity_book_kind")),
        sa.CheckConstraint("length(book_id) = 16", name=op.f("ck_charity_book_lengths")),
        sa.ForeignKeyConstraint(["charity"], ["party.uscc"], name=op.f("fk_charity_book_charity_party")),
        sa.PrimaryKeyConstraint("book_id", name=op.f("pk_charity_book")),
    )
    op.create_index(
        "uq_charity_book_general",
        "charity_book",
        ["charity"],
        unique=True,
        sqlite_where=sa.text("kind = 1"),
        postgresql_where=sa.text("kind = 1"),
    )
    op.create_table(
        "charity_import",
        sa.Column("import_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("charity", _text(18), nullable=False),
        sa.Column("source", _text(16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=True),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("settlement", sa.LargeBinary(length=32), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("source in ('bank', 'platform')", name=op.f("ck_charity_import_source")),
        sa.CheckConstraint("(settlement is null) = (amount is null)", name=op.f("ck_charity_import_settlement")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_import_book_id_charity_book")
        ),
        sa.ForeignKeyConstraint(["charity"], ["party.uscc"], name=op.f("fk_charity_import_charity_party")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_charity_import")),
        sa.UniqueConstraint("charity", "digest", name=op.f("uq_charity_import_charity")),
        sa.UniqueConstraint("settlement", name=op.f("uq_charity_import_settlement")),
    )
    op.create_table(
        "charity_account",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account", _text(32), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_charity_account_balance")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_account_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "account", name=op.f("pk_charity_account")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_allocation",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("project", _text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used >= 0 and used <= amount", name=op.f("ck_charity_allocation_used")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_allocation_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "number", name=op.f("pk_charity_allocation")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_bank_row",
        sa.Column("ordinal", _COUNTER, nullable=False),
        sa.Column("charity", _text(18), nullable=False),
        sa.Column("import_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reference", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("direction in (1, 2) and amount > 0", name=op.f("ck_charity_bank_row_numbers")),
        sa.ForeignKeyConstraint(["charity"], ["party.uscc"], name=op.f("fk_charity_bank_row_charity_party")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["charity_import.import_id"], name=op.f("fk_charity_bank_row_import_id_charity_import")
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_charity_bank_row")),
        sa.UniqueConstraint("reference", name=op.f("uq_charity_bank_row_reference")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_charity_bank_row_day", "charity_bank_row", ["charity", "day"], unique=False)
    op.create_table(
        "charity_disbursement",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("allocation", sa.Integer(), nullable=False),
        sa.Column("cost_class", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('reserved', 'cancelled', 'paid', 'acknowledged', 'returned')",
            name=op.f("ck_charity_disbursement_state"),
        ),
        sa.CheckConstraint(
            "amount > 0 and acknowledged >= 0 and returned >= 0 and acknowledged + returned <= amount",
            name=op.f("ck_charity_disbursement_settlement"),
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_disbursement_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "number", name=op.f("pk_charity_disbursement")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_donation",
        sa.Column("donation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("bank_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("donor_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "amount > 0 and length(donation_id) = 16 and length(commitment) = 32",
            name=op.f("ck_charity_donation_numbers"),
        ),
        sa.CheckConstraint("published in (0, 1)", name=op.f("ck_charity_donation_published")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_donation_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("donation_id", name=op.f("pk_charity_donation")),
        sa.UniqueConstraint("bank_tag", name=op.f("uq_charity_donation_bank_tag")),
        sa.UniqueConstraint("number_tag", name=op.f("uq_charity_donation_number_tag")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_charity_donation_waiting",
        "charity_donation",
        ["book_id"],
        unique=False,
        sqlite_where=sa.text("idx is null"),
        postgresql_where=sa.text("idx is null"),
    )
    op.create_index(
        "ix_charity_donation_published",
        "charity_donation",
        ["book_id", "idx"],
        unique=False,
        sqlite_where=sa.text("published = 1"),
        postgresql_where=sa.text("published = 1"),
    )
    op.create_index("ix_charity_donation_line", "charity_donation", ["book_id", "idx", "position"], unique=False)
    op.create_table(
        "charity_epoch",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("inflows", sa.Integer(), nullable=False),
        sa.Column("outflows", sa.Integer(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "epoch >= 1 and events >= 0 and inflows >= 0 and outflows >= 0", name=op.f("ck_charity_epoch_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_epoch_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "epoch", name=op.f("pk_charity_epoch")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_event",
        sa.Column("ordinal", _COUNTER, nullable=False),
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("idem", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("seq >= 0 and length(idem) = 32", name=op.f("ck_charity_event_numbers")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_event_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_charity_event")),
        sa.UniqueConstraint("book_id", "seq", name=op.f("uq_charity_event_book_id")),
        sa.UniqueConstraint("idem", name=op.f("uq_charity_event_idem")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_charity_event_hole",
        "charity_event",
        ["book_id", "seq"],
        unique=False,
        sqlite_where=sa.text("kind in (30, 31, 32)"),
        postgresql_where=sa.text("kind in (30, 31, 32)"),
    )
    op.create_table(
        "charity_line_in",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("ref", sa.LargeBinary(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "idx >= 0 and amount > 0 and start >= 0 and length(ref) = 32", name=op.f("ck_charity_line_in_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_line_in_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "idx", name=op.f("pk_charity_line_in")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_charity_line_in_ref",
        "charity_line_in",
        ["book_id", "ref"],
        unique=False,
        sqlite_where=sa.text("kind <> 1"),
        postgresql_where=sa.text("kind <> 1"),
    )
    op.create_table(
        "charity_line_out",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("allocation", sa.Integer(), nullable=False),
        sa.Column("cost_class", sa.Integer(), nullable=False),
        sa.Column("ref", sa.LargeBinary(length=32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("disbursement", sa.Integer(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "acknowledged >= 0 and returned >= 0 and acknowledged + returned <= amount",
            name=op.f("ck_charity_line_out_settlement"),
        ),
        sa.CheckConstraint(
            "idx >= 0 and amount > 0 and start >= 0 and length(ref) = 32", name=op.f("ck_charity_line_out_numbers")
        ),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_line_out_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "idx", name=op.f("pk_charity_line_out")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_charity_line_out_start", "charity_line_out", ["book_id", "start"], unique=False)
    op.create_index("ix_charity_line_out_payment", "charity_line_out", ["book_id", "disbursement"], unique=False)
    op.create_table(
        "charity_settling",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("op", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "op in (1, 2, 3) and amount > 0 and step >= 0 and length(ref) = 32",
            name=op.f("ck_charity_settling_numbers"),
        ),
        sa.ForeignKeyConstraint(
            ["book_id", "idx"],
            ["charity_line_out.book_id", "charity_line_out.idx"],
            name=op.f("fk_charity_settling_book_id_charity_line_out"),
        ),
        sa.PrimaryKeyConstraint("book_id", "idx", "step", name=op.f("pk_charity_settling")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_tile",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tree", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("tree in (1, 2, 3)", name=op.f("ck_charity_tile_tree")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["charity_book.book_id"], name=op.f("fk_charity_tile_book_id_charity_book")
        ),
        sa.PrimaryKeyConstraint("book_id", "tree", "level", "n", name=op.f("pk_charity_tile")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_posting",
        sa.Column("book_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("debit", _text(32), nullable=False),
        sa.Column("credit", _text(32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0 and debit <> credit", name=op.f("ck_charity_posting_balanced")),
        sa.ForeignKeyConstraint(
            ["book_id", "seq"],
            ["charity_event.book_id", "charity_event.seq"],
            name=op.f("fk_charity_posting_book_id_charity_event"),
        ),
        sa.PrimaryKeyConstraint("book_id", "seq", "line", name=op.f("pk_charity_posting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charity_watch",
        sa.Column("watch_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("donation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("channel", _text(8), nullable=False),
        sa.Column("state", _text(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.LargeBinary(length=32), nullable=False),
        sa.Column("confirm_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("channel in ('mail', 'webhook')", name=op.f("ck_charity_watch_channel")),
        sa.CheckConstraint("state in ('asked', 'live')", name=op.f("ck_charity_watch_state")),
        sa.ForeignKeyConstraint(
            ["donation_id"],
            ["charity_donation.donation_id"],
            name=op.f("fk_charity_watch_donation_id_charity_donation"),
        ),
        sa.PrimaryKeyConstraint("watch_id", name=op.f("pk_charity_watch")),
    )
    op.create_index("ix_charity_watch_donation", "charity_watch", ["donation_id"], unique=False)
    op.create_index("ix_charity_watch_address", "charity_watch", ["address_tag", "state"], unique=False)
    op.create_table(
        "charity_notice",
        sa.Column("ordinal", _COUNTER, nullable=False),
        sa.Column("watch_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("what", _text(16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", _text(8), nullable=False),
        sa.Column("trouble", _text(32), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("ck_charity_notice_state")),
        sa.CheckConstraint("what in ('confirm', 'moved')", name=op.f("ck_charity_notice_what")),
        sa.ForeignKeyConstraint(
            ["watch_id"], ["charity_watch.watch_id"], name=op.f("fk_charity_notice_watch_id_charity_watch")
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_charity_notice")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_charity_notice_next", "charity_notice", ["state", "next_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_charity_notice_next", table_name="charity_notice")
    op.drop_table("charity_notice")
    op.drop_index("ix_charity_watch_address", table_name="charity_watch")
    op.drop_index("ix_charity_watch_donation", table_name="charity_watch")
    op.drop_table("charity_watch")
    op.drop_table("charity_posting")
    op.drop_table("charity_tile")
    op.drop_table("charity_settling")
    op.drop_index("ix_charity_line_out_payment", table_name="charity_line_out")
    op.drop_index("ix_charity_line_out_start", table_name="charity_line_out")
    op.drop_table("charity_line_out")
    op.drop_index(
        "ix_charity_line_in_ref",
        table_name="charity_line_in",
        sqlite_where=sa.text("kind <> 1"),
        postgresql_where=sa.text("kind <> 1"),
    )
    op.drop_table("charity_line_in")
    op.drop_index(
        "ix_charity_event_hole",
        table_name="charity_event",
        sqlite_where=sa.text("kind in (30, 31, 32)"),
        postgresql_where=sa.text("kind in (30, 31, 32)"),
    )
    op.drop_table("charity_event")
    op.drop_table("charity_epoch")
    op.drop_index(
        "ix_charity_donation_published",
        table_name="charity_donation",
        sqlite_where=sa.text("published = 1"),
        postgresql_where=sa.text("published = 1"),
    )
    op.drop_index(
        "ix_charity_donation_waiting",
        table_name="charity_donation",
        sqlite_where=sa.text("idx is null"),
        postgresql_where=sa.text("idx is null"),
    )
    op.drop_index("ix_charity_donation_line", table_name="charity_donation")
    op.drop_table("charity_donation")
    op.drop_table("charity_disbursement")
    op.drop_index("ix_charity_bank_row_day", table_name="charity_bank_row")
    op.drop_table("charity_bank_row")
    op.drop_table("charity_allocation")
    op.drop_table("charity_account")
    op.drop_table("charity_import")
    op.drop_index(
        "uq_charity_book_general",
        table_name="charity_book",
        sqlite_where=sa.text("kind = 1"),
        postgresql_where=sa.text("kind = 1"),
    )
    op.drop_table("charity_book")
