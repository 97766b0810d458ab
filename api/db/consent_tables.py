"""Tables of consent: what was asked and granted, and what is told to parties when a certificate ends."""

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

consent_transaction = Table(
    "consent_transaction",
    metadata,
    Column("trx_id", LargeBinary(16), primary_key=True),
    Column("uscc", characters(18), nullable=False),  # who asks
    Column("holder_id", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),
    Column("spouse_tag", LargeBinary(32)),  # as holder.tag: who else must consent, enrolled or not
    Column("purpose", characters(64), nullable=False),
    Column("state", characters(16), nullable=False),
    Column("channel", characters(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("sealed_key", LargeBinary),  # null once its retention ended
    Column("sealed_body", LargeBinary, nullable=False),  # the question, and the answer until it was fetched
    CheckConstraint(
        "state in ('begun', 'half', 'authorised', 'fetched', 'refused', 'withdrawn', 'expired')", name="state"
    ),
    CheckConstraint("channel in ('code', 'card', 'request')", name="channel"),
)
Index("ix_consent_transaction_holder_id", consent_transaction.c.holder_id)
Index("ix_consent_transaction_spouse_tag", consent_transaction.c.spouse_tag)

consent_grant = Table(
    "consent_grant",
    metadata,
    Column("grant_id", LargeBinary(16), primary_key=True),
    Column("trx_id", LargeBinary(16), ForeignKey("consent_transaction.trx_id"), nullable=False),
    Column("holder_id", LargeBinary(16), ForeignKey("holder.holder_id"), nullable=False),  # whose decision it is
    Column("decision", Integer, nullable=False, server_default="1"),  # 1 grant, 2 refusal, 3 withdrawal
    Column("granted_at", BigInteger, nullable=False),  # when it was said
    Column("expires_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("uses", Integer, nullable=False, server_default="0"),
    Column("max_uses", Integer, nullable=False, server_default="1"),
    Column("statement", LargeBinary, nullable=False),  # what was signed: by the holder's key, or by the office
    Column("entry", LargeBinary, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),  # the entry's salt and the notice that was read
    CheckConstraint("decision in (1, 2, 3)", name="decision"),
)
Index("ix_consent_grant_holder_id", consent_grant.c.holder_id)
Index("ix_consent_grant_trx_id", consent_grant.c.trx_id)

consent_watch = Table(
    "consent_watch",
    metadata,
    Column("cti", LargeBinary(16), ForeignKey("certificate.cti"), nullable=False),
    Column("grant_id", LargeBinary(16), ForeignKey("consent_grant.grant_id"), nullable=False),
    Column("pseudonym", LargeBinary(16)),  # what the party was told to call the subject, if it was
    Column("notified_at", BigInteger),
    PrimaryKeyConstraint("cti", "grant_id"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("endpoint_id", LargeBinary(16), primary_key=True),
    Column("uscc", characters(18), ForeignKey("party.uscc"), nullable=False),
    Column("url", characters(), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("disabled_why", characters(16)),
    Column("failing_since", BigInteger),  # first attempt that failed after the last that did not
    Column("sealed_key", LargeBinary, nullable=False),
    Column("sealed_body", LargeBinary, nullable=False),  # its signing secrets; bound to owner and address
    CheckConstraint("disabled_why in ('party', 'failing', 'gone')", name="why"),
    CheckConstraint("(disabled_at is null) = (disabled_why is null)", name="disabled"),
)
Index("ix_webhook_endpoint_uscc", webhook_endpoint.c.uscc)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("delivery_id", LargeBinary(16), primary_key=True),
    Column("endpoint_id", LargeBinary(16), ForeignKey("webhook_endpoint.endpoint_id"), nullable=False),
    Column("event", characters(32), nullable=False),
    Column("payload", LargeBinary, nullable=False),  # nothing personal: the body that is signed and sent
    Column("created_at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("state", characters(16), nullable=False),
    Column("tried_at", BigInteger),
    Column("status", Integer),  # HTTP status of the last attempt; null if nobody answered
    Column("trouble", characters(24)),  # stable code of what the last attempt met; null once delivered
    CheckConstraint("state in ('waiting', 'delivered', 'failed')", name="state"),
)
Index("ix_webhook_delivery_state_next_at", webhook_delivery.c.state, webhook_delivery.c.next_at)
Index("ix_webhook_delivery_endpoint_id", webhook_delivery.c.endpoint_id, webhook_delivery.c.created_at)
