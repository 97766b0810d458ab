"""Which validators a chain has, and how proofs are fetched from it: by profile, beside the EVM adapter."""

from __future__ import annotations

from typing import Any

from chain.anchor import proof_cometbft, proof_qbft
from chain.anchor.comet_client import CometRpc
from chain.anchor.port import ProofSource
from chain.anchor.proof_qbft import JsonRpc
from verifier.consensus import Consensus, ConsensusKind, Validator

_NAMES = {ConsensusKind.COMETBFT: "cometbft", ConsensusKind.QBFT: "qbft"}
_KINDS = {name: kind for kind, name in _NAMES.items()}


async def read_validators(profile: str, rpc: JsonRpc, comet: CometRpc | None) -> Consensus | None:
    """The validators now, None for a chain whose finality nobody can prove. Raises ChainUnavailable.

    The blocks of a `besu` node name them; a `cometbft` node is asked if its RPC is known.
    """
    if profile == "besu":
        return await proof_qbft.read_consensus(rpc)
    if profile == "cometbft" and comet is not None:
        return await proof_cometbft.read_consensus(comet)
    return None


def proof_source(consensus: Consensus | None, rpc: JsonRpc, comet: CometRpc | None) -> ProofSource | None:
    """What fetches proofs from the chain of these validators, None if nothing can."""
    if consensus is None:
        return None
    if consensus.kind is ConsensusKind.QBFT:
        return proof_qbft.QbftProofs(rpc, consensus)
    return None if comet is None else proof_cometbft.CometBftProofs(comet, consensus)


def to_json(consensus: Consensus) -> dict[str, Any]:
    """{"protocol": "cometbft", "network": "net-1", "validators": [["…64 hex", 1000]]}"""
    return {
        "protocol": _NAMES[consensus.kind],
        "network": consensus.network,
        "validators": [[v.key.hex(), v.power] for v in consensus.validators],
    }


def from_json(value: Any) -> Consensus:
    """Read that again. Raises KeyError, TypeError, ValueError or Malformed."""
    validators = tuple(Validator(bytes.fromhex(key), int(power)) for key, power in value["validators"])
    return Consensus(_KINDS[value["protocol"]], str(value["network"]), validators)
