"""One transaction under way per chain, instead of per log and contract.

The instance has one submitting key for a chain, and a key is one lane: two logs that prepare at the same time would
sign the same nonce, or one that waits for the other's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UNDER_WAY = sa.text("state IN ('prepared', 'sent')")


def upgrade() -> None:
    op.drop_index("uq_anchor_pending", table_name="anchor")
    op.create_index(
        "uq_anchor_lane",
        "anchor",
        ["chain_id"],
        unique=True,
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    )


def downgrade() -> None:
    op.drop_index("uq_anchor_lane", table_name="anchor")
    op.create_index(
        "uq_anchor_pending",
        "anchor",
        ["log_id", "chain_id", "contract"],
        unique=True,
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    )
