"""Inclusion in a Merkle-Patricia trie with hashed keys (Ethereum Yellow Paper, appendix D): what `eth_getProof` shows.

A proof is the nodes from the root to the leaf, each as its RLP. Nodes shorter than 32 bytes stand inside their parent
and not in the list. Proofs of absence end elsewhere than in a leaf with the whole key, and are no proofs here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..errors import Malformed, ProofInvalid
from ..hazmat.keccak import keccak256
from . import rlp

MAX_NODES: Final = 64  # a path of 64 nibbles
HASH_BYTES: Final = 32
_BRANCH: Final = 17


def value_at(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """The value that the trie of that root holds at keccak(key). Raises Malformed, or ProofInvalid.

    Every node must be used, in order: a proof with something to spare has been tampered with or is of something else.
    """
    if len(nodes) > MAX_NODES:
        raise Malformed("mpt", "nodes", f"at most {MAX_NODES}")
    path = keccak256(key).hex()
    remaining = iter(nodes)
    node = _by_hash(root, remaining)
    after_extension = False
    while True:
        if len(node) == _BRANCH:
            if not path or rlp.octets(node[16]):  # all keys are 32 bytes: none ends inside the trie
                raise ProofInvalid("mpt-branch")
            reference, path = node[int(path[0], 16)], path[1:]
            after_extension = False
        elif len(node) == 2:
            is_leaf, part = _compact(rlp.octets(node[0]))
            if after_extension or not path.startswith(part):
                raise ProofInvalid("mpt-path")
            if is_leaf:
                return _leaf(node[1], path == part, remaining)
            reference, path = node[1], path[len(part) :]
            after_extension = True
        else:
            raise Malformed("mpt", "node")
        node = _child(reference, remaining)


def _leaf(value: rlp.Item, whole: bool, remaining: Iterator[bytes]) -> bytes:
    if not whole:
        raise ProofInvalid("mpt-path", "the leaf is of a shorter key")
    if next(remaining, None) is not None:
        raise ProofInvalid("mpt-unused-node")
    return rlp.octets(value)


def _by_hash(digest: bytes, remaining: Iterator[bytes]) -> list[rlp.Item]:
    raw = next(remaining, None)
    if raw is None:
        raise ProofInvalid("mpt-missing-node")
    if keccak256(raw) != digest:
        raise ProofInvalid("mpt-hash", "a node is not the one that its parent names")
    return rlp.elements(rlp.decode(raw))


def _child(reference: rlp.Item, remaining: Iterator[bytes]) -> list[rlp.Item]:
    """The node that a parent names by its hash or holds in itself."""
    if isinstance(reference, bytes):
        if len(reference) != HASH_BYTES:
            raise ProofInvalid("mpt-absent", "the path ends where nothing is")
        return _by_hash(reference, remaining)
    if len(rlp.encode(reference)) >= HASH_BYTES:
        raise Malformed("mpt", "embedded-node", "longer than a hash")
    return reference


def _compact(raw: bytes) -> tuple[bool, str]:
    """Hex-prefix encoding: whether it is a leaf's, and the nibbles. Raises Malformed."""
    text = raw.hex()
    if not text or text[0] not in "0123":
        raise Malformed("mpt", "path")
    flag = int(text[0])
    if flag & 1:
        part = text[1:]
    else:
        if text[1] != "0":
            raise Malformed("mpt", "path", "padding")
        part = text[2:]
    if flag < 2 and not part:  # would go nowhere, as often as one likes
        raise Malformed("mpt", "path", "empty extension")
    return flag >= 2, part
