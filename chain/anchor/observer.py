"""The chain as an observer for the log's rollback guard."""

from __future__ import annotations

from chain.anchor.port import AnchorPort
from chain.log.guard import SeenHead


class ChainObserver:
    """`chain.log.guard.Observer` over an anchor port: what the contract remembers of a log."""

    def __init__(self, port: AnchorPort) -> None:
        self._port = port

    @property
    def name(self) -> str:
        """E.g. `chain 990000`."""
        return f"chain {self._port.capabilities().chain_id}"

    async def seen(self, origin: str) -> SeenHead | None:
        """The contract's head for this log. Raises ChainUnavailable or ChainMismatch."""
        head = await self._port.latest(origin)
        return None if head is None else SeenHead(head.size, head.root)
