"""Cosignatures of witnesses, on a connection of the caller. Verified before they are stored; rows are only inserted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.log_tables import anchor as anchor_t
from api.db.log_tables import cosignature as cosignature_t
from verifier.cosignature import Cosignature, cosigner_key_id
from verifier.quorum import WitnessPolicy

LOOKED_AT = 8192  # rows that a search for a quorum reads: thousands of checkpoints, and a bound on every request


async def add(connection: AsyncConnection, log_id: int, size: int, cosignature: Cosignature) -> None:
    """Insert, unless this witness's cosignature of this size is there. Needs the checkpoint's row."""
    t = cosignature_t.c
    mine = (t.log_id == log_id) & (t.size == size) & (t.witness == cosignature.name)
    if await connection.scalar(select(func.count()).select_from(cosignature_t).where(mine)):
        return
    values = {
        "log_id": log_id,
        "size": size,
        "witness": cosignature.name,
        "key_id": cosignature.key_id,
        "signature": cosignature.signature,
        "signed_at": cosignature.time,
    }
    await connection.execute(insert(cosignature_t).values(values))


async def for_size(connection: AsyncConnection, log_id: int, size: int) -> tuple[Cosignature, ...]:
    """Every stored cosignature of the checkpoint of this size, by name."""
    t = cosignature_t.c
    query = select(t.witness, t.key_id, t.signed_at, t.signature).where(t.log_id == log_id, t.size == size)
    rows = (await connection.execute(query.order_by(t.witness))).all()
    return tuple(Cosignature(row.witness, row.key_id, row.signed_at, row.signature) for row in rows)


async def largest_sizes(connection: AsyncConnection, log_id: int, policy: WitnessPolicy) -> dict[str, int]:
    """The largest size that each of the policy's witnesses has cosigned with today's key.

    Another key under the same name is another witness, which may know less.
    """
    t, keys = cosignature_t.c, _keys(policy)
    query = select(t.witness, t.key_id, func.max(t.size)).where(t.log_id == log_id).group_by(t.witness, t.key_id)
    return {name: size for name, key_id, size in (await connection.execute(query)).all() if (name, key_id) in keys}


async def largest_quorum_size(connection: AsyncConnection, log_id: int, policy: WitnessPolicy) -> int | None:
    """The largest size cosigned by a quorum; None if there is none among the latest rows."""
    t = cosignature_t.c
    query = select(t.size, t.witness, t.key_id).where(t.log_id == log_id).order_by(t.size.desc()).limit(LOOKED_AT)
    return next(_quorums((await connection.execute(query)).all(), policy), None)


async def witnessed_anchor_covering(
    connection: AsyncConnection, log_id: int, index: int, policy: WitnessPolicy
) -> int | None:
    """The smallest finally anchored size above `index` that a quorum cosigned; None if none of the first ones is."""
    a, c = anchor_t.c, cosignature_t.c
    query = (
        select(c.size, c.witness, c.key_id)
        .join(anchor_t, (a.log_id == c.log_id) & (a.size == c.size))
        .where(c.log_id == log_id, a.state == "final", c.size > index)
        .distinct()
        .order_by(c.size)
        .limit(LOOKED_AT)
    )
    return next(_quorums((await connection.execute(query)).all(), policy), None)


def _quorums(rows: Iterable[Any], policy: WitnessPolicy) -> Iterator[int]:
    """Sizes among the rows, in their order, that a quorum of the policy's keys cosigned.

    The last group may be cut by the limit: it can then lack names, never have too many.
    """
    keys = _keys(policy)
    for size, group in groupby(rows, key=lambda row: row.size):
        if policy.reached({row.witness for row in group if (row.witness, row.key_id) in keys}):
            yield size


def _keys(policy: WitnessPolicy) -> set[tuple[str, bytes]]:
    return {(w.name, cosigner_key_id(w.name, w.key)) for w in policy.witnesses}
