"""Blocks of a QBFT chain (Hyperledger Besu): header, hash, the validators' commit seals.

The header is RLP as on every Ethereum chain; its extraData is RLP too:

    [vanity 32, [validator 20 …], vote ([] or [20, 0xff or ""]), round, [seal 65 …]]

Besu hashes a header in two ways, and neither covers the seals (`BftBlockHashing`, `QbftExtraDataCodec`):
* the commit seals are over keccak of the header whose extraData has an empty list of seals and *keeps the round*
  (`calculateDataHashForCommittedSeal`, `EXCLUDE_COMMIT_SEALS`);
* the block's hash on the chain is keccak of the header with an empty list of seals *and round 0*
  (`calculateHashOfBftBlockOnChain`, `EXCLUDE_COMMIT_SEALS_AND_ROUND_NUMBER`).

A block is final with ceil(2n/3) seals of different validators (`BftHelpers.calculateRequiredValidatorQuorum`); a seal
that is repeated or of somebody else makes the block invalid (`BftCommitSealsValidationRule`). The list of validators
in extraData is empty where a contract names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..consensus import MAX_VALIDATORS, Consensus
from ..errors import Malformed, ProofInvalid
from ..hazmat.keccak import keccak256
from ..hazmat.secp256k1 import ADDRESS_BYTES, SIGNATURE_BYTES, recover_addresses
from . import rlp

MAX_HEADER_BYTES: Final = 32 * 1024
MIX_HASH: Final = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""`BftHelpers.EXPECTED_MIX_HASH`: marks a header as one of these protocols."""

# Yellow Paper 4.3 in order, then what London, Shanghai, Cancun and Prague appended: bytes of a fixed-length field, or
# None for a number. Besu writes the later ones only when all before them are there.
_FIELDS: Final[tuple[int | None, ...]] = (
    *(32, 32, 20, 32, 32, 32, 256, None, None, None, None, None),  # parent … timestamp
    *(-1, 32, 8),  # extraData, mixHash, nonce
    *(None, 32, None, None, 32, 32),  # base fee | withdrawals | blob gas used, excess | beacon root | requests
)
_COUNTS: Final = (15, 16, 17, 19, 20, 21)
_STATE_ROOT, _NUMBER, _TIMESTAMP, _EXTRA, _MIX = 3, 8, 11, 12, 13
_ROUND, _SEALS = 3, 4


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. `time` in seconds UTC; `seal_message` is what the seals' hash is taken of."""

    raw: bytes
    state_root: bytes
    number: int
    time: int
    block_hash: bytes
    validators: tuple[bytes, ...]
    seals: tuple[bytes, ...]
    seal_message: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Header:
        """Parse header RLP with the seals in it. Raises Malformed."""
        if len(raw) > MAX_HEADER_BYTES:
            raise Malformed("qbft", "header", "too large")
        items = rlp.elements(rlp.decode(raw))
        if len(items) not in _COUNTS:
            raise Malformed("qbft", "header", "number of fields")
        for item, width in zip(items, _FIELDS, strict=False):
            if width is None:
                rlp.scalar(item, 32)
            else:
                rlp.octets(item, None if width < 0 else width)
        if items[_MIX] != MIX_HASH:
            raise Malformed("qbft", "mix-hash", "not a header of this protocol")
        extra = rlp.elements(rlp.decode(rlp.octets(items[_EXTRA])))
        validators, seals = _extra(extra)
        return cls(
            raw,
            rlp.octets(items[_STATE_ROOT]),
            rlp.scalar(items[_NUMBER]),
            rlp.scalar(items[_TIMESTAMP]),
            keccak256(_with_extra(items, [*extra[:_ROUND], b"", []])),
            validators,
            seals,
            _with_extra(items, [*extra[:_SEALS], []]),
        )


def _extra(extra: list[rlp.Item]) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Validators and seals of a decoded extraData, whose other members are checked. Raises Malformed."""
    if len(extra) != 5:
        raise Malformed("qbft", "extra-data")
    vanity, addresses, vote, rounds, seals = extra
    rlp.octets(vanity, 32)
    rlp.scalar(rounds, 4)
    match rlp.elements(vote):
        case []:
            pass
        case [recipient, b"" | b"\xff"]:
            rlp.octets(recipient, ADDRESS_BYTES)
        case _:
            raise Malformed("qbft", "vote")
    listed, sealed = rlp.elements(addresses), rlp.elements(seals)
    if max(len(listed), len(sealed)) > MAX_VALIDATORS:
        raise Malformed("qbft", "validators", f"at most {MAX_VALIDATORS}")
    return (
        tuple(rlp.octets(a, ADDRESS_BYTES) for a in listed),
        tuple(rlp.octets(s, SIGNATURE_BYTES) for s in sealed),
    )


def _with_extra(items: list[rlp.Item], extra: list[rlp.Item]) -> bytes:
    return rlp.encode([*items[:_EXTRA], rlp.encode(extra), *items[_EXTRA + 1 :]])


def quorum(validators: int) -> int:
    """Seals that make a block final: two thirds, rounded up."""
    return -(-2 * validators // 3)


def check_seals(header: Header, consensus: Consensus) -> None:
    """Raises ProofInvalid unless enough of the bundle's validators sealed the header, each once, and nobody else."""
    known = {v.key for v in consensus.validators}
    if header.validators and (len(header.validators) != len(known) or set(header.validators) != known):
        raise ProofInvalid("validator-set", "the header names others than the trust bundle")
    if len(header.seals) < quorum(len(known)):
        raise ProofInvalid("quorum", "too few seals")
    sealers: set[bytes] = set()
    for address in recover_addresses(header.seal_message, header.seals):
        if address is None or address not in known:
            raise ProofInvalid("seal", "not of a validator in the trust bundle")
        if address in sealers:
            raise ProofInvalid("seal-repeated")
        sealers.add(address)
