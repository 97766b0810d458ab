"""Who signs the blocks of a BFT chain: the validator set that a trust bundle states for it.

    {1: 1, 2: "minzheng-7301", 3: [[h'…32', 1000], [h'…32', 1000], [h'…32', 1000], [h'…32', 1000]]}
    {1: 2, 2: "", 3: [[h'…20', 1], [h'…20', 1], [h'…20', 1], [h'…20', 1]]}

The set is the one that signed the block of a proof. Changes of the set are not followed from header to header: after
each change the root signs a new bundle, and who holds only the old one cannot check blocks of the new set.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from . import fields
from .errors import Malformed, Unsupported

FORMAT: Final = "consensus"
MAX_VALIDATORS: Final = 128
MAX_NETWORK_CHARS: Final = 50  # cometbft types/genesis.go MaxChainIDLen
MAX_TOTAL_POWER: Final = (1 << 63) // 8 - 1  # cometbft types/validator_set.go MaxTotalVotingPower: products fit 64 bits


class ConsensusKind(IntEnum):
    """The protocol that makes blocks final; the value is the wire's."""

    COMETBFT = 1
    QBFT = 2


_KEY_BYTES: Final = {ConsensusKind.COMETBFT: 32, ConsensusKind.QBFT: 20}


@dataclass(frozen=True, slots=True)
class Validator:
    """One validator. `key`: Ed25519 public key, 32 bytes (CometBFT), or address, 20 bytes (QBFT); `power` its votes."""

    key: bytes
    power: int


@dataclass(frozen=True, slots=True)
class Consensus:
    """Protocol, network name (CometBFT's chain-id; empty for QBFT) and validators sorted by key, 1 to 128.

    Constructing one checks all that. Raises Malformed.
    """

    kind: ConsensusKind
    network: str
    validators: tuple[Validator, ...]

    def __post_init__(self) -> None:
        if (self.kind is ConsensusKind.QBFT) != (self.network == "") or len(self.network) > MAX_NETWORK_CHARS:
            raise Malformed(FORMAT, "network")
        if not 1 <= len(self.validators) <= MAX_VALIDATORS:
            raise Malformed(FORMAT, "validators", f"expected 1 to {MAX_VALIDATORS}")
        previous = b""
        for validator in self.validators:
            if len(validator.key) != _KEY_BYTES[self.kind]:
                raise Malformed(FORMAT, "validator-key")
            if validator.key <= previous:  # one that stood here twice would be counted twice
                raise Malformed(FORMAT, "validator-order", "sorted by key, each once")
            previous = validator.key
            if validator.power < 1 or (self.kind is ConsensusKind.QBFT and validator.power != 1):
                raise Malformed(FORMAT, "validator-power")
        if self.total_power > MAX_TOTAL_POWER:
            raise Malformed(FORMAT, "total-power")

    @property
    def total_power(self) -> int:
        """Sum of the validators' powers."""
        return sum(v.power for v in self.validators)

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: int(self.kind), 2: self.network, 3: [[v.key, v.power] for v in self.validators]}

    @classmethod
    def from_map(cls, value: object) -> Consensus:
        """Parse the wire form. Raises Malformed, or Unsupported for a protocol not known."""
        m = fields.mapping(FORMAT, value, (1, 2, 3))
        number = fields.uint(FORMAT, m, 1)
        if number not in tuple(ConsensusKind):
            raise Unsupported("consensus: protocol not known")
        network = m[2]
        if type(network) is not str:
            raise Malformed(FORMAT, "network")
        rows = fields.array(FORMAT, m, 3, MAX_VALIDATORS)
        return cls(ConsensusKind(number), network, tuple(_validator(row) for row in rows))


def _validator(row: object) -> Validator:
    if type(row) is not list or len(row) != 2:
        raise Malformed(FORMAT, "validator")
    key, power = row
    if type(key) is not bytes or type(power) is not int:
        raise Malformed(FORMAT, "validator")
    return Validator(key, power)
