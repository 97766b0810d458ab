"""How the log grows: 10^4 to 10^7 entries on SQLite, to 10^6 on PostgreSQL, and a picture: `make bench-growth`. Slow.

At each size, over one whole era of the index of leaves (8,192 entries): durable appends a second in batches of 4,096
and by 256 submitters, and the bytes that the database wrote for each; then bytes kept for each entry, one proof without
a cache and with one, and the hashes in it. What lies between two sizes is filled without waiting for the disk.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

from bench.ledger_rig import SM3, Rig, entries, postgres_server, rig, sqlite_rig
from chain.log.view import LogView, TileCache

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
POSTGRESQL_UP_TO = 1_000_000
CROWD, STEP, ERA = 256, 102_400, 8192
PICTURE = Path("docs/img/ledger-growth.png")


@dataclass(frozen=True, slots=True)
class Point:
    """One size. `load`: processes that wanted to run, a minute's mean: the seconds are worth what it allows."""

    size: int
    bulk: float  # appends/s in batches
    crowd: float  # appends/s of 256 submitters
    bulk_written: float  # bytes written for an entry, in batches
    crowd_written: float  # the same, by 256 submitters
    stored: float  # bytes kept for an entry
    cold: float  # microseconds of a proof, nothing cached
    warm: float  # microseconds of a proof, its tiles cached
    path: int  # hashes in it
    load: float


async def _proofs(log: Rig, size: int) -> tuple[float, float, int]:
    chosen = random.Random(9162)
    indices = [chosen.randrange(size) for _ in range(100)]
    async with log.read() as store:
        start = time.process_time()
        for index in indices:
            await LogView(SM3, store, TileCache()).inclusion(index, size)
        cold = (time.process_time() - start) / len(indices)
        view = LogView(SM3, store, TileCache())
        longest = max([len(await view.inclusion(index, size)) for index in indices])
        start = time.process_time()
        for _ in range(20):
            for index in indices:
                await view.inclusion(index, size)
        warm = (time.process_time() - start) / len(indices) / 20
    return 1e6 * cold, 1e6 * warm, longest


async def _point(log: Rig, size: int) -> Point:
    before = await log.written()
    crowd, _ = await log.crowd(entries(ERA), CROWD)
    between = await log.written()
    items = entries(ERA)
    start = time.perf_counter()
    await log.bulk(items)
    bulk = ERA / (time.perf_counter() - start)
    after = await log.written()
    size += 2 * ERA
    stored = await log.stored() / size
    written = (after - between) / ERA, (between - before) / ERA
    return Point(size, bulk, crowd, *written, stored, *await _proofs(log, size), os.getloadavg()[0])


async def _grow(log: Rig, sizes: tuple[int, ...]) -> list[Point]:
    points: list[Point] = []
    size = 0
    for goal in sizes:
        await log.durable(False)
        while size < goal:
            items = entries(min(STEP, goal - size))
            await log.bulk(items)
            size += len(items)
        await log.durable(True)
        points.append(await _point(log, size))
        size = points[-1].size
        print(log.name, points[-1], flush=True)
    return points


async def _both(limit: int, url: str | None) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    if url is not None:
        async with rig("PostgreSQL", url) as log:
            found[log.name] = await _grow(log, tuple(n for n in SIZES if n <= min(limit, POSTGRESQL_UP_TO)))
    async with sqlite_rig() as log:
        found[log.name] = await _grow(log, tuple(n for n in SIZES if n <= limit))
    return found


def draw(found: dict[str, list[Point]], path: Path) -> None:
    """Four panels over the number of entries, logarithmic."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, (appends, written, proofs, storage) = plt.subplots(1, 4, figsize=(17, 3.8), layout="constrained")
    for (name, points), style in zip(found.items(), ("--", "-"), strict=False):
        sizes = [point.size for point in points]
        appends.plot(sizes, [p.bulk for p in points], "o" + style, label=f"{name}, batches of 4,096")
        appends.plot(sizes, [p.crowd for p in points], "s" + style, label=f"{name}, 256 submitters")
        written.plot(sizes, [p.bulk_written for p in points], "o" + style, label=f"{name}, batches of 4,096")
        written.plot(sizes, [p.crowd_written for p in points], "s" + style, label=f"{name}, 256 submitters")
        proofs.plot(sizes, [p.cold for p in points], "o" + style, label=f"{name}, nothing cached")
        proofs.plot(sizes, [p.warm for p in points], "s" + style, label=f"{name}, tiles cached")
        storage.plot(sizes, [p.stored for p in points], "o" + style, label=f"{name}, bytes an entry")
    longest = max(found.values(), key=len)
    storage.plot([p.size for p in longest], [p.path for p in longest], "s:", label="hashes in a proof")
    storage.axhline(260, color="grey", linewidth=0.8)
    low, high = (choose(p.load for points in found.values() for p in points) for choose in (min, max))
    appends.set(title=f"durable appends a second (load {low:.0f} to {high:.0f})", ylim=(0, None))
    written.set(title="bytes written for an append (WAL, or file and journal)", ylim=(0, None))
    proofs.set(title="microseconds (CPU) an inclusion proof", yscale="log")
    storage.set(title="size, all in", ylim=(0, None))
    for axes in (appends, written, proofs, storage):
        axes.set(xscale="log", xlabel="entries in the log")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    with postgres_server() as server:
        draw(asyncio.run(_both(limit, None if server is None else server.url(server.create()))), PICTURE)
    print(f"drawn in {PICTURE}")
