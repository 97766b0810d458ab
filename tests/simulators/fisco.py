"""FISCO BCOS 3.9 and later as its Web3 RPC shows itself, in front of an anvil that does the work.

Read in the node's source (bcos-rpc/web3jsonrpc) and kept here:

* no eth_getProof, eth_feeHistory, eth_createAccessList, eth_getBlockReceipts;
* a batch may hold 8 calls;
* eth_call, eth_getCode, eth_getStorageAt and eth_getTransactionCount answer for the newest block, whatever was asked
  for; only "pending" asks the transaction pool;
* the gas limit of every block is 30 million, its base fee 0, a gas price of 0 is taken, accounts hold no money;
* a block's hash is a hash of FISCO's own header: not keccak of the Ethereum fields, whose roots are not Ethereum's;
* a refused transaction is named by its status (`NonceCheckFail`, `TxPoolIsFull` …), a revert by status 16.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from tests.simulators.rpc_proxy import RpcError, RpcProxy

ANVIL_FLAGS: Final = ("--gas-price", "0", "--block-base-fee-per-gas", "0", "--disable-min-priority-fee")
MAX_BATCH: Final = 8
VERSION: Final = "FISCO-BCOS-Web3RPC/3.16.4"
_GAS_LIMIT: Final = hex(30_000_000)
_ZERO32: Final = "0x" + "00" * 32
_MISSING: Final = ("eth_getProof", "eth_feeHistory", "eth_createAccessList", "eth_getBlockReceipts")
_STATE: Final = {"eth_call": 1, "eth_getCode": 1, "eth_getStorageAt": 2, "eth_getTransactionCount": 1}
_HASHES: Final = ("hash", "parentHash", "blockHash")
_ROOTS: Final = ("stateRoot", "receiptsRoot", "transactionsRoot")


def _own(text: str) -> str:
    """FISCO's hash in the place of an Ethereum one."""
    return "0x" + hashlib.sha256(b"fisco" + bytes.fromhex(text[2:])).hexdigest()


class FiscoProxy(RpcProxy):
    """`RpcProxy` whose ordinary answers are FISCO's. Handlers of a test still come first."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream, max_batch=MAX_BATCH)
        self._real: dict[str, str] = {}  # FISCO's hash of a block -> anvil's

    def forward(self, method: str, params: list[Any]) -> Any:
        if method in _MISSING:
            raise RpcError(-32601, "Method not found")
        if method == "web3_clientVersion":
            return VERSION
        if method in ("eth_gasPrice", "eth_maxPriorityFeePerGas"):
            return "0x0"
        given = list(params)
        if method in _STATE and len(given) > _STATE[method] and given[_STATE[method]] != "pending":
            given[_STATE[method]] = "latest"
        if method == "eth_getBlockByHash":
            if given[0] not in self._real:
                return None
            given[0] = self._real[given[0]]
        try:
            return self._translated(method, super().forward(method, given))
        except RpcError as error:
            raise _refusal(method, error) from None

    def _translated(self, method: str, result: Any) -> Any:
        match method:
            case "eth_getBlockByNumber" | "eth_getBlockByHash" if result is not None:
                block = {**self._places(result), "gasLimit": _GAS_LIMIT, "baseFeePerGas": "0x0", "mixHash": _ZERO32}
                return {**block, "withdrawalsRoot": _ZERO32, **{name: _own(result[name]) for name in _ROOTS}}
            case "eth_getTransactionReceipt" | "eth_getTransactionByHash" if result is not None:
                logs = {"logs": [self._places(log) for log in result["logs"]]} if "logs" in result else {}
                place = {"blockHash": self._hash(result["blockHash"])} if result["blockHash"] else {}
                return {**result, **place, **logs}
            case "eth_getLogs":
                return [self._places(log) for log in result]
        return result

    def _places(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, **{name: self._hash(item[name]) for name in _HASHES if item.get(name)}}

    def _hash(self, real: str) -> str:
        own = _own(real)
        self._real[own] = real
        return own


def _refusal(method: str, error: RpcError) -> RpcError:
    words = error.message.lower()
    if method == "eth_sendRawTransaction":
        for part, status in (
            ("already imported", "AlreadyInTxPool"),
            ("nonce too low", "NonceCheckFail"),
            ("chain id", "InvalidChainId"),
        ):
            if part in words:
                return RpcError(-32000, status)
    if method in ("eth_call", "eth_estimateGas") and error.data is not None:
        return RpcError(16, "", error.data)
    return error
