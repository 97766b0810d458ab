"""Gas of anchors on anvil: the same measurement that a test holds docs/formats/anchor-registry.md to."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import Figure
from tests.contracts.test_anchor_gas import SIZES, gas_used
from tests.support.evm import HASH_NAMES, Chain, running_anvil

NEWS = 60  # entries since the last anchor


def figures() -> Iterator[Figure]:
    """Both hashes at three log sizes."""
    with running_anvil() as w3:
        chain = Chain.start(w3)
        for alg in (1, 2):
            for n in SIZES:
                used, _ = gas_used(chain, alg, n - NEWS, n)
                yield Figure(f"anchor of {n:,} entries, {NEWS} new, {HASH_NAMES[alg]}", used, "gas")
