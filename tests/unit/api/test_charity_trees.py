"""Growing trees in tiles, held against the plain frontier and its proofs."""

from __future__ import annotations

import random

import pytest

from api.services.charity.trees import Growing, TileCache, in_tile, pyramid, split, tile_of
from verifier.merkle import Frontier, TreeHash, inclusion_path, root_from_path

H = TreeHash.SM3
LEAVES = [H.leaf(n.to_bytes(4, "big")) for n in range(66_000)]


@pytest.mark.parametrize("size", [0, 1, 5, 255, 256, 257, 1000, 65_536, 65_999])
def test_roots_and_paths_are_those_of_the_plain_tree(size: int) -> None:
    growing, tiles, at, chance = Growing(H.node), {}, 0, random.Random(size)
    while at < size:
        step = min(size - at, chance.randint(1, 20_000))
        tiles |= {(tile.level, tile.n): tile.nodes for tile in growing.extend(LEAVES[at : at + step])}
        at += step
    root = Frontier(H).extend(LEAVES[:size]).root()
    assert growing.root(H.empty_root) == root
    edge = growing.edge()

    def node(level: int, index: int) -> bytes:
        tile, n = tile_of((level, index))
        nodes = split(tiles[tile, n], 32) if n < edge.full(tile) else list(edge.rows[tile])
        return in_tile(pyramid(H.node, nodes), (level, index))

    for index in {0, size // 2, size - 1} if size else ():
        assert root_from_path(H, LEAVES[index], index, size, inclusion_path(H, index, size, node)) == root


def test_the_longest_unused_tile_goes_first() -> None:
    cache = TileCache(2)
    keys = [(b"b", 1, 0, n) for n in range(3)]
    for key in keys[:2]:
        cache.put(key, [[b"x"]])
    assert cache.get(keys[0]) is not None
    cache.put(keys[2], [[b"y"]])
    assert [cache.get(key) is None for key in keys] == [False, True, False]
