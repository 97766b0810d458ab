"""py-evm under eth-tester, made a function of its inputs: no random `mix_hash`, no clock, state in a store
of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.exceptions import TransactionNotFound as NotIndexed
from eth.vm.forks.prague import PragueVM
from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-untyped]
from eth_tester.backends.pyevm.serializers import serialize_transaction_receipt  # type: ignore[import-untyped]
from eth_tester.exceptions import TransactionNotFound  # type: ignore[import-untyped]

from chain.anchor.evm_state import StateFile

GAS_LIMIT: Final = 30_000_000


class _Chain(MiningChain):
    """Prague rules from the first block; the gas limit stays that of the genesis block."""

    vm_configuration = ((0, PragueVM),)  # type: ignore[assignment]

    def create_header_from_parent(self, parent_header: Any, **header_params: Any) -> Any:
        return super().create_header_from_parent(
            parent_header, **{**header_params, "gas_limit": parent_header.gas_limit}
        )

    def get_transaction_builder(self) -> Any:
        return self.get_vm().get_transaction_builder()


class Backend(PyEVMBackend):  # type: ignore[misc]  # eth-tester has no types
    """The chain on one state file. `alloc` (address -> wei) and `time` make the genesis block of a new
    file.
    """

    def __init__(self, state: StateFile, chain_id: int, time: int, alloc: Mapping[bytes, int]) -> None:
        self.account_keys = ()
        kind: Any = type("EmbeddedEvmChain", (_Chain,), {"chain_id": chain_id})
        database = AtomicDB(state)
        if state.position() is None:
            parameters = PyEVMBackend.generate_genesis_params({"timestamp": time, "gas_limit": GAS_LIMIT})
            accounts = {
                address: {"balance": wei, "storage": {}, "code": b"", "nonce": 0} for address, wei in alloc.items()
            }
            self.chain = kind.from_genesis(database, parameters, accounts)
        else:
            self.chain = kind(database)
        self._state = state

    def apply(self, raw: bytes, time: int) -> bytes:
        """Put one transaction into one block and close it; returns the block's hash. py-evm's errors pass
        through.
        """
        self.chain.header = self.chain.header.copy(timestamp=time)
        transaction = self.chain.get_transaction_builder().decode(raw)
        _, receipt, _ = self.chain.apply_transaction(transaction)
        block = self.chain.mine_block(coinbase=bytes(20), mix_hash=bytes(32), blob_gas_used=0)
        self._state.add_events(block.number, [(log.address, log.topics) for log in receipt.logs])
        return bytes(block.hash)

    def discard_pending(self) -> None:
        """Forget what a refused transaction did to the pending block."""
        self.chain.header = self.chain.ensure_header()

    def head_time(self) -> int:
        """Time of the last closed block."""
        return int(self.chain.get_canonical_head().timestamp)

    def knows(self, tx_hash: bytes) -> bool:
        """Whether the transaction is in a block."""
        try:
            self.chain.chaindb.get_transaction_index(tx_hash)
        except NotIndexed:
            return False
        return True

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        """As eth-tester's, but by index instead of a walk back over all blocks."""
        try:
            number, index = self.chain.chaindb.get_transaction_index(transaction_hash)
        except NotIndexed:
            raise TransactionNotFound("no such transaction") from None
        block = self.chain.get_canonical_block_by_number(number)
        receipts = block.get_receipts(self.chain.chaindb)
        transaction = block.transactions[index]
        return serialize_transaction_receipt(block, receipts, transaction, index, False, self.chain.get_vm())


def tester(backend: Backend) -> Any:
    """eth-tester over the backend, for web3's provider."""
    return EthereumTester(backend)
