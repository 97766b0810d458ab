"""The proof that an anchor is final: a file that needs neither the node it came from nor the network.

    {1: "anchor-proof/1", 2: 7301, 3: h'…20', 4: "log.minzheng.example/sm3-2026", 5: 20852163, 6: h'…32', 7: 1,
     8: {1: header, 2: commit, 3: h'ics23 iavl', 4: h'ics23 simple'}}                                       CometBFT
    {1: "anchor-proof/1", 2: 7302, 3: h'…20', 4: "log.minzheng.example/sm3-2026", 5: 20852163, 6: h'…32', 7: 2,
     8: {1: h'header RLP', 2: [h'node' …], 3: [h'node' …]}}                                                     QBFT

It shows that the contract's storage held `rootAt(origin, size) = root` in a block that the validators of the trust
bundle made final. The block is the one whose header they signed: the anchor was made in it or before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from .. import cbor, fields
from ..consensus import Consensus, ConsensusKind
from ..errors import Malformed, ProofInvalid, Unsupported
from ..merkle import MAX_TREE_SIZE
from ..policy import ChainTrust
from . import cometbft, mpt, qbft, rlp
from .ics23 import Existence
from .slots import root_slot

FORMAT: Final = "anchor-proof"
VERSION: Final = "anchor-proof/1"
MAX_BYTES: Final = 64 * 1024
_STORE: Final = b"evm"
_STORAGE_PREFIX: Final = b"\x02"  # the EVM module's key: 0x02 || contract || slot
_NO_ROOT: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class CometBftEvidence:
    """Header of block h + 1 and its commit; the slot in the EVM store after block h, the store in the state."""

    header: cometbft.Header
    commit: cometbft.Commit
    slot_proof: bytes
    store_proof: bytes

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: list(self.header.values), 2: self.commit.to_list(), 3: self.slot_proof, 4: self.store_proof}

    @classmethod
    def from_map(cls, value: object) -> CometBftEvidence:
        """Parse the wire form. Raises Malformed."""
        m = fields.mapping(FORMAT, value, (1, 2, 3, 4))
        header, commit = cometbft.Header.from_list(m[1]), cometbft.Commit.from_list(m[2])
        return cls(header, commit, fields.octets(FORMAT, m, 3), fields.octets(FORMAT, m, 4))

    def check(self, consensus: Consensus, contract: bytes, slot: bytes) -> bytes:
        """What the slot holds, 32 bytes. Raises ProofInvalid or Malformed."""
        cometbft.check_commit(self.header, self.commit, consensus)
        store, entry = Existence.parse(self.store_proof), Existence.parse(self.slot_proof)
        if store.key != _STORE or store.simple_root() != self.header.app_hash:
            raise ProofInvalid("store", "not the EVM store of the signed state")
        if entry.key != _STORAGE_PREFIX + contract + slot:
            raise ProofInvalid("slot", "of another contract, log or size")
        if entry.iavl_root() != store.value:
            raise ProofInvalid("slot", "not in the EVM store")
        if len(entry.value) != 32:
            raise ProofInvalid("slot", "not a word")
        return entry.value


@dataclass(frozen=True, slots=True)
class QbftEvidence:
    """Header of the block with its seals; the contract's account in the state, the slot in the account's storage."""

    header: qbft.Header
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        return {1: self.header.raw, 2: list(self.account_proof), 3: list(self.storage_proof)}

    @classmethod
    def from_map(cls, value: object) -> QbftEvidence:
        """Parse the wire form. Raises Malformed."""
        m = fields.mapping(FORMAT, value, (1, 2, 3))
        return cls(qbft.Header.parse(fields.octets(FORMAT, m, 1)), _nodes(m, 2), _nodes(m, 3))

    def check(self, consensus: Consensus, contract: bytes, slot: bytes) -> bytes:
        """What the slot holds, 32 bytes. Raises ProofInvalid or Malformed."""
        qbft.check_seals(self.header, consensus)
        account = rlp.elements(rlp.decode(mpt.value_at(self.header.state_root, contract, self.account_proof)))
        if len(account) != 4:  # nonce, balance, storage root, code hash
            raise Malformed(FORMAT, "account")
        value = rlp.decode(mpt.value_at(rlp.octets(account[2], 32), slot, self.storage_proof))
        return rlp.scalar(value, 32).to_bytes(32, "big")


Evidence = CometBftEvidence | QbftEvidence
_KINDS: Final[dict[ConsensusKind, type[CometBftEvidence] | type[QbftEvidence]]] = {
    ConsensusKind.COMETBFT: CometBftEvidence,
    ConsensusKind.QBFT: QbftEvidence,
}


@dataclass(frozen=True, slots=True)
class AnchorProof:
    """A parsed proof. Nothing in it counts before `check`."""

    chain_id: int
    contract: bytes
    origin: str
    size: int
    root: bytes
    evidence: Evidence

    @property
    def block_number(self) -> int:
        """Number of the block whose header the validators signed."""
        header = self.evidence.header
        return header.height if isinstance(header, cometbft.Header) else header.number

    @property
    def block_hash(self) -> bytes:
        """That block's hash, as the chain itself counts it."""
        header = self.evidence.header
        return header.hash() if isinstance(header, cometbft.Header) else header.block_hash

    @property
    def block_time(self) -> int:
        """That block's time, seconds UTC: the anchor is not younger."""
        return self.evidence.header.time

    @staticmethod
    def recognises(data: bytes) -> bool:
        """Whether bytes begin as such a file does, and not as an observation."""
        return data[3:16] == b"anchor-proof/"

    def encode(self) -> bytes:
        """File bytes (anchor-proof.cbor)."""
        kind = ConsensusKind.COMETBFT if isinstance(self.evidence, CometBftEvidence) else ConsensusKind.QBFT
        values = (
            VERSION,
            self.chain_id,
            self.contract,
            self.origin,
            self.size,
            self.root,
            int(kind),
            self.evidence.to_map(),
        )
        return cbor.encode(dict(enumerate(values, start=1)))

    @classmethod
    def parse(cls, data: bytes) -> AnchorProof:
        """Parse file bytes. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, cbor.decode(data, max_bytes=MAX_BYTES), range(1, 9))
        if fields.text(FORMAT, m, 1, 32) != VERSION:
            raise Unsupported("anchor proof: version not known")
        number = fields.uint(FORMAT, m, 7)
        if number not in tuple(ConsensusKind):
            raise Unsupported("anchor proof: protocol not known")
        return cls(
            fields.uint(FORMAT, m, 2),
            fields.octets(FORMAT, m, 3, 20),
            fields.text(FORMAT, m, 4, 200),
            fields.uint(FORMAT, m, 5, MAX_TREE_SIZE),
            fields.octets(FORMAT, m, 6, 32),
            _KINDS[ConsensusKind(number)].from_map(m[8]),
        )

    def check_among(self, chains: Iterable[ChainTrust]) -> None:
        """`check` against a bundle's chains: one contract may stand there several times, under the validators that its
        chain had one after another. Raises what the last of these says, or ProofInvalid if there is none.
        """
        refusal: ProofInvalid | Unsupported = ProofInvalid("chain", "not in the trust bundle")
        for chain in chains:
            if (chain.chain_id, chain.contract) == (self.chain_id, self.contract):
                try:
                    return self.check(chain)
                except (ProofInvalid, Unsupported) as error:
                    refusal = error
        raise refusal

    def check(self, chain: ChainTrust) -> None:
        """Whether the chain and contract of the trust bundle hold this root at this size, for good.

        Raises ProofInvalid, Malformed for evidence that is not of its format inside, Unsupported for a chain of which
        the bundle states no validators.
        """
        consensus = chain.consensus
        if (chain.chain_id, chain.contract) != (self.chain_id, self.contract):
            raise ProofInvalid("chain", "of another chain or contract")
        if consensus is None:
            raise Unsupported("anchor proof: the trust bundle names no validators of this chain")
        if not isinstance(self.evidence, _KINDS[consensus.kind]):
            raise ProofInvalid("protocol", "the chain has another protocol")
        found = self.evidence.check(consensus, self.contract, root_slot(self.origin, self.size))
        if found != self.root or found == _NO_ROOT:
            raise ProofInvalid("root", "the slot holds another value")


def _nodes(m: dict[Any, Any], key: int) -> tuple[bytes, ...]:
    nodes = fields.array(FORMAT, m, key, mpt.MAX_NODES)
    if any(type(node) is not bytes for node in nodes):
        raise Malformed(FORMAT, "nodes")
    return tuple(nodes)
