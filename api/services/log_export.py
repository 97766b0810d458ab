"""The log as files that any web server or CDN can serve, and from which everything verifies.

docs/formats/log-export.md has the layout. Run again, it adds what is new. Order is the safety here as everywhere:
tiles before the checkpoint that promises them, so that a reader who sees a checkpoint finds all of it, at any moment
and after any crash. Only what a signed checkpoint covers is written; a full tile is written once, and one that is
there with other bytes stops the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select

from api.db.cosignatures import for_size
from api.db.log_tables import anchor, anchor_proof, checkpoint
from api.db.uow import Database, Work
from api.errors import ExportRefused
from api.files import sync_directory, write_durably
from chain.errors import NotInLog
from chain.log.model import TILE_WIDTH, LogIdentity, StoredCheckpoint
from chain.log.tiles import TileAddress, encode_address
from chain.log.view import LogView
from verifier.anchor import AnchorObservation
from verifier.checkpoint import SignedNote
from verifier.errors import Malformed

_AT_ONCE: Final = 64  # tiles read in one transaction: short ones, for a reader keeps an SQLite writer waiting
ENTRIES: Final = "tile/entries"
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What a run did."""

    size: int
    files: int


class LogExport:
    """Writes one log into one directory. Reads beside a running service; takes no lock."""

    def __init__(self, database: Database, identity: LogIdentity, directory: Path) -> None:
        self._database, self._identity, self._root = database, identity, directory
        self._touched: set[Path] = set()
        self._files = 0

    async def run(self, progress: Progress) -> Exported:
        """Add what is new. Raises ExportRefused (another log, a larger or another tree, other bytes), NotInLog."""
        async with self._database.read() as work:
            newest = await work.log.checkpoint()
            if newest is None:
                raise NotInLog("no checkpoint is signed yet")
            old = await self._compare(work, newest)
        for prefix, level in ((ENTRIES, None), *((f"tile/{n}", n) for n in range(_levels(newest.size)))):
            await self._tiles(prefix, level, old, newest.size, progress)
        await self._public()
        await self._checkpoints(old)
        self._sync()
        async with self._database.read() as work:
            note = await _cosigned(work, newest)
        write_durably(self._root / "checkpoint", note)
        return Exported(newest.size, self._files + 1)

    async def _compare(self, work: Work, newest: StoredCheckpoint) -> int:
        """Size of the tree that the directory holds already; 0 for a new one."""
        path = self._root / "checkpoint"
        if not path.exists():
            if self._root.exists() and any(p.name != "tile" and not p.name.endswith("s") for p in self._root.iterdir()):
                raise ExportRefused("the directory holds something else")
            return 0
        try:
            held = SignedNote.parse(path.read_bytes()).checkpoint
        except Malformed:
            raise ExportRefused("its checkpoint is not a signed note") from None
        if held.origin != self._identity.origin:
            raise ExportRefused("it holds another log")
        if held.size > newest.size:
            raise ExportRefused(f"it holds {held.size} entries, this log has {newest.size}: rolled back?")
        if await LogView(self._identity, work.log).root_at(held.size) != held.root:
            raise ExportRefused(f"it holds another tree of {held.size} entries")
        return held.size

    async def _tiles(self, prefix: str, level: int | None, old: int, size: int, progress: Progress) -> None:
        shift = 8 * (level or 0)
        addresses = list(_new(old >> shift, size >> shift))
        for at in range(0, len(addresses), _AT_ONCE):
            async with self._database.log_read() as reader:
                view = LogView(self._identity, reader)
                for address in addresses[at : at + _AT_ONCE]:
                    data = await (view.bundle(address, size) if level is None else view.tile(level, address, size))
                    self._put(f"{prefix}/{encode_address(address)}", data, once=True)
            progress(prefix, min(at + _AT_ONCE, len(addresses)), len(addresses))

    async def _checkpoints(self, old: int) -> None:
        """Every checkpoint from the last exported one on; the last is written anew, for cosignatures may have come."""
        t = checkpoint.c
        async with self._database.read() as work:
            query = select(t.size).where(t.log_id == work.log.log_id, t.size >= old).order_by(t.size)
            sizes = list(await work.connection.scalars(query))
        for at in range(0, len(sizes), _AT_ONCE):
            async with self._database.read() as work:
                for size in sizes[at : at + _AT_ONCE]:
                    found = await work.log.checkpoint(size)
                    assert found is not None  # rows are only inserted
                    self._put(f"checkpoints/{size}", await _cosigned(work, found))

    async def _public(self) -> None:
        """Anchors as they are recorded, their proofs, the trust bundle, the status lists."""
        async with self._database.read() as work:
            for size, data in await _anchors(work, self._identity.origin):
                self._put(f"anchors/{size}.cbor", data)
            t = anchor_proof.c
            for size, proof in await work.connection.execute(
                select(t.size, t.proof).where(t.log_id == work.log.log_id).order_by(t.size)
            ):
                self._put(f"anchors/{size}.proof.cbor", proof)
            bundle = await work.trust.latest()
            if bundle is not None:
                self._put("trust-bundle.cbor", bundle.signed)
            for state in await work.statuses.lists():
                published = await work.statuses.publication(state.number)
                if published is not None:
                    self._put(f"status-lists/{state.number}.cbor", published.signed)

    def _put(self, name: str, data: bytes, *, once: bool = False) -> None:
        """Write aside, sync, rename: a reader sees the old bytes or the new ones, never half of them."""
        path = self._root / name
        if path.exists():
            held = path.read_bytes()
            if held == data:
                return
            if once:
                raise ExportRefused(f"{name} holds other bytes than this log")
        self._directory(path.parent)
        aside = path.with_name(f".{path.name}.part")
        with aside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
        self._touched.add(path.parent)
        self._files += 1

    def _directory(self, path: Path) -> None:
        if not path.is_dir():
            self._directory(path.parent)
            path.mkdir()
            self._touched.add(path.parent)

    def _sync(self) -> None:
        """Renames are durable when their directories are; once each, and before the checkpoint."""
        for directory in sorted(self._touched):
            sync_directory(directory)
        self._touched.clear()


