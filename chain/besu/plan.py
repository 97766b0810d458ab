"""What a network is to be, checked once, and what follows from its keys."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Final

from coincurve import PublicKey

from chain.errors import ChainFault
from verifier import cbor
from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.errors import Malformed
from verifier.hazmat.keccak import keccak256

MIN_VALIDATORS: Final = 4
MAX_VALIDATORS: Final = 64
P2P_PORT: Final = 30303
RPC_PORT: Final = 8545
_FIRST_HOST: Final = 10  # validator 1 has the subnet's address 11: the first few are the gateway's and the operator's
_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


class PlanRefused(ChainFault):
    """The network as asked for would not be one: the reason is in the message."""


@dataclass(frozen=True, slots=True)
class BesuPlan:
    """Parameters of a network. `accounts`: 20-byte addresses that may send transactions; `time`: of the genesis block.

    Constructing one checks it. Raises PlanRefused.
    """

    chain_id: int
    validators: int
    accounts: tuple[bytes, ...]
    time: int
    subnet: str = "172.28.240.0/24"
    rpc_port: int = RPC_PORT
    development: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.chain_id < 1 << 53:
            raise PlanRefused("chain id: expected 1 to 2^53-1")
        if not 0 < self.rpc_port <= 65536 - self.validators:
            raise PlanRefused("first RPC port: no such ports")
        if self.development:
            if self.validators != 1:
                raise PlanRefused("a development chain has one validator")
        elif self.validators < MIN_VALIDATORS:
            raise PlanRefused(
                f"{self.validators} validators bear no fault: to bear f, QBFT needs 3f+1, so {MIN_VALIDATORS} at least "
                "(one, for development only: --development)"
            )
        if self.validators > MAX_VALIDATORS:
            raise PlanRefused(f"at most {MAX_VALIDATORS} validators")
        if not self.accounts or any(len(account) != 20 for account in self.accounts):
            raise PlanRefused("accounts: expected one address at least; on a list that is empty nobody may send")
        try:
            hosts = IPv4Network(self.subnet).num_addresses - 2
        except ValueError:
            raise PlanRefused("subnet: expected IPv4 such as 172.28.240.0/24") from None
        if hosts < _FIRST_HOST + self.validators:
            raise PlanRefused("subnet: too small for the validators")

    @property
    def names(self) -> tuple[str, ...]:
        """`validator1` …: directories, compose services and host names."""
        return tuple(f"validator{number}" for number in range(1, self.validators + 1))

    def host(self, index: int) -> str:
        """Fixed address of a validator: Besu takes no host names in enode URLs without an early-access option."""
        return str(IPv4Network(self.subnet)[_FIRST_HOST + 1 + index])

    def to_json(self) -> dict[str, Any]:
        """For `plan.json`, sample: {"accounts": ["0x…40 hex"], "chain_id": 990010, "development": false,
        "rpc_port": 8545, "subnet": "172.28.240.0/24", "time": 1767225600, "validators": 4}.
        """
        return {
            "accounts": [f"0x{account.hex()}" for account in self.accounts],
            "chain_id": self.chain_id,
            "development": self.development,
            "rpc_port": self.rpc_port,
            "subnet": self.subnet,
            "time": self.time,
            "validators": self.validators,
        }


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A validator's key: secp256k1 secret of 32 bytes. It signs blocks and names the node to its peers."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != 32 or not 0 < int.from_bytes(self.secret, "big") < _ORDER:
            raise PlanRefused("a node key is not a secp256k1 secret of 32 bytes")

    @property
    def public(self) -> bytes:
        """x || y, 64 bytes."""
        return PublicKey.from_valid_secret(self.secret).format(compressed=False)[1:]

    @property
    def address(self) -> bytes:
        """Last 20 bytes of keccak(x || y): the validator's name in block headers."""
        return keccak256(self.public)[-20:]


def enodes(plan: BesuPlan, keys: Sequence[NodeKey]) -> list[str]:
    """`enode://<128 hex>@<address>:30303`, in order of the validators."""
    return [f"enode://{key.public.hex()}@{plan.host(index)}:{P2P_PORT}" for index, key in enumerate(keys)]


def fingerprint(stated: Consensus) -> str:
    """32 hexadecimal digits to compare by eye: what the folder states, and what was recorded from a node."""
    return hashlib.sha256(cbor.encode(stated.to_map())).hexdigest()[:32]


def consensus(keys: Sequence[NodeKey]) -> Consensus:
    """The validators as a trust bundle states them: whoever holds it can check this chain's seals without a node.

    Raises PlanRefused if two validators have one key.
    """
    try:
        return Consensus(ConsensusKind.QBFT, "", tuple(Validator(a, 1) for a in sorted(key.address for key in keys)))
    except Malformed as error:
        raise PlanRefused(f"validators: {error}") from None
