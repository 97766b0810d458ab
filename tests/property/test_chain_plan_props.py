"""Pure parts of the log: plans, tiles, paths."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chain.log.model import Known, Staged
from chain.log.plan import cut_tiles, perfect_root, plan_entries
from chain.log.rederive import recursive_root
from chain.log.tiles import TileAddress, decode_bundle, encode_address, encode_bundle, parse_address
from tests.support import rfc9162_reference as rfc
from verifier.merkle import Frontier, TreeHash

keys = st.integers(0, 5).map(lambda n: n.to_bytes(16, "big"))
bodies = st.sampled_from([b"a", b"b", b"c"])


@given(st.lists(st.tuples(keys, bodies), max_size=12), st.dictionaries(keys, bodies, max_size=3), st.integers(10, 99))
def test_plan_is_first_come_first_served(
    items: list[tuple[bytes, bytes]], before: dict[bytes, bytes], size: int
) -> None:
    h = TreeHash.SM3
    known = {key: Known(n, body) for n, (key, body) in enumerate(before.items())}
    plan = plan_entries(h, size, [Staged(n, *pair) for n, pair in enumerate(items)], known)
    model = dict(before)
    parked = [n for n, (key, body) in enumerate(items) if model.setdefault(key, body) != body]
    assert list(plan.parked) == parked
    assert sorted([*plan.parked, *plan.consumed]) == list(range(len(items)))
    assert [e.index for e in plan.entries] == list(range(size, size + len(plan.entries)))
    assert {e.idem: e.body for e in plan.entries} == {k: v for k, v in model.items() if k not in before}
    assert set(plan.known) == {key for key, _ in items}


@given(st.integers(0, 3), st.integers(0, 600))
def test_tiles_are_cut_at_full_width_only(first: int, count: int) -> None:
    leaves = [n.to_bytes(32, "big") for n in range(count)]
    tiles = cut_tiles(TreeHash.SHA256, 0, first * 256, leaves)
    assert [t.n for t in tiles] == [first + i for i in range(count // 256)]
    for i, tile in enumerate(tiles):
        part = leaves[i * 256 : i * 256 + 256]
        assert tile.data == b"".join(part)
        assert tile.root == rfc.root(rfc.sha256, part)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_three_routes_to_a_root_agree(leaves: list[bytes]) -> None:
    for h, reference in ((TreeHash.SM3, rfc.sm3), (TreeHash.SHA256, rfc.sha256)):
        expected = rfc.root(reference, leaves)
        assert recursive_root(h, leaves) == expected
        assert Frontier(h).extend(leaves).root() == expected
        if len(leaves).bit_count() == 1:
            assert perfect_root(h, leaves) == expected


@given(st.integers(0, (1 << 40) - 1), st.integers(1, 256))
def test_paths_round_trip(n: int, width: int) -> None:
    address = TileAddress(n, width)
    assert parse_address(encode_address(address)) == address


@given(st.lists(st.binary(max_size=60), max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries
