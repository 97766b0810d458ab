"""An EVM chain inside this process: no second program, durable by a journal, the same after every restart.

Every raw transaction is written to the journal, with the time of its block, and synced, *before* it is
applied. A start replays the journal from the genesis record and compares each block's hash with the one
recorded. Blocks are a function of the journal alone: time, genesis and the post-merge `mix_hash` (random in
eth-tester) are fixed by it.

One transaction makes one block; a block is final when it is there. It is one node of one operator: it shows
the whole path and keeps order, but only a chain run by several organisations stops the operator himself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth.exceptions import VMError
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from web3.providers.eth_tester import EthereumTesterProvider
from web3.types import RPCEndpoint, RPCResponse

from chain.anchor.evm_backend import Backend, tester
from chain.anchor.evm_state import Position, StateFile, open_state
from chain.anchor.journal import Journal, Record
from chain.errors import JournalCorrupt, JournalMismatch
from chain.ports import Clock

DEFAULT_CHAIN_ID: Final = 990000
GENESIS_BALANCE: Final = 10**27  # wei for each funded account: fees are an accounting fiction on this chain
MAX_RAW_BYTES: Final = 128 * 1024
# Sender of reads: py-evm wants even those to be affordable. An address without a known key.
_READER: Final = bytes(keccak(b"minzheng embedded chain: reader"))[-20:]
_READ_ONLY: Final = frozenset(
    f"eth_{name}"
    for name in (
        "blockNumber",
        "call",
        "getBlockByNumber",
        "getBlockByHash",
        "getBalance",
        "getCode",
        "getTransactionCount",
    )
) | {"web3_clientVersion", "net_version"}


class Refused(Exception):
    """The chain does not take this transaction; says why. Journaled like every other outcome."""


class EmbeddedChain:
    """The engine. Not thread-safe: use it from one thread (`EvmClient` does)."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._journal = Journal(path)
        self._clock = clock
        self._state: StateFile | None = None
        self._backend: Any = None
        self.tester: Any = None
        self.chain_id = 0
        self.replayed = 0
        self._doubtful = False  # a failure left state or journal behind the other, or half-way

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
            self._state = open_state(self._path.with_name(self._path.name + ".state"), self._journal.checksums)
            self._start(records[0], self._state)
            self._replay(records)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Unlock. What was acknowledged is on disk already."""
        if self._state is not None:
            self._state.close()
            self._state = None
        self._journal.close()

    @property
    def state(self) -> StateFile:
        """The state of an opened chain."""
        assert self._state is not None  # a closed chain has no provider left that could ask
        return self._state

    def send_raw(self, raw: bytes) -> bytes:
        """Apply a signed transaction; returns its hash. Sending a known one again changes nothing.

        Raises Refused, or OSError if journal or state cannot be written: then the outcome is unknown.
        """
        with self.trusted():
            try:
                return self._send(raw)
            except Refused:
                raise
            except BaseException:
                self._doubtful = True
                raise

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Whatever is asked of the chain is asked inside. Raises OSError if the disk does not let it work.

        After a failure half-way (a full disk) what is in memory is not what a replay would give: one more block on top
        of it in the journal, and no start would ever accept that journal again. So the next use begins as a start does.
        """
        try:
            if self._doubtful:
                self.close()
                self.open({})
                self._doubtful = False
            yield
        except sqlite3.Error:
            self._doubtful = True
            raise OSError("the chain's state cannot be read or written") from None

    def _send(self, raw: bytes) -> bytes:
        tx_hash = bytes(keccak(raw))
        if self.knows(tx_hash):
            return tx_hash
        if len(raw) > MAX_RAW_BYTES:
            raise Refused("transaction too large")
        time = max(self._clock(), self._backend.head_time() + 1)
        self._journal.append({"kind": "tx", "raw": raw.hex(), "time": time})
        try:
            block = self._apply(raw, time)
        except Refused as refusal:
            self._journal.append({"kind": "refused"}, sync=False)
            raise refusal from None
        # not synced: replay gives the same block without it, it only lets replay prove that
        self._journal.append({"kind": "block", "hash": block.hex()}, sync=False)
        self._keep(len(self._journal.checksums))
        return tx_hash

    def knows(self, tx_hash: bytes) -> bool:
        """Whether the transaction is in a block."""
        return bool(self._backend.knows(tx_hash))

    def _start(self, genesis: Record, state: StateFile) -> None:
        try:
            if genesis["kind"] != "genesis":
                raise JournalCorrupt(1, "is not the genesis record")
            self.chain_id, time = int(genesis["chain_id"]), int(genesis["time"])
            alloc = {bytes.fromhex(a): int(wei) for a, wei in genesis["alloc"].items()}
        except (KeyError, ValueError, TypeError, AttributeError):
            raise JournalCorrupt(1, "genesis record is incomplete") from None
        self._backend = Backend(state, self.chain_id, time, alloc)
        self.tester = tester(self._backend)

    def _replay(self, records: list[Record]) -> None:
        """Run what the state does not contain yet. The state always stands at the end of a transaction's
        records.
        """
        at = self.state.position()
        if at is None:
            self._keep(1)
        done = 1 if at is None else at.lines
        outcome: str | None = None
        for line, record in enumerate(records[done:], start=done + 1):
            match record:
                case {"kind": "tx", "raw": str(raw), "time": int(time)}:
                    try:
                        outcome = self._apply(bytes.fromhex(raw), time).hex()
                    except Refused:
                        outcome = "refused"
                    self.replayed += 1
                case {"kind": "block", "hash": str(expected)} if outcome is not None:
                    if outcome != expected:
                        raise JournalMismatch(line, "replay gives another block")
                    self._keep(line)
                case {"kind": "refused"} if outcome is not None:
                    if outcome != "refused":
                        raise JournalMismatch(line, "replay accepts what was refused")
                case _:
                    raise JournalCorrupt(line, "record of unknown kind or out of place")
        if self.replayed:
            self._keep(len(records))

    def _keep(self, lines: int) -> None:
        self.state.commit(Position(lines, self._journal.checksums[lines - 1]))

    def _apply(self, raw: bytes, time: int) -> bytes:
        try:
            return bytes(self._backend.apply(raw, time))
        except (ValidationError, VMError, ValueError, TypeError, rlp.exceptions.RLPException) as error:
            self._backend.discard_pending()
            raise Refused(str(error)) from None


