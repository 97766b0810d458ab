"""Stored cosignatures on both databases: which checkpoint has a quorum, and which one a holder's file is given."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from api.db import cosignatures
from api.db.log_tables import anchor
from tests.simulators.witnesses import trusted
from tests.support.kit import TestSigner
from tests.support.log_lab import NOW, SM3_LOG, Ed25519Signer, Lab
from verifier.cosignature import Cosignature, cosigner_key_id
from verifier.quorum import Group, WitnessPolicy

DATABASES = ("sqlite", "postgresql")
NAMES = ("witness.north.example/w1", "witness.south.example/w1", "witness.west.example/w1")
KEYS = {name: TestSigner(name.encode()) for name in NAMES}
POLICY = WitnessPolicy(tuple(trusted(n, KEYS[n]) for n in NAMES), (Group("most", 2, NAMES),), "most")


def line(name: str, key: TestSigner | None = None) -> Cosignature:
    return Cosignature(name, cosigner_key_id(name, (key or KEYS[name]).key), NOW, bytes(64))


@pytest.fixture
async def lab(database_url: str) -> AsyncIterator[Lab]:
    made = await Lab(database_url, SM3_LOG, Ed25519Signer()).create()
    for stop in (2, 4, 6, 8):
        await made.fill(stop - 2, stop)
        await made.checkpoint()
    yield made
    await made.engines.dispose()


async def cosigned(lab: Lab, size: int, *names: str, key: TestSigner | None = None) -> None:
    for name in names:
        async with lab.write() as store:
            await cosignatures.add(store._conn, store.log_id, size, line(name, key))


async def anchored(lab: Lab, size: int, state: str = "final") -> None:
    values = {
        "size": size, "chain_id": 1, "contract": bytes(20), "tx_hash": size.to_bytes(32, "big"), "state": state,
        "nonce": size, "raw": b"raw", "prepared_at": NOW, "reason": "",
        "block_number": 1, "block_hash": bytes(32), "block_time": NOW,
    }  # fmt: skip
    async with lab.write() as store:
        await store._conn.execute(insert(anchor).values(log_id=store.log_id, **values))


async def covering(lab: Lab, index: int) -> int | None:
    async with lab.read() as store:
        return await cosignatures.witnessed_anchor_covering(store._conn, store.log_id, index, POLICY)


async def largest(lab: Lab) -> int | None:
    async with lab.read() as store:
        return await cosignatures.largest_quorum_size(store._conn, store.log_id, POLICY)


async def test_the_largest_size_with_a_quorum(lab: Lab) -> None:
    assert await largest(lab) is None
    await cosigned(lab, 2, *NAMES[:2])
    await cosigned(lab, 6, *NAMES[1:])
    await cosigned(lab, 8, NAMES[0])
    assert await largest(lab) == 6
    await cosigned(lab, 8, NAMES[1], key=TestSigner(b"its key before"))  # a key that the policy has dropped
    assert await largest(lab) == 6
    await cosigned(lab, 8, NAMES[2])
    assert await largest(lab) == 8
    async with lab.read() as store:
        sizes = await cosignatures.largest_sizes(store._conn, store.log_id, POLICY)
    assert sizes == {NAMES[0]: 8, NAMES[1]: 6, NAMES[2]: 8}  # what another key cosigned, this one need not know


async def test_a_file_is_given_the_smallest_size_that_has_both(lab: Lab) -> None:
    await anchored(lab, 2)
    await cosigned(lab, 4, *NAMES)
    assert await covering(lab, 0) is None  # one is anchored, the other cosigned
    await anchored(lab, 6)
    await cosigned(lab, 6, NAMES[0])
    assert await covering(lab, 0) is None
    await cosigned(lab, 8, *NAMES[:2])
    await anchored(lab, 8, "failed")
    assert await covering(lab, 0) is None
    await cosigned(lab, 6, NAMES[2])
    assert await covering(lab, 0) == 6
    assert await covering(lab, 5) == 6
    assert await covering(lab, 6) is None
    await cosigned(lab, 2, *NAMES[:2])
    assert await covering(lab, 0) == 2


async def test_what_is_stored_comes_back_once_and_stays(lab: Lab) -> None:
    first = line(NAMES[0])
    await cosigned(lab, 4, NAMES[0], NAMES[1])
    async with lab.write() as store:
        again = Cosignature(first.name, first.key_id, NOW + 9, bytes([1]) * 64)
        await cosignatures.add(store._conn, store.log_id, 4, again)  # the first one is what got out
        assert await cosignatures.for_size(store._conn, store.log_id, 4) == (first, line(NAMES[1]))
        assert await cosignatures.for_size(store._conn, store.log_id, 6) == ()
    for statement in ("UPDATE cosignature SET signed_at = 0", "DELETE FROM cosignature"):
        with pytest.raises(DBAPIError):
            async with lab.write() as store:
                await store._conn.exec_driver_sql(statement)
    with pytest.raises(DBAPIError):  # no cosignature of what was never signed
        await cosigned(lab, 3, NAMES[0])
