"""Threads share keys and tables; memory of keys that are no longer used goes back."""

from __future__ import annotations

import gc
import resource
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.support.sm2_signer import EXAMPLE_D, EXAMPLE_KEY, EXAMPLE_MESSAGE, EXAMPLE_SIGNATURE, add, encode, sign
from tests.support.sm2_signer import multiply as times
from verifier.hazmat import _libcrypto, _sm2_tables, sm2

THREADS, ROUNDS = 8, 200
needs_tables = pytest.mark.skipif("tables" not in sm2.available_backends(), reason="this libcrypto has no tables")


@pytest.mark.parametrize("backend", sm2.available_backends())
def test_threads_with_mixed_verdicts(backend: str) -> None:
    """A scratch object shared by two threads would make some of these wrong."""
    messages = [b"message %d" % i for i in range(6)]
    second = EXAMPLE_D + 1
    keys = [sm2.Sm2PublicKey.parse(encode(times(d))) for d in (EXAMPLE_D, second)]
    signatures = [[sign(d, 1000 + i, message) for i, message in enumerate(messages)] for d in (EXAMPLE_D, second)]
    rounds = ROUNDS if backend != "pure" else ROUNDS // 8
    start = threading.Barrier(THREADS)

    def work(seed: int) -> int:
        start.wait()
        wrong = 0
        with sm2.forced_backend(backend):
            for i in range(seed, seed + rounds):
                k, m, other = i % 2, i % 6, (i // 7) % 6
                wrong += keys[k].verify(signatures[k][m], messages[other]) is not (m == other)
                wrong += keys[1 - k].verify(signatures[k][m], messages[m])
        return wrong

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            assert sum(pool.map(work, range(THREADS))) == 0
    finally:
        sys.setswitchinterval(interval)


def test_a_verification_inside_a_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler that verifies must not write to the interrupted verification's scratch objects."""
    functions = _libcrypto.ec_functions()
    if functions is None or "tables" not in sm2.available_backends():
        pytest.skip("this libcrypto has no tables")
    key = sm2.Sm2PublicKey.parse(EXAMPLE_KEY)
    inner: list[bool] = []

    def interrupted(*args: int) -> int:
        if not inner:
            inner.append(False)
            inner[0] = key.verify(EXAMPLE_SIGNATURE, b"other")
            inner.append(key.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE))
        return int(functions.point_add(*args))

    monkeypatch.setattr(_sm2_tables, "_FUNCTIONS", replace(functions, point_add=interrupted))
    with sm2.forced_backend("tables"):
        assert key.verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE)
    assert inner == [False, True]


def _many_keys(count: int) -> list[bytes]:
    point, keys = times(7), []
    for _ in range(count):
        keys.append(encode(point))
        point = add(point, times(1))
    return keys


@needs_tables
def test_tables_of_dropped_keys_are_freed() -> None:
    """64 tables are kept; 400 more would be some 25 MB if they were not given back."""
    keys = _many_keys(500)
    for public in keys[:100]:
        _sm2_tables._table(public)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for public in keys[100:]:
        _sm2_tables._table(public)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert _sm2_tables._table.cache_info().currsize == 64
    assert grown * (1 if sys.platform == "linux" else 1 / 1024) < 8_000  # kB


@needs_tables
def test_each_object_is_freed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = _libcrypto.ec_functions()
    assert functions is not None
    freed: list[int] = []

    def free(pointer: int) -> None:
        freed.append(pointer)
        functions.group_free(pointer)

    monkeypatch.setattr(_sm2_tables, "_FUNCTIONS", replace(functions, group_free=free))
    table = _sm2_tables._Table(EXAMPLE_KEY)
    group = table.group
    assert freed == []
    del table
    gc.collect()
    assert freed == [group]


@needs_tables
def test_a_table_that_cannot_be_built_frees_what_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = _libcrypto.ec_functions()
    assert functions is not None
    freed: list[int] = []

    def free(pointer: int) -> None:
        freed.append(pointer)
        functions.group_free(pointer)

    monkeypatch.setattr(
        _sm2_tables, "_FUNCTIONS", replace(functions, group_free=free, group_precompute_mult=lambda *args: 0)
    )
    _sm2_tables._table.cache_clear()
    with sm2.forced_backend("tables"):
        assert sm2.Sm2PublicKey.parse(EXAMPLE_KEY).verify(EXAMPLE_SIGNATURE, EXAMPLE_MESSAGE)
    gc.collect()
    assert len(freed) == len(set(freed)) >= 1
