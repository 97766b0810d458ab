"""A QBFT chain as its JSON-RPC shows it: state and proofs of a real EVM engine, headers sealed by test validators.

Besu itself cannot run here. What is Besu's is the header: extraData, the constant mix hash, difficulty 1, the block's
hash without seals and round, the seals over the header with the round. This is written with the packages rlp,
eth_keys and eth_utils, and shares no code with the verifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import rlp
from eth_keys import keys
from eth_utils.crypto import keccak
from trie import HexaryTrie

from chain.anchor.evm_embedded import EmbeddedChain

MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
SECRETS = tuple(bytes(31) + bytes([0x81 + i]) for i in range(4))
BEFORE_LONDON = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)
FORKS = {
    "berlin": (),
    "london": ("baseFeePerGas",),
    "shanghai": ("baseFeePerGas", "withdrawalsRoot"),
    "cancun": ("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot"),
}
FORKS["prague"] = (*FORKS["cancun"], "requestsHash")
LATER = FORKS["prague"]
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}


class Rpc(Protocol):
    async def request(self, method: str, parameters: list[Any]) -> Any: ...


def address_of(secret: bytes) -> bytes:
    return keys.PrivateKey(secret).public_key.to_canonical_address()


@dataclass
class QbftNode:
    """Answers as a Besu node of a chain with these validators. `sealers` seal, by default all of them."""

    inner: Rpc
    secrets: Sequence[bytes] = SECRETS
    sealers: Sequence[bytes] | None = None
    fork: str = "london"
    round: int = 0
    named_by_contract: bool = False
    vote: list[bytes] = field(default_factory=list)

    @property
    def validators(self) -> list[bytes]:
        return sorted(address_of(secret) for secret in self.secrets)

    async def request(self, method: str, parameters: list[Any]) -> Any:
        if method == "qbft_getValidatorsByBlockNumber":
            return [f"0x{address.hex()}" for address in self.validators]
        answer = await self.inner.request(method, parameters)
        return self.sealed(answer) if method == "eth_getBlockByNumber" else answer

    def sealed(self, block: dict[str, Any]) -> dict[str, Any]:
        """The block with a QBFT header over the same state."""
        made = {name: block[name] for name in BEFORE_LONDON}
        made.update({name: block.get(name) or "0x" + "00" * 32 for name in FORKS[self.fork] if name not in NUMBERS})
        made.update({name: block.get(name) or "0x7" for name in FORKS[self.fork] if name in NUMBERS})
        made.update({"difficulty": "0x1", "mixHash": MIX_HASH, "nonce": "0x0000000000000000"})
        message = header(made, self.extra(self.round, []))
        sealers = self.secrets if self.sealers is None else self.sealers
        seals = [seal(secret, message) for secret in sealers]
        made["hash"] = "0x" + keccak(header(made, self.extra(0, []))).hex()
        made["extraData"] = "0x" + self.extra(self.round, seals).hex()
        return made

    def extra(self, round_: int, seals: Sequence[bytes]) -> bytes:
        validators = [] if self.named_by_contract else self.validators
        vanity = b"besu".ljust(32, b"\0")
        encoded: bytes = rlp.encode([vanity, validators, self.vote, rlp.sedes.big_endian_int.serialize(round_), seals])
        return encoded


def seal(secret: bytes, message: bytes) -> bytes:
    """r || s || recovery id."""
    return keys.PrivateKey(secret).sign_msg(message).to_bytes()


def header(block: dict[str, Any], extra: bytes) -> bytes:
    """Header RLP with that extraData."""
    names = [*BEFORE_LONDON, *(name for name in LATER if name in block)]
    values = []
    for name in names:
        if name == "extraData":
            values.append(extra)
        elif name in NUMBERS:
            values.append(rlp.sedes.big_endian_int.serialize(int(block[name], 16)))
        else:
            values.append(bytes.fromhex(block[name][2:]))
    encoded: bytes = rlp.encode(values)
    return encoded


class PyEvmRpc:
    """eth_getProof and eth_getBlockByNumber of the in-process chain, which has neither in this form."""

    def __init__(self, chain: EmbeddedChain) -> None:
        self._chain = chain

    async def request(self, method: str, parameters: list[Any]) -> Any:
        chain = self._chain._backend.chain
        if method == "eth_blockNumber":
            return hex(chain.get_canonical_head().block_number)
        number = int(parameters[2 if method == "eth_getProof" else 0], 16)
        head = chain.get_canonical_block_header_by_number(number)
        if method == "eth_getBlockByNumber":
            return _json(head)
        assert method == "eth_getProof", method
        address, slot = bytes.fromhex(parameters[0][2:]), bytes.fromhex(parameters[1][0][2:])
        database = chain.chaindb.db
        account = _proof(database, head.state_root, keccak(address))
        storage_root = rlp.decode(HexaryTrie(database, head.state_root).get(keccak(address)))[2]
        return {
            "accountProof": account,
            "storageProof": [{"proof": _proof(database, storage_root, keccak(slot))}],
        }


def _proof(database: Any, root: bytes, key: bytes) -> list[str]:
    nodes = HexaryTrie(database, root).get_proof(key)
    encoded = [rlp.encode(node) for node in nodes]
    return ["0x" + raw.hex() for i, raw in enumerate(encoded) if i == 0 or len(raw) >= 32]


def _json(head: Any) -> dict[str, Any]:
    def data(value: bytes) -> str:
        return "0x" + bytes(value).hex()

    return {
        "parentHash": data(head.parent_hash),
        "sha3Uncles": data(head.uncles_hash),
        "miner": data(head.coinbase),
        "stateRoot": data(head.state_root),
        "transactionsRoot": data(head.transaction_root),
        "receiptsRoot": data(head.receipt_root),
        "logsBloom": data(head.bloom.to_bytes(256, "big")),
        "difficulty": hex(head.difficulty),
        "number": hex(head.block_number),
        "gasLimit": hex(head.gas_limit),
        "gasUsed": hex(head.gas_used),
        "timestamp": hex(head.timestamp),
        "extraData": data(head.extra_data),
        "mixHash": data(head.mix_hash),
        "nonce": data(head.nonce),
        "baseFeePerGas": hex(head.base_fee_per_gas),
        "withdrawalsRoot": data(head.withdrawals_root),
        "blobGasUsed": hex(head.blob_gas_used),
        "excessBlobGas": hex(head.excess_blob_gas),
        "parentBeaconBlockRoot": data(head.parent_beacon_block_root),
    }
