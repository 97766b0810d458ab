"""Proofs that anchors are final, as they were fetched while the chain's nodes still had the state. Append-only."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.log_tables import anchor, anchor_proof


async def unproved(connection: AsyncConnection, log_id: int, chain_id: int, contract: bytes, limit: int) -> list[int]:
    """Sizes of final anchors without a proof, largest first."""
    t = anchor.c
    here = (t.log_id == log_id) & (t.chain_id == chain_id) & (t.contract == contract)
    p = anchor_proof.c
    proved = select(p.size).where(p.log_id == log_id, p.chain_id == chain_id, p.contract == contract, p.size == t.size)
    query = select(t.size).where(here, t.state == "final", ~proved.exists()).order_by(t.size.desc()).limit(limit)
    return list((await connection.execute(query)).scalars())


async def insert_proof(
    connection: AsyncConnection, log_id: int, chain_id: int, contract: bytes, size: int, proof: bytes, now: int
) -> None:
    """Keep a proof for good."""
    values = {
        "log_id": log_id,
        "size": size,
        "chain_id": chain_id,
        "contract": contract,
        "proof": proof,
        "stored_at": now,
    }
    await connection.execute(insert(anchor_proof).values(values))


async def proof_of(connection: AsyncConnection, log_id: int, size: int | None) -> bytes | None:
    """The proof kept for that size, or for the largest one that has one. On the newest chain, if there are several."""
    p = anchor_proof.c
    query = select(p.proof).where(p.log_id == log_id).order_by(p.size.desc(), p.stored_at.desc()).limit(1)
    if size is not None:
        query = query.where(p.size == size)
    found: bytes | None = await connection.scalar(query)
    return found
