"""Inclusion in a Merkle-Patricia trie against the package `trie`, and nodes that no honest trie has."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
import rlp
from eth_utils.crypto import keccak
from trie import HexaryTrie

from verifier.errors import Malformed, ProofInvalid
from verifier.finality.mpt import value_at


def trie_of(count: int, seed: int = 1) -> tuple[HexaryTrie, dict[bytes, bytes]]:
    random = Random(seed)
    made = HexaryTrie({})
    items = {random.randbytes(20): random.randbytes(random.choice([1, 2, 33, 70])) for _ in range(count)}
    for key, value in items.items():
        made[keccak(key)] = value
    return made, items


def proof_of(made: HexaryTrie, key: bytes) -> list[bytes]:
    encoded = [rlp.encode(node) for node in made.get_proof(keccak(key))]
    return [raw for i, raw in enumerate(encoded) if i == 0 or len(raw) >= 32]


@pytest.mark.parametrize("count", [1, 2, 3, 17, 300])
def test_every_value_is_proved(count: int) -> None:
    made, items = trie_of(count)
    for key, value in items.items():
        assert value_at(made.root_hash, key, proof_of(made, key)) == value


def test_absence_is_no_proof() -> None:
    made, _ = trie_of(300)
    for i in range(100):
        with pytest.raises(ProofInvalid):
            value_at(made.root_hash, bytes([i]), proof_of(made, bytes([i])))


def test_proof_of_another_key_is_none() -> None:
    made, items = trie_of(50)
    first, second, *_ = items
    with pytest.raises(ProofInvalid):
        value_at(made.root_hash, first, proof_of(made, second))


def test_any_changed_byte_is_noticed() -> None:
    made, items = trie_of(50)
    key = next(iter(items))
    nodes = proof_of(made, key)
    for i, node in enumerate(nodes):
        for at in range(0, len(node), 7):
            broken = node[:at] + bytes([node[at] ^ 1]) + node[at + 1 :]
            with pytest.raises(ProofInvalid, match="mpt-hash"):
                value_at(made.root_hash, key, [*nodes[:i], broken, *nodes[i + 1 :]])


KEY = b"key"
PATH = keccak(KEY).hex()


def compact(path: str, *, leaf: bool) -> bytes:
    flag = 2 if leaf else 0
    return bytes.fromhex(f"{flag + 1}{path}" if len(path) % 2 else f"{flag}0{path}")


def chain(*nodes: Sequence[object]) -> tuple[bytes, list[bytes]]:
    """Root and nodes, each naming the next in the place of its last member None."""
    encoded: list[bytes] = []
    below: bytes | None = None
    for node in reversed(nodes):
        below_now = below
        raw = rlp.encode([below_now if member is None else member for member in node])
        encoded.insert(0, raw)
        below = keccak(raw)
    assert below is not None
    return below, encoded


def refused(*nodes: Sequence[object]) -> str:
    root, encoded = chain(*nodes)
    with pytest.raises((ProofInvalid, Malformed)) as caught:
        value_at(root, KEY, encoded)
    return caught.value.reason


def test_a_leaf_alone() -> None:
    root, nodes = chain([compact(PATH, leaf=True), b"value"])
    assert value_at(root, KEY, nodes) == b"value"


def test_nodes_that_no_trie_has() -> None:
    leaf = [compact(PATH[2:], leaf=True), b"v" * 40]
    assert refused([compact("", leaf=False), None], leaf) == "path"  # goes nowhere, as often as one likes
    assert refused([compact(PATH[0], leaf=False), None], [compact(PATH[1], leaf=False), None], leaf) == "mpt-path"
    assert refused([compact(PATH[:2], leaf=False), None], leaf) == "mpt-path"  # an extension that leads to a leaf
    assert refused([compact(PATH[:-1], leaf=True), b"value"]) == "mpt-path"  # of a shorter key
    assert refused([compact(PATH[:-2], leaf=True), b"value"]) == "mpt-path"
    assert refused([compact(PATH + "00", leaf=True), b"value"]) == "mpt-path"
    assert refused([bytes.fromhex("2f") + bytes.fromhex(PATH), b"value"]) == "path"  # padding that is not zero
    assert refused([bytes.fromhex("40") + bytes.fromhex(PATH), b"value"]) == "path"
    assert refused([b"", b"value"]) == "path"
    assert refused([compact(PATH, leaf=True), [b"value"]]) == "bytes"
    assert refused([b"one"]) == "node"
    assert refused([b""] * 17) == "mpt-absent"
    assert refused([*[b"\x01" * 31] * 16, b""]) == "mpt-absent"
    assert refused([*[None] * 16, b"value at a branch"], leaf) == "mpt-branch"


@pytest.mark.parametrize("nibbles", [1, 2, 5])
def test_an_extension_must_go_along_the_path(nibbles: int) -> None:
    branch: list[object] = [b""] * 17
    branch[int(PATH[nibbles], 16)] = None
    leaf = [compact(PATH[nibbles + 1 :], leaf=True), b"v" * 40]
    root, nodes = chain([compact(PATH[:nibbles], leaf=False), None], branch, leaf)
    assert value_at(root, KEY, nodes) == b"v" * 40
    astray = PATH[: nibbles - 1] + f"{int(PATH[nibbles - 1], 16) ^ 1:x}"
    assert refused([compact(astray, leaf=False), None], branch, leaf) == "mpt-path"


def test_an_embedded_node_must_be_short() -> None:
    tail = [compact(PATH[1:], leaf=True), b"v" * 40]
    branch: list[object] = [b""] * 17
    branch[int(PATH[0], 16)] = tail
    assert refused(branch) == "embedded-node"


def test_an_extension_with_the_whole_key_is_not_a_leaf() -> None:
    root, nodes = chain([compact(PATH, leaf=False), b"v" * 32])
    with pytest.raises(ProofInvalid, match="mpt-missing-node"):
        value_at(root, KEY, nodes)


def test_too_many_nodes() -> None:
    with pytest.raises(Malformed, match="nodes"):
        value_at(bytes(32), KEY, [b""] * 65)


def test_a_node_that_is_a_string() -> None:
    raw = rlp.encode(b"x" * 40)
    with pytest.raises(Malformed, match="list"):
        value_at(keccak(raw), KEY, [raw])
