"""Fetching proofs of finality from a QBFT chain (Besu): eth_getProof and the block with its seals.

The header's RLP is rebuilt from the JSON of `eth_getBlockByNumber`; that it was rebuilt rightly shows in its hash.
What a node answers is checked before it is kept, against the validators recorded when the contract was deployed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from chain.anchor.model import Anchored, ProofKind
from chain.errors import ChainMismatch, ChainUnavailable
from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.errors import VerifierError
from verifier.finality import rlp
from verifier.finality.proof import AnchorProof, QbftEvidence
from verifier.finality.qbft import Header
from verifier.finality.slots import root_slot
from verifier.policy import ChainTrust

_LATEST: Final = "latest"
_ALWAYS: Final = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
)
_LATER: Final = (
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
)
_NUMBERS: Final = frozenset(
    {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}
)


class JsonRpc(Protocol):
    """A node's Ethereum JSON-RPC, answers as they come."""

    async def request(self, method: str, parameters: list[Any]) -> Any:
        """The `result`; None is a possible one. Raises ChainUnavailable for no answer and for an error."""


class QbftProofs:
    """Implements `chain.anchor.port.ProofSource`."""

    kind = ProofKind.QBFT

    def __init__(self, rpc: JsonRpc, consensus: Consensus) -> None:
        self._rpc = rpc
        self._consensus = consensus

    async def fetch(self, chain_id: int, contract: bytes, origin: str, anchored: Anchored) -> bytes:
        """Proof from the anchor's own block, or from the newest one if the node has forgotten that state.

        Raises ChainUnavailable, and ChainMismatch for a proof that the recorded validators did not seal.
        """
        slot = root_slot(origin, anchored.size)
        try:
            header, proof = await self._at(hex(anchored.block_number), contract, slot)
        except ChainUnavailable:
            newest = await self._rpc.request("eth_blockNumber", [])
            header, proof = await self._at(str(newest), contract, slot)
        try:
            evidence = QbftEvidence(Header.parse(header), *proof)
            made = AnchorProof(chain_id, contract, origin, anchored.size, anchored.root, evidence)
            AnchorProof.parse(made.encode()).check(ChainTrust(chain_id, contract, "proof", self._consensus))
        except VerifierError as error:
            raise ChainMismatch(f"the node's proof does not hold: {error}") from None
        return made.encode()

    async def _at(
        self, block: str, contract: bytes, slot: bytes
    ) -> tuple[bytes, tuple[tuple[bytes, ...], tuple[bytes, ...]]]:
        answer = await self._rpc.request("eth_getProof", [f"0x{contract.hex()}", [f"0x{slot.hex()}"], block])
        header = await self._rpc.request("eth_getBlockByNumber", [block, False])
        try:
            storage = answer["storageProof"][0]["proof"]
            return header_rlp(header), (_nodes(answer["accountProof"]), _nodes(storage))
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            raise ChainUnavailable("the node proves no state") from None


async def read_consensus(rpc: JsonRpc) -> Consensus:
    """The validators of the newest block: read once, when the contract is deployed, and pinned from then on.

    Out of the header. The QBFT API, which has votes in it too and need not be open, is asked only where a contract
    names the validators and the header does not. Raises ChainUnavailable.
    """
    number = await rpc.request("eth_blockNumber", [])
    newest = await rpc.request("eth_getBlockByNumber", [str(number), False])
    try:
        named = Header.parse(header_rlp(newest)).validators
    except (KeyError, TypeError, ValueError, AttributeError, VerifierError):
        raise ChainUnavailable("the node's newest block is no QBFT block") from None
    addresses = named or await rpc.request("qbft_getValidatorsByBlockNumber", [_LATEST])
    try:
        keys = sorted(a if isinstance(a, bytes) else _octets(a) for a in addresses)
        return Consensus(ConsensusKind.QBFT, "", tuple(Validator(key, 1) for key in keys))
    except (TypeError, ValueError, VerifierError):
        raise ChainUnavailable("the node's validator set cannot be used") from None


def header_rlp(block: Mapping[str, Any]) -> bytes:
    """RLP of a block's header from its JSON. Later forks append members, none of which may be missing in between.

    Raises ValueError, KeyError or TypeError for what is no such JSON.
    """
    later = [block.get(name) for name in _LATER]
    present = len(later) - later.count(None)
    if None in later[:present]:
        raise ValueError("a header member is missing between others")
    names = (*_ALWAYS, *_LATER[:present])
    return rlp.encode([_number(block[n]) if n in _NUMBERS else _octets(block[n]) for n in names])


def _number(value: Any) -> bytes:
    number = int(value, 16)
    if number < 0:
        raise ValueError("a number below zero")
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _octets(value: Any) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("0x and hexadecimal was expected")
    return bytes.fromhex(value[2:])


def _nodes(values: list[Any]) -> tuple[bytes, ...]:
    """Nodes of a proof. Some nodes list embedded ones too, which stand inside their parents already."""
    nodes = [_octets(value) for value in values]
    return tuple(node for i, node in enumerate(nodes) if i == 0 or len(node) >= 32)
