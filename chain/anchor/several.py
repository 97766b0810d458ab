"""AnchorPort over several nodes of one chain. What they must agree on, and when, is in `chain.anchor.agreement`.

Reading asks all of them. Sending goes to all of them, too, not to the first that takes it: a node that answers with
the hash and forgets the transaction would otherwise hold every anchor up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from chain.anchor.agreement import Question, agree
from chain.anchor.model import (
    Accepted,
    Anchored,
    AnchorRequest,
    Capabilities,
    ChainHead,
    Health,
    NodeInfo,
    NonceState,
    PreparedTx,
    Refusal,
    Rejected,
    Standing,
    Submission,
    TxReceipt,
    Unknown,
)
from chain.anchor.port import AnchorPort
from chain.errors import ChainMismatch, ChainRejected, ChainUnavailable

T = TypeVar("T")
_TURN: Final = {NonceState.AHEAD: 0, NonceState.NEXT: 1, NonceState.SPENT: 2}
_DEPTH: Final = {Standing.ABSENT: 0, Standing.SHALLOW: 1, Standing.FINAL: 2}


class AgreeingAnchor:
    """Implements `AnchorPort`. The ports lead to one contract on one chain and sign with one key."""

    def __init__(self, ports: Sequence[AnchorPort]) -> None:
        facts = {port.capabilities() for port in ports}
        if len(facts) != 1:
            raise ValueError("endpoints of one chain, contract and profile are needed")
        self._ports = tuple(ports)

    def capabilities(self) -> Capabilities:
        return self._ports[0].capabilities()

    async def prepare(self, request: AnchorRequest) -> PreparedTx:
        """Signing is deterministic, so agreement on the bytes is agreement on nonce, log, hash and permission."""

        async def ask(port: AnchorPort) -> PreparedTx | str:
            try:
                return await port.prepare(request)
            except ChainRejected as error:
                return str(error)

        def earlier(a: PreparedTx | str, b: PreparedTx | str) -> bool:
            return isinstance(a, PreparedTx) and isinstance(b, PreparedTx) and a.nonce < b.nonce

        found = await self._agreed("the next transaction", ask, earlier)
        if isinstance(found, str):
            raise ChainRejected(found)
        return found

    async def submit(self, tx: PreparedTx) -> Submission:
        outcomes = await asyncio.gather(*(port.submit(tx) for port in self._ports))
        if any(isinstance(outcome, Accepted) for outcome in outcomes):
            return Accepted()
        refusals = {n: o for n, o in enumerate(outcomes, start=1) if isinstance(o, Rejected)}
        kinds = {refusal.kind for refusal in refusals.values()}
        words = "; ".join(
            f"endpoint {n}: {o.reason}" for n, o in enumerate(outcomes, start=1) if not isinstance(o, Accepted)
        )
        if len(refusals) < Question("", len(self._ports)).needed:
            return Unknown(words)
        # one node's "never" must not make us give a transaction up that another will include
        return Rejected(words, kinds.pop() if len(kinds) == 1 else Refusal.FOR_NOW)

    async def receipt(self, tx_hash: bytes) -> TxReceipt | None:
        return await self._agreed("the receipt", lambda port: port.receipt(tx_hash), _none_first, cautious=True)

    async def standing(self, receipt: TxReceipt) -> Standing:
        def earlier(a: Standing, b: Standing) -> bool:
            return a in _DEPTH and b in _DEPTH and _DEPTH[a] < _DEPTH[b]

        return await self._agreed(
            f"the block at height {receipt.block_number}",
            lambda port: port.standing(receipt),
            earlier,
            cautious=True,
        )

    async def nonce_state(self, tx: PreparedTx) -> NonceState:
        def earlier(a: NonceState, b: NonceState) -> bool:
            return _TURN[a] < _TURN[b]

        return await self._agreed("the key's nonce", lambda port: port.nonce_state(tx), earlier, cautious=True)

    async def find(self, origin: str, size: int) -> Anchored | None:
        return await self._agreed(f"the anchor of size {size}", lambda port: port.find(origin, size), _none_first)

    async def latest(self, origin: str) -> ChainHead | None:
        def earlier(a: ChainHead | None, b: ChainHead | None) -> bool:
            return b is not None and (a is None or a.size < b.size)

        return await self._agreed("the contract's head", lambda port: port.latest(origin), earlier)

    async def history(self, origin: str) -> Sequence[Anchored]:
        async def ask(port: AnchorPort) -> tuple[Anchored, ...]:
            return tuple(await port.history(origin))

        return await self._agreed("the anchors of the log", ask, lambda a, b: a == b[: len(a)])

    async def finality_proof(self, origin: str, size: int) -> bytes | None:
        """From the first node that has it. It need not be believed: it carries the validators' signatures."""
        silent: dict[int, str] = {}
        for number, port in enumerate(self._ports, start=1):
            try:
                found = await port.finality_proof(origin, size)
            except ChainUnavailable as error:
                silent[number] = str(error)
                continue
            if found is not None:
                return found
        if len(silent) == len(self._ports):
            raise ChainUnavailable("; ".join(f"endpoint {n}: {reason}" for n, reason in silent.items()))
        return None

    async def node_set(self) -> Sequence[NodeInfo]:
        found = await asyncio.gather(*(port.node_set() for port in self._ports))
        nodes = (node for nodes in found for node in nodes)
        return tuple(
            NodeInfo(number, n.ok, n.client, n.block_number, n.block_hash, n.detail)
            for number, n in enumerate(nodes, start=1)
        )

    async def health(self) -> Health:
        found = await asyncio.gather(*(port.health() for port in self._ports))
        sick = "; ".join(f"endpoint {n}: {h.detail}" for n, h in enumerate(found, start=1) if not h.ok)
        heights = [h.block_number for h in found if h.block_number is not None]
        well = [h for h in found if h.ok]
        if len(well) < Question("", len(self._ports)).needed:
            return Health(False, min(heights, default=None), sick)
        try:
            await self._same_blocks()
        except (ChainUnavailable, ChainMismatch) as error:
            return Health(False, min(heights), str(error))
        return Health(True, min(heights), sick)

    async def _same_blocks(self) -> None:
        """The newest block of the node that is furthest behind must be on the chain of every other one."""
        known = [n for n in await self.node_set() if n.block_number is not None and n.block_hash is not None]
        if not known:
            return
        behind = min(known, key=lambda node: node.block_number or 0)
        assert behind.block_number is not None  # chosen so
        assert behind.block_hash is not None
        receipt = TxReceipt(True, behind.block_number, behind.block_hash, 0)
        for node in known:
            if await self._ports[node.number - 1].standing(receipt) is Standing.REPLACED:
                raise ChainUnavailable(
                    f"endpoints {behind.number}, {node.number} show different blocks at height {behind.block_number}"
                )

    async def _agreed(
        self,
        what: str,
        ask: Callable[[AnchorPort], Awaitable[T]],
        earlier: Callable[[T, T], bool],
        *,
        cautious: bool = False,
    ) -> T:
        """Raises ChainMismatch if any endpoint is of another chain or contract: that is a wrong setting or an
        attack, and going on with the rest would hide it.
        """

        async def one(port: AnchorPort) -> tuple[T] | ChainUnavailable | ChainMismatch:
            try:
                return (await ask(port),)
            except (ChainUnavailable, ChainMismatch) as error:
                return error

        results = dict(enumerate(await asyncio.gather(*(one(port) for port in self._ports)), start=1))
        answers: dict[int, T] = {}
        silent: dict[int, str] = {}
        for number, result in results.items():
            if isinstance(result, ChainMismatch):
                raise ChainMismatch(f"endpoint {number}: {result}")
            if isinstance(result, ChainUnavailable):
                silent[number] = str(result)
            else:
                answers[number] = result[0]
        return agree(Question(what, len(self._ports), cautious), answers, silent, earlier)


def _none_first(a: object, b: object) -> bool:
    return a is None and b is not None
