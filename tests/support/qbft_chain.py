"""One block of a QBFT chain, built from the Yellow Paper by other libraries than the verifier's: proofs for tests.

State and storage have a single leaf each: what tries of any size look like is tested with the trie reader itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_keys.datatypes import PrivateKey
from eth_utils import keccak

from tests.support import kit
from verifier.consensus import Consensus, ConsensusKind, Validator
from verifier.finality.proof import AnchorProof, QbftEvidence
from verifier.finality.qbft import MIX_HASH, Header
from verifier.finality.slots import root_slot
from verifier.policy import ChainTrust

KEYS = tuple(PrivateKey(keccak(b"validator" + bytes([i]))) for i in range(4))
STRANGER = PrivateKey(keccak(b"no validator"))


def validators(keys: Sequence[PrivateKey] = KEYS) -> Consensus:
    """The set that a trust bundle states."""
    addresses = sorted(k.public_key.to_canonical_address() for k in keys)
    return Consensus(ConsensusKind.QBFT, "", tuple(Validator(a, 1) for a in addresses))


def chain_trust(consensus: Consensus | None = None) -> ChainTrust:
    """The chain of `kit` with its validators."""
    return ChainTrust(kit.CHAIN_ID, kit.CONTRACT, "test chain", consensus or validators())


@dataclass(frozen=True)
class Anchor:
    """What the contract's storage holds; `sealers` sign the block."""

    origin: str
    size: int
    root: bytes
    chain_id: int = kit.CHAIN_ID
    contract: bytes = kit.CONTRACT
    sealers: Sequence[PrivateKey] = KEYS[:3]
    listed: Sequence[PrivateKey] = KEYS

    def proof(self, **claimed: Any) -> bytes:
        """The proof's file; `claimed` overrides what it says about itself."""
        storage, storage_root = _leaf(root_slot(self.origin, self.size), rlp.encode(self.root.lstrip(b"\0")))
        account = rlp.encode([1, 0, storage_root, keccak(b"code")])
        state, state_root = _leaf(self.contract, account)
        evidence = QbftEvidence(Header.parse(self._header(state_root)), (state,), (storage,))
        values: dict[str, Any] = {
            "chain_id": self.chain_id,
            "contract": self.contract,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            **claimed,
        }
        return AnchorProof(**values, evidence=evidence).encode()

    def _header(self, state_root: bytes) -> bytes:
        addresses = sorted(k.public_key.to_canonical_address() for k in self.listed)

        def header(seals: list[bytes]) -> bytes:
            extra = rlp.encode([bytes(32), addresses, [], 0, seals])
            front = [bytes(32), bytes(32), bytes(20), state_root, bytes(32), bytes(32), bytes(256)]
            numbers = [1, 81, 30_000_000, 50_000, kit.AT - kit.DAY + 120]
            return rlp.encode([*front, *numbers, extra, MIX_HASH, bytes(8)])  # type: ignore[no-any-return]

        digest = keccak(header([]))
        return header([k.sign_msg_hash(digest).to_bytes() for k in self.sealers])


def _leaf(key: bytes, value: bytes) -> tuple[bytes, bytes]:
    """The only node of a trie with one entry, and its root."""
    node = rlp.encode([b"\x20" + keccak(key), value])
    return node, keccak(node)
