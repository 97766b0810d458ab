"""The anchorer's store port on SQL, bound to one log, one chain and contract, and one transaction of the
caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db import anchor_proofs
from api.db.log_store import SqlLogStore, open_log
from api.db.log_tables import anchor as anchor_t
from api.db.log_tables import outbox as outbox_t
from chain.anchor.backoff import Failures
from chain.anchor.model import Anchored, AnchorRow, AnchorState, News, PreparedTx, TxReceipt
from chain.errors import Corrupt, LaneBusy
from chain.log.model import LogIdentity

_PENDING = (AnchorState.PREPARED.value, AnchorState.SENT.value)
_COLUMNS = (
    anchor_t.c.anchor_id,
    anchor_t.c.size,
    anchor_t.c.state,
    anchor_t.c.tx_hash,
    anchor_t.c.nonce,
    anchor_t.c.raw,
    anchor_t.c.block_number,
    anchor_t.c.block_hash,
    anchor_t.c.block_time,
    anchor_t.c.prepared_at,
)


async def open_anchors(conn: AsyncConnection, identity: LogIdentity, chain_id: int, contract: bytes) -> SqlAnchorStore:
    """The anchor store of an existing log. Raises UnknownLog."""
    log = await open_log(conn, identity)
    return SqlAnchorStore(conn, identity, log.log_id, chain_id, contract)


class SqlAnchorStore(SqlLogStore):
    """Implements `chain.anchor.store.AnchorStore`. Made by `open_anchors`."""

    def __init__(
        self, conn: AsyncConnection, identity: LogIdentity, log_id: int, chain_id: int, contract: bytes
    ) -> None:
        super().__init__(conn, identity, log_id)
        self._place: dict[str, Any] = {"log_id": log_id, "chain_id": chain_id, "contract": contract}
        t = anchor_t.c
        self._here = (t.log_id == log_id) & (t.chain_id == chain_id) & (t.contract == contract)

    async def news(self) -> News | None:
        t = outbox_t.c
        mine = (t.log_id == self.log_id) & (t.kind == "anchor")
        newest = await self._conn.scalar(select(t.key).where(mine).order_by(t.key.desc()).limit(1))
        if newest is None:
            return None
        since = await self._conn.scalar(select(func.min(t.queued_at)).where(mine))
        return News(since, int.from_bytes(newest, "big"))

    async def pending(self) -> AnchorRow | None:
        query = select(*_COLUMNS).where(self._here, anchor_t.c.state.in_(_PENDING))
        row = (await self._conn.execute(query)).one_or_none()
        return None if row is None else _anchor(row)

    async def final(self, size: int | None = None) -> AnchorRow | None:
        t = anchor_t.c
        query = select(*_COLUMNS).where(self._here, t.state == AnchorState.FINAL.value)
        query = query.order_by(t.size.desc()).limit(1) if size is None else query.where(t.size == size)
        row = (await self._conn.execute(query)).one_or_none()
        return None if row is None else _anchor(row)

    async def failures(self) -> Failures:
        t = anchor_t.c
        last = select(func.coalesce(func.max(t.anchor_id), 0)).where(self._here, t.state == AnchorState.FINAL.value)
        failed = (t.state == AnchorState.FAILED.value) & (t.anchor_id > last.scalar_subquery())
        query = select(t.prepared_at, t.reason).where(self._here, failed).order_by(t.anchor_id.desc())
        rows = (await self._conn.execute(query)).all()
        return Failures(len(rows), rows[0].prepared_at, rows[0].reason) if rows else Failures(0, 0, "")

    async def insert_prepared(self, size: int, tx: PreparedTx, now: int) -> AnchorRow:
        t = anchor_t.c
        lane = select(t.anchor_id).where(t.chain_id == self._place["chain_id"], t.state.in_(_PENDING))
        if (await self._conn.execute(lane)).first() is not None:
            raise LaneBusy("another log's transaction of this key is under way on this chain")
        state = {"state": AnchorState.PREPARED.value, "prepared_at": now, "reason": ""}
        again = (
            update(anchor_t)
            .where(self._here, t.tx_hash == tx.tx_hash, t.state == "failed")
            .values(state)
            .returning(t.anchor_id)
        )
        anchor_id = (await self._conn.execute(again)).scalar_one_or_none()
        if anchor_id is None:
            values = {**self._place, "size": size, "nonce": tx.nonce, "raw": tx.raw, "tx_hash": tx.tx_hash, **state}
            result = await self._conn.execute(insert(anchor_t).values(values).returning(t.anchor_id))
            anchor_id = result.scalar_one()
        return AnchorRow(anchor_id, size, AnchorState.PREPARED, tx.tx_hash, tx, None, now)

    async def mark(self, anchor_id: int, state: AnchorState, reason: str, block: TxReceipt | None) -> None:
        values: dict[str, Any] = {"state": state.value, "reason": reason, **_block(block)}
        t = anchor_t.c
        query = update(anchor_t).where(t.anchor_id == anchor_id, t.state.in_(_PENDING)).values(values)
        if (await self._conn.execute(query)).rowcount != 1:
            raise Corrupt("anchor", str(anchor_id), "is not under way")

    async def insert_found(self, anchored: Anchored, now: int) -> None:
        if await self.final(anchored.size) is not None:
            return
        place = TxReceipt(True, anchored.block_number, anchored.block_hash, anchored.block_time)
        values = {
            **self._place,
            "size": anchored.size,
            "tx_hash": anchored.tx_hash,
            "state": AnchorState.FINAL.value,
            "prepared_at": now,
            **_block(place),
        }
        t = anchor_t.c
        mine = (
            update(anchor_t)
            .where(self._here, t.tx_hash == anchored.tx_hash)
            .values(state=AnchorState.FINAL.value, reason="", **_block(place))
        )
        if (await self._conn.execute(mine)).rowcount == 0:
            await self._conn.execute(insert(anchor_t).values(values))

    async def unproved(self, limit: int) -> Sequence[int]:
        return await anchor_proofs.unproved(self._conn, **self._place, limit=limit)

    async def insert_proof(self, size: int, proof: bytes, now: int) -> None:
        await anchor_proofs.insert_proof(self._conn, **self._place, size=size, proof=proof, now=now)

    async def clear_news(self, size: int) -> None:
        t = outbox_t.c
        covered = t.key <= size.to_bytes(8, "big")
        await self._conn.execute(delete(outbox_t).where(t.log_id == self.log_id, t.kind == "anchor", covered))


def _block(block: TxReceipt | None) -> dict[str, Any]:
    if block is None:
        return {}
    return {
        "block_number": block.block_number,
        "block_hash": block.block_hash,
        "block_time": block.block_time,
    }


def _anchor(row: Any) -> AnchorRow:
    tx = None if row.raw is None else PreparedTx(row.nonce, row.raw, row.tx_hash)
    block = None
    if row.block_number is not None:
        block = TxReceipt(True, row.block_number, row.block_hash, row.block_time)
    return AnchorRow(row.anchor_id, row.size, AnchorState(row.state), row.tx_hash, tx, block, row.prepared_at)
