"""How the log grows: entries 10^4 to 10^7, and a picture of it. Takes minutes; `make bench-growth`.

At each size: durable appends a second in batches of 4,096 and by 256 submitters, bytes an entry,
one proof without a cache and with one, and the hashes in it.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

from bench.ledger_rig import SM3, Rig, entries, sqlite_rig
from chain.log.view import LogView, TileCache

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
CROWD, STEP = 256, 100_000
PICTURE = Path("docs/img/ledger-growth.png")


@dataclass(frozen=True, slots=True)
class Point:
    """One size."""

    size: int
    bulk: float  # appends/s in batches
    crowd: float  # appends/s of 256 submitters
    stored: float  # bytes an entry
    cold: float  # microseconds of a proof, nothing cached
    warm: float  # microseconds of a proof, its tiles cached
    path: int  # hashes in it


async def _proofs(log: Rig, size: int) -> tuple[float, float, int]:
    chosen = random.Random(9162)
    indices = [chosen.randrange(size) for _ in range(100)]
    async with log.read() as store:
        start = time.perf_counter()
        for index in indices:
            await LogView(SM3, store, TileCache()).inclusion(index, size)
        cold = (time.perf_counter() - start) / len(indices)
        view = LogView(SM3, store, TileCache())
        longest = max([len(await view.inclusion(index, size)) for index in indices])
        start = time.perf_counter()
        for _ in range(20):
            for index in indices:
                await view.inclusion(index, size)
        warm = (time.perf_counter() - start) / len(indices) / 20
    return 1e6 * cold, 1e6 * warm, longest


async def _grow(sizes: tuple[int, ...]) -> list[Point]:
    points: list[Point] = []
    async with sqlite_rig() as log:
        size = 0
        for goal in sizes:
            crowd, _ = await log.crowd(entries(5_000), CROWD)
            size += 5_000
            while size < goal:
                items = entries(min(STEP, goal - size))
                start = time.perf_counter()
                await log.bulk(items)
                bulk = len(items) / (time.perf_counter() - start)
                size += len(items)
            points.append(Point(size, bulk, crowd, await log.stored() / size, *await _proofs(log, size)))
            print(points[-1], flush=True)
    return points


def draw(points: list[Point], path: Path) -> None:
    """Three panels over the number of entries, logarithmic."""
    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, (appends, proofs, storage) = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained")
    sizes = [point.size for point in points]
    appends.plot(sizes, [p.bulk for p in points], "o-", label="batches of 4,096")
    appends.plot(sizes, [p.crowd for p in points], "s-", label="256 submitters")
    appends.set(title="durable appends a second (SQLite)", ylim=(0, None))
    proofs.plot(sizes, [p.cold for p in points], "o-", label="nothing cached")
    proofs.plot(sizes, [p.warm for p in points], "s-", label="tiles cached")
    proofs.set(title="microseconds an inclusion proof", yscale="log")
    storage.plot(sizes, [p.stored for p in points], "o-", label="bytes an entry, all in")
    storage.plot(sizes, [p.path for p in points], "s-", label="hashes in a proof")
    storage.set(title="size", ylim=(0, None))
    for axes in (appends, proofs, storage):
        axes.set(xscale="log", xlabel="entries in the log")
        axes.grid(alpha=0.3)
        axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    draw(asyncio.run(_grow(tuple(size for size in SIZES if size <= limit))), PICTURE)
    print(f"drawn in {PICTURE}")
