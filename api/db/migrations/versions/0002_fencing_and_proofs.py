"""Fencing of the writer, and the proofs of anchors.

`head.epoch` counts the writers that a log ever had: taking the role raises it, and an append needs the number that its
writer took. `anchor_proof` holds the proofs that outlive the chain's nodes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _refuse_changes(table: str) -> None:
    """The function is of 0001."""
    if op.get_bind().dialect.name == "postgresql":
        for event in ("update", "delete", "truncate"):
            name = f"{table}_no_{event}"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION mz_refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")


def upgrade() -> None:
    op.add_column("head", sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "anchor_proof",
        sa.Column("log_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.LargeBinary(length=20), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(contract) = 20", name=op.f("ck_anchor_proof_contract")),
        sa.ForeignKeyConstraint(
            ["log_id", "size"],
            ["checkpoint.log_id", "checkpoint.size"],
            name=op.f("fk_anchor_proof_log_id_checkpoint"),
        ),
        sa.PrimaryKeyConstraint("log_id", "size", "chain_id", "contract", name=op.f("pk_anchor_proof")),
    )
    _refuse_changes("anchor_proof")


def downgrade() -> None:
    op.drop_table("anchor_proof")
    op.drop_column("head", "epoch")
