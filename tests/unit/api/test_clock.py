"""Entropy that is drawn ahead: no byte twice, not even across a fork or between threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from api.clock import SystemEntropy


def test_lengths_and_no_repetition_between_threads() -> None:
    entropy = SystemEntropy()
    with ThreadPoolExecutor(8) as pool:
        pieces = list(pool.map(entropy, [16] * 5000))
    assert {len(p) for p in pieces} == {16}
    assert len(set(pieces)) == 5000


def test_every_size_is_served_whole() -> None:
    entropy = SystemEntropy()
    assert [len(entropy(n)) for n in (0, 1, 16383, 16384, 16385, 100_000, 7)] == [0, 1, 16383, 16384, 16385, 100_000, 7]


def test_a_forked_child_shares_nothing() -> None:
    entropy = SystemEntropy()
    entropy(16)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, entropy(32))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 32) != entropy(32)
    os.close(read)
    os.close(write)
