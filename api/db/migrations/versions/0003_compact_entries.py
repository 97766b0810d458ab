"""Entries without their leaf hashes, which the full tiles hold and the bodies give.

A third of an entry's bytes were its leaf hash, stored again in an index and in its tile. `leaf_key`, four bytes of it,
is enough to find an entry by, era by era of 8,192 entries, so that new keys are inserted in one place of the index. The
foreign key goes as well: the head row, which every append moves first, has one. Keys of certificates and status events
get their time in front, for the same reason: 6 bytes of milliseconds, then 10 of what they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CHUNK = 4096


def _on_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def _put_aside() -> None:
    """The old table under another name, without the names that the new one takes."""
    op.rename_table("entry", "entry_old")
    if _on_postgresql():
        for name in ("pk_entry", "uq_entry_idem", "ck_entry_idx", "ck_entry_lengths"):
            op.execute(f"ALTER TABLE entry_old DROP CONSTRAINT {name}")


def _refuse_changes() -> None:
    if _on_postgresql():
        for event in ("update", "delete", "truncate"):
            name = f"entry_no_{event}"
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event.upper()} ON entry"
                " FOR EACH STATEMENT EXECUTE FUNCTION mz_refuse_change()"
            )
            op.execute(f"ALTER TABLE entry ENABLE ALWAYS TRIGGER {name}")
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END"
    op.execute(f"CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry {refuse}")
    op.execute(f"CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry {refuse}")


def _put_keys_aside(*, up: bool) -> None:
    """Fill `entry_key` (old, new) with the keys of every record, and change those of what waits for the log."""
    blob = "bytea" if _on_postgresql() else "blob"
    op.execute(f"CREATE TEMPORARY TABLE entry_key (old {blob} PRIMARY KEY, new {blob} NOT NULL)")
    target = sa.table("entry_key", sa.column("old"), sa.column("new"))
    for table, time, event in (("certificate", "issued_at", False), ("status_event", "at", True)):
        page = sa.text(f"SELECT cti, {time} AS at FROM {table} WHERE cti > :cti ORDER BY cti LIMIT :chunk")  # noqa: S608
        last = b""
        while rows := op.get_bind().execute(page, {"cti": last, "chunk": _CHUNK}).all():
            pairs = [_keys(row.cti, row.at, event) for row in rows]
            op.bulk_insert(target, [dict(zip(("old", "new") if up else ("new", "old"), p, strict=True)) for p in pairs])
            last = rows[-1].cti
    op.execute(
        "UPDATE outbox SET key = (SELECT new FROM entry_key WHERE old = outbox.key)"
        " WHERE kind = 'log' AND key IN (SELECT old FROM entry_key)"
    )


def _keys(cti: bytes, at: int, event: bool) -> tuple[bytes, bytes]:
    """(before, after) of a record's entry."""
    before = sm3(b"mz-status-event\x00" + cti)[:16] if event else cti
    return before, (1000 * at).to_bytes(6, "big") + before[:10]


def _chunks() -> Iterator[Sequence[Any]]:
    """Rows (log_id, idx, body, idem, hash_alg) of the old table, in order, some thousands at a time."""
    page = sa.text(
        "SELECT e.log_id, e.idx, e.body, coalesce(k.new, e.idem) AS idem, l.hash_alg"
        " FROM entry_old e JOIN log l ON l.log_id = e.log_id LEFT JOIN entry_key k ON k.old = e.idem"
        " WHERE e.log_id > :log_id OR e.log_id = :log_id AND e.idx > :idx ORDER BY e.log_id, e.idx LIMIT :chunk"
    )
    last = {"log_id": -1, "idx": -1}
    while rows := op.get_bind().execute(page, {**last, "chunk": _CHUNK}).all():
        yield rows
        last = {"log_id": rows[-1].log_id, "idx": rows[-1].idx}


def _copy(column: str, value: Any) -> None:
    target = sa.table("entry", *map(sa.column, ("log_id", column, "idx", "body", "idem")))
    for rows in _chunks():
        op.bulk_insert(
            target,
            [
                {
                    "log_id": row.log_id,
                    column: value(TreeHash(row.hash_alg).leaf(row.body)),
                    "idx": row.idx,
                    "body": row.body,
                    "idem": row.idem,
                }
                for row in rows
            ],
        )
    op.drop_table("entry_old")
    op.drop_table("entry_key")


def upgrade() -> None:
    op.drop_index("ix_entry_leaf_hash", table_name="entry")
    _put_keys_aside(up=True)
    _put_aside()
    op.create_table(
        "entry",
        sa.Column("log_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaf_key", sa.Integer(), nullable=False),
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("idem", sa.LargeBinary(length=16), nullable=False),
        sa.CheckConstraint("idx >= 0", name=op.f("ck_entry_idx")),
        sa.CheckConstraint("length(idem) = 16", name=op.f("ck_entry_lengths")),
        sa.PrimaryKeyConstraint("log_id", "idx", name=op.f("pk_entry")),
        sa.UniqueConstraint("log_id", "idem", name="uq_entry_idem"),
        sqlite_with_rowid=False,
    )
    if _on_postgresql():
        op.execute("ALTER INDEX pk_entry SET (fillfactor = 100)")  # grows at one end only
    _copy("leaf_key", lambda leaf: int.from_bytes(leaf[:4], "big", signed=True))
    op.create_index("ix_entry_leaf_key", "entry", [sa.text("(CAST(idx >> 13 AS INTEGER))"), "leaf_key"], unique=False)
    _refuse_changes()


def downgrade() -> None:
    op.drop_index("ix_entry_leaf_key", table_name="entry")
    _put_keys_aside(up=False)
    _put_aside()
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
    _copy("leaf_hash", lambda leaf: leaf)
    op.create_index("ix_entry_leaf_hash", "entry", ["log_id", "leaf_hash"], unique=False)
    _refuse_changes()
