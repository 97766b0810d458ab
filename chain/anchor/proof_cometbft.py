"""Fetching proofs of finality from a CometBFT chain with an EVM module: /abci_query, /commit, /validators.

What a node answers is checked before it is kept, against the validators that were recorded when the contract was
deployed: a proof that nobody can use is not stored in the place of one that could still be fetched.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from chain.anchor.comet_client import CometRpc
from chain.anchor.model import Anchored, ProofKind
from chain.errors import ChainMismatch, ChainUnavailable
from verifier.consensus import MAX_VALIDATORS, Consensus, ConsensusKind, Validator
from verifier.errors import VerifierError
from verifier.finality.cometbft import Commit, Header
from verifier.finality.proof import AnchorProof, CometBftEvidence
from verifier.finality.slots import root_slot
from verifier.policy import ChainTrust

_ED25519: Final = "tendermint/PubKeyEd25519"
_COMMITTED: Final = 2  # BlockIDFlagCommit; 1 is absent, 3 a vote for nil
_HASHES: Final = (
    "last_commit_hash",
    "data_hash",
    "validators_hash",
    "next_validators_hash",
    "consensus_hash",
    "app_hash",
    "last_results_hash",
    "evidence_hash",
)


class CometBftProofs:
    """Implements `chain.anchor.port.ProofSource`."""

    kind = ProofKind.COMETBFT

    def __init__(self, rpc: CometRpc, consensus: Consensus) -> None:
        self._rpc = rpc
        self._consensus = consensus

    async def fetch(self, chain_id: int, contract: bytes, origin: str, anchored: Anchored) -> bytes:
        """Proof from the anchor's own block, or from the newest one if the node has forgotten that state.

        Raises ChainUnavailable, and ChainMismatch for a proof that the recorded validators did not sign.
        """
        key = b"\x02" + contract + root_slot(origin, anchored.size)
        height = anchored.block_number
        found = await self._query(key, height)
        if found is None:
            height = _integer(_member((await self._rpc.get("status", {})), "sync_info", "latest_block_height")) - 1
            found = await self._query(key, height)
        if found is None:
            raise ChainUnavailable("the node proves no state")
        # the state after block h is in the header of h + 1: one block later, which on this chain is a second
        signed = _member(await self._rpc.get("commit", {"height": str(height + 1)}), "signed_header")
        try:
            evidence = CometBftEvidence(_header(signed), _commit(signed), *found)
            proof = AnchorProof(chain_id, contract, origin, anchored.size, anchored.root, evidence)
            AnchorProof.parse(proof.encode()).check(ChainTrust(chain_id, contract, "proof", self._consensus))
        except VerifierError as error:
            raise ChainMismatch(f"the node's proof does not hold: {error}") from None
        return proof.encode()

    async def _query(self, key: bytes, height: int) -> tuple[bytes, bytes] | None:
        """The two ICS23 proofs of a key of the EVM store, None if the node has no state of that height."""
        parameters = {
            "path": '"/store/evm/key"',
            "data": f"0x{key.hex()}",
            "height": str(height),
            "prove": "true",
        }
        answer = _member(await self._rpc.get("abci_query", parameters), "response")
        if not isinstance(answer, Mapping):
            raise ChainUnavailable("the node's answer has no response")
        if answer.get("code") != 0 or not answer.get("proofOps"):
            return None
        operations = _rows(_member(answer, "proofOps", "ops"))
        if len(operations) != 2:
            raise ChainUnavailable("the node's proof has another shape")
        slot, store = (_base64(_member(op, "data")) for op in operations)
        return slot, store


async def read_consensus(rpc: CometRpc) -> Consensus:
    """The validators of the newest block: read once, when the contract is deployed, and pinned from then on.

    Raises ChainUnavailable.
    """
    status = await rpc.get("status", {})
    network = _member(status, "node_info", "network")
    height = str(_member(status, "sync_info", "latest_block_height"))
    rows: list[Any] = []
    for page in range(1, 2 + MAX_VALIDATORS // 100):
        answer = await rpc.get("validators", {"height": height, "page": str(page), "per_page": "100"})
        rows.extend(_rows(_member(answer, "validators")))
        if len(rows) >= _integer(_member(answer, "total")):
            break
    found = sorted((_validator(row) for row in rows), key=lambda v: v.key)
    try:
        return Consensus(ConsensusKind.COMETBFT, str(network), tuple(found))
    except VerifierError as error:
        raise ChainUnavailable(f"the node's validator set cannot be used: {error}") from None


def _validator(row: Any) -> Validator:
    if _member(row, "pub_key", "type") != _ED25519:
        raise ChainUnavailable("a validator's key is not Ed25519")
    return Validator(_base64(_member(row, "pub_key", "value")), _integer(_member(row, "voting_power")))


def _header(signed: Any) -> Header:
    header = _member(signed, "header")
    version, last = _member(header, "version"), _member(header, "last_block_id")
    return Header.from_list(
        [
            _integer(_member(version, "block")),
            _integer(version.get("app", 0)),
            _member(header, "chain_id"),
            _integer(_member(header, "height")),
            *_time(_member(header, "time")),
            _hex(_member(last, "hash")),
            _integer(_member(last, "parts", "total")),
            _hex(_member(last, "parts", "hash")),
            *(_hex(_member(header, name)) for name in _HASHES),
            _hex(_member(header, "proposer_address")),
        ]
    )


def _commit(signed: Any) -> Commit:
    commit = _member(signed, "commit")
    votes = [
        [_hex(_member(s, "validator_address")), *_time(_member(s, "timestamp")), _base64(_member(s, "signature"))]
        for s in _rows(_member(commit, "signatures"))
        if _member(s, "block_id_flag") == _COMMITTED
    ]
    parts = _member(commit, "block_id", "parts")
    total, digest = _integer(_member(parts, "total")), _hex(_member(parts, "hash"))
    return Commit.from_list([_integer(_member(commit, "round")), total, digest, sorted(votes)])


def _member(value: Any, *names: str) -> Any:
    for name in names:
        if not isinstance(value, Mapping) or name not in value:
            raise ChainUnavailable(f"the node's answer has no {name}")
        value = value[name]
    return value


def _rows(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ChainUnavailable("the node's answer: a list was expected")
    return value


def _integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):  # 1e999 is a number in JSON
        raise ChainUnavailable("the node's answer: a number was expected") from None


def _hex(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise ChainUnavailable("the node's answer: hexadecimal was expected") from None


def _base64(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise ChainUnavailable("the node's answer: base64 was expected") from None


def _time(value: Any) -> tuple[int, int]:
    """Seconds and nanoseconds of RFC 3339 with up to nine decimals, as Go writes it: more than datetime holds."""
    try:
        whole, _, fraction = value.removesuffix("Z").partition(".")
        seconds = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC).timestamp()
        return int(seconds), int(fraction[:9].ljust(9, "0"))
    except (AttributeError, ValueError):
        raise ChainUnavailable("the node's answer: a time was expected") from None
