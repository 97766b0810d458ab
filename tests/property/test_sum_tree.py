"""Sum trees against the definition written down recursively, and everything that must not lead to a root."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.charity.line import In, Inflow
from verifier.charity.sumtree import (
    MAX_SUM,
    SumFrontier,
    SumNode,
    consistency_path,
    inclusion_path,
    join,
    leaf_node,
    levels_of,
    range_path,
    reader_of,
    root_from_path,
    root_from_range,
    root_of,
    sum_of,
    verify_consistency,
)
from verifier.errors import Malformed
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

AMOUNTS = st.lists(st.integers(1, 1 << 53), min_size=1, max_size=40)
TREES = st.sampled_from(list(TreeHash))


def leaves_of(amounts: list[int]) -> list[bytes]:
    return [bytes([i]) + n.to_bytes(8, "big") for i, n in enumerate(amounts)]


def digest(h: TreeHash, data: bytes) -> bytes:
    return sm3(data) if h is TreeHash.SM3 else hashlib.sha256(data).digest()


def slow(h: TreeHash, leaves: list[bytes]) -> tuple[bytes, int]:
    """The tree of docs/formats/sum-tree.md, word by word."""
    if not leaves:
        return digest(h, b""), 0
    if len(leaves) == 1:
        return digest(h, b"\x00" + leaves[0]), int.from_bytes(leaves[0][-8:], "big")
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    (left, a), (right, b) = slow(h, leaves[:k]), slow(h, leaves[k:])
    return digest(h, b"\x01" + left + a.to_bytes(8, "big") + right + b.to_bytes(8, "big")), a + b


@settings(max_examples=60, deadline=None)
@given(h=TREES, amounts=AMOUNTS, data=st.data())
def test_roots_paths_ranges_and_growth(h: TreeHash, amounts: list[int], data: st.DataObject) -> None:
    leaves, n = leaves_of(amounts), len(amounts)
    root = root_of(h, leaves)
    assert (root.hash, root.sum) == slow(h, leaves)
    reader = reader_of(levels_of(h, leaves))
    i = data.draw(st.integers(0, n - 1))
    j = data.draw(st.integers(i + 1, n))
    start = sum(amounts[:i])
    assert root_from_path(h, leaves[i], i, n, inclusion_path(h, i, n, reader)) == (root, start)
    assert root_from_range(h, i, leaves[i:j], n, range_path(h, i, j, n, reader)) == (root, start)
    old = SumFrontier(h).extend(leaves[:j])
    assert SumFrontier.decode(h, j, old.encode()).extend(leaves[j:]).root() == root
    proof = consistency_path(h, j, n, reader)
    assert verify_consistency(h, j, old.root(), n, root, proof)
    assert not verify_consistency(h, j, SumNode(old.root().hash, old.root().sum + 1), n, root, proof)
    assert not verify_consistency(h, j, old.root(), n, SumNode(root.hash, root.sum - 1), proof)


@settings(max_examples=60, deadline=None)
@given(h=TREES, amounts=AMOUNTS.filter(lambda a: len(a) > 1), data=st.data())
def test_no_other_sum_order_or_place_leads_to_the_root(h: TreeHash, amounts: list[int], data: st.DataObject) -> None:
    leaves, n = leaves_of(amounts), len(amounts)
    reader = reader_of(levels_of(h, leaves))
    i = data.draw(st.integers(0, n - 1))
    path = inclusion_path(h, i, n, reader)
    at = 40 * data.draw(st.integers(0, len(path) // 40 - 1))
    forged = data.draw(st.integers(0, (1 << 64) - 1)).to_bytes(8, "big")
    other = data.draw(st.integers(0, n - 1))
    for leaf, index, way in (
        (leaves[i], i, path[: at + 32] + forged + path[at + 40 :]),
        (leaves[i][:-8] + forged, i, path),
        (leaves[i], other, path),
        (leaves[other], i, path),
    ):
        if (leaf, index, way) != (leaves[i], i, path):
            assert not leads(h, leaf, index, n, way, root_of(h, leaves))


@settings(max_examples=60, deadline=None)
@given(h=TREES, amounts=AMOUNTS.filter(lambda a: len(a) > 2), data=st.data())
def test_a_range_proof_leaves_nothing_out_and_takes_nothing_twice(
    h: TreeHash, amounts: list[int], data: st.DataObject
) -> None:
    leaves, n = leaves_of(amounts), len(amounts)
    reader = reader_of(levels_of(h, leaves))
    i = data.draw(st.integers(0, n - 2))
    j = data.draw(st.integers(i + 2, n))
    proof = range_path(h, i, j, n, reader)
    drop = data.draw(st.integers(i, j - 1))
    shown = leaves[i:j]
    fewer = leaves[i:drop] + leaves[drop + 1 : j]
    twice = leaves[i : drop + 1] + leaves[drop:j]
    swapped = shown[::-1]
    for wrong in (fewer, twice, swapped):
        try:
            found = root_from_range(h, i, wrong, n, proof)[0]
        except Malformed:
            continue
        assert found != root_of(h, leaves)


def leads(h: TreeHash, leaf: bytes, index: int, size: int, path: bytes, root: SumNode) -> bool:
    try:
        return root_from_path(h, leaf, index, size, path)[0] == root
    except Malformed:
        return False


def test_sums_of_two_to_the_63_are_refused_wherever_they_are_met() -> None:
    h = TreeHash.SM3
    half = bytes(32) + (1 << 62).to_bytes(8, "big")
    negative = bytes(32) + b"\xff" * 8
    assert sum_of(join(h, half, bytes(32) + (MAX_SUM - (1 << 62)).to_bytes(8, "big"))) == MAX_SUM
    for left, right in ((half, half), (negative, half), (half, negative)):
        with pytest.raises(Malformed):
            join(h, left, right)
    whole = [(1 << 62).to_bytes(8, "big")] * 2
    for refused in (lambda: levels_of(h, whole), lambda: SumFrontier(h).extend(whole), lambda: leaf_node(h, bytes(8))):
        with pytest.raises(Malformed):
            refused()


def maxwell(h: TreeHash, left: bytes, right: bytes) -> bytes:
    """An inner node that binds the total only: hash(total ‖ left hash ‖ right hash), as the first sum trees did."""
    total = (sum_of(left) + sum_of(right)).to_bytes(8, "big")
    return digest(h, total + left[:32] + right[:32]) + total


def test_a_tree_that_binds_only_the_total_shows_two_splits_of_it_and_ours_does_not() -> None:
    h = TreeHash.SM3
    alice, bob = (leaf_node(h, Inflow(In.DONATION, 1, bytes([i]) * 32, 1_000).encode()) for i in range(2))
    third = leaf_node(h, Inflow(In.DONATION, 1, b"\x03" * 32, 500).encode())
    pair = [alice[:32] + (1_900).to_bytes(8, "big"), bob[:32] + (100).to_bytes(8, "big")]
    # Alice is shown that 100 fen lie beside hers, Bob that 1 900 do: Maxwell's root is the same both times.
    assert maxwell(h, maxwell(h, alice, bob), third) == maxwell(h, maxwell(h, *pair), third)
    assert join(h, join(h, alice, bob), third) != join(h, join(h, *pair), third)