class EmbeddedProvider(EthereumTesterProvider):
    """web3 provider over an EmbeddedChain: only what an anchoring client needs, and no unlocked accounts."""

    def __init__(self, chain: EmbeddedChain) -> None:
        super().__init__(chain.tester)
        self._chain = chain

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer as a node would. Raises OSError while the disk does not let the chain work."""
        with self._chain.trusted():
            self.ethereum_tester = self._chain.tester  # another one after a new start
            return self._answer(method, params)

    def _answer(self, method: RPCEndpoint, params: Any) -> RPCResponse:
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
        if method == "eth_getTransactionReceipt" and not self._chain.knows(_bytes(params[0])):
            return {"jsonrpc": "2.0", "id": 1, "result": None}
        if method == "eth_getLogs":
            return self._logs(method, params[0])
        if method in _READ_ONLY or method == "eth_getTransactionReceipt":
            return super().make_request(method, params)
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "method not found"}}

    def _logs(self, method: RPCEndpoint, query: Any) -> RPCResponse:
        """eth-tester would walk over every block in range: ask it only for those that the index names."""
        match query:
            case {
                "address": [str(address)],
                "topics": [*_, str(topic)],
                "from_block": int(first),
                "to_block": int(last),
            }:
                named = self._chain.state.blocks_with(_bytes(address), _bytes(topic), first)
                blocks = [block for block in named if block <= last]
            case _:
                error = {"code": -32602, "message": "one address, two blocks and last topic are needed"}
                return {"jsonrpc": "2.0", "id": 1, "error": error}  # type: ignore[typeddict-item]
        found: list[Any] = []
        for block in blocks:
            found += super().make_request(method, [{**query, "from_block": block, "to_block": block}])["result"]
        return {"jsonrpc": "2.0", "id": 1, "result": found}

    def _send(self, params: Any) -> str:
        return "0x" + self._chain.send_raw(_bytes(params[0])).hex()


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
