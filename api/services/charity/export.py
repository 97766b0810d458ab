"""A book's public files as of its last epoch (docs/formats/charity-export.md): what anybody audits it with.

    events.bin       (length 4 bytes big endian ‖ body)*
    in.bin           45 bytes a leaf          out.bin   50 bytes a leaf          settlement.bin   48 bytes an out-leaf
    epochs.bin       (length 4 bytes big endian ‖ COSE statement with its evidence)*

All but the last two only ever grow at their end. Each is read in pieces, each piece in a transaction of its own: what
an epoch covers does not change any more, so the pieces fit whatever is written meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.db.repositories.charity_books import BookRow
from api.db.repositories.charity_epochs import EpochRow
from api.db.uow import Database
from api.errors import NotFound
from api.files import write_durably
from api.services.charity.evidence import Evidence
from verifier.charity.export import FILES, INDEX, index_text
from verifier.charity.line import Inflow, Outflow

_STEP: Final = 4096  # leaves of one piece
_EVENTS: Final = 1000


@dataclass(frozen=True, slots=True)
class PublicBook:
    """A book as of its last epoch."""

    book: BookRow
    epoch: EpochRow


class ExportService:
    def __init__(self, database: Database, evidence: Evidence) -> None:
        self._database, self._evidence = database, evidence

    async def books(self) -> list[PublicBook]:
        """Every book that has an epoch, in order of opening."""
        async with self._database.read() as work:
            epochs = await work.charity.epochs.lasts()
            rows = await work.charity.books.every()
        return [PublicBook(row, epochs[row.book_id]) for row in rows if row.book_id in epochs]

    async def index(self) -> bytes:
        """The export's index: which books there are."""
        return index_text(book.book.book_id for book in await self.books())

    async def book(self, book_id: bytes) -> PublicBook:
        """Raises NotFound, also for a book without an epoch: nothing of it is public yet."""
        async with self._database.read() as work:
            row = await work.charity.books.get(book_id)
            epoch = await work.charity.epochs.last(book_id)
        if row is None or epoch is None:
            raise NotFound
        return PublicBook(row, epoch)

    def pieces(self, book: PublicBook, name: str) -> AsyncIterator[bytes]:
        """The bytes of one of FILES. Raises NotFound for another name."""
        makers = {
            "events.bin": self._events,
            "in.bin": self._inflows,
            "out.bin": self._outflows,
            "settlement.bin": self._settlement,
            "epochs.bin": self._epochs,
        }
        if name not in makers:
            raise NotFound
        return makers[name](book)

    async def _events(self, book: PublicBook) -> AsyncIterator[bytes]:
        for at in range(0, book.epoch.events, _EVENTS):
            stop = min(at + _EVENTS, book.epoch.events)
            async with self._database.read() as work:
                bodies = await work.charity.books.bodies(book.book.book_id, at, stop)
            yield b"".join(len(body).to_bytes(4, "big") + body for body in bodies)

    async def _inflows(self, book: PublicBook) -> AsyncIterator[bytes]:
        for at in range(0, book.epoch.inflows, _STEP):
            stop = min(at + _STEP, book.epoch.inflows)
            async with self._database.read() as work:
                rows = await work.charity.lines.raw_inflows(book.book.book_id, at, stop)
            yield b"".join(Inflow(*row).encode() for row in rows)

    async def _outflows(self, book: PublicBook) -> AsyncIterator[bytes]:
        for at in range(0, book.epoch.outflows, _STEP):
            stop = min(at + _STEP, book.epoch.outflows)
            async with self._database.read() as work:
                rows = await work.charity.lines.outflows(book.book.book_id, at, stop)
            yield b"".join(Outflow(o.kind, o.day, o.allocation, o.cost_class, o.ref, o.amount).encode() for o in rows)

    async def _settlement(self, book: PublicBook) -> AsyncIterator[bytes]:
        """Of the epoch asked for; NotFound if a newer one has come between: its reader begins again."""
        async with self._database.read() as work:
            last = await work.charity.epochs.last(book.book.book_id)
            leaves = await work.charity.books.settlement(book.book.book_id)
        if last is None or last.epoch != book.epoch.epoch:
            raise NotFound
        yield leaves

    async def _epochs(self, book: PublicBook) -> AsyncIterator[bytes]:
        async with self._database.read() as work:
            rows = await work.charity.epochs.every(book.book.book_id)
        for row in rows:
            if row.epoch <= book.epoch.epoch:
                data = (await self._evidence.of(row)).encode()
                yield len(data).to_bytes(4, "big") + data

    async def write(self, directory: Path) -> list[PublicBook]:
        """`charity/` with every book below a directory; files are replaced whole."""
        root = directory / "charity"
        root.mkdir(parents=True, exist_ok=True)
        books = await self.books()
        for n, book in enumerate(books):
            books[n] = await self._write(root / book.book.book_id.hex(), book)
        write_durably(root / INDEX, index_text(book.book.book_id for book in books))
        return books

    async def _write(self, place: Path, book: PublicBook) -> PublicBook:
        """One book's files, all of one epoch; gives the book as of that."""
        place.mkdir(exist_ok=True)
        while True:
            try:
                for name in FILES:
                    parts = [piece async for piece in self.pieces(book, name)]
                    write_durably(place / name, b"".join(parts))
            except NotFound:  # a newer epoch came meanwhile
                book = await self.book(book.book.book_id)
            else:
                return book
