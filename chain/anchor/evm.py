"""AnchorPort over an EVM chain with the AnchorRegistry contract."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.exceptions import BlockNotFound, TransactionNotFound, Web3RPCError

from chain.anchor.evm_account import EvmAccount, Fees
from chain.anchor.evm_client import EvmClient, rpc_message
from chain.anchor.model import (
    Accepted,
    Anchored,
    AnchorRequest,
    Capabilities,
    ChainHead,
    Health,
    PreparedTx,
    Rejected,
    Submission,
    TxReceipt,
    Unknown,
)
from chain.errors import ChainMismatch, ChainRejected, ChainUnavailable
from contracts.loader import HASH_ALG_SHA256, HASH_ALG_SM3, load_artifact
from verifier.merkle import TreeHash

T = TypeVar("T")
HASH_ALG: Final = {TreeHash.SHA256: HASH_ALG_SHA256, TreeHash.SM3: HASH_ALG_SM3}
_BASE_GAS: Final = 200_000
_GAS_PER_HASH: Final = {
    TreeHash.SHA256: 12_000,
    TreeHash.SM3: 150_000,
}  # two nodes a proof hash, twice what is measured
# Words of geth, Besu, anvil, py-evm and CometBFT chains. What is not listed is treated as Unknown: the same
# bytes go out
# again, which is safe whatever the node meant.
_KNOWN_ALREADY: Final = ("already known", "already imported", "already exists", "known transaction", "in cache")
_NONCE_SPENT: Final = ("nonce too low", "invalid nonce", "invalid transaction nonce", "nonce is too low")
_FOR_NOW: Final = (
    "insufficient funds",
    "insufficient fee",
    "mempool is full",
    "txpool is full",
    "underpriced",
    "fee cap",
)


@dataclass(frozen=True, slots=True)
class EvmSettings:
    """Where the contract is and how the chain behaves. `from_block`: no anchor is older (bounds log
    queries).
    """

    contract: bytes
    confirmations: int = 0
    from_block: int = 0
    fees: Fees = field(default_factory=Fees)


def origin_id(origin: str) -> bytes:
    """The contract's name of a log: SHA-256 of the origin's UTF-8."""
    return hashlib.sha256(origin.encode()).digest()


class EvmAnchor:
    """Implements `chain.anchor.port.AnchorPort`."""

    def __init__(self, client: EvmClient, account: EvmAccount, settings: EvmSettings) -> None:
        self._client = client
        self._account = account
        self._settings = settings
        self._artifact = load_artifact()
        address = to_checksum_address(settings.contract)
        self._contract: Any = client.w3.eth.contract(address, abi=list(self._artifact.abi))
        self._checked = False

    def capabilities(self) -> Capabilities:
        s = self._settings
        return Capabilities(self._client.engine, self._client.chain_id, s.contract, s.confirmations, 1, False, False)

    async def prepare(self, request: AnchorRequest) -> PreparedTx:
        await self._check()
        await self._check_allowed(request)
        call = self._contract.functions.anchor(
            origin_id(request.origin), request.size, request.root, request.note_hash, list(request.proof)
        )
        data = bytes.fromhex(call._encode_transaction_data().removeprefix("0x"))
        # "pending" counts transactions of this key that a restored database has forgotten: never replace
        # those
        nonce = await self._client.call(lambda w3: w3.eth.get_transaction_count(self._account.checksummed, "pending"))
        gas = _BASE_GAS + _GAS_PER_HASH[request.hash] * len(request.proof)
        s = self._settings
        return self._account.sign(s.contract, data, nonce, gas, self._client.chain_id, s.fees)

    async def submit(self, tx: PreparedTx) -> Submission:
        try:
            await self._check()
            await self._client.call(lambda w3: w3.eth.send_raw_transaction(tx.raw))
        except Web3RPCError as error:
            return _classify(rpc_message(error))
        except ChainUnavailable as error:
            return Unknown(str(error))
        return Accepted()

    async def receipt(self, tx_hash: bytes) -> TxReceipt | None:
        await self._check()

        def read(w3: Web3) -> TxReceipt | None:
            try:
                found = w3.eth.get_transaction_receipt(tx_hash)  # type: ignore[arg-type]
                block = w3.eth.get_block(found["blockHash"])
            except (TransactionNotFound, BlockNotFound):
                return None
            return TxReceipt(found["status"] == 1, found["blockNumber"], bytes(found["blockHash"]), block["timestamp"])

        return await self._read(read)

    async def is_final(self, receipt: TxReceipt) -> bool:
        def read(w3: Web3) -> bool:
            try:
                block = w3.eth.get_block(receipt.block_number)
            except BlockNotFound:
                return False
            deep = w3.eth.block_number >= receipt.block_number + self._settings.confirmations
            return deep and bytes(block["hash"]) == receipt.block_hash

        return await self._read(read)

    async def find(self, origin: str, size: int) -> Anchored | None:
        await self._check()
        name = origin_id(origin)
        event = self._contract.events.Anchored

        def read(w3: Web3) -> Anchored | None:
            root = bytes(self._contract.functions.rootAt(name, size).call())
            if root == bytes(32):
                return None
            logs = event.get_logs(
                from_block=self._settings.from_block, argument_filters={"originId": name, "size": size}
            )
            matching = [log for log in logs if bytes(log["args"]["root"]) == root]
            if len(matching) != 1:
                raise ChainUnavailable("the contract's root and its events disagree for now")
            log = matching[0]
            block = w3.eth.get_block(log["blockHash"])
            return Anchored(
                size,
                root,
                bytes(log["args"]["noteHash"]),
                bytes(log["transactionHash"]),
                log["blockNumber"],
                bytes(log["blockHash"]),
                block["timestamp"],
            )

        return await self._read(read)

    async def latest(self, origin: str) -> ChainHead | None:
        await self._check()
        head = self._contract.functions.head(origin_id(origin))
        size, root = await self._read(lambda _: head.call())
        return ChainHead(size, bytes(root)) if size else None

    async def health(self) -> Health:
        try:
            self._checked = False  # ask again: the endpoint may have been exchanged
            await self._check()
            number = await self._read(lambda w3: w3.eth.block_number)
        except (ChainUnavailable, ChainMismatch) as error:
            return Health(False, None, str(error))
        return Health(True, number, "")

    async def _check(self) -> None:
        """Right chain, right code: an address without our exact contract would answer reads with zeros."""
        if self._checked:
            return
        await self._client.check_chain()
        code = await self._read(lambda w3: w3.eth.get_code(self._contract.address))
        if bytes(code) != self._artifact.deployed_bytecode:
            raise ChainMismatch("the contract's code is not that of AnchorRegistry")
        self._checked = True

    async def _check_allowed(self, request: AnchorRequest) -> None:
        f = self._contract.functions
        hash_alg, _, _ = await self._read(lambda _: f.logInfo(origin_id(request.origin)).call())
        if hash_alg != HASH_ALG[request.hash]:
            raise ChainRejected("the contract does not know this log, or knows it with another hash")
        if not await self._read(lambda _: f.isSubmitter(self._account.checksummed).call()):
            raise ChainRejected("the contract does not know this key as a submitter")

    async def _read(self, work: Callable[[Web3], T]) -> T:
        try:
            return await self._client.call(work)
        except Web3RPCError as error:
            raise ChainUnavailable(f"the node refuses to answer: {rpc_message(error)}") from None


def _classify(message: str) -> Submission:
    if any(words in message for words in _KNOWN_ALREADY):
        return Accepted()
    if any(words in message for words in _NONCE_SPENT):
        return Rejected(message, spent=True)
    if any(words in message for words in _FOR_NOW):
        return Rejected(message, spent=False)
    return Unknown(message)
