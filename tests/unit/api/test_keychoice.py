"""Which key signs, and when its end is spoken of; what an audit makes of a compromise that was told late."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from api.db.repositories.trust import KeyRow
from api.services.audit_context import Context, usable
from api.services.keychoice import DAY, current, ending, latest
from verifier.cose import CoseKey
from verifier.labels import CRV_ED25519
from verifier.policy import IssuerKey

OFFICE, KEY = (
    "11990000MB9T010142",
    CoseKey(CRV_ED25519, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")),
)


def row(name: bytes, begins: int, ends: int = 10_000, **more: Any) -> KeyRow:
    return replace(KeyRow(name, OFFICE, "issuer", bytes(65), "software:x.key", (1,), begins, ends), **more)


FOLLOWED = [row(b"old", 0, retired_at=500), row(b"new", 400)]


@pytest.mark.parametrize(
    ("rows", "now", "signs"),
    [
        (FOLLOWED, 399, b"old"),
        (FOLLOWED, 499, b"new"),  # made on the day on which the old one still could: the newest counts
        (FOLLOWED, 500, b"new"),
        ([row(b"old", 0, retired_at=400), row(b"new", 400)], 399, b"old"),
        ([row(b"old", 0, retired_at=400), row(b"new", 400)], 400, b"new"),
        ([row(b"one", 0, 100)], 99, b"one"),
        ([row(b"one", 0, 100)], 100, None),
        ([row(b"one", 0, revoked_from=50)], 40, None),  # whatever the moment: who revokes a key does not use it
        ([row(b"one", 10)], 9, None),
        ([row(b"a", 0), row(b"b", 0)], 5, b"b"),  # one of two, and always the same
    ],
)
def test_one_key_signs(rows: list[KeyRow], now: int, signs: bytes | None) -> None:
    for order in (rows, rows[::-1]):
        found = current(order, now).get((OFFICE, "issuer", 65))
        assert (None if found is None else found.kid) == signs


def test_keys_of_two_algorithms_stand_side_by_side() -> None:
    rows = [row(b"sm2", 0), row(b"ed", 0, public_key=bytes(32))]
    assert {kid.kid for kid in current(rows, 1).values()} == {b"sm2", b"ed"}


def test_an_expired_key_is_opened_and_a_revoked_one_is_not() -> None:
    assert [r.kid for r in latest([row(b"one", 0, 100)], 200).values()] == [b"one"]
    assert not latest([row(b"one", 0, 100, revoked_from=5)], 200)


def test_ends_are_told_soonest_first() -> None:
    rows = [
        row(b"far", 0, 91 * DAY),
        row(b"near", 0, 30 * DAY, purpose="status"),
        row(b"gone", 0, 1, purpose="seal"),
    ]
    assert [(r.kid, days) for r, days in ending(rows, DAY)] == [(b"gone", 0), (b"near", 29)]
    assert [r.kid for r, _ in ending(rows, 2 * DAY)] == [b"gone", b"near", b"far"]


def test_a_compromise_ends_a_key_for_the_audit_when_it_was_told() -> None:
    key = IssuerKey(KEY, 0, 10_000, frozenset({1}), False)

    def bundle(issued_at: int, stated: IssuerKey) -> Any:
        return SimpleNamespace(
            parsed=SimpleNamespace(issued_at=issued_at, issuer_key=lambda uscc, kid: stated if kid == b"k" else None)
        )

    told = [bundle(100, key), bundle(700, replace(key, revoked_from=300)), bundle(900, replace(key, revoked_from=200))]
    context: Any = SimpleNamespace(bundles=told, _told=lambda uscc, kid: Context._told(context, uscc, kid))
    found = Context.issuer_key(context, OFFICE, b"k")
    assert usable(found, 699) is not None
    assert usable(found, 700) is None
    assert Context.issuer_key(context, OFFICE, b"other") is None
