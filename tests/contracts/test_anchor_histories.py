"""Histories grow, and nothing else: every pair of sizes, every way to cheat, on anvil with both hashes."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.support import rfc9162_reference as rfc
from tests.support.evm import HASH_NAMES, HASHES, Chain, batch_call
from verifier.merkle import TreeHash, verify_consistency

pytestmark = pytest.mark.anvil
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100)
PAIRS = [(m, n) for m in SIZES for n in SIZES if m < n]
TREES = {1: TreeHash.SHA256, 2: TreeHash.SM3}
NOTE = rfc.sha256(b"a signed note")
TRUE, FALSE = (1).to_bytes(32, "big"), bytes(32)
both_hashes = pytest.mark.parametrize("alg", [1, 2], ids=["sha256", "sm3"])
Case = tuple[int, int, bytes, int, bytes, list[bytes]]  # arguments of verifyConsistency


@cache
def leaves(alg: int) -> tuple[bytes, ...]:
    return tuple(rfc.leaf(HASHES[alg], b"entry %d" % i) for i in range(max(SIZES)))


@cache
def root(alg: int, size: int) -> bytes:
    return rfc.root(HASHES[alg], leaves(alg)[:size])


@cache
def proof(alg: int, m: int, n: int) -> tuple[bytes, ...]:
    return tuple(rfc.consistency_proof(HASHES[alg], m, leaves(alg)[:n]))


def honest(alg: int, m: int, n: int) -> Case:
    return (alg, m, root(alg, m), n, root(alg, n), list(proof(alg, m, n)))


def test_every_pair_up_to_thirty_three(anvil: Chain) -> None:
    """Every shape of a last, incomplete subtree, such as 5 -> 6, where both trees go on by the same left siblings."""
    check(anvil, [honest(1, m, n) for n in range(1, 34) for m in range(1, n)], True)
    check(anvil, [honest(2, m, n) for n in range(1, 18) for m in range(1, n)], True)


@both_hashes
@pytest.mark.parametrize(("m", "n"), [(1, 2), (5, 6), (5, 23), (12, 17), (13, 14)])
def test_lies_about_sizes(anvil: Chain, alg: int, m: int, n: int) -> None:
    """True roots and a true proof under every other pair of sizes.

    A root does not commit to its size, so a few pairs of the same shape are accepted by RFC 9162 itself (2 -> 3 reads
    as 2 -> 4); the size is vouched for by the signed checkpoint. All three implementations must draw the same line.
    """
    _, _, old, _, new, path = honest(alg, m, n)
    lies = [(alg, a, old, b, new, path) for a in range(26) for b in range(26)]
    expected = [rfc.consistent(HASHES[alg], *lie[1:]) for lie in lies]
    assert 0 < sum(expected) < 26
    check(anvil, [lie for lie, accepted in zip(lies, expected, strict=True) if accepted], True)
    check(anvil, [lie for lie, accepted in zip(lies, expected, strict=True) if not accepted], False)


def flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ (1 << bit)).to_bytes(len(data), "big")


def check(chain: Chain, cases: list[Case], expected: bool) -> None:
    """Contract, verifier and reference must all give the expected answer."""
    answers = batch_call(chain, chain.registry, [("verifyConsistency", case) for case in cases])
    for (alg, m, old, n, new, path), answer in zip(cases, answers, strict=True):
        place = f"{HASH_NAMES[alg]} {m} -> {n}, {len(path)} nodes"
        assert answer == (TRUE if expected else FALSE), place
        assert verify_consistency(TREES[alg], m, old, n, new, path) is expected, place
        assert rfc.consistent(HASHES[alg], m, old, n, new, path) is expected, place


@both_hashes
def test_every_pair_of_sizes_is_consistent(anvil: Chain, alg: int) -> None:
    check(anvil, [honest(alg, m, n) for m, n in PAIRS] + [honest(alg, m, m) for m in SIZES], True)


@both_hashes
@pytest.mark.parametrize(("m", "n"), [(3, 7), (6, 8), (4, 9), (33, 100), (64, 100)])
def test_every_flipped_bit_is_refused(anvil: Chain, alg: int, m: int, n: int) -> None:
    _, _, old, _, new, path = honest(alg, m, n)
    cases: list[Case] = []
    for bit in range(256):
        cases.append((alg, m, flip(old, bit), n, new, path))
        cases.append((alg, m, old, n, flip(new, bit), path))
        for place in range(len(path)):
            forged = [flip(item, bit) if place == i else item for i, item in enumerate(path)]
            cases.append((alg, m, old, n, new, forged))
    check(anvil, cases, False)


def reshaped(path: list[bytes], extra: bytes) -> list[list[bytes]]:
    """Proofs of the wrong length, order or content, none equal to the honest one."""
    shapes = [path[:i] + path[i + 1 :] for i in range(len(path))]
    shapes += [[*path[:i], extra, *path[i:]] for i in range(len(path) + 1)]
    shapes += [[*path[:i], path[i], *path[i:]] for i in range(len(path))]
    shapes += [[*path[:i], path[i + 1], path[i], *path[i + 2 :]] for i in range(len(path) - 1)]
    shapes += [path + [extra] * 64, [], path[::-1], [bytes(32)] * len(path)]
    return [shape for shape in shapes if shape != path]


@both_hashes
def test_truncated_extended_swapped_proofs_are_refused(anvil: Chain, alg: int) -> None:
    cases: list[Case] = []
    for m, n in PAIRS:
        _, _, old, _, new, path = honest(alg, m, n)
        cases += [(alg, m, old, n, new, shape) for shape in reshaped(path, old)]
    check(anvil, cases, False)


@both_hashes
def test_wrong_heads_are_refused(anvil: Chain, alg: int) -> None:
    fork = rfc.root(HASHES[alg], (*leaves(alg)[:2], leaves(alg)[9], *leaves(alg)[3:100]))
    cases: list[Case] = []
    for m, n in PAIRS:
        _, _, old, _, new, path = honest(alg, m, n)
        cases += [
            (alg, n, new, m, old, path),  # shrunk
            (alg, m, new, n, old, path),  # roots swapped
            (alg, n, old, n, new, []),  # same size, other root
            (alg, n, old, n, new, path),
            (alg, n, new, n, new, path),  # same head, but with a proof
            (alg, 0, old, n, new, path),  # nothing extends to anything
            (alg, 0, old, n, new, []),
            (alg, m, old, n + (1 << 63), new, path),
            (alg, 3 - m % 2, old, n, fork, path),
        ]
    check(anvil, cases, False)


@both_hashes
def test_the_other_hash_is_refused(anvil: Chain, alg: int) -> None:
    cases = [(3 - alg, m, root(alg, m), n, root(alg, n), list(proof(alg, m, n))) for m, n in PAIRS]
    check(anvil, cases, False)


@both_hashes
def test_sizes_up_to_the_limit(anvil: Chain, alg: int) -> None:
    """Trees of equal leaves: each perfect subtree has one root per level, so 2^63 - 1 entries cost 63 hashes."""
    h = HASHES[alg]

    @cache
    def uniform(size: int) -> bytes:
        if size == 1:
            return rfc.leaf(h, b"")
        return rfc.node(h, uniform(rfc.split(size)), uniform(size - rfc.split(size)))

    def path(m: int, n: int, whole: bool = True) -> list[bytes]:
        if m == n:
            return [] if whole else [uniform(n)]
        k = rfc.split(n)
        if m <= k:
            return [*path(m, k, whole), uniform(n - k)]
        return [*path(m - k, n - k, False), uniform(k)]

    def case(m: int, n: int) -> Case:
        return (alg, m, uniform(m), n, uniform(n), path(m, n))

    limit = (1 << 63) - 1
    cases = [case(1, limit), case(1 << 62, limit), case(1, (1 << 62) + 1), case((1 << 62) - 2, (1 << 62) - 1)]
    check(anvil, cases, True)
    check(anvil, [(a, m, old, n, new, p[:-1]) for a, m, old, n, new, p in cases], False)
    # The longest proof there is: a seed and one node for each of 63 levels.
    longest = case((1 << 62) - 1, limit)
    assert len(longest[5]) == 64
    assert anvil.call("verifyConsistency", *longest) is True
    assert rfc.consistent(h, *longest[1:]) is True
    # One entry more is nothing that anybody here can count, not even as the same head.
    beyond = (limit + 1, longest[4], limit + 1, longest[4], [])
    assert anvil.call("verifyConsistency", alg, *beyond) is False
    assert verify_consistency(TREES[alg], *beyond) is False


@both_hashes
def test_a_log_grows_through_all_sizes(anvil: Chain, alg: int) -> None:
    oid = anvil.register(f"log.minzheng.example/grow-{HASH_NAMES[alg]}", alg)
    operator = anvil.submitters[0]
    previous = 0
    for size in SIZES:
        path = list(proof(alg, previous, size)) if previous else []
        receipt = anvil.send("anchor", oid, size, root(alg, size), NOTE, path, sender=operator)
        (event,) = anvil.events("Anchored", receipt)
        expected = {"originId": oid, "size": size, "root": root(alg, size), "noteHash": NOTE, "submitter": operator}
        assert dict(event) == expected
        assert anvil.call("head", oid) == [size, root(alg, size)]
        previous = size
    assert [anvil.call("rootAt", oid, size) for size in SIZES] == [root(alg, size) for size in SIZES]
    assert anvil.call("rootAt", oid, 6) == bytes(32)
    assert anvil.call("logInfo", oid)[:2] == [alg, 100]


@both_hashes
def test_each_refusal_has_its_name(anvil: Chain, alg: int) -> None:
    oid = anvil.register(f"log.minzheng.example/refuse-{HASH_NAMES[alg]}", alg)
    one, two = anvil.submitters

    def anchor(
        size: int, head: bytes, path: list[bytes], sender: str = one, log: bytes = oid, note: bytes = NOTE
    ) -> Any:
        return anvil.call("anchor", log, size, head, note, path, sender=sender)

    with anvil.reverts("ProofNotEmpty"):
        anchor(5, root(alg, 5), [root(alg, 1)])
    anvil.send("anchor", oid, 5, root(alg, 5), NOTE, [], sender=one)
    anvil.send("anchor", oid, 9, root(alg, 9), NOTE, list(proof(alg, 5, 9)), sender=two)
    good = list(proof(alg, 9, 33))
    fork = rfc.root(HASHES[alg], (*leaves(alg)[:2], leaves(alg)[9], *leaves(alg)[3:33]))
    fork_path = rfc.consistency_proof(HASHES[alg], 9, (*leaves(alg)[:2], leaves(alg)[9], *leaves(alg)[3:33]))

    for path in (*reshaped(good, good[0]), [flip(good[0], 0), *good[1:]], [*good[:-1], flip(good[-1], 255)]):
        with anvil.reverts("InconsistentHistory", 9, 33):
            anchor(33, root(alg, 33), path)
    for path in (good, fork_path):  # forked
        with anvil.reverts("InconsistentHistory", 9, 33):
            anchor(33, fork, path)
    with anvil.reverts("SizeNotIncreasing", 9, 7):  # shrunk
        anchor(7, root(alg, 7), list(proof(alg, 7, 9)))
    for path in ([], good):
        with anvil.reverts("RootConflict", 9, root(alg, 9)):  # same size, other root
            anchor(9, fork, path)
        with anvil.reverts("RootConflict", 5, root(alg, 5)):
            anchor(5, fork, path)
        for size in (5, 9):  # once is enough, now and later
            with anvil.reverts("AlreadyAnchored", oid, size):
                anchor(size, root(alg, size), path, sender=two)
    with anvil.reverts("NotSubmitter", anvil.stranger):
        anchor(33, root(alg, 33), good, sender=anvil.stranger)
    unknown = rfc.sha256(b"log.minzheng.example/unknown")
    with anvil.reverts("UnknownLog", unknown):
        anchor(33, root(alg, 33), good, log=unknown)
    with anvil.reverts("ZeroRoot"):
        anchor(33, bytes(32), good)
    with anvil.reverts("ZeroNoteHash"):
        anchor(33, root(alg, 33), good, note=bytes(32))
    for size in (0, 1 << 63, (1 << 64) - 1):
        with anvil.reverts("BadSize", size):
            anchor(size, root(alg, 33), good)
    assert anvil.call("head", oid) == [9, root(alg, 9)]


def test_another_registry_goes_on_when_the_operator_stalls(anvil: Chain) -> None:
    """No operator is privileged: who holds the next signed checkpoint can anchor it, even after the operator is out."""
    oid = anvil.register("log.minzheng.example/stalls", 2)
    operator, neighbour = anvil.submitters
    anvil.send("anchor", oid, 3, root(2, 3), NOTE, [], sender=operator)
    anvil.send("removeSubmitter", operator, sender=anvil.admin)
    try:
        with anvil.reverts("NotSubmitter", operator):
            anvil.call("anchor", oid, 7, root(2, 7), NOTE, list(proof(2, 3, 7)), sender=operator)
        receipt = anvil.send("anchor", oid, 7, root(2, 7), NOTE, list(proof(2, 3, 7)), sender=neighbour)
        assert anvil.events("Anchored", receipt)[0]["submitter"] == neighbour
        assert anvil.call("rootAt", oid, 3) == root(2, 3)  # what the removed one anchored stays
    finally:
        anvil.send("addSubmitter", operator, sender=anvil.admin)
