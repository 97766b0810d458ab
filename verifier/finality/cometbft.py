"""Blocks of a CometBFT chain: header hash, validator set hash, the votes that commit a block.

    header  [11, 0, "minzheng-7301", 49, 1767225600, 25394764, h'…32', 1, h'…32', h'…32' × 8, h'…20']
    commit  [0, 1, h'…32', [[h'…20', 1767225600, 573498387, h'…64'] …]]

Encodings after cometbft 0.38/1.0: `types/block.go` (Header.Hash, BlockID), `types/validator.go` (SimpleValidator),
`types/canonical.go` and `types/vote.go` (VoteSignBytes), `types/validator_set.go` (order of validators, more than two
thirds), `crypto/merkle` (RFC 6962 with SHA-256). The application state after block h is in the header of h + 1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from .. import fields
from ..consensus import MAX_NETWORK_CHARS, MAX_VALIDATORS, Consensus
from ..errors import Malformed, ProofInvalid
from ..hazmat.ed25519 import Ed25519PublicKey, InvalidKey
from ..merkle import TreeHash, range_root
from . import protobuf as pb

FORMAT: Final = "cometbft"
ADDRESS_BYTES: Final = 20
_PRECOMMIT: Final = 2
_MAX_NANOS: Final = 999_999_999
_MAX_INT32: Final = (1 << 31) - 1
_HEADER_MEMBERS: Final = 18
_HASHES: Final = range(9, 17)  # last commit, data, validators, next validators, consensus, app, last results, evidence


@dataclass(frozen=True, slots=True)
class BlockId:
    """Hash of a block and of its parts: what is voted on."""

    hash: bytes
    parts_total: int
    parts_hash: bytes

    def encode(self) -> bytes:
        """Protobuf BlockID, and CanonicalBlockID, which has the same fields."""
        parts = pb.number(1, self.parts_total) + pb.octets(2, self.parts_hash)
        return pb.octets(1, self.hash) + pb.message(2, parts)


@dataclass(frozen=True, slots=True)
class Header:
    """A block header. `values` are the wire form's members in order; the properties name those that are used."""

    values: tuple[Any, ...]

    @classmethod
    def from_list(cls, value: object) -> Header:
        """Parse the wire form. Raises Malformed."""
        if type(value) is not list or len(value) != _HEADER_MEMBERS:
            raise Malformed(FORMAT, "header")
        m = dict(enumerate(value))
        for i in (0, 1, 3):
            fields.uint(FORMAT, m, i)
        fields.text(FORMAT, m, 2, MAX_NETWORK_CHARS)
        fields.time(FORMAT, m, 4)
        fields.uint(FORMAT, m, 5, _MAX_NANOS)
        for i in (6, 8, *_HASHES):
            fields.octets(FORMAT, m, i, 32)
        fields.uint(FORMAT, m, 7, _MAX_INT32)
        fields.octets(FORMAT, m, 17, ADDRESS_BYTES)
        return cls(tuple(value))

    @property
    def network(self) -> str:
        """The chain's id."""
        return self.values[2]  # type: ignore[no-any-return]

    @property
    def height(self) -> int:
        """Number of the block."""
        return self.values[3]  # type: ignore[no-any-return]

    @property
    def time(self) -> int:
        """Seconds UTC, rounded down."""
        return self.values[4]  # type: ignore[no-any-return]

    @property
    def validators_hash(self) -> bytes:
        """Hash of the set that signs this block."""
        return self.values[11]  # type: ignore[no-any-return]

    @property
    def app_hash(self) -> bytes:
        """Root of the application's state after the block before."""
        return self.values[14]  # type: ignore[no-any-return]

    def hash(self) -> bytes:
        """The block's hash."""
        block, app, network, height, seconds, nanos, last_hash, parts_total, parts_hash, *hashes, proposer = self.values
        leaves = [
            pb.number(1, block) + pb.number(2, app),
            pb.octets(1, network.encode()),
            pb.number(1, height),
            timestamp(seconds, nanos),
            BlockId(last_hash, parts_total, parts_hash).encode(),
            *(pb.octets(1, value) for value in hashes),
            pb.octets(1, proposer),
        ]
        return _merkle(leaves)


@dataclass(frozen=True, slots=True)
class Vote:
    """One validator's precommit: address, time of the vote, signature."""

    address: bytes
    seconds: int
    nanos: int
    signature: bytes

    @classmethod
    def from_list(cls, value: object) -> Vote:
        """Parse the wire form. Raises Malformed."""
        if type(value) is not list or len(value) != 4:
            raise Malformed(FORMAT, "vote")
        m = dict(enumerate(value))
        return cls(
            fields.octets(FORMAT, m, 0, ADDRESS_BYTES),
            fields.time(FORMAT, m, 1),
            fields.uint(FORMAT, m, 2, _MAX_NANOS),
            fields.octets(FORMAT, m, 3, 64),
        )


