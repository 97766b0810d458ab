"""Ending certificates: once, signed, logged, and without telling why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certs.commitment import event_aad
from certs.errors import NotIssued, SealBroken, SelfCheckFailed
from certs.idem import event_idem
from certs.issue import issue
from certs.registry import Registry
from certs.revoke import open_reason, revoke
from tests.simulators.office import NOW, OFFICE, draft, make_registry, marriage_row
from tests.simulators.stores import MemoryDatabase
from verifier import cbor
from verifier.cose import Sign1
from verifier.labels import CWT_CTI, CWT_IAT, CWT_ISS, CWT_MZ, TYP_STATUS_EVENT
from verifier.receipt import entry_body, entry_commitment
from verifier.status_list import StatusList


@pytest.fixture
def registry() -> Registry:
    return make_registry()


@pytest.fixture
async def issued(registry: Registry) -> tuple[MemoryDatabase, bytes, bytes]:
    db = MemoryDatabase()
    man, woman = (await issue(draft("marriage", marriage_row()), registry, db.begin)).ctis
    return db, man, woman


async def test_bit_event_and_entry_in_one_go(registry: Registry, issued: tuple[MemoryDatabase, bytes, bytes]) -> None:
    db, man, woman = issued
    result = await revoke(man, "示例：离婚", registry, db.begin)
    assert (result.at, result.again) == (NOW, False)
    event = db.tables.events[man]
    sign1 = Sign1.parse(event.statement, typ=TYP_STATUS_EVENT)
    assert sign1.payload is not None
    assert cbor.decode(sign1.payload) == {CWT_ISS: OFFICE, CWT_IAT: NOW, CWT_CTI: man, CWT_MZ: {1: 1}}
    salt = cbor.decode(registry.sealer.open(event.sealed, event_aad(man)))[1]
    staged = db.tables.staged[event_idem(man, event.at)]
    assert staged == event.entry == entry_body(entry_commitment(salt, event.statement))
    async with db.begin() as uow:
        tokens = await registry.publisher.publish(uow, NOW + 60)
    bits = StatusList.parse(tokens[1])
    assert not bits.is_valid(db.tables.certificates[man].status_index)
    assert bits.is_valid(db.tables.certificates[woman].status_index)


async def test_the_reason_is_sealed(registry: Registry, issued: tuple[MemoryDatabase, bytes, bytes]) -> None:
    db, man, _ = issued
    await revoke(man, "DIVORCE-REASON", registry, db.begin)
    event = db.tables.events[man]
    assert b"DIVORCE" not in event.statement + event.entry + event.sealed.body + event.sealed.key
    assert open_reason(event, registry) == "DIVORCE-REASON"
    with pytest.raises(SealBroken, match="not here"):
        open_reason(event, make_registry())


async def test_again_changes_nothing(registry: Registry, issued: tuple[MemoryDatabase, bytes, bytes]) -> None:
    db, man, _ = issued
    await revoke(man, "first", registry, db.begin)
    before = db.tables.copy()
    result = await revoke(man, "second", registry, db.begin)
    assert (result.at, result.again) == (NOW, True)
    assert db.tables == before


async def test_an_event_that_nobody_would_believe_changes_nothing(
    registry: Registry, issued: tuple[MemoryDatabase, bytes, bytes]
) -> None:
    db, man, _ = issued
    before = db.tables.copy()
    other = replace(registry, trust=make_registry().trust)
    with pytest.raises(SelfCheckFailed, match="KEY_UNKNOWN"):
        await revoke(man, "x", other, db.begin)
    assert db.tables == before


async def test_unknown_certificate(registry: Registry) -> None:
    with pytest.raises(NotIssued, match="no certificate"):
        await revoke(bytes(16), "x", registry, MemoryDatabase().begin)
