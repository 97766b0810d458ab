"""The way of an epoch's statement into the log, once it is there: receipt and cosigned checkpoint."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from api.db.repositories.charity_epochs import EpochRow
from api.services.charity.views import EpochState
from api.services.proofs import ProofService
from certs.ports import Clock
from chain.errors import NotInLog
from verifier.charity.epoch import Epoch
from verifier.merkle import TreeHash

KEPT: Final = 256  # epochs
FRESH: Final = 10  # seconds for which evidence is good enough: a better one comes with the next cosignature or anchor


class Evidence:
    def __init__(self, proofs: ProofService, tree: TreeHash, clock: Clock) -> None:
        """`tree`: the log's hash."""
        self._proofs, self._tree, self._clock = proofs, tree, clock
        self._kept: OrderedDict[tuple[bytes, int], tuple[int, Epoch]] = OrderedDict()

    async def attached(self, state: EpochState) -> Epoch:
        """The statement of a book's last epoch with what leads it into the log, as far as the log has it."""
        return await self.of(state.row, state.epoch)

    async def of(self, row: EpochRow, bare: Epoch | None = None) -> Epoch:
        """The same of any epoch. The salt of its entry is always in it: it is public."""
        key, now = (row.book_id, row.epoch), self._clock()
        known = self._kept.get(key)
        if known is not None and known[0] <= now < known[0] + FRESH:
            return known[1]
        epoch = replace(bare or Epoch.parse(row.statement), entry_salt=row.salt)
        try:
            proven = await self._proofs.proven(self._tree.leaf(row.entry))
        except NotInLog:  # it was signed a moment ago
            return epoch
        notes = () if proven.note is None else (proven.note,)
        epoch = replace(epoch, receipts=(proven.receipt,), checkpoints=notes)
        self._kept[key] = now, epoch
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return epoch