@dataclass(frozen=True, slots=True)
class Commit:
    """Precommits for one block in one round, sorted by address, each address once."""

    round: int
    parts_total: int
    parts_hash: bytes
    votes: tuple[Vote, ...]

    @classmethod
    def from_list(cls, value: object) -> Commit:
        """Parse the wire form. Raises Malformed."""
        if type(value) is not list or len(value) != 4:
            raise Malformed(FORMAT, "commit")
        m = dict(enumerate(value))
        votes = tuple(Vote.from_list(v) for v in fields.array(FORMAT, m, 3, MAX_VALIDATORS))
        addresses = [v.address for v in votes]
        if addresses != sorted(set(addresses)):  # a vote that stood here twice would be counted twice
            raise Malformed(FORMAT, "vote-order", "sorted by address, each once")
        return cls(
            fields.uint(FORMAT, m, 0, _MAX_INT32),
            fields.uint(FORMAT, m, 1, _MAX_INT32),
            fields.octets(FORMAT, m, 2, 32),
            votes,
        )

    def to_list(self) -> list[Any]:
        """Wire form."""
        votes = [[v.address, v.seconds, v.nanos, v.signature] for v in self.votes]
        return [self.round, self.parts_total, self.parts_hash, votes]


def timestamp(seconds: int, nanos: int) -> bytes:
    """Protobuf Timestamp."""
    return pb.number(1, seconds) + pb.number(2, nanos)


def address(key: bytes) -> bytes:
    """A validator's address: the first 20 bytes of SHA-256 of its Ed25519 key."""
    return hashlib.sha256(key).digest()[:ADDRESS_BYTES]


def validators_hash(consensus: Consensus) -> bytes:
    """Hash of the validator set: by falling power, then by address."""
    ordered = sorted(consensus.validators, key=lambda v: (-v.power, address(v.key)))
    return _merkle([pb.message(1, pb.octets(1, v.key)) + pb.number(2, v.power) for v in ordered])


def vote_bytes(network: str, height: int, round_: int, block: BlockId, seconds: int, nanos: int) -> bytes:
    """What a validator signs to commit a block: the length-prefixed CanonicalVote."""
    vote = (
        pb.number(1, _PRECOMMIT)
        + pb.fixed64(2, height)
        + pb.fixed64(3, round_)
        + pb.message(4, block.encode())
        + pb.message(5, timestamp(seconds, nanos))
        + pb.octets(6, network.encode())
    )
    return pb.varint(len(vote)) + vote


def check_commit(header: Header, commit: Commit, consensus: Consensus) -> None:
    """Raises ProofInvalid unless more than two thirds of the bundle's power committed the header, and nobody else.

    Votes for nil or for another block are over other bytes and so are not signatures here.
    """
    if header.network != consensus.network:
        raise ProofInvalid("network", "a block of another chain")
    if header.validators_hash != validators_hash(consensus):
        raise ProofInvalid("validator-set", "the header names others than the trust bundle")
    known = {address(v.key): v for v in consensus.validators}
    block = BlockId(header.hash(), commit.parts_total, commit.parts_hash)
    power = 0
    for vote in commit.votes:
        validator = known.get(vote.address)
        if validator is None:
            raise ProofInvalid("vote", "not of a validator in the trust bundle")
        signed = vote_bytes(consensus.network, header.height, commit.round, block, vote.seconds, vote.nanos)
        try:
            good = Ed25519PublicKey.parse(validator.key).verify(vote.signature, signed)
        except InvalidKey:
            raise ProofInvalid("vote", "the trust bundle's key is no point of the curve") from None
        if not good:
            raise ProofInvalid("vote", "not signed by its validator")
        power += validator.power
    if 3 * power <= 2 * consensus.total_power:
        raise ProofInvalid("quorum", "too little voting power")


def _merkle(leaves: list[bytes]) -> bytes:
    hashes = [TreeHash.SHA256.leaf(leaf) for leaf in leaves]
    return range_root(TreeHash.SHA256, 0, len(hashes), lambda level, index: _perfect(hashes, level, index))


def _perfect(hashes: list[bytes], level: int, index: int) -> bytes:
    if level == 0:
        return hashes[index]
    return TreeHash.SHA256.node(_perfect(hashes, level - 1, 2 * index), _perfect(hashes, level - 1, 2 * index + 1))
