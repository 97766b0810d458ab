"""AnchorPort over an EVM chain with the AnchorRegistry contract."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.exceptions import BlockNotFound, TransactionNotFound, Web3RPCError

from chain.anchor.evm_account import EvmAccount
from chain.anchor.evm_client import EvmClient, rpc_message
from chain.anchor.evm_events import AnchorEvents
from chain.anchor.evm_health import read_health
from chain.anchor.evm_profile import EMBEDDED, EvmProfile
from chain.anchor.evm_revert import revert_name
from chain.anchor.evm_texts import classify
from chain.anchor.model import (
    Accepted,
    Anchored,
    AnchorRequest,
    Capabilities,
    ChainHead,
    FinalityModel,
    Health,
    NodeInfo,
    NonceState,
    PreparedTx,
    ProofKind,
    Standing,
    Submission,
    TxReceipt,
    Unknown,
)
from chain.anchor.port import ProofSource
from chain.errors import ChainMismatch, ChainRejected, ChainUnavailable
from chain.ports import Clock
from contracts.loader import HASH_ALG_SHA256, HASH_ALG_SM3, load_artifact
from verifier.merkle import TreeHash

T = TypeVar("T")
HASH_ALG: Final = {TreeHash.SHA256: HASH_ALG_SHA256, TreeHash.SM3: HASH_ALG_SM3}
_BASE_GAS: Final = 200_000
_GAS_PER_HASH: Final = {
    TreeHash.SHA256: 12_000,
    TreeHash.SM3: 150_000,
}  # two nodes a proof hash, twice what is measured


@dataclass(frozen=True, slots=True)
class EvmSettings:
    """Where the contract is and how the chain behaves. `from_block`: no anchor is older (bounds log
    queries). `confirmations` counts only where the profile's finality is DEPTH.
    """

    contract: bytes
    profile: EvmProfile = EMBEDDED
    confirmations: int = 0
    from_block: int = 0

    @property
    def finality(self) -> FinalityModel:
        """INSTANT only if the engine is that, and nobody asked for more."""
        return FinalityModel.DEPTH if self.confirmations else self.profile.finality


def origin_id(origin: str) -> bytes:
    """The contract's name of a log: SHA-256 of the origin's UTF-8."""
    return hashlib.sha256(origin.encode()).digest()


class EvmAnchor:
    """Implements `chain.anchor.port.AnchorPort`."""

    def __init__(
        self,
        client: EvmClient,
        account: EvmAccount,
        settings: EvmSettings,
        proofs: ProofSource | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`clock` lets `health` see that a chain stands still; without it, an answering node counts as well."""
        self._client = client
        self._account = account
        self._settings = settings
        self._artifact = load_artifact()
        address = to_checksum_address(settings.contract)
        self._contract: Any = client.w3.eth.contract(address, abi=list(self._artifact.abi))
        self._events = AnchorEvents(self._contract, settings.profile, settings.from_block)
        self._proofs = proofs
        self._clock = clock
        self._checked = False

    def capabilities(self) -> Capabilities:
        s, p = self._settings, self._settings.profile
        kinds = {ProofKind.STORAGE} if p.storage_proof else set()
        if self._proofs is not None:
            kinds.add(self._proofs.kind)
        client = self._client
        return Capabilities(
            client.engine,
            client.chain_id,
            s.contract,
            s.finality,
            s.confirmations,
            p.max_batch,
            p.fee_model,
            frozenset(kinds),
        )

    async def prepare(self, request: AnchorRequest) -> PreparedTx:
        self._checked = False  # once per anchor: the node may have been exchanged behind its address
        await self._check()
        await self._check_allowed(request)
        call = self._contract.functions.anchor(
            origin_id(request.origin), request.size, request.root, request.note_hash, list(request.proof)
        )
        gas = _BASE_GAS + _GAS_PER_HASH[request.hash] * len(request.proof)
        await self._rehearse(call, gas)
        data = bytes.fromhex(call._encode_transaction_data().removeprefix("0x"))
        # "pending" counts transactions of this key that a restored database has forgotten: never replace
        # those
        nonce = await self._client.call(lambda w3: w3.eth.get_transaction_count(self._account.checksummed, "pending"))
        s = self._settings
        return self._account.sign(s.contract, data, nonce, gas, self._client.chain_id, s.profile.fees)

    async def submit(self, tx: PreparedTx) -> Submission:
        try:
            await self._check()
            await self._client.call(lambda w3: w3.eth.send_raw_transaction(tx.raw))
        except Web3RPCError as error:
            return classify(rpc_message(error))
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

    async def standing(self, receipt: TxReceipt) -> Standing:
        await self._check()

        def read(w3: Web3) -> Standing:
            try:
                block = w3.eth.get_block(receipt.block_number)
            except BlockNotFound:
                return Standing.ABSENT
            # read again on instant chains, too: "final" is what the engine promises, not what this node shows
            if bytes(block["hash"]) != receipt.block_hash:
                return Standing.REPLACED
            deep = w3.eth.block_number >= receipt.block_number + self._settings.confirmations
            return Standing.FINAL if deep else Standing.SHALLOW

        return await self._read(read)

    async def nonce_state(self, tx: PreparedTx) -> NonceState:
        await self._check()
        address = self._account.checksummed
        following = await self._read(lambda w3: w3.eth.get_transaction_count(address, "latest"))
        if following > tx.nonce:
            return NonceState.SPENT
        return NonceState.NEXT if following == tx.nonce else NonceState.AHEAD

    async def find(self, origin: str, size: int) -> Anchored | None:
        await self._check()
        name = origin_id(origin)

        def read(w3: Web3) -> Anchored | None:
            root = bytes(self._contract.functions.rootAt(name, size).call())
            return None if root == bytes(32) else self._events.find(w3, name, size, root)

        return await self._read(read)

    async def latest(self, origin: str) -> ChainHead | None:
        await self._check()
        head = self._contract.functions.head(origin_id(origin))
        size, root = await self._read(lambda _: head.call())
        return ChainHead(size, bytes(root)) if size else None

    async def history(self, origin: str) -> Sequence[Anchored]:
        await self._check()
        return await self._read(lambda w3: self._events.all(w3, origin_id(origin)))

    async def finality_proof(self, origin: str, size: int) -> bytes | None:
        if self._proofs is None:
            return None
        found = await self.find(origin, size)
        if found is None:
            return None
        return await self._proofs.fetch(self._client.chain_id, self._settings.contract, origin, found)

    async def node_set(self) -> Sequence[NodeInfo]:
        def read(w3: Web3) -> NodeInfo:
            block = w3.eth.get_block("latest")
            return NodeInfo(1, True, w3.client_version[:100], block["number"], bytes(block["hash"]), "")

        try:
            await self._client.check_chain()
            return (await self._read(read),)
        except (ChainUnavailable, ChainMismatch) as error:
            return (NodeInfo(1, False, "", None, None, str(error)),)

    async def health(self) -> Health:
        try:
            self._checked = False  # ask again: the endpoint may have been exchanged
            await self._check()
            now = None if self._clock is None else self._clock()
            address = self._account.checksummed
            return await self._read(lambda w3: read_health(w3, self._settings.profile, address, now))
        except (ChainUnavailable, ChainMismatch) as error:
            return Health(False, None, str(error))

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

    async def _rehearse(self, call: Any, gas: int) -> None:
        """Run the transaction without sending it: one that must revert would burn a nonce and a fee for nothing."""
        try:
            await self._client.call(lambda _: call.call({"from": self._account.checksummed, "gas": gas}))
        except ChainRejected as error:
            raise ChainRejected(f"the contract would refuse: {error}") from None
        except Web3RPCError as error:
            name = revert_name(error)
            if name is None:
                raise ChainUnavailable(f"the node refuses to answer: {rpc_message(error)}") from None
            raise ChainRejected(f"the contract would refuse: {name}") from None

    async def _read(self, work: Callable[[Web3], T]) -> T:
        try:
            return await self._client.call(work)
        except ChainUnavailable:
            self._checked = False  # what answers next may be another node
            raise
        except Web3RPCError as error:
            raise ChainUnavailable(f"the node refuses to answer: {rpc_message(error)}") from None
