"""An EVM chain inside this process: no second program, durable by a journal, the same after every restart.

Every raw transaction is written to the journal, with the time of its block, and synced, *before* it is
applied. A start replays the journal from the genesis record and compares each block's hash with the one
recorded. Blocks are a function of the journal alone: time, genesis and the post-merge `mix_hash` (random in
eth-tester) are fixed by it.

One transaction makes one block; a block is final when it is there. It is one node of one operator: it shows
the whole path and keeps order, but only a chain run by several organisations stops the operator himself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from eth.exceptions import VMError
from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-untyped]
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from web3.providers.eth_tester import EthereumTesterProvider
from web3.types import RPCEndpoint, RPCResponse

from chain.anchor.journal import Journal, Record
from chain.errors import JournalCorrupt, JournalMismatch
from chain.ports import Clock

DEFAULT_CHAIN_ID: Final = 990000
GENESIS_BALANCE: Final = 10**27  # wei for each funded account: fees are an accounting fiction on this chain
GAS_LIMIT: Final = 30_000_000
MAX_RAW_BYTES: Final = 128 * 1024
# Sender of reads: py-evm wants even those to be affordable. An address without a known key.
_READER: Final = bytes(keccak(b"minzheng embedded chain: reader"))[-20:]
_READ_ONLY: Final = frozenset(
    f"eth_{name}"
    for name in ("blockNumber", "call", "getBlockByNumber", "getBlockByHash", "getCode", "getTransactionCount")
) | {"web3_clientVersion", "net_version"}


class Refused(Exception):
    """The chain does not take this transaction; says why. Journaled like every other outcome."""


class _Backend(PyEVMBackend):  # type: ignore[misc]  # eth-tester has no types
    """eth-tester's py-evm chain, without its random `mix_hash` and with our chain id and block times."""

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = bytes(20)) -> tuple[bytes, ...]:
        """Close the pending block."""
        block = self.chain.mine_block(coinbase=coinbase, mix_hash=bytes(32), blob_gas_used=0)
        return (block.hash,)

    def set_block_time(self, seconds: int) -> None:
        """Time of the pending block, which transactions see."""
        self.chain.header = self.chain.header.copy(timestamp=seconds)


class EmbeddedChain:
    """The engine. Not thread-safe: use it from one thread (`EvmClient` does)."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._journal = Journal(path)
        self._clock = clock
        self._tester: Any = None
        self._backend: Any = None
        self._blocks: dict[bytes, int] = {}
        self._time = 0
        self.chain_id = 0

    @property
    def tester(self) -> Any:
        """The running eth-tester, for the provider."""
        return self._tester

    def open(self, funded: Mapping[bytes, int], chain_id: int = DEFAULT_CHAIN_ID) -> None:
        """Lock, replay, compare. `funded` (address -> wei) and `chain_id` only count when the journal is
        new.

        Raises AlreadyLocked, JournalCorrupt, JournalMismatch.
        """
        records = self._journal.open()
        try:
            if not records:
                alloc = {_READER: GENESIS_BALANCE, **funded}
                genesis: Record = {
                    "kind": "genesis",
                    "chain_id": chain_id,
                    "time": self._clock(),
                    "alloc": {address.hex(): str(wei) for address, wei in alloc.items()},
                }
                self._journal.append(genesis)
                records = [genesis]
            self._start(records[0])
            self._replay(records)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Unlock. What was acknowledged is on disk already."""
        self._journal.close()

    def send_raw(self, raw: bytes) -> bytes:
        """Apply a signed transaction; returns its hash. Sending a known one again changes nothing. Raises
        Refused.
        """
        tx_hash = bytes(keccak(raw))
        if tx_hash in self._blocks:
            return tx_hash
        if len(raw) > MAX_RAW_BYTES:
            raise Refused("transaction too large")
        time = max(self._clock(), self._time + 1)
        self._journal.append({"kind": "tx", "raw": raw.hex(), "time": time})
        try:
            block = self._apply(raw, time)
        except Refused as refusal:
            self._journal.append({"kind": "refused"}, sync=False)
            raise refusal from None
        # not synced: replay gives the same block without it, it only lets replay prove that
        self._journal.append({"kind": "block", "hash": block.hex()}, sync=False)
        return tx_hash

    def block_of(self, tx_hash: bytes) -> int | None:
        """Number of the block with this transaction."""
        return self._blocks.get(tx_hash)

    def _start(self, genesis: Record) -> None:
        try:
            if genesis["kind"] != "genesis":
                raise JournalCorrupt(1, "is not the genesis record")
            self.chain_id, self._time = int(genesis["chain_id"]), int(genesis["time"])
            alloc = {bytes.fromhex(a): int(wei) for a, wei in genesis["alloc"].items()}
        except (KeyError, ValueError, TypeError, AttributeError):
            raise JournalCorrupt(1, "genesis record is incomplete") from None
        parameters = PyEVMBackend.generate_genesis_params({"timestamp": self._time, "gas_limit": GAS_LIMIT})
        state = {address: {"balance": wei, "storage": {}, "code": b"", "nonce": 0} for address, wei in alloc.items()}
        self._backend = _Backend(genesis_parameters=parameters, genesis_state=state)
        type(self._backend.chain).chain_id = self.chain_id  # the class is made anew for every backend
        self._tester = EthereumTester(self._backend)

    def _replay(self, records: list[Record]) -> None:
        outcome: str | None = None
        for line, record in enumerate(records[1:], start=2):
            match record:
                case {"kind": "tx", "raw": str(raw), "time": int(time)}:
                    try:
                        outcome = self._apply(bytes.fromhex(raw), time).hex()
                    except Refused:
                        outcome = "refused"
                case {"kind": "block", "hash": str(expected)} if outcome is not None:
                    if outcome != expected:
                        raise JournalMismatch(line, "replay gives another block")
                case {"kind": "refused"} if outcome is not None:
                    if outcome != "refused":
                        raise JournalMismatch(line, "replay accepts what was refused")
                case _:
                    raise JournalCorrupt(line, "record of unknown kind or out of place")

    def _apply(self, raw: bytes, time: int) -> bytes:
        self._backend.set_block_time(time)
        try:
            tx_hash = bytes(self._backend.send_raw_transaction(raw))
        except (ValidationError, VMError, ValueError, TypeError) as error:
            raise Refused(str(error)) from None
        (block_hash,) = self._backend.mine_blocks()
        self._time = time
        self._blocks[tx_hash] = self._backend.chain.get_block().number - 1
        return bytes(block_hash)


class EmbeddedProvider(EthereumTesterProvider):
    """web3 provider over an EmbeddedChain: only what an anchoring client needs, and no unlocked accounts."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain.tester)
        self._chain = chain

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer as a node would."""
        special: dict[str, Callable[[Any], Any]] = {
            "eth_chainId": lambda _: hex(self._chain.chain_id),
            "eth_accounts": lambda _: ["0x" + _READER.hex()],
            "eth_sendRawTransaction": self._send,
        }
        if method in special:
            try:
                result = special[method](params)
            except Refused as refusal:
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": str(refusal)}}
            return {"jsonrpc": "2.0", "id": 1, "result": result}
        if method == "eth_getTransactionReceipt" and self._chain.block_of(_bytes(params[0])) is None:
            return {"jsonrpc": "2.0", "id": 1, "result": None}
        if method in _READ_ONLY or method in ("eth_getTransactionReceipt", "eth_getLogs"):
            return super().make_request(method, params)
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "method not found"}}

    def _send(self, params: Any) -> str:
        return "0x" + self._chain.send_raw(_bytes(params[0])).hex()


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
