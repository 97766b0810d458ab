"""`mzt charity epoch` and `mzt charity export`: sign what is due, and give out what anybody audits the books with."""

from __future__ import annotations

import argparse
from pathlib import Path

from api.bootstrap import open_service
from api.commands.common import EXIT_OK, out
from api.settings import Settings


async def epoch(settings: Settings, arguments: argparse.Namespace) -> int:
    """Sign the epoch of every book with news, and log it: a running service does so by itself."""
    async with open_service(settings) as service:
        count = await service.charity.epochs.run()
        await service.ledger.sequence()
        await service.ledger.checkpoint()
    out.print(f"epochs signed: {count}", highlight=False)
    return EXIT_OK


async def export(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write every book as of its last epoch below `charity/` of a directory: `mz-verify --charity` audits that."""
    directory = Path(arguments.directory)
    async with open_service(settings) as service:
        books = await service.charity.export.write(directory)
    for book in books:
        last = book.epoch
        sizes = f"{last.events} events, {last.inflows} in, {last.outflows} out"
        out.print(f"{last.book_id.hex()} epoch {last.epoch}: {sizes}", highlight=False)
    out.print(f"written to {directory / 'charity'}", highlight=False)
    return EXIT_OK
