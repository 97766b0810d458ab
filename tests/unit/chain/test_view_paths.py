"""Paths put together a tile at a time are those of the definition, with a full cache, a tiny one and none."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import cast

import pytest

from chain.errors import NotInLog
from chain.log.model import LogIdentity
from chain.log.store import LogReader
from chain.log.view import LogView, TileCache
from verifier.merkle import TreeHash, consistency_path, inclusion_path, range_root

H = TreeHash.SHA256
SIZE = 256 * 256 + 700  # three levels of tiles, the upper two partial


class Rows:
    """A reader over leaf hashes in memory."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.levels = [leaves]
        while len(self.levels[-1]) > 1:
            row = self.levels[-1]
            self.levels.append([H.node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)])

    def node(self, level: int, index: int) -> bytes:
        return self.levels[level][index]

    async def head(self) -> object:
        return type("Head", (), {"size": len(self.levels[0])})

    async def hashes(self, level: int, start: int, stop: int) -> Sequence[bytes]:
        return self.levels[8 * level][start:stop]

    async def tile(self, level: int, n: int) -> bytes | None:
        hashes = self.levels[8 * level][256 * n : 256 * n + 256]
        return b"".join(hashes) if len(hashes) == 256 else None


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows([H.leaf(n.to_bytes(4, "big")) for n in range(SIZE)])


@pytest.mark.parametrize("capacity", [0, 2, 4096])
async def test_paths_are_those_of_the_definition(rows: Rows, capacity: int) -> None:
    view = LogView(LogIdentity("log.example", H), cast(LogReader, rows), TileCache(capacity))
    chosen = random.Random(9162)
    sizes = [1, 2, 3, 255, 256, 257, 511, 512, 65535, 65536, 65537, SIZE - 1, SIZE]
    for size in sizes + [chosen.randrange(1, SIZE) for _ in range(20)]:
        for index in {0, size - 1, size // 2, *(chosen.randrange(size) for _ in range(3))}:
            assert await view.inclusion(index, size) == inclusion_path(H, index, size, rows.node), (index, size)
        old = chosen.randrange(1, size + 1)
        assert await view.consistency(old, size) == consistency_path(H, old, size, rows.node)
        assert await view.root_at(size) == range_root(H, 0, size, rows.node)


async def test_what_is_not_in_the_tree_has_no_path(rows: Rows) -> None:
    view = LogView(LogIdentity("log.example", H), cast(LogReader, rows))
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(NotInLog):
            await view.inclusion(index, size)
    for level, index in ((0, SIZE), (8, SIZE >> 8), (3, SIZE >> 3)):
        with pytest.raises(NotInLog):
            await view.node(level, index)
