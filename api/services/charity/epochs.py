"""Epochs: the charity's signed word on a fund, as often as there is news, as an entry of the log.

One transaction settles the groups that are large enough, reads what the fund's three growing trees and its settled tree
have come to, signs, stores the new tiles and stages the log entry. What is expensive about it, hashing the new leaves,
is done before, in a reading transaction: lines are append-only, so a leaf that is committed stays what it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from api.db.repositories.charity_books import FUND
from api.db.repositories.charity_epochs import EVENTS, INFLOWS, OUTFLOWS, EpochRow
from api.db.repositories.charity_lines import OutRow
from api.db.uow import Work
from api.services.charity.books import Books, Change
from api.services.charity.grouping import settle_groups
from api.services.charity.growth import Growth, grown
from api.services.charity.views import Settled, Views
from api.services.makers import Makers
from certs.charity.epoch import epoch_entry, sign_epoch
from certs.commitment import ENTRY_SALT
from certs.idem import epoch_idem
from certs.ports import Entropy, Sealer
from verifier.charity import sumtree
from verifier.charity.epoch import EpochClaims, Head
from verifier.charity.line import Settlement
from verifier.charity.sumtree import SumNode
from verifier.hazmat.sm3 import sm3

_AHEAD: Final = 2000  # new in-leaves from which on they are hashed before the writer is taken


@dataclass(frozen=True, slots=True)
class EpochParts:
    """What epochs are made with, beside the books."""

    makers: Makers
    sealer: Sealer
    entropy: Entropy
    admit: Callable[[], Awaitable[None]]
    group_least: int


class EpochService:
    def __init__(self, books: Books, views: Views, parts: EpochParts) -> None:
        self._books, self._views, self._parts = books, views, parts
        self._growth: dict[bytes, Growth] = {}
        self._turn = asyncio.Lock()  # one run at a time: the trees in memory have one owner

    async def run(self) -> int:
        """Sign an epoch of every book that has news; gives how many. Raises what `sign` raises."""
        async with self._books.database.read() as work:
            events = await work.charity.books.sizes()
            signed = await work.charity.epochs.lasts()
            groups = set(await work.charity.donations.waiting_books(self._parts.group_least))
        news = [book for book, size in events.items() if book not in signed or signed[book].events < size]
        count = 0
        for book_id in dict.fromkeys([*news, *sorted(groups)]):
            count += await self.sign(book_id) is not None
        return count

    async def sign(self, book_id: bytes) -> EpochRow | None:
        """Sign the book's next epoch; None if nothing happened since the last, or the clock has not reached that again.
        Raises NotFound, Unavailable, QueueFull, AuthorityUnknown, SelfCheckFailed, StoreConflict; nothing was
        changed then."""
        await self._parts.admit()
        async with self._turn:
            try:
                await self._ahead(book_id)
                return await self._sign(book_id)
            except BaseException:  # what the trees in memory have read may not be there
                self._growth.pop(book_id, None)
                raise

    async def _ahead(self, book_id: bytes) -> None:
        async with self._books.database.read() as work:
            inflows, _ = await work.charity.lines.sizes(book_id)
            growth = await self._of(work, book_id)
        if growth is not None and inflows - growth.trees[INFLOWS].size >= _AHEAD:
            await growth.ahead(self._books.database, inflows)

    async def _of(self, work: Work, book_id: bytes) -> Growth | None:
        growth = self._growth.get(book_id)
        if growth is None:
            row = await work.charity.books.get(book_id)
            if row is None:
                return None
            growth = self._growth[book_id] = await grown(work, row, await work.charity.epochs.last(book_id))
        return growth

    async def _sign(self, book_id: bytes) -> EpochRow | None:
        async with self._books.change() as change:
            await self._parts.makers.require_good_keys(change.work)
            growth = await self._of(change.work, book_id)
            if growth is None:
                return None
            if growth.book.kind == FUND:
                await settle_groups(change, book_id, growth.hash, self._parts.group_least, self._parts.sealer,
                                    self._parts.entropy)  # fmt: skip
                await change.flush()
            made = await self._made(change, growth)
            if made is None:
                return None
            row, settled = made
            holes = await change.work.charity.books.holes(book_id, row.events)
        growth.tiles.clear()
        self._views.publish(growth.book, row, growth.edges(), settled, holes)
        return row

    async def _made(self, change: Change, growth: Growth) -> tuple[EpochRow, Settled] | None:
        """The next epoch, stored and staged; with it the outflows as it covers them."""
        work, book = change.work, growth.book
        stores, last = work.charity, await work.charity.epochs.last(book.book_id)
        events = await stores.books.next_seq(book.book_id)
        if events == 0 or (last is not None and (last.events == events or change.now < last.at)):
            return None  # nothing new; or the clock went back: an epoch older than the last fails every audit for good
        inflows, outflows = await stores.lines.sizes(book.book_id)
        await growth.follow(work, {INFLOWS: inflows, OUTFLOWS: outflows, EVENTS: events})
        outs = await stores.lines.outflows(book.book_id, 0, outflows)
        claims, settled = await asyncio.to_thread(_claims, change, growth, last, outs)
        statement = sign_epoch(claims, self._parts.makers.registry)
        salt = self._parts.entropy(ENTRY_SALT)
        entry = epoch_entry(salt, statement)
        row = EpochRow(
            book.book_id, claims.epoch, change.now, events, inflows, outflows, statement, entry, salt
        )  # fmt: skip
        await stores.epochs.add(row)
        await stores.epochs.add_tiles(growth.tiles)
        await stores.books.settle(book.book_id, settled.settlements)
        await work.log.stage(epoch_idem(book.book_id, claims.epoch, change.now), entry)
        return row, settled


def _claims(change: Change, growth: Growth, last: EpochRow | None, outs: list[OutRow]) -> tuple[EpochClaims, Settled]:
    h, book = growth.hash, growth.book
    settled = Settled.of(h, outs, b"".join(Settlement(o.acknowledged, o.returned, o.digest).encode() for o in outs))
    root = sumtree.range_root(h, 0, len(outs), sumtree.reader_of(settled.levels)) if outs else None
    claims = EpochClaims(
        iss=book.charity,
        iat=change.now,
        book=book.book_id,
        epoch=1 if last is None else last.epoch + 1,
        tree=h,
        inflows=_head(growth, INFLOWS),
        outflows=_head(growth, OUTFLOWS),
        settled=SumNode.decode(root or sumtree.empty(h).encode()).hash,
        acknowledged=sum(o.acknowledged for o in outs),
        returned=sum(o.returned for o in outs),
        events=growth.trees[EVENTS].size,
        events_root=growth.trees[EVENTS].root(h.empty_root),
        previous=None if last is None else sm3(last.statement),
        day=change.day,
    )
    return claims, settled


def _head(growth: Growth, tree: int) -> Head:
    growing = growth.trees[tree]
    return Head(growing.size, SumNode.decode(growing.root(sumtree.empty(growth.hash).encode())))
