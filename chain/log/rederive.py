"""Derive the tree again from the stored rows, by another route than the one that wrote it.

Runs before every signature. One flipped bit in a leaf hash has killed public logs (Yeti 2022): once a wrong
root is signed, no honest history fits it any more. Cost: one to two microseconds an entry.

The writer goes bottom-up with a compact range; this goes top-down with the recursive definition of RFC 9162
section 2.1.1, over leaf hashes that it computes from the bodies again. It shares with the writer only the
two hash functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain.errors import Corrupt
from chain.log.model import TILE_WIDTH, Head, LogIdentity, StoredCheckpoint, leaf_key
from chain.log.store import LogReader
from chain.log.view import LogView, TileCache
from verifier.merkle import TreeHash, verify_consistency

_CHUNK: Final = 4096  # entries read at a time


def recursive_root(h: TreeHash, leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1 over leaf hashes (at least one)."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return h.node(recursive_root(h, leaves[:k]), recursive_root(h, leaves[k:]))


async def rederive(identity: LogIdentity, reader: LogReader, last: StoredCheckpoint | None, head: Head) -> bytes:
    """Root of `head`, derived from the rows written since `last`. Raises Corrupt with the first place that
    is
    wrong.
    """
    h = identity.hash
    old_size = last.size if last is not None else 0
    if head.size < old_size:
        raise Corrupt("head", str(head.size), f"is behind the checkpoint of size {old_size}")
    base = old_size - old_size % TILE_WIDTH
    leaves = await _hash_bodies(h, reader, base, head.size)
    await _compare_tiles(h, reader, base, leaves)
    view = LogView(identity, reader, TileCache(0))  # no cache: what is on disk now is what gets signed
    root = await _root(h, view, base, leaves, 0, head.size)
    if root != head.root or root != head.frontier.root():
        raise Corrupt("head", str(head.size), "root differs from the entries'")
    if last is not None:
        await _check_extends(h, view, last, head.size, root)
    return root


async def _hash_bodies(h: TreeHash, reader: LogReader, start: int, stop: int) -> list[bytes]:
    leaves: list[bytes] = []
    for at in range(start, stop, _CHUNK):
        end = min(at + _CHUNK, stop)
        rows = await reader.entries(at, end)
        if [row.index for row in rows] != list(range(at, end)):
            raise Corrupt("entry", f"{at}-{end}", "indices are not contiguous")
        for row in rows:
            leaf = h.leaf(row.body)
            if leaf_key(leaf) != row.leaf_key:
                raise Corrupt("entry", str(row.index), "leaf key differs from the body's")
            leaves.append(leaf)
    return leaves


async def _compare_tiles(h: TreeHash, reader: LogReader, base: int, leaves: Sequence[bytes]) -> None:
    """Every tile that became full since `base` must be stored, and hold what the leaves give."""
    level, first, row = 0, base, list(leaves)
    while len(row) >= TILE_WIDTH:
        roots: list[bytes] = []
        for at in range(0, len(row) - TILE_WIDTH + 1, TILE_WIDTH):
            hashes = row[at : at + TILE_WIDTH]
            n = (first + at) // TILE_WIDTH
            if await reader.tile(level, n) != b"".join(hashes):
                raise Corrupt("tile", f"{level}/{n}", "differs from the entries'")
            roots.append(recursive_root(h, hashes))
        first, level = first // TILE_WIDTH, level + 1
        stored = list(await reader.hashes(level, first, first + len(roots)))
        if stored != roots:
            raise Corrupt("tile", f"{level - 1}/{first}", "stored root differs from the tile's")
        start = first - first % TILE_WIDTH
        tail = await reader.hashes(level, start, first) if start < first else ()
        first, row = start, [*tail, *roots]


async def _root(h: TreeHash, view: LogView, base: int, leaves: Sequence[bytes], start: int, stop: int) -> bytes:
    """MTH of [start, stop): from `leaves` at and after `base`, from stored nodes before it."""
    if start >= base:
        return recursive_root(h, leaves[start - base : stop - base]) if stop > start else h.empty_root
    width = stop - start
    if stop <= base and width & (width - 1) == 0:
        level = width.bit_length() - 1
        return await view.node(level, start >> level)
    k = 1
    while k * 2 < width:
        k *= 2
    left = await _root(h, view, base, leaves, start, start + k)
    return h.node(left, await _root(h, view, base, leaves, start + k, stop))


async def _check_extends(h: TreeHash, view: LogView, last: StoredCheckpoint, size: int, root: bytes) -> None:
    proof = await view.consistency(last.size, size)
    if not verify_consistency(h, last.size, last.root, size, root, proof):
        raise Corrupt("checkpoint", str(last.size), "the tree no longer extends the last signed one")
