"""Status indices and lists."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise

import pytest

from certs.errors import AuthorityUnknown, SelfCheckFailed
from certs.issue import issue
from certs.status import LIST_SIZE, StatusPolicy, allocate, check_list, sign_list
from tests.simulators.office import NOW, OFFICE, OFFICE_2, draft, make_registry, marriage_row, new_signer
from tests.simulators.stores import MemoryDatabase
from verifier.status_list import StatusList

POLICY = StatusPolicy("https://minzheng.example/v1/status-lists/", ttl=60, lifetime=600)


async def test_indices_are_unique_random_and_spread() -> None:
    db = MemoryDatabase()
    async with db.begin() as uow:
        pairs = [p for _ in range(10) for p in await allocate(uow.statuses, OFFICE, 100, os.urandom)]
    assert len(set(pairs)) == 1000
    assert {number for number, _ in pairs} == {1}
    indices = [index for _, index in pairs]
    assert sum(abs(a - b) == 1 for a, b in pairwise(indices)) < 5
    assert max(indices) > LIST_SIZE // 2 > min(indices)


async def test_collisions_are_drawn_again() -> None:
    db = MemoryDatabase()
    draws = iter([bytes(12), bytes.fromhex("00000000 00000001"), bytes.fromhex("00000002")])
    async with db.begin() as uow:
        pairs = await allocate(uow.statuses, OFFICE, 3, lambda n: next(draws))
    assert pairs == [(1, 0), (1, 1), (1, 2)]


async def test_a_half_full_list_is_left_for_a_new_one() -> None:
    db = MemoryDatabase()
    async with db.begin() as uow:
        pairs = await allocate(uow.statuses, OFFICE, 40, os.urandom, size=32)
        other = await allocate(uow.statuses, OFFICE_2, 1, os.urandom, size=32)
    assert len(set(pairs)) == 40
    assert [sum(n == number for n, _ in pairs) for number in (1, 2, 3)] == [16, 16, 8]
    assert other[0][0] == 4


def test_a_list_says_what_it_should() -> None:
    registry = make_registry()
    token = sign_list(registry.authorities[OFFICE], POLICY.uri(7), LIST_SIZE, [0, 9, 131071], NOW, POLICY)
    parsed = check_list(token, registry.trust)
    assert (parsed.iss, parsed.uri, parsed.iat, parsed.exp, parsed.ttl) == (
        OFFICE,
        "https://minzheng.example/v1/status-lists/7",
        NOW,
        NOW + 600,
        60,
    )
    assert [i for i in (0, 1, 9, 10, 131071) if not parsed.is_valid(i)] == [0, 9, 131071]
    assert len(token) < 400


def test_lists_that_no_verifier_would_take_are_not_published() -> None:
    registry = make_registry()
    authority = registry.authorities[OFFICE]
    stranger = replace(authority, signer=new_signer())
    token = sign_list(stranger, POLICY.uri(1), LIST_SIZE, [], NOW, POLICY)
    with pytest.raises(SelfCheckFailed, match="KEY_NOT_IN_TRUST"):
        check_list(token, registry.trust)
    good = sign_list(authority, POLICY.uri(1), LIST_SIZE, [], NOW, POLICY)
    with pytest.raises(SelfCheckFailed, match="SIGNATURE"):
        check_list(good[:-1] + bytes((good[-1] ^ 1,)), registry.trust)
    with pytest.raises(SelfCheckFailed, match="MALFORMED"):
        check_list(b"", registry.trust)


async def test_publication_replaces_and_keeps_every_list() -> None:
    registry, db = make_registry(), MemoryDatabase()
    await issue(draft("marriage", marriage_row()), registry, db.begin)
    first = db.tables.tokens[1]
    async with db.begin() as uow:
        assert await registry.publisher.fresh(uow, 1, NOW + 10) == first
        late = await registry.publisher.fresh(uow, 1, NOW + registry.status.lifetime)
        published = await registry.publisher.publish(uow, NOW + registry.status.lifetime + 1)
    assert StatusList.parse(late).iat == NOW + registry.status.lifetime
    assert db.tables.tokens == published
    assert StatusList.parse(published[1]).iat > StatusList.parse(late).iat


async def test_a_list_of_an_authority_that_is_not_here_is_an_error() -> None:
    registry, db = make_registry(), MemoryDatabase()
    async with db.begin() as uow:
        await uow.statuses.open_list("52990000MJ9T000533", LIST_SIZE)
        with pytest.raises(AuthorityUnknown, match="configured"):
            await registry.publisher.publish(uow, NOW)


async def test_status_key_apart_from_the_certificate_key() -> None:
    registry, db = make_registry(), MemoryDatabase()
    status_key = new_signer()
    authority = replace(registry.authorities[OFFICE], status_signer=status_key)
    assert authority.list_signer is status_key
    changed = replace(registry, authorities={**registry.authorities, OFFICE: authority})
    with pytest.raises(SelfCheckFailed, match="STATUS_KEY"):  # the bundle does not know that key
        await issue(draft("marriage", marriage_row()), changed, db.begin)
    assert not db.tables.certificates
