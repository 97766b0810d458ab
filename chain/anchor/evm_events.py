"""The contract's `Anchored` events, read in pieces that nodes agree to answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from web3 import Web3
from web3.types import RPCEndpoint

from chain.anchor.evm_profile import EvmProfile
from chain.anchor.model import Anchored
from chain.errors import ChainUnavailable

_INDEXED: Final = "originId"


class AnchorEvents:
    """Bound to one contract. Methods run on the client's thread."""

    def __init__(self, contract: Any, profile: EvmProfile, from_block: int) -> None:
        self._event = contract.events.Anchored
        self._profile = profile
        self._from_block = from_block

    def find(self, w3: Web3, name: bytes, size: int, root: bytes) -> Anchored:
        """The event of this size with the root that the contract holds. Newest blocks first: it is mostly recent.

        Raises ChainUnavailable if there is none: a node's state and its log index come from the same block, so one
        of the two is behind, or the node is wrong.
        """
        for first, last in reversed(list(self._spans(w3))):
            logs = self._logs(first, last, {_INDEXED: name, "size": size})
            matching = [log for log in logs if bytes(log["args"]["root"]) == root]
            if len(matching) == 1:
                return self._anchored(w3, matching)[0]
            if logs:
                break
        raise ChainUnavailable("the contract's root and its events disagree for now")

    def all(self, w3: Web3, name: bytes) -> list[Anchored]:
        """Every anchor of the log, ascending by size."""
        logs = [log for first, last in self._spans(w3) for log in self._logs(first, last, {_INDEXED: name})]
        return sorted(self._anchored(w3, logs), key=lambda anchored: anchored.size)

    def _spans(self, w3: Web3) -> Iterator[tuple[int, int]]:
        newest = w3.eth.block_number
        span = self._profile.log_span or newest + 1
        for first in range(self._from_block, newest + 1, span):
            yield first, min(first + span - 1, newest)

    def _logs(self, first: int, last: int, filters: dict[str, Any]) -> Sequence[Any]:
        found: Sequence[Any] = self._event.get_logs(from_block=first, to_block=last, argument_filters=filters)
        return found

    def _anchored(self, w3: Web3, logs: Sequence[Any]) -> list[Anchored]:
        times = _block_times(w3, sorted({bytes(log["blockHash"]) for log in logs}), self._profile.max_batch)
        return [
            Anchored(
                int(log["args"]["size"]),
                bytes(log["args"]["root"]),
                bytes(log["args"]["noteHash"]),
                bytes(log["transactionHash"]),
                int(log["blockNumber"]),
                bytes(log["blockHash"]),
                times[bytes(log["blockHash"])],
            )
            for log in logs
        ]


def _block_times(w3: Web3, hashes: Sequence[bytes], max_batch: int) -> dict[bytes, int]:
    """Time of each block. As many blocks in a request as the engine takes: an auditor reads thousands."""
    if max_batch == 1:
        return {block: int(w3.eth.get_block(block)["timestamp"]) for block in hashes}  # type: ignore[arg-type]
    times: dict[bytes, int] = {}
    for start in range(0, len(hashes), max_batch):
        part = hashes[start : start + max_batch]
        requests = [(RPCEndpoint("eth_getBlockByHash"), ["0x" + block.hex(), False]) for block in part]
        answers: Any = w3.provider.make_batch_request(requests)  # type: ignore[attr-defined]
        if not isinstance(answers, list) or len(answers) != len(part):
            raise ChainUnavailable("the node does not answer a batch of blocks")
        for block, answer in zip(part, answers, strict=True):
            found = answer.get("result")
            if not isinstance(found, dict) or bytes.fromhex(str(found["hash"]).removeprefix("0x")) != block:
                raise ChainUnavailable("the node does not show a block that its events name")
            times[block] = int(str(found["timestamp"]), 16)
    return times
