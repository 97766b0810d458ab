"""RFC 9162 section 2.1 written a second time: recursively, straight from the definitions, slow.

The oracle for the contract and for `verifier.merkle`, whose verification is the iterative algorithm of 2.1.4.2. Here a
proof is checked by rebuilding both roots along the recursion that *makes* proofs (2.1.4.1), so a slip in the iterative
bit arithmetic cannot hide in both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Hash = Callable[[bytes], bytes]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def leaf(h: Hash, data: bytes) -> bytes:
    return h(b"\x00" + data)


def node(h: Hash, left: bytes, right: bytes) -> bytes:
    return h(b"\x01" + left + right)


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(h: Hash, leaves: Sequence[bytes]) -> bytes:
    """MTH of leaf hashes (2.1.1)."""
    if not leaves:
        return h(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(h, root(h, leaves[:k]), root(h, leaves[k:]))


def consistency_proof(h: Hash, m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D_n) (2.1.4.1)."""
    return _subproof(h, m, leaves, True)


def _subproof(h: Hash, m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    n = len(leaves)
    if m == n:
        return [] if whole else [root(h, leaves)]
    k = split(n)
    if m <= k:
        return [*_subproof(h, m, leaves[:k], whole), root(h, leaves[k:])]
    return [*_subproof(h, m - k, leaves[k:], False), root(h, leaves[:k])]


def consistent(h: Hash, m: int, old_root: bytes, n: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof connects the two heads. An empty old tree is refused, as everywhere in this project."""
    if not 0 < m <= n:
        return False
    rest = list(proof)
    try:
        roots = _rebuild(h, m, n, old_root, rest, True)
    except IndexError:
        return False  # the proof is too short
    return not rest and roots == (old_root, new_root)


def _rebuild(h: Hash, m: int, n: int, old_root: bytes, rest: list[bytes], whole: bool) -> tuple[bytes, bytes]:
    if m == n:
        both = old_root if whole else rest.pop()
        return both, both
    k = split(n)
    sibling = rest.pop()
    if m <= k:
        old, new = _rebuild(h, m, k, old_root, rest, whole)
        return old, node(h, new, sibling)
    old, new = _rebuild(h, m - k, n - k, old_root, rest, False)
    return node(h, sibling, old), node(h, sibling, new)
