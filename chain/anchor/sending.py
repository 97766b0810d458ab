"""Brings a stored transaction onto the chain: the same bytes again and again, until they are final or provably dead.

Dead means one of: included and failed; the nonce is in a block and this transaction is not; the chain can never take
these bytes. Only then is the row given up, and only after the contract was asked whether the anchor exists all the
same. A node's word alone never kills a transaction.
"""

from __future__ import annotations

from typing import Final

from chain.anchor.model import (
    Accepted,
    Anchored,
    AnchorRow,
    AnchorState,
    NonceState,
    Refusal,
    Rejected,
    Standing,
    TxReceipt,
    Unknown,
)
from chain.anchor.port import AnchorPort
from chain.anchor.steps import AnchorStatus, AnchorStep
from chain.anchor.store import AnchorUnitOfWork
from chain.errors import ChainUnavailable, RolledBack
from chain.log.model import StoredCheckpoint
from chain.ports import Clock

SILENT_POLLS: Final = 5  # polls without a receipt after which the key's nonce is asked for
GAP_POLLS: Final = 12  # polls that an earlier nonce may be missing before this one is given up


class Sender:
    """For one log on one chain. Keeps nothing but counters of polls: a restart begins them anew."""

    def __init__(self, origin: str, port: AnchorPort, work: AnchorUnitOfWork, clock: Clock) -> None:
        self._origin = origin
        self._port = port
        self._work = work
        self._clock = clock
        self._polls: dict[str, int] = {}  # of the one pending transaction, by what it waits for

    async def push(self, row: AnchorRow) -> AnchorStep:
        """One poll of a pending row. Raises ChainUnavailable, ChainMismatch, RolledBack."""
        receipt = await self._port.receipt(row.tx_hash)
        if receipt is None:
            step = await self._send(row)
            if step is not None:
                return step
            receipt = await self._port.receipt(row.tx_hash)
        if receipt is None:
            return await self._silent(row)
        if not receipt.ok:
            return await self._give_up(row, "included, and failed")
        standing = await self._port.standing(receipt)
        if standing is not Standing.FINAL:
            return AnchorStep(AnchorStatus.WAITING, row.size, f"not final yet: its block is {standing.value}")
        return await self._finish(row, receipt)

    async def adopt(self, checkpoint: StoredCheckpoint) -> AnchorStep:
        """The chain has this size already: another registry, or a transaction of ours that the store forgot."""
        found = await self._port.find(self._origin, checkpoint.size)
        if found is None:
            raise ChainUnavailable("the chain's head and its events disagree for now")
        return await self._adopt(checkpoint, found)

    async def _send(self, row: AnchorRow) -> AnchorStep | None:
        """None if the node has it now."""
        assert row.tx is not None  # pending rows have their bytes, by a constraint of the table
        match await self._port.submit(row.tx):
            case Unknown(reason):
                return AnchorStep(AnchorStatus.UNREACHABLE, row.size, reason)
            case Rejected(reason, Refusal.SPENT | Refusal.GAP):
                dead = await self._dead(row)
                if dead is not None:
                    return await self._give_up(row, dead)
                if await self._port.receipt(row.tx_hash) is None:
                    return self._refused(row, reason)
                return None  # it is itself what the nonce was used for
            case Rejected(reason, Refusal.NEVER):
                return await self._give_up(row, reason)
            case Rejected(reason, _):
                return self._refused(row, reason)
            case Accepted():
                if row.state is AnchorState.PREPARED:
                    await self._mark(row, AnchorState.SENT, "", None)
        return None

    async def _silent(self, row: AnchorRow) -> AnchorStep:
        """The node took it, and there is no receipt."""
        if self._waited(row, "receipt") >= SILENT_POLLS:
            dead = await self._dead(row)
            if dead is not None:
                return await self._give_up(row, dead)
        return AnchorStep(AnchorStatus.WAITING, row.size)

    async def _dead(self, row: AnchorRow) -> str | None:
        """Why no block can ever hold it, by the key's nonce; None if one still can, or does."""
        assert row.tx is not None
        state = await self._port.nonce_state(row.tx)
        if state is NonceState.SPENT and await self._port.receipt(row.tx_hash) is None:
            return "another transaction took its nonce"
        # Nobody else may use this key, so what is missing before it was sent by us and lost. A new transaction goes
        # first; should this one surface later, the contract refuses it as anchored already.
        if state is NonceState.AHEAD and self._waited(row, "gap") >= GAP_POLLS:
            return "an earlier nonce of its key is missing"
        return None

    async def _finish(self, row: AnchorRow, receipt: TxReceipt) -> AnchorStep:
        async with self._work() as store:
            checkpoint = await store.checkpoint(row.size)
        found = await self._port.find(self._origin, row.size)
        if checkpoint is None or found is None or found.root != checkpoint.root:
            raise RolledBack("chain", row.size, row.size, "a final anchor does not show our root")
        async with self._work() as store:
            await store.mark(row.anchor_id, AnchorState.FINAL, "", receipt)
            await store.clear_news(row.size)
        self._polls.clear()
        return AnchorStep(AnchorStatus.ANCHORED, row.size)

    async def _give_up(self, row: AnchorRow, reason: str) -> AnchorStep:
        """The transaction is dead. Ask the contract whether its purpose is fulfilled all the same; first of all, so
        that no answer leaves everything as it is.
        """
        found = await self._port.find(self._origin, row.size)
        if found is not None and found.tx_hash == row.tx_hash:
            return AnchorStep(AnchorStatus.WAITING, row.size, "included; its receipt is behind")
        await self._mark(row, AnchorState.FAILED, reason, None)
        self._polls.clear()
        async with self._work() as store:
            checkpoint = await store.checkpoint(row.size)
        if checkpoint is not None and found is not None:
            return await self._adopt(checkpoint, found)
        return AnchorStep(AnchorStatus.FAILED, row.size, reason)

    async def _adopt(self, checkpoint: StoredCheckpoint, found: Anchored) -> AnchorStep:
        if found.root != checkpoint.root:
            raise RolledBack("chain", found.size, checkpoint.size, "another root is anchored at this size")
        place = TxReceipt(True, found.block_number, found.block_hash, found.block_time)
        if await self._port.standing(place) is not Standing.FINAL:
            return AnchorStep(AnchorStatus.WAITING, checkpoint.size, "not final yet")
        async with self._work() as store:
            await store.insert_found(found, self._clock())
            await store.clear_news(checkpoint.size)
        return AnchorStep(AnchorStatus.ANCHORED, checkpoint.size)

    def _waited(self, row: AnchorRow, what: str) -> int:
        """Polls of this transaction so far, this one included."""
        key = f"{what} {row.tx_hash.hex()}"
        if key not in self._polls:
            self._polls = {k: n for k, n in self._polls.items() if k.endswith(row.tx_hash.hex())}
        self._polls[key] = self._polls.get(key, 0) + 1
        return self._polls[key]

    def _refused(self, row: AnchorRow, reason: str) -> AnchorStep:
        return AnchorStep(AnchorStatus.REFUSED, row.size, reason)

    async def _mark(self, row: AnchorRow, state: AnchorState, reason: str, block: TxReceipt | None) -> None:
        async with self._work() as store:
            await store.mark(row.anchor_id, state, reason, block)
