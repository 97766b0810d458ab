"""The good proofs of finality, checked by strangers: cbor2, rlp, trie, eth_keys, cryptography, hashlib.

Written from the protocols' documents without the verifier's code, and laxer: it shows that what we accept is right, not
that what we refuse is wrong.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import cbor2
import pytest
import rlp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_keys import keys
from eth_utils.crypto import keccak
from trie import HexaryTrie

CASES = json.loads((Path(__file__).parent / "formats" / "anchor-proof.json").read_text())["accepted"]


def slot_of(proof: dict[int, Any]) -> bytes:
    origin_id = hashlib.sha256(proof[4].encode()).digest()
    return bytes(keccak(proof[5].to_bytes(32, "big") + keccak(origin_id + (4).to_bytes(32, "big"))))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_accepted_by_others(case: dict[str, str]) -> None:
    proof, chain = cbor2.loads(b64decode(case["proof_b64"])), cbor2.loads(b64decode(case["chain_b64"]))
    assert (proof[2], proof[3]) == (chain[1], chain[2])
    check = {1: cometbft, 2: qbft}[chain[4][1]]
    root, block_hash = check(proof, chain[4])
    assert root == proof[6]
    assert block_hash.hex() == case["block_hash"]


# ---------------------------------------------------------------------------------------------------------- QBFT


def qbft(proof: dict[int, Any], consensus: dict[int, Any]) -> tuple[bytes, bytes]:
    raw, account_nodes, storage_nodes = (proof[8][i] for i in (1, 2, 3))
    header = rlp.decode(raw)
    vanity, validators, vote, round_, seals = rlp.decode(header[12])

    def digest(round_kept: bytes) -> bytes:
        extra = rlp.encode([vanity, validators, vote, round_kept, []])
        return bytes(keccak(rlp.encode([*header[:12], extra, *header[13:]])))

    sealers = {keys.Signature(s).recover_public_key_from_msg_hash(digest(round_)).to_canonical_address() for s in seals}
    known = {key for key, _ in consensus[3]}
    assert sealers <= known
    assert 3 * len(sealers) >= 2 * len(known)
    account = HexaryTrie.get_from_proof(header[3], keccak(proof[3]), [rlp.decode(n) for n in account_nodes])
    storage_root = rlp.decode(account)[2]
    value = HexaryTrie.get_from_proof(storage_root, keccak(slot_of(proof)), [rlp.decode(n) for n in storage_nodes])
    return rlp.decode(value).rjust(32, b"\0"), digest(b"")


# ------------------------------------------------------------------------------------------------------ CometBFT


def varint(n: int) -> bytes:
    return bytes([n]) if n < 128 else bytes([n % 128 + 128]) + varint(n // 128)


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number * 8) + varint(value) if value else b""
    raw = value.encode() if isinstance(value, str) else value
    return varint(number * 8 + 2) + varint(len(raw)) + raw


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + merkle(leaves[:k]) + merkle(leaves[k:])).digest()


def block_id(digest: bytes, total: int, parts: bytes) -> bytes:
    return field(1, digest) + field(2, field(1, total) + field(2, parts))


def header_hash(h: list[Any]) -> bytes:
    time = field(1, h[4]) + field(2, h[5])
    first = [field(1, h[0]) + field(2, h[1]), field(1, h[2]), field(1, h[3]), time, block_id(h[6], h[7], h[8])]
    return merkle([*first, *(field(1, value) for value in h[9:])])


def existence(data: bytes) -> tuple[bytes, bytes, bytes]:
    """(key, value, root) of a CommitmentProof, as ICS23 says it is computed."""
    parts = pieces(pieces(data)[0][1])
    key, value, leaf = (raw for _, raw in parts[:3])
    prefix = dict(pieces(leaf))[5]
    digest = hashlib.sha256(prefix + varint(len(key)) + key + b"\x20" + hashlib.sha256(value).digest()).digest()
    for _, step in parts[3:]:
        operation = dict(pieces(step))
        digest = hashlib.sha256(operation[2] + digest + operation.get(3, b"")).digest()
    return key, value, digest


def pieces(data: bytes) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= byte % 128 << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        value: Any = number()
        if tag % 8 == 2:
            at += value
            value = data[at - value : at]
        found.append((tag // 8, value))
    return found


def cometbft(proof: dict[int, Any], consensus: dict[int, Any]) -> tuple[bytes, bytes]:
    header, (round_, total, parts, votes), slot_proof, store_proof = (proof[8][i] for i in (1, 2, 3, 4))
    by_address = {hashlib.sha256(key).digest()[:20]: (key, power) for key, power in consensus[3]}
    ordered = sorted(by_address.items(), key=lambda item: (-item[1][1], item[0]))
    assert header[11] == merkle([field(1, field(1, key)) + field(2, power) for _, (key, power) in ordered])
    assert header[2] == consensus[2]
    digest = header_hash(header)
    voted = 0
    for address in {vote[0] for vote in votes}:
        _, seconds, nanos, signature = next(vote for vote in votes if vote[0] == address)
        key, power = by_address[address]
        message = b"\x08\x02\x11" + header[3].to_bytes(8, "little")
        message += b"\x19" + round_.to_bytes(8, "little") if round_ else b""
        message += field(4, block_id(digest, total, parts)) + field(5, field(1, seconds) + field(2, nanos))
        message += field(6, consensus[2])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, varint(len(message)) + message)
        voted += power
    assert 3 * voted > 2 * sum(power for _, power in consensus[3])
    name, store_root, app_hash = existence(store_proof)
    key, root, computed = existence(slot_proof)
    assert (name, app_hash, computed) == (b"evm", header[14], store_root)
    assert key == b"\x02" + proof[3] + slot_of(proof)
    return root, digest
