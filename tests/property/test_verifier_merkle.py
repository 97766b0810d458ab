"""Iterative Merkle verification against the recursive definitions of RFC 9162, for both hashes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.formats_log import inclusion_path as reference_path
from tests.support import rfc9162_reference as rfc
from verifier import merkle
from verifier.errors import Malformed
from verifier.merkle import Frontier, TreeHash, verify_consistency, verify_inclusion

HASHES = {TreeHash.SM3: rfc.sm3, TreeHash.SHA256: rfc.sha256}
BOTH = pytest.mark.parametrize("h", TreeHash)
MOST = 18


def leaves(h: TreeHash, n: int) -> list[bytes]:
    return [h.leaf(i.to_bytes(2, "big")) for i in range(n)]


def reader(h: TreeHash, hashes: list[bytes]) -> merkle.NodeReader:
    def node(level: int, index: int) -> bytes:
        return rfc.root(HASHES[h], hashes[index << level : (index + 1) << level])

    return node


@BOTH
def test_leaf_node_and_empty_root(h: TreeHash) -> None:
    assert h.leaf(b"x") == HASHES[h](b"\x00x")
    assert h.node(bytes(32), bytes(32)) == HASHES[h](b"\x01" + bytes(64))
    assert h.empty_root == HASHES[h](b"")


@BOTH
def test_every_inclusion_path_of_small_trees(h: TreeHash) -> None:
    for size in range(1, MOST):
        hashes = leaves(h, size)
        root = rfc.root(HASHES[h], hashes)
        for index in range(size):
            if h is TreeHash.SM3:
                path = reference_path(index, hashes)
                assert merkle.inclusion_path(h, index, size, reader(h, hashes)) == path
            else:
                path = merkle.inclusion_path(h, index, size, reader(h, hashes))
            assert verify_inclusion(h, hashes[index], index, size, path, root)
            for other in range(size + 1):
                good = verify_inclusion(h, hashes[index], other, size, path, root)
                assert good is (other == index)


@BOTH
def test_every_consistency_proof_of_small_trees(h: TreeHash) -> None:
    hashes = leaves(h, MOST)
    roots = [rfc.root(HASHES[h], hashes[:n]) for n in range(MOST + 1)]
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            proof = rfc.consistency_proof(HASHES[h], old, hashes[:new])
            assert merkle.consistency_path(h, old, new, reader(h, hashes[:new])) == proof
            assert verify_consistency(h, old, roots[old], new, roots[new], proof)
            for wrong in range(MOST + 1):
                assert verify_consistency(h, wrong, roots[wrong], new, roots[new], proof) is (wrong == old)


@BOTH
def test_frontier_has_the_root_of_the_whole_tree(h: TreeHash) -> None:
    hashes = leaves(h, 70)
    frontier = Frontier(h)
    for n, leaf in enumerate(hashes):
        assert frontier.root() == rfc.root(HASHES[h], hashes[:n])
        assert Frontier.decode(h, n, frontier.encode()) == frontier
        assert Frontier(h).extend(hashes[:n]) == frontier
        frontier = frontier.append(leaf)


@st.composite
def claims(draw: st.DrawFn) -> dict[str, Any]:
    """A consistency claim that is good, or nearly."""
    new = draw(st.integers(1, 40))
    old = draw(st.integers(1, new))
    hashes = leaves(TreeHash.SM3, new)
    proof = rfc.consistency_proof(rfc.sm3, old, hashes)
    pool = [*proof, rfc.root(rfc.sm3, hashes[:old]), rfc.root(rfc.sm3, hashes), bytes(32), hashes[0]]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(proof)))
        kind = draw(st.sampled_from(["insert", "drop", "replace"]))
        extra = [] if kind == "drop" else [draw(st.sampled_from(pool))]
        proof = proof[:at] + extra + proof[at + (kind != "insert") :]
    return {
        "m": draw(st.sampled_from([old, old, old, old + 1, max(0, old - 1), new])),
        "old_root": draw(st.sampled_from([pool[-4], pool[-4], pool[-3], bytes(32)])),
        "n": draw(st.sampled_from([new, new, new, new + 1, old])),
        "new_root": draw(st.sampled_from([pool[-3], pool[-3], pool[-4]])),
        "proof": proof,
    }


@settings(max_examples=400, deadline=None)
@given(claims())
def test_consistency_agrees_with_the_recursion(c: dict[str, Any]) -> None:
    expected = rfc.consistent(rfc.sm3, c["m"], c["old_root"], c["n"], c["new_root"], c["proof"])
    assert verify_consistency(TreeHash.SM3, c["m"], c["old_root"], c["n"], c["new_root"], c["proof"]) is expected


@settings(max_examples=200, deadline=None)
@given(st.integers(-1, 1 << 64), st.integers(-1, 1 << 64), st.lists(st.binary(min_size=31, max_size=33), max_size=70))
def test_any_numbers_and_any_path_give_an_answer(a: int, b: int, path: list[bytes]) -> None:
    assert not verify_inclusion(TreeHash.SM3, bytes(32), a, b, path, bytes(32))
    if a != b or path:
        assert not verify_consistency(TreeHash.SM3, a, bytes(32), b, bytes(32), path)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 6), st.data())
def test_commitment_trees(depth: int, data: st.DataObject) -> None:
    hashes = leaves(TreeHash.SM3, 1 << depth)
    levels = merkle.fixed_levels(TreeHash.SM3, hashes)
    assert levels[-1][0] == rfc.root(rfc.sm3, hashes)
    slot = data.draw(st.integers(0, len(hashes) - 1))
    path = merkle.fixed_path(levels, slot)
    assert merkle.fixed_root_from_path(TreeHash.SM3, hashes[slot], slot, path) == levels[-1][0]
    other = data.draw(st.integers(0, len(hashes) - 1))
    reached = merkle.fixed_root_from_path(TreeHash.SM3, hashes[slot], other, path)
    assert (reached == levels[-1][0]) is (other == slot)
    with pytest.raises(Malformed, match="slot-out-of-range"):
        merkle.fixed_root_from_path(TreeHash.SM3, hashes[slot], slot + len(hashes), path)
