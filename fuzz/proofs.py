"""Targets of proofs that a chain's block is final: RLP, tries, protobuf, IAVL, headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fuzz.model import Target, same
from fuzz.seeds import golden
from verifier import cbor
from verifier.anchor import AnchorObservation
from verifier.errors import Malformed, VerifierError
from verifier.finality import ics23, mpt, protobuf, qbft, rlp
from verifier.finality.proof import AnchorProof
from verifier.hazmat.keccak import keccak256

_FILE = "formats/anchor-proof.json"


def _anchor(data: bytes) -> None:
    same(data, AnchorObservation.parse(data).encode())


def _anchor_proof(data: bytes) -> None:
    same(data, AnchorProof.parse(data).encode())


def _rlp(data: bytes) -> None:
    same(data, rlp.encode(rlp.decode(data)))


def _mpt(data: bytes) -> None:
    """A list of nodes, as a proof has them. The root is the first node's own hash, so that the walk begins."""
    nodes = cbor.decode(data)
    if type(nodes) is not list or not nodes or not all(type(node) is bytes for node in nodes):
        raise Malformed("mpt", "nodes")
    mpt.value_at(keccak256(nodes[0]), b"key", nodes)


def _ics23(data: bytes) -> None:
    ics23.Existence.parse(data).iavl_root()


def _trees() -> Iterator[Any]:
    for data in golden(_FILE, "proof_b64"):
        try:
            yield cbor.decode(data)
        except VerifierError:
            continue


def _inside(value: Any) -> Iterator[Any]:
    """The value, and whatever is in it."""
    yield value
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _inside(part)


def _octets() -> Iterable[bytes]:
    """Byte strings of proofs: headers, nodes, leaves."""
    return dict.fromkeys(part for tree in _trees() for part in _inside(tree) if isinstance(part, bytes))


def _paths() -> Iterable[bytes]:
    """Lists of byte strings of proofs: ways through a trie."""
    lists = (part for tree in _trees() for part in _inside(tree) if isinstance(part, list))
    return dict.fromkeys(cbor.encode(part) for part in lists if part and all(isinstance(p, bytes) for p in part))


TARGETS = (
    Target("anchor-observation", _anchor, lambda: golden("formats/anchor-observation.json", "hex"), shape="cbor"),
    Target("anchor-proof", _anchor_proof, lambda: golden(_FILE, "proof_b64"), shape="cbor"),
    Target("rlp", _rlp, _octets),
    Target("mpt", _mpt, _paths, shape="cbor"),
    Target("protobuf", protobuf.parse, _octets),
    Target("ics23", _ics23, _octets),
    Target("qbft-header", qbft.Header.parse, _octets),
)
