"""The log's store port on SQL, bound to one log and to one transaction that the caller owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.bulk import delete_rows, find_rows, insert_rows
from api.db.log_tables import ERA
from api.db.log_tables import checkpoint as checkpoint_t
from api.db.log_tables import entry as entry_t
from api.db.log_tables import head as head_t
from api.db.log_tables import log as log_t
from api.db.log_tables import outbox as outbox_t
from api.db.log_tables import tile as tile_t
from chain.errors import Conflict, Corrupt, LostSwap, UnknownLog
from chain.log.model import Append, Entry, Head, Known, LogIdentity, Staged, StoredCheckpoint, leaf_key
from chain.log.plan import check_entry
from verifier.errors import Malformed
from verifier.merkle import Frontier

# The first index after `after` with this leaf key: one look-up for each era (api/db/log_tables.py). SQLite without
# statistics would rather read the whole log, so it is told which index; PostgreSQL would take `min(idx)` for a reason
# to read the log in order, so it is shown a sum.
_FIND_KEY = f"""
WITH RECURSIVE era(n) AS (
  SELECT CAST(:after AS BIGINT) + 1 >> 13
  UNION ALL SELECT n + 1 FROM era WHERE n < (SELECT size - 1 >> 13 FROM head WHERE log_id = :log_id)
)
SELECT min(found) FROM (
  SELECT (
    SELECT {{least}} FROM {{entry}} WHERE {ERA} = n AND leaf_key = :key AND log_id = :log_id AND idx > :after
  ) AS found FROM era
) AS eras
"""  # noqa: S608 - our own names
_FIND_KEY_SQLITE = text(_FIND_KEY.format(least="min(idx)", entry="entry INDEXED BY ix_entry_leaf_key"))
_FIND_KEY_POSTGRESQL = text(_FIND_KEY.format(least="min(idx + 0)", entry="entry"))


async def create_log(conn: AsyncConnection, identity: LogIdentity, now: int) -> SqlLogStore:
    """Create the log with an empty head, or open it if it is there. Raises UnknownLog for another tree
    hash.
    """
    found = await conn.scalar(select(log_t.c.log_id).where(log_t.c.origin == identity.origin))
    if found is None:
        row = {"origin": identity.origin, "hash_alg": identity.hash.value, "created_at": now}
        result = await conn.execute(insert(log_t).values(row).returning(log_t.c.log_id))
        empty = Frontier(identity.hash)
        values = {"log_id": result.scalar_one(), "size": 0, "root": empty.root(), "frontier": b""}
        await conn.execute(insert(head_t).values(values))
    return await open_log(conn, identity)


async def open_log(conn: AsyncConnection, identity: LogIdentity) -> SqlLogStore:
    """The store of an existing log. Raises UnknownLog if it is not there or has another tree hash."""
    query = select(log_t.c.log_id, log_t.c.hash_alg).where(log_t.c.origin == identity.origin)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise UnknownLog(f"no log of origin {identity.origin} in this database")
    if row.hash_alg != identity.hash.value:
        raise UnknownLog(f"the log of origin {identity.origin} uses {row.hash_alg}, not {identity.hash.value}")
    return SqlLogStore(conn, identity, row.log_id)


class SqlLogStore:
    """Implements `chain.log.store.LogStore`, and `stage` for whoever issues. Made by `open_log`."""

    def __init__(self, conn: AsyncConnection, identity: LogIdentity, log_id: int) -> None:
        self._conn = conn
        self._identity = identity
        self.log_id = log_id

    # -- reading

    async def head(self) -> Head:
        query = select(head_t.c.size, head_t.c.root, head_t.c.frontier).where(head_t.c.log_id == self.log_id)
        row = (await self._conn.execute(query)).one_or_none()
        if row is None:
            raise UnknownLog(f"the log of origin {self._identity.origin} has no head")
        try:
            frontier = Frontier.decode(self._identity.hash, row.size, row.frontier)
        except Malformed as error:
            raise Corrupt("head", str(row.size), error.reason) from None
        return Head(frontier, row.root)

    async def entries(self, start: int, stop: int) -> Sequence[Entry]:
        t = entry_t.c
        query = (
            select(t.idx, t.leaf_key, t.body, t.idem)
            .where(t.log_id == self.log_id, t.idx >= start, t.idx < stop)
            .order_by(t.idx)
        )
        rows = [Entry(*row) for row in await self._conn.execute(query)]
        for offset, row in enumerate(rows):
            if row.index != start + offset:
                raise Corrupt("entry", str(start + offset), "missing")
        return rows

    async def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        if level == 0:
            entries = await self.entries(start, stop)
            if len(entries) != stop - start:
                raise Corrupt("entry", str(start + len(entries)), "missing")
            return [self._identity.hash.leaf(entry.body) for entry in entries]
        t = tile_t.c
        query = (
            select(t.n, t.root)
            .where(t.log_id == self.log_id, t.level == level - 1, t.n >= start, t.n < stop)
            .order_by(t.n)
        )
        rows = (await self._conn.execute(query)).all()
        if [row[0] for row in rows] != list(range(start, stop)):
            raise Corrupt("tile", f"level {level} {start}-{stop}", "hashes are missing")
        return [row[1] for row in rows]

    async def tile(self, level: int, n: int) -> bytes | None:
        t = tile_t.c
        query = select(t.data).where(t.log_id == self.log_id, t.level == level, t.n == n)
        data: bytes | None = await self._conn.scalar(query)
        if data is not None and len(data) != 8192:
            raise Corrupt("tile", f"{level}/{n}", "length")
        return data

    async def find_leaf(self, leaf_hash: bytes) -> int | None:
        query = _FIND_KEY_SQLITE if self._conn.dialect.name == "sqlite" else _FIND_KEY_POSTGRESQL
        asked = {"log_id": self.log_id, "key": leaf_key(leaf_hash), "after": -1}
        while (index := await self._conn.scalar(query, asked)) is not None:
            if await self.hashes(0, index, index + 1) == [leaf_hash]:
                return int(index)
            asked["after"] = index  # another leaf of the same four bytes
        return None

    async def find_idem(self, idems: Sequence[bytes]) -> Mapping[bytes, Known]:
        rows = await find_rows(self._conn, entry_t, ("idem", "idx", "body"), {"log_id": self.log_id}, "idem", idems)
        return {idem: Known(index, body) for idem, index, body in rows}

    async def checkpoint(self, size: int | None = None) -> StoredCheckpoint | None:
        t = checkpoint_t.c
        query = select(t.size, t.root, t.note, t.receipt_protected, t.receipt_signature, t.signed_at)
        query = query.where(t.log_id == self.log_id)
        query = query.order_by(t.size.desc()).limit(1) if size is None else query.where(t.size == size)
        row = (await self._conn.execute(query)).one_or_none()
        return None if row is None else StoredCheckpoint(*row)

    # -- staging: in the transaction of whoever issues

    async def stage(self, idem: bytes, body: bytes) -> None:
        """Ask for an entry. Durable with the caller's commit; in the log some time after it.

        Staging the same again does nothing. Raises Conflict if the key stands for another body, Malformed for bounds.
        """
        await self.stage_many([(idem, body)])

    async def stage_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """`stage` for a batch of (idem, body), in order."""
        wanted: dict[bytes, bytes] = {}
        for idem, body in items:
            check_entry(idem, body)
            if wanted.setdefault(idem, body) != body:
                raise Conflict(None)
        for idem, known in (await self.find_idem(list(wanted))).items():
            if known.body != wanted.pop(idem):
                raise Conflict(known.index)
        rows = [(self.log_id, "log", idem, body) for idem, body in wanted.items()]
        columns = ("log_id", "kind", "key", "payload")
        if await insert_rows(self._conn, outbox_t, columns, rows, skip_known=True) < len(rows):
            mine: dict[str, int | str] = {"log_id": self.log_id, "kind": "log"}
            for idem, body in await find_rows(self._conn, outbox_t, ("key", "payload"), mine, "key", list(wanted)):
                if wanted[idem] != body:
                    raise Conflict(None)

    async def staged(self, limit: int) -> Sequence[Staged]:
        t = outbox_t.c
        query = (
            select(t.outbox_id, t.key, t.payload)
            .where(t.log_id == self.log_id, t.kind == "log", t.state == "queued")
            .order_by(t.outbox_id)
            .limit(limit)
        )
        return [Staged(*row) for row in await self._conn.execute(query)]

    async def backlog(self) -> int:
        """How many entries are staged, at most: the newest ticket against the oldest. Two looks into an index."""
        t = outbox_t.c
        mine = (t.log_id == self.log_id) & (t.kind == "log") & (t.state == "queued")
        ends = select(
            select(func.min(t.outbox_id)).where(mine).scalar_subquery(),
            select(func.max(t.outbox_id)).where(mine).scalar_subquery(),
        )
        oldest, newest = (await self._conn.execute(ends)).one()
        return 0 if oldest is None else int(newest - oldest) + 1

    # -- writing: the sequencer and the checkpointer

    async def take_role(self) -> int:
        taken = update(head_t).where(head_t.c.log_id == self.log_id).values(epoch=head_t.c.epoch + 1)
        return await self._epoch(taken.returning(head_t.c.epoch))

    async def epoch(self) -> int:
        return await self._epoch(select(head_t.c.epoch).where(head_t.c.log_id == self.log_id))

    async def _epoch(self, query: Executable) -> int:
        epoch: int | None = await self._conn.scalar(query)
        if epoch is None:
            raise UnknownLog(f"the log of origin {self._identity.origin} has no head")
        return epoch

    async def append(self, batch: Append) -> None:
        new, mine = batch.head, (head_t.c.log_id == self.log_id) & (head_t.c.epoch == batch.epoch)
        moved = await self._conn.execute(
            update(head_t)
            .where(mine, head_t.c.size == batch.old_size)
            .values(size=new.size, root=new.root, frontier=new.frontier.encode())
        )
        if moved.rowcount != 1:
            raise LostSwap(batch.old_size)
        rows = [(self.log_id, e.leaf_key, e.index, e.body, e.idem) for e in batch.entries]
        await insert_rows(self._conn, entry_t, ("log_id", "leaf_key", "idx", "body", "idem"), rows)
        tiles = [(self.log_id, t.level, t.n, t.root, t.data) for t in batch.tiles]
        await insert_rows(self._conn, tile_t, ("log_id", "level", "n", "root", "data"), tiles)
        await delete_rows(self._conn, outbox_t, "outbox_id", batch.consumed)
        if batch.parked:
            park = update(outbox_t).where(outbox_t.c.outbox_id.in_(batch.parked)).values(state="parked")
            await self._conn.execute(park)

    async def insert_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        there = await self.checkpoint(checkpoint.size)
        if there is not None:
            if there != checkpoint:
                raise Corrupt("checkpoint", str(checkpoint.size), "another one of this size is stored")
            return
        await self._insert(
            checkpoint_t,
            [
                {
                    "size": checkpoint.size,
                    "root": checkpoint.root,
                    "note": checkpoint.note,
                    "receipt_protected": checkpoint.receipt_protected,
                    "receipt_signature": checkpoint.receipt_signature,
                    "signed_at": checkpoint.signed_at,
                }
            ],
        )
        key = checkpoint.size.to_bytes(8, "big")
        news = {"kind": "anchor", "key": key, "payload": checkpoint.root, "queued_at": checkpoint.signed_at}
        await self._insert(outbox_t, [news])

    async def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            await self._conn.execute(insert(table), [{"log_id": self.log_id, **row} for row in rows])
