"""A CometBFT block made by hand: trees with what a test wants in them, a header, votes by any keys over anything.

The encodings that are signed come from the verifier: a proof of a real network (tests/golden/recorded) shows that they
are right. The trees are hashed here, by hashlib alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.finality import cometbft
from verifier.finality.cometbft import BlockId, Header, vote_bytes

PARTS = BlockId(b"", 1, b"\x70" * 32)
Step = tuple[bytes, bytes]


def public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def consensus(network: str, powers: dict[bytes, int]) -> Consensus:
    """Validators by their secret seeds."""
    found = sorted((Validator(public(seed), power) for seed, power in powers.items()), key=lambda v: v.key)
    return Consensus(ConsensusKind.COMETBFT, network, tuple(found))


def header(stated: Consensus, app_hash: bytes, **members: Any) -> list[Any]:
    """Wire form of block 50's header; `members` by position, e.g. m2="other"."""
    hashes = [bytes([i]) * 32 for i in range(8)]
    hashes[2] = cometbft.validators_hash(stated)
    hashes[5] = app_hash
    made = [11, 0, stated.network, 50, 1767225600, 25394764, b"\x60" * 32, 1, b"\x61" * 32, *hashes, b"\x62" * 20]
    for name, value in members.items():
        made[int(name[1:])] = value
    return made


def vote(seed: bytes, over: bytes, address: bytes | None = None, time: tuple[int, int] = (1767225601, 5)) -> list[Any]:
    """Wire form of a vote: `seed`'s signature over those bytes."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(over)
    return [cometbft.address(public(seed)) if address is None else address, *time, signature]


def signed_bytes(head: list[Any], *, network: str | None = None, height: int | None = None, round_: int = 0) -> bytes:
    """What a vote for that header is over."""
    block = BlockId(Header.from_list(head).hash(), PARTS.parts_total, PARTS.parts_hash)
    named = head[2] if network is None else network
    return vote_bytes(named, head[3] if height is None else height, round_, block, 1767225601, 5)


def nil_bytes(head: list[Any]) -> bytes:
    """What a vote for no block is over: the canonical vote has no block id at all."""
    empty = BlockId(b"", 0, b"")
    whole = vote_bytes(head[2], head[3], 0, empty, 1767225601, 5)
    field = b"\x22" + bytes([len(empty.encode())]) + empty.encode()
    body = whole[1:].replace(field, b"", 1)
    return bytes([len(body)]) + body


def commit(votes: Sequence[list[Any]], round_: int = 0) -> list[Any]:
    return [round_, PARTS.parts_total, PARTS.parts_hash, sorted(votes)]


def good_commit(head: list[Any], seeds: Sequence[bytes]) -> list[Any]:
    return commit([vote(seed, signed_bytes(head)) for seed in seeds])


def _field(number: int, data: bytes) -> bytes:
    length = bytes([len(data)]) if len(data) < 128 else bytes([len(data) & 0x7F | 0x80, len(data) >> 7])
    return bytes([number << 3 | 2]) + length + data


def commitment(key: bytes, value: bytes, leaf_prefix: bytes, path: Sequence[Step], leaf: bytes | None = None) -> bytes:
    """Protobuf CommitmentProof that holds an ExistenceProof."""
    operation = b"\x08\x01\x18\x01\x20\x01" + _field(5, leaf_prefix) if leaf is None else leaf
    steps = b"".join(
        _field(4, b"\x08\x01" + _field(2, prefix) + (_field(3, suffix) if suffix else b"")) for prefix, suffix in path
    )
    return _field(1, _field(1, key) + _field(2, value) + _field(3, operation) + steps)


def leaf_preimage(prefix: bytes, key: bytes, value: bytes) -> bytes:
    return prefix + bytes([len(key)]) + key + b"\x20" + hashlib.sha256(value).digest()


def climbed(prefix: bytes, key: bytes, value: bytes, path: Sequence[Step]) -> bytes:
    """The root that those operations lead to, whether they are allowed or not."""
    digest = hashlib.sha256(leaf_preimage(prefix, key, value)).digest()
    for before, after in path:
        digest = hashlib.sha256(before + digest + after).digest()
    return digest
