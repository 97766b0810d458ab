"""A key's table lives as long as a verification uses it, even if other threads' keys push it out of the cache."""

from __future__ import annotations

import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support import kit
from verifier.hazmat import _sm2_tables as tables
from verifier.hazmat import sm2

needs_tables = pytest.mark.skipif("tables" not in sm2.available_backends(), reason="libcrypto has no table functions")


@needs_tables
def test_eviction_during_a_verification_frees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = tables._sum
    alive: list[bool] = []

    def evicting(*arguments: Any) -> tuple[int, int]:
        table = weakref.ref(tables._table(kit.REGISTRY_KEY.public_key))
        tables._table.cache_clear()
        alive.append(table() is not None)
        return real(*arguments)

    monkeypatch.setattr(tables, "_sum", evicting)
    with sm2.forced_backend("tables"):
        assert kit.REGISTRY_KEY.key.verify(kit.REGISTRY_KEY.sign(b"m"), b"m")
    assert alive == [True]


@needs_tables
def test_many_threads_with_a_cache_that_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    signers = [kit.TestSigner(bytes([i])) for i in range(4)]
    signed = [(s.key, s.sign(b"m")) for s in signers]

    def work(i: int) -> bool:
        key, signature = signed[i % 4]
        if i % 3 == 0:
            tables._table.cache_clear()
        return key.verify(signature, b"m") and not key.verify(signature, b"n")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(300)))
