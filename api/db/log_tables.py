"""Tables of the log and of anchoring (one schema for SQLite and PostgreSQL).

Only full tiles are stored, and only ever inserted: rewriting partial ones was measured at a hundred times
the bytes. `entry`, `tile`, `checkpoint`, `cosignature` and `anchor_proof` are append-only by trigger: whoever changes
history must first drop the trigger, which no code path of this service does, and which the auditor sees.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    event,
    text,
)

from api.db.metadata import COUNTER, characters, metadata

log = Table(
    "log",
    metadata,
    Column("log_id", Integer, primary_key=True),
    Column("origin", characters(), nullable=False, unique=True),
    Column("hash_alg", characters(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("hash_alg in ('sm3', 'sha-256')", name="hash_alg"),
)

# No leaf hash: full tiles hold it, bodies give it. No foreign key: every append moves the head first, which has one.
entry = Table(
    "entry",
    metadata,
    Column("log_id", Integer, primary_key=True, autoincrement=False),
    Column("leaf_key", Integer, nullable=False),  # chain.log.model.leaf_key
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("idem", LargeBinary(16), nullable=False),
    UniqueConstraint("log_id", "idem", name="uq_entry_idem"),
    CheckConstraint("idx >= 0", name="idx"),
    CheckConstraint("length(idem) = 16", name="lengths"),
    sqlite_with_rowid=False,  # clustered by index: a tile's worth of entries is one run of pages
)
# An era, 8,192 entries, is what new keys are inserted among: random keys over the whole log would dirty a page each.
# Without the log's number: several logs may share a key, and the rows say whose they are.
ERA = "CAST(idx >> 13 AS INTEGER)"  # as the index says it: an index is found by the text of its expression
Index("ix_entry_leaf_key", text(f"({ERA})"), entry.c.leaf_key)

tile = Table(
    "tile",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("n", BigInteger, primary_key=True),
    Column("root", LargeBinary(32), nullable=False),  # a level above reads 256 of these, not 256 tiles
    Column("data", LargeBinary(8192), nullable=False),
    CheckConstraint("length(data) = 8192 and length(root) = 32", name="lengths"),
)

head = Table(
    "head",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("frontier", LargeBinary, nullable=False),  # concatenated hashes, largest subtree first
    Column("epoch", BigInteger, nullable=False, server_default="0"),  # how many writers there have been
    CheckConstraint("size >= 0 and length(root) = 32", name="shape"),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("log_id", Integer, ForeignKey("log.log_id"), primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", LargeBinary, nullable=False),  # exact bytes of the signed note
    Column("receipt_protected", LargeBinary, nullable=False),
    Column("receipt_signature", LargeBinary(64), nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    CheckConstraint("size > 0 and length(root) = 32 and length(receipt_signature) = 64", name="shape"),
)

cosignature = Table(
    "cosignature",
    metadata,
    Column("log_id", Integer, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("witness", characters(), primary_key=True),  # key name of the witness
    Column("key_id", LargeBinary(4), nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["log_id", "size"], ["checkpoint.log_id", "checkpoint.size"]),
)

anchor = Table(
    "anchor",
    metadata,
    Column("anchor_id", COUNTER, primary_key=True),
    Column("log_id", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("contract", LargeBinary(20), nullable=False),
    Column("nonce", BigInteger),  # null, like `raw`, where another registry's transaction did it
    Column("raw", LargeBinary),  # signed transaction; the same bytes are broadcast again
    Column("tx_hash", LargeBinary(32), nullable=False),
    Column("state", characters(12), nullable=False),
    Column("reason", characters(), nullable=False, server_default=""),
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary(32)),
    Column("block_time", BigInteger),
    Column("prepared_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["log_id", "size"], ["checkpoint.log_id", "checkpoint.size"]),
    UniqueConstraint("log_id", "chain_id", "contract", "tx_hash", name="uq_anchor_tx"),
    CheckConstraint("state in ('prepared', 'sent', 'final', 'failed')", name="state"),
    CheckConstraint("state in ('final', 'failed') or nonce is not null and raw is not null", name="sendable"),
    CheckConstraint(
        "state <> 'final' or block_number is not null and block_hash is not null and block_time is not null",
        name="final_block",
    ),
)
# At most one transaction of a key is under way, whichever log it is of (an instance has one key for a chain): a second
# one would need a second nonce, and then either may win.
Index(
    "uq_anchor_lane",
    anchor.c.chain_id,
    unique=True,
    sqlite_where=anchor.c.state.in_(("prepared", "sent")),
    postgresql_where=anchor.c.state.in_(("prepared", "sent")),
)

anchor_proof = Table(
    "anchor_proof",
    metadata,
    Column("log_id", Integer, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("chain_id", BigInteger, primary_key=True),
    Column("contract", LargeBinary(20), primary_key=True),
    Column("proof", LargeBinary, nullable=False),  # AnchorProof bytes; needs no node to be checked
    Column("stored_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["log_id", "size"], ["checkpoint.log_id", "checkpoint.size"]),
    CheckConstraint("length(contract) = 20", name="contract"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", COUNTER, primary_key=True),
    Column("log_id", Integer, ForeignKey("log.log_id"), nullable=False),
    Column("kind", characters(8), nullable=False),  # 'log': entry to sequence; 'anchor': checkpoint to anchor
    Column("key", LargeBinary, nullable=False),  # idempotency key, or the size as 8 bytes big endian
    Column("payload", LargeBinary, nullable=False),
    Column("state", characters(8), nullable=False, server_default="queued"),
    Column("queued_at", BigInteger),
    UniqueConstraint("log_id", "kind", "key", name="uq_outbox_key"),
    CheckConstraint("kind in ('log', 'anchor')", name="kind"),
    CheckConstraint("state in ('queued', 'parked')", name="state"),
    sqlite_autoincrement=True,  # a rowid that is given out again would change the order of staging
)
Index("ix_outbox_queue", outbox.c.log_id, outbox.c.kind, outbox.c.state, outbox.c.outbox_id)

APPEND_ONLY = (entry, tile, checkpoint, cosignature, anchor_proof)


def append_only_sqlite(table: Table) -> tuple[str, str]:
    """The two triggers that make a table append-only on SQLite; migrations use the same text."""
    name = table.name
    refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    return (
        f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {refuse}",
        f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}",
    )


REFUSE_POSTGRESQL = """CREATE OR REPLACE FUNCTION mz_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$"""


def append_only_postgresql(table: Table) -> tuple[str, ...]:
    """The same for PostgreSQL, which must be told about TRUNCATE as well. ALWAYS: a session that calls itself a
    replica is refused too.
    """
    statements = []
    for change in ("update", "delete", "truncate"):
        name = f"{table.name}_no_{change}"
        statements += [
            f"CREATE TRIGGER {name} BEFORE {change.upper()} ON {table.name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION mz_refuse_change()",
            f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {name}",
        ]
    return tuple(statements)


def _after_create(table: Table, statement: str, dialect: str) -> None:
    event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


_after_create(entry, "ALTER INDEX pk_entry SET (fillfactor = 100)", "postgresql")  # grows at one end only
_after_create(tile, "ALTER TABLE tile ALTER COLUMN data SET STORAGE EXTERNAL", "postgresql")  # hashes do not compress
for _table in APPEND_ONLY:
    for _statement in append_only_sqlite(_table):
        _after_create(_table, _statement, "sqlite")
    for _statement in (REFUSE_POSTGRESQL, *append_only_postgresql(_table)):
        _after_create(_table, _statement, "postgresql")
