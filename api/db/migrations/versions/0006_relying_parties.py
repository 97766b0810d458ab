"""Who may ask and who was told: relying parties and their keys, purposes, access events, holders, consent, webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PURPOSES = "purpose in ('root', 'issuer', 'status', 'log', 'seal', 'maker', 'ca-root', 'ca-sub')"
_MORE_PURPOSES = "purpose in ('root', 'issuer', 'status', 'log', 'seal', 'maker', 'ca-root', 'ca-sub', 'answer')"
_ROLES = "role in ('registry', 'charity', 'auditor')"
_MORE_ROLES = "role in ('registry', 'charity', 'auditor', 'verifier')"


def _text(length: int | None = None) -> sa.types.TypeEngine[str]:
    """Text compared by its bytes (see 0001)."""
    if length is None:
        return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _check(table: str, name: str, condition: str) -> None:
    """SQLite cannot change a constraint: the table is made anew, some dozen rows."""
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(batch.f(f"ck_{table}_{name}"), type_="check")
        batch.create_check_constraint(batch.f(f"ck_{table}_{name}"), condition)


def upgrade() -> None:  # one statement a table: long, and read once
    _check("party", "role", _MORE_ROLES)
    _check("signing_key", "purpose", _MORE_PURPOSES)
    op.create_table(
        "access_event",
        sa.Column("ordinal", _COUNTER, nullable=False),
        sa.Column("request_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(request_id) = 16", name=op.f("ck_access_event_lengths")),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_access_event")),
        sa.UniqueConstraint("request_id", name=op.f("uq_access_event_request_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "administrator",
        sa.Column("admin_id", _text(32), nullable=False),
        sa.Column("role", _text(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role in ('system', 'security', 'audit')", name=op.f("ck_administrator_role")),
        sa.PrimaryKeyConstraint("admin_id", name=op.f("pk_administrator")),
    )
    op.create_table(
        "alarm",
        sa.Column("alarm_id", _COUNTER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("kind", _text(32), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarm")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "client_act",
        sa.Column("act_id", _COUNTER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", _text(32), nullable=False),
        sa.Column("actor", _text(32), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("entry_salt", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_client_act")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "client_key",
        sa.Column("keyid", _text(64), nullable=False),
        sa.Column("owner_kind", _text(16), nullable=False),
        sa.Column("owner", _text(32), nullable=False),
        sa.Column("purpose", _text(8), nullable=False),
        sa.Column("alg", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=65), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("floor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("owner_kind in ('party', 'administrator', 'holder')", name=op.f("ck_client_key_owner_kind")),
        sa.CheckConstraint("purpose in ('sign', 'encrypt', 'tls')", name=op.f("ck_client_key_purpose")),
        sa.PrimaryKeyConstraint("keyid", name=op.f("pk_client_key")),
    )
    op.create_index("ix_client_key_owner", "client_key", ["owner_kind", "owner"], unique=False)
    op.create_table(
        "holder",
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_by", _text(18), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(holder_id) = 16", name=op.f("ck_holder_lengths")),
        sa.PrimaryKeyConstraint("holder_id", name=op.f("pk_holder")),
        sa.UniqueConstraint("tag", name=op.f("uq_holder_tag")),
    )
    op.create_table(
        "party_usage",
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("questions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("uscc", "day", name=op.f("pk_party_usage")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purpose_catalogue",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("proposal", sa.LargeBinary(), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("approval", sa.LargeBinary(), nullable=True),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.Column("entry_salt", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint("(approved_at is null) = (approval is null)", name=op.f("ck_purpose_catalogue_approved")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_purpose_catalogue")),
    )
    op.create_table(
        "access_subject",
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ordinal"], ["access_event.ordinal"], name=op.f("fk_access_subject_ordinal_access_event")
        ),
        sa.PrimaryKeyConstraint("tag", "ordinal", name=op.f("pk_access_subject")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "activation",
        sa.Column("code_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("secret_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.holder_id"], name=op.f("fk_activation_holder_id_holder")),
        sa.PrimaryKeyConstraint("code_tag", name=op.f("pk_activation")),
    )
    op.create_table(
        "consent_transaction",
        sa.Column("trx_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("spouse_tag", sa.LargeBinary(length=32), nullable=True),
        sa.Column("purpose", _text(64), nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("channel", _text(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("channel in ('code', 'card', 'request')", name=op.f("ck_consent_transaction_channel")),
        sa.CheckConstraint(
            "state in ('begun', 'half', 'authorised', 'fetched', 'refused', 'withdrawn', 'expired')",
            name=op.f("ck_consent_transaction_state"),
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.holder_id"], name=op.f("fk_consent_transaction_holder_id_holder")
        ),
        sa.PrimaryKeyConstraint("trx_id", name=op.f("pk_consent_transaction")),
    )
    op.create_index("ix_consent_transaction_holder_id", "consent_transaction", ["holder_id"], unique=False)
    op.create_index("ix_consent_transaction_spouse_tag", "consent_transaction", ["spouse_tag"], unique=False)
    op.create_table(
        "dynamic_code",
        sa.Column("code_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.holder_id"], name=op.f("fk_dynamic_code_holder_id_holder")),
        sa.PrimaryKeyConstraint("code_tag", name=op.f("pk_dynamic_code")),
    )
    op.create_index("ix_dynamic_code_expires_at", "dynamic_code", ["expires_at"], unique=False)
    op.create_table(
        "guardianship",
        sa.Column("ward", sa.LargeBinary(length=16), nullable=False),
        sa.Column("guardian", sa.LargeBinary(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["guardian"], ["holder.holder_id"], name=op.f("fk_guardianship_guardian_holder")),
        sa.ForeignKeyConstraint(["ward"], ["holder.holder_id"], name=op.f("fk_guardianship_ward_holder")),
        sa.PrimaryKeyConstraint("ward", "guardian", name=op.f("pk_guardianship")),
    )
    op.create_table(
        "holder_card",
        sa.Column("card_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pin_tag", sa.LargeBinary(length=48), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.holder_id"], name=op.f("fk_holder_card_holder_id_holder")),
        sa.PrimaryKeyConstraint("card_tag", name=op.f("pk_holder_card")),
    )
    op.create_table(
        "relying_party",
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("category", _text(32), nullable=False),
        sa.Column("contact", _text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["uscc"], ["party.uscc"], name=op.f("fk_relying_party_uscc_party")),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_relying_party")),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("endpoint_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("uscc", _text(18), nullable=False),
        sa.Column("url", _text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_why", _text(16), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("disabled_why in ('party', 'failing', 'gone')", name=op.f("ck_webhook_endpoint_why")),
        sa.CheckConstraint("(disabled_at is null) = (disabled_why is null)", name=op.f("ck_webhook_endpoint_disabled")),
        sa.ForeignKeyConstraint(["uscc"], ["party.uscc"], name=op.f("fk_webhook_endpoint_uscc_party")),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index("ix_webhook_endpoint_uscc", "webhook_endpoint", ["uscc"], unique=False)
    op.create_table(
        "consent_grant",
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("trx_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("decision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_uses", sa.Integer(), server_default="1", nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("decision in (1, 2, 3)", name=op.f("ck_consent_grant_decision")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.holder_id"], name=op.f("fk_consent_grant_holder_id_holder")),
        sa.ForeignKeyConstraint(
            ["trx_id"], ["consent_transaction.trx_id"], name=op.f("fk_consent_grant_trx_id_consent_transaction")
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_consent_grant")),
    )
    op.create_index("ix_consent_grant_holder_id", "consent_grant", ["holder_id"], unique=False)
    op.create_index("ix_consent_grant_trx_id", "consent_grant", ["trx_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("delivery_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("endpoint_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("event", _text(32), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", _text(16), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("trouble", _text(24), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_state")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoint.endpoint_id"],
            name=op.f("fk_webhook_delivery_endpoint_id_webhook_endpoint"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_state_next_at", "webhook_delivery", ["state", "next_at"], unique=False)
    op.create_index("ix_webhook_delivery_endpoint_id", "webhook_delivery", ["endpoint_id", "created_at"], unique=False)
    op.create_table(
        "consent_watch",
        sa.Column("cti", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=True),
        sa.Column("notified_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["cti"], ["certificate.cti"], name=op.f("fk_consent_watch_cti_certificate")),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["consent_grant.grant_id"], name=op.f("fk_consent_watch_grant_id_consent_grant")
        ),
        sa.PrimaryKeyConstraint("cti", "grant_id", name=op.f("pk_consent_watch")),
    )


def downgrade() -> None:
    op.drop_table("consent_watch")
    op.drop_index("ix_webhook_delivery_endpoint_id", table_name="webhook_delivery")
    op.drop_index("ix_webhook_delivery_state_next_at", table_name="webhook_delivery")
    op.drop_table("webhook_delivery")
    op.drop_index("ix_consent_grant_trx_id", table_name="consent_grant")
    op.drop_index("ix_consent_grant_holder_id", table_name="consent_grant")
    op.drop_table("consent_grant")
    op.drop_index("ix_webhook_endpoint_uscc", table_name="webhook_endpoint")
    op.drop_table("webhook_endpoint")
    op.drop_table("relying_party")
    op.drop_table("holder_card")
    op.drop_table("guardianship")
    op.drop_index("ix_dynamic_code_expires_at", table_name="dynamic_code")
    op.drop_table("dynamic_code")
    op.drop_index("ix_consent_transaction_spouse_tag", table_name="consent_transaction")
    op.drop_index("ix_consent_transaction_holder_id", table_name="consent_transaction")
    op.drop_table("consent_transaction")
    op.drop_table("activation")
    op.drop_table("access_subject")
    op.drop_table("purpose_catalogue")
    op.drop_table("party_usage")
    op.drop_table("holder")
    op.drop_index("ix_client_key_owner", table_name="client_key")
    op.drop_table("client_key")
    op.drop_table("client_act")
    op.drop_table("alarm")
    op.drop_table("administrator")
    op.drop_table("access_event")
    op.execute("DELETE FROM signing_key WHERE purpose = 'answer'")
    _check("signing_key", "purpose", _PURPOSES)
    op.execute("DELETE FROM access_token WHERE uscc IN (SELECT uscc FROM party WHERE role = 'verifier')")
    op.execute("DELETE FROM party WHERE role = 'verifier'")
    _check("party", "role", _ROLES)
