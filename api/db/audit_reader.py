"""The auditor's view of a database: one snapshot, read only, in pages by key. SQLite and PostgreSQL alike.

Synchronous, because a million rows through an event loop cost more than hashing them; the caller runs it inside
`AsyncConnection.run_sync`. Nothing here goes through the repositories: what wrote a row must not be what checks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, func, select

from api.db.bulk import lookups
from api.db.log_tables import anchor, anchor_proof, checkpoint, cosignature, entry, head, log, tile
from chain.audit.ports import AnchorFact, CheckpointRow, CosignatureRow, EntryRow, HeadRow, ProofFact, TileRow

_ENTRIES: Final = 8192
_TILES: Final = 64  # half a megabyte
_ROWS: Final = 1000
_IN_LIST: Final = 500


def pages(connection: Connection, query: Select[Any], key: Any, start: Any, size: int = _ROWS) -> Iterator[list[Any]]:
    """Rows of `query` in order of its unique `key`, from `start` (inclusive; None: from the first) on."""
    ordered = query.order_by(key).limit(size)
    place = None
    rows = connection.execute(ordered if start is None else ordered.where(key >= start)).all()
    while rows:
        yield list(rows)
        if len(rows) < size:
            return
        place = getattr(rows[-1], key.name)
        rows = connection.execute(ordered.where(key > place)).all()


class SqlLedger:
    """Implements `chain.audit.ports.LedgerReader` for one log of a database."""

    def __init__(self, connection: Connection, log_id: int) -> None:
        self.connection, self.log_id = connection, log_id

    def head(self) -> HeadRow | None:
        mine = select(head.c.size, head.c.root, head.c.frontier).where(head.c.log_id == self.log_id)
        row = self.connection.execute(mine).one_or_none()
        return None if row is None else HeadRow(*row)

    def entries(self, start: int) -> Iterator[Sequence[EntryRow]]:
        t = entry.c
        query = select(t.idx, t.leaf_key, t.body, t.idem).where(t.log_id == self.log_id)
        yield from pages(self.connection, query, t.idx, start, _ENTRIES)

    def tiles(self, level: int, start: int) -> Iterator[TileRow]:
        t = tile.c
        query = select(t.n, t.data, t.root).where(t.log_id == self.log_id, t.level == level)
        for page in pages(self.connection, query, t.n, start, _TILES):
            for n, data, root in page:
                yield TileRow(level, n, data, root)

    def tile_levels(self) -> Sequence[int]:
        mine = select(tile.c.level).where(tile.c.log_id == self.log_id).distinct().order_by(tile.c.level)
        return list(self.connection.scalars(mine))

    def checkpoints(self, size: int) -> Iterator[CheckpointRow]:
        t = checkpoint.c
        query = select(t.size, t.root, t.note, t.receipt_protected, t.receipt_signature, t.signed_at)
        for page in pages(self.connection, query.where(t.log_id == self.log_id), t.size, size):
            for row in page:
                yield CheckpointRow(*row)

    def checkpoints_of(self, sizes: Sequence[int]) -> dict[int, CheckpointRow]:
        """Those of certain sizes."""
        t = checkpoint.c
        query = select(t.size, t.root, t.note, t.receipt_protected, t.receipt_signature, t.signed_at)
        found: dict[int, CheckpointRow] = {}
        for some in slices(sorted(set(sizes))):
            rows = self.connection.execute(query.where(t.log_id == self.log_id, t.size.in_(some)))
            found.update({row.size: CheckpointRow(*row) for row in rows})
        return found

    def start_at(self, size: int | None, time: int | None) -> CheckpointRow | None:
        """The largest checkpoint of at most `size` entries, or signed no later than `time`."""
        t = checkpoint.c
        query = select(t.size, t.root, t.note, t.receipt_protected, t.receipt_signature, t.signed_at)
        query = query.where(t.log_id == self.log_id).order_by(t.size.desc()).limit(1)
        query = query.where(t.size <= size) if size is not None else query.where(t.signed_at <= time)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else CheckpointRow(*row)

    def cosignatures(self, size: int) -> Iterator[CosignatureRow]:
        t = cosignature.c
        query = select(t.size, t.witness, t.key_id, t.signature, t.signed_at).where(t.log_id == self.log_id)
        sizes = select(t.size).where(t.log_id == self.log_id).distinct()
        for page in pages(self.connection, sizes, t.size, size):  # a checkpoint has few: a page of sizes is one query
            wanted = query.where(t.size >= page[0].size, t.size <= page[-1].size).order_by(t.size, t.witness)
            for row in self.connection.execute(wanted):
                yield CosignatureRow(*row)

    def anchors(self) -> Iterator[AnchorFact]:
        t = anchor.c
        columns = (t.anchor_id, t.size, t.chain_id, t.contract, t.nonce, t.raw, t.tx_hash, t.state, t.block_number)
        query = select(*columns, t.block_hash, t.block_time, t.prepared_at).where(t.log_id == self.log_id)
        for page in pages(self.connection, query, t.anchor_id, None):
            for row in page:
                yield AnchorFact(*row)

    def largest_anchor(self) -> int:
        """Size of the largest anchor row, 0 without one."""
        return self.connection.scalar(select(func.max(anchor.c.size)).where(anchor.c.log_id == self.log_id)) or 0

    def proofs(self) -> Iterator[ProofFact]:
        t = anchor_proof.c
        query = select(t.size, t.chain_id, t.contract, t.proof).where(t.log_id == self.log_id).order_by(t.size)
        for row in self.connection.execute(query):
            yield ProofFact(*row)

    def entries_by_idem(self, idems: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """idempotency key -> (index, body)."""
        postgres, mine = self.connection.dialect.name == "postgresql", {"log_id": self.log_id}
        found: dict[bytes, tuple[int, bytes]] = {}
        for query, values in lookups(postgres, entry, ("idem", "idx", "body"), mine, "idem", idems):
            rows = self.connection.exec_driver_sql(query, values)
            found.update({idem: (idx, body) for idem, idx, body in rows})
        return found

    def entries_ending(self, endings: Set[bytes], start: int) -> Iterator[tuple[int, bytes]]:
        """(index, ending) of entries from `start` on whose keys end in one of these 10 bytes, whenever they were made.

        One pass: a key begins with a time, so no index helps.
        """
        ending, t = func.substr(entry.c.idem, 7), entry.c
        query = select(t.idx, ending.label("ending")).where(t.log_id == self.log_id)
        if len(endings) <= _IN_LIST:
            query = query.where(ending.in_(sorted(endings)))
        for page in pages(self.connection, query, t.idx, start, _ENTRIES):
            yield from ((idx, bytes(found)) for idx, found in page if bytes(found) in endings)

    def repeated_idem(self) -> int | None:
        """Index of an entry whose key another one has too: possible only where the constraint is gone."""
        t = entry.c
        query = select(func.max(t.idx)).where(t.log_id == self.log_id).group_by(t.idem).having(func.count() > 1)
        found: int | None = self.connection.scalar(query.order_by(func.max(t.idx)).limit(1))
        return found

    def repeated_bodies(self) -> frozenset[bytes]:
        """Bodies that stand in the log more than once.

        One pass for the few keys that any two leaves share, one for the bodies under them: to look for each record's
        leaf by itself would ask every era (api/db/log_tables.py) for every record.
        """
        t = entry.c
        mine = select(t.leaf_key).where(t.log_id == self.log_id)
        shared = mine.group_by(t.leaf_key).having(func.count() > 1)
        again = select(t.body).where(t.log_id == self.log_id, t.leaf_key.in_(shared))
        return frozenset(self.connection.scalars(again.group_by(t.body).having(func.count() > 1)))


def slices(values: Sequence[Any], size: int = _IN_LIST) -> Iterator[Sequence[Any]]:
    """Pieces short enough for one statement's variables."""
    for at in range(0, len(values), size):
        yield values[at : at + size]


def logs(connection: Connection) -> list[Row[Any]]:
    """Every log of the database."""
    return list(connection.execute(select(log).order_by(log.c.log_id)).all())


def rows_of(connection: Connection, table: Table, key: Any) -> Iterator[Any]:
    """Every row of a table in order of its unique key."""
    for page in pages(connection, select(table), key, None):
        yield from page


def count_of(connection: Connection, table: Table) -> int:
    """Number of rows."""
    return connection.scalar(select(func.count()).select_from(table)) or 0
