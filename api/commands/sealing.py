"""`mzt sealing`: the key-encryption keys. All of it works beside a running service."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.beside import open_beside
from api.clock import system_clock, system_entropy
from api.commands.audit import bar
from api.commands.common import EXIT_FAILED, EXIT_OK, EXIT_USAGE, err, out
from api.db.remains import rewrite
from api.sealingring import RingDirectory
from api.services.sealing import KeyUse, SealingService
from api.settings import Settings
from chain.filelock import FileLock


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[SealingService]:
    async with open_beside(settings) as database:
        yield SealingService(database, RingDirectory(settings.data_dir), system_entropy, system_clock)


def line(use: KeyUse) -> str:
    """One key for people, e.g. `1f0a9c3e  seals    120 records`."""
    word = "seals" if use.current else "retired" if use.here else "MISSING"
    return f"{use.kek.hex()}  {word:8} {use.records} records"


async def status(settings: Settings, _: argparse.Namespace) -> int:
    """How many records are under which key; fails if one names a key that is not here."""
    async with _opened(settings) as sealing:
        uses = await sealing.use()
    for use in uses:
        out.print(line(use), highlight=False)
    return EXIT_OK if all(use.here for use in uses) else EXIT_FAILED


async def rotate(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make a new key unless a run is to be resumed, and bring every record under it."""
    with FileLock(settings.data_dir / "sealing-rotation"):  # two at once would only rewrap each other's work
        async with _opened(settings) as sealing:
            if not arguments.resume:
                out.print(f"new key {sealing.rotate().hex()}", highlight=False)
            with bar("sealing") as progress:
                done = await sealing.rewrap(lambda count, total: progress("rewrapping", count, total))
            uses = await sealing.use()
    out.print(f"{done} records rewrapped", highlight=False)
    for use in uses:
        out.print(line(use), highlight=False)
    return EXIT_OK


async def scrub(settings: Settings, _: argparse.Namespace) -> int:
    """Rewrite the tables that records are erased from. The service waits meanwhile."""
    async with open_beside(settings) as database:
        await rewrite(database.engines)
    out.print("rewritten; backups and archived logs keep what they had", highlight=False)
    return EXIT_OK


async def destroy(settings: Settings, arguments: argparse.Namespace) -> int:
    """Delete a retired key for good. Copies of it in backups are the operator's to find."""
    try:
        kek = bytes.fromhex(arguments.key)
    except ValueError:
        kek = b""
    if len(kek) != 4:
        err.print("mzt: a key's id has 8 hexadecimal digits", highlight=False)
        return EXIT_USAGE
    with FileLock(settings.data_dir / "sealing-rotation"):
        async with _opened(settings) as sealing:
            await sealing.destroy(kek)
    out.print(f"{kek.hex()} is destroyed here", highlight=False)
    return EXIT_OK
