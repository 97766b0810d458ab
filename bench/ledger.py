"""The log's core without HTTP, and pymerkle on the same machine in the same run.

Durable means: the answer came after the commit, and the commit after fsync. SQLite runs in the journal mode that its
version is safe with (api/db/engine.py). What differs from pymerkle 7 is said on the lines that compare.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pymerkle

from bench.ledger_rig import SM3, Entry, Rig, entries, fsync_seconds, postgres_server, rig, sqlite_rig
from bench.measure import Figure, rate
from chain.log.rederive import rederive
from chain.log.view import LogView, TileCache
from verifier.merkle import TreeHash, root_from_path

CROWD, APPENDS, ALONE = 256, 40_000, 300
MILLION = 1_000_000
PEER = 100_000  # entries of pymerkle's tree: a tenth of ours, to its advantage


def _at(seconds: list[float], share: float) -> float:
    """Milliseconds that this share of them did not exceed."""
    return 1000 * seconds[min(len(seconds) - 1, int(len(seconds) * share))]


async def _appends(log: Rig, fsync: list[float]) -> AsyncIterator[Figure]:
    alone, seconds = await log.crowd(entries(ALONE), 1)
    mean = sum(fsync) / len(fsync)
    yield Figure(f"{log.name}: one submitter", alone, "/s", note=f"p50 {_at(seconds, 0.5):.2f} ms")
    yield Figure(f"{log.name}: one submitter's mean wait", 1e3 / alone, "ms", 1 / alone / mean, "raw fsync")
    for keys, ordered in (("time-ordered keys", True), ("random keys", False)):
        found, seconds = await log.crowd(entries(APPENDS, ordered=ordered), CROWD)
        waits = f"p50 {_at(seconds, 0.5):.1f} ms, p99 {_at(seconds, 0.99):.1f} ms (target < 50)"
        yield Figure(f"{log.name}: {CROWD} submitters, {keys}", found, "/s", found / alone, "alone", "≥ 20,000", waits)


async def _storage(log: Rig, fill: list[Entry]) -> AsyncIterator[Figure]:
    start = time.perf_counter()
    await log.bulk(fill)
    yield Figure(f"{log.name}: in batches of 4,096", len(fill) / (time.perf_counter() - start), "/s")
    async with log.read() as store:
        size = (await store.head()).size
    yield Figure(f"{log.name}: stored, all in, at {size:,}", await log.stored() / size, "B/entry", target="≤ 260")


async def _reading(log: Rig) -> AsyncIterator[Figure]:
    async with log.read() as store:
        head = await store.head()
        chosen, view = random.Random(9162), LogView(SM3, store, TileCache())
        for index in range(0, head.size, 256):
            await view.inclusion(index, head.size)
        indices = [chosen.randrange(head.size) for _ in range(20_000)]
        start = time.process_time()
        paths = [await view.inclusion(index, head.size) for index in indices]
        proofs = len(paths) / (time.process_time() - start)
        yield Figure(f"inclusion proofs, warm, of {head.size:,}", proofs, "/s", target="≥ 15,000", note="CPU time")
        cold = TileCache(0)
        start = time.process_time()
        for index in indices[:200]:
            await LogView(SM3, store, cold).inclusion(index, head.size)
        yield Figure("the same without any cache", 200 / (time.process_time() - start), "/s", note="CPU time")
        sample = [
            (i, path, (await store.hashes(0, i, i + 1))[0]) for i, path in list(zip(indices, paths, strict=True))[:500]
        ]

        def verify() -> int:
            for index, path, leaf in sample:
                if root_from_path(SM3.hash, leaf, index, head.size, path) != head.root:
                    raise SystemExit("bench: a proof does not lead to the root")
            return len(sample)

        yield Figure("verifications of them", rate(verify), "/s", target="≥ 50,000", note="CPU time, SM3")
        path = paths[0]
        other = root_from_path(TreeHash.SHA256, sample[0][2], indices[0], head.size, path)

        def verify_sha256() -> int:
            for _ in range(500):
                if root_from_path(TreeHash.SHA256, sample[0][2], indices[0], head.size, path) != other:
                    raise SystemExit("bench: a path led elsewhere")
            return 500

        yield Figure("the same with SHA-256", rate(verify_sha256), "/s", target="≥ 50,000", note="CPU time")
        start = time.process_time()
        await rederive(SM3, store, None, head)
        yield Figure("derived again before signing", head.size / (time.process_time() - start), "/s", note="CPU time")


def _stored_peer(directory: str) -> pymerkle.SqliteTree:
    return pymerkle.SqliteTree(str(Path(directory) / "peer.db"), algorithm="sha256")


def _peer(ours: dict[str, float]) -> Iterator[Figure]:
    """pymerkle: SHA-256, no idempotency keys, no tiles; its SQLite engine commits each append by itself."""
    items = [body for _, body in entries(PEER)]
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    start = time.process_time()
    for body in items:
        tree.append_entry(body)
    rates = {"append, in memory": PEER / (time.process_time() - start)}
    root = tree.get_state()
    chosen = random.Random(9162)
    proofs = []

    def prove() -> int:
        proofs.append((index := chosen.randrange(1, PEER + 1), tree.prove_inclusion(index)))
        return 1

    def verify() -> int:
        for index, proof in proofs[:200]:
            pymerkle.verify_inclusion(tree.get_leaf(index), root, proof)
        return 200

    rates["inclusion proofs"] = rate(prove)
    rates["verifications"] = rate(verify)
    with tempfile.TemporaryDirectory(prefix="mz-bench-") as directory, _stored_peer(directory) as stored:
        start = time.perf_counter()
        for body in items[:ALONE]:
            stored.append_entry(body)
        rates["append, SQLite, durable"] = ALONE / (time.perf_counter() - start)
    for name, value in rates.items():
        mine = ours.get(name)
        note = "" if mine is None else f"ours {mine:,.0f}/s"
        yield Figure(
            f"pymerkle 7: {name}", value, "/s", None if mine is None else mine / value, "ours against it", note=note
        )


async def _figures(server_url: str | None) -> AsyncIterator[Figure]:
    fsync = fsync_seconds()
    yield Figure("raw fdatasync of 4 KiB", len(fsync) / sum(fsync), "/s",
                 note=f"p50 {_at(fsync, 0.5):.2f} ms, p99 {_at(fsync, 0.99):.2f} ms")  # fmt: skip
    ours: dict[str, float] = {}
    if server_url is not None:
        async with rig("PostgreSQL", server_url) as log:
            async for figure in _appends(log, fsync):
                yield figure
            async for figure in _storage(log, entries(200_000, ordered=False)):
                yield figure
    async with sqlite_rig() as log:
        async for figure in _appends(log, fsync):
            if "time-ordered" in figure.name:
                ours["append, SQLite, durable"] = figure.value
            yield figure
        async for figure in _storage(log, entries(MILLION - 2 * APPENDS - ALONE)):
            yield figure
        async for figure in _reading(log):
            ours["inclusion proofs" if figure.name.startswith("inclusion") else figure.name] = figure.value
            yield figure
    ours["verifications"] = ours.pop("verifications of them")
    for figure in _peer(ours):
        yield figure


async def _next(found: AsyncIterator[Figure]) -> Figure | None:
    return await anext(found, None)


def figures() -> Iterator[Figure]:
    """One by one, each as soon as it is measured."""
    with postgres_server() as server, asyncio.Runner() as runner:
        found = _figures(None if server is None else server.url(server.create()))
        while (figure := runner.run(_next(found))) is not None:
            yield figure