def _levels(size: int) -> int:
    """Tile levels that a tree of this size has."""
    count = 1
    while size >> 8 * count:
        count += 1
    return count


def _new(old: int, new: int) -> Iterator[TileAddress]:
    """Tiles of one level that `old` hashes did not fill yet, up to `new` hashes; the last one may be partial."""
    for n in range(old // TILE_WIDTH, new // TILE_WIDTH):
        yield TileAddress(n)
    if new % TILE_WIDTH:
        yield TileAddress(new // TILE_WIDTH, new % TILE_WIDTH)


async def _cosigned(work: Work, row: StoredCheckpoint) -> bytes:
    lines = await for_size(work.connection, work.log.log_id, row.size)
    return row.note + "".join(line.to_line().line() for line in lines).encode()


async def _anchors(work: Work, origin: str) -> list[tuple[int, bytes]]:
    """Observations of every final anchor, from the anchor table: without reading the chain they are our word."""
    t, c = anchor.c, checkpoint.c
    joined = anchor.join(checkpoint, (t.log_id == c.log_id) & (t.size == c.size))
    columns = (t.chain_id, t.contract, t.size, c.root, t.block_number, t.block_hash, t.tx_hash, t.block_time)
    query = select(*columns).select_from(joined).where(t.log_id == work.log.log_id, t.state == "final")
    found = []
    for chain_id, contract, size, root, number, block_hash, tx_hash, time in await work.connection.execute(query):
        seen = AnchorObservation(chain_id, contract, origin, size, root, number, block_hash, tx_hash, time)
        found.append((size, seen.encode()))
    return found
