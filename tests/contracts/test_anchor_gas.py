"""Gas of an anchor by log size. The table in docs/formats/anchor-registry.md is this test's output, to the digit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.support import rfc9162_reference as rfc
from tests.support.evm import HASH_NAMES, HASHES, Chain

DOCUMENT = Path(__file__).parents[2] / "docs/formats/anchor-registry.md"
SIZES = (100, 10_000, 1_000_000)
NOTE = rfc.sha256(b"a signed note")
HEADER = "| hash | entries before | after | proof nodes | hashes | gas |\n|---|---|---|---|---|---|\n"


@cache
def uniform(alg: int, size: int) -> bytes:
    """Root of a tree of equal leaves: the cost depends on the shape only, and this needs no million hashes."""
    h = HASHES[alg]
    if size == 1:
        return rfc.leaf(h, b"equal")
    k = rfc.split(size)
    return rfc.node(h, uniform(alg, k), uniform(alg, size - k))


def proof(alg: int, m: int, n: int, whole: bool = True) -> list[bytes]:
    if m == n:
        return [] if whole else [uniform(alg, n)]
    k = rfc.split(n)
    if m <= k:
        return [*proof(alg, m, k, whole), uniform(alg, n - k)]
    return [*proof(alg, m - k, n - k, False), uniform(alg, k)]


def hashes(m: int, n: int) -> int:
    """Node hashes that the contract computes: one per proof node on the right, two per node on the left."""
    if m == n:
        return 0
    k = rfc.split(n)
    return 1 + hashes(m, k) if m <= k else 2 + hashes(m - k, n - k)


def dearest(n: int) -> int:
    """An old size below n that costs most, among the last ten thousand."""
    return max(range(max(1, n - 10_000), n), key=lambda m: hashes(m, n))


def gas_used(chain: Chain, alg: int, m: int, n: int) -> tuple[int, int]:
    """(gas, proof nodes) of an anchor from m to n entries."""
    oid = chain.register(f"log.minzheng.example/gas-{HASH_NAMES[alg]}-{m}-{n}", alg)
    sender = chain.submitters[0]
    chain.send("anchor", oid, m, uniform(alg, m), NOTE, [], sender=sender)
    path = proof(alg, m, n)
    receipt = chain.send("anchor", oid, n, uniform(alg, n), NOTE, path, sender=sender)
    return int(receipt["gasUsed"]), len(path)


def measure(chain: Chain, alg: int, m: int, n: int) -> str:
    gas, nodes = gas_used(chain, alg, m, n)
    return f"| {HASH_NAMES[alg]} | {m:,} | {n:,} | {nodes} | {hashes(m, n)} | {gas:,} |\n"


@pytest.mark.anvil
def test_gas_table_is_the_one_in_the_documents(anvil: Chain) -> None:
    table = HEADER
    for alg in (1, 2):
        for n in SIZES:
            table += measure(anvil, alg, n - 60, n)
            table += measure(anvil, alg, dearest(n), n)
    first = anvil.register("log.minzheng.example/gas-first", 2)
    receipt = anvil.send("anchor", first, 100, uniform(2, 100), NOTE, [], sender=anvil.submitters[0])
    table += f"| either | 0 | 100 | 0 | 0 | {receipt['gasUsed']:,} |\n"
    print("\n" + table)
    assert table in DOCUMENT.read_text(encoding="utf-8"), "docs/formats/anchor-registry.md has other numbers"
