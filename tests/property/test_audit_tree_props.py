"""The auditor's tree against the recursive definition, at every size and across tile borders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.audit.catalogue import ALL
from chain.audit.ledger import LedgerPass, public_form
from chain.audit.model import Checks, Outcome
from chain.audit.ports import CheckpointRow, EntryRow, HeadRow, TileRow
from chain.audit.tree import Tree, fold
from chain.log.model import leaf_key
from chain.log.plan import cut_tiles
from tests.support import rfc9162_reference as rfc
from tests.support.log_lab import REFERENCE_HASH
from verifier.merkle import Frontier, TreeHash
from verifier.receipt import entry_body

HASHES = st.sampled_from(list(TreeHash))


def leaves_of(h: TreeHash, count: int) -> list[bytes]:
    return [h.leaf(entry_body(n.to_bytes(32, "big"))) for n in range(count)]


@given(HASHES, st.integers(1, 70))
def test_pairing_level_by_level_is_the_recursive_tree(h: TreeHash, count: int) -> None:
    leaves = leaves_of(h, count)
    assert fold(h.node, leaves) == rfc.root(REFERENCE_HASH[h], leaves)


@settings(deadline=None, max_examples=40)
@given(HASHES, st.integers(0, 1100))
def test_root_and_peaks_at_any_size(h: TreeHash, count: int) -> None:
    tree, leaves = Tree(h), leaves_of(h, count)
    at = 0
    while count - at >= 256:
        list(tree.add(tree.block(leaves[at : at + 256])))
        at += 256
    block = tree.block(leaves[at:]) if at < count else None
    frontier = Frontier(h).extend(leaves)
    assert tree.root(block, count - at) == frontier.root()
    assert tree.peaks(block, count - at) == list(frontier.hashes)
    if block is not None:
        for width in {1, (count - at) // 2, count - at - 1} - {0}:
            assert tree.root(block, width) == Frontier(h).extend(leaves[: at + width]).root()


class Rows:
    """A log in memory, as `LedgerReader`; every test breaks one thing of it."""

    def __init__(self, count: int, sizes: Sequence[int] = ()) -> None:
        h = self.hash = TreeHash.SM3
        self.bodies = [entry_body(n.to_bytes(32, "big")) for n in range(count)]
        leaves = [h.leaf(body) for body in self.bodies]
        self.rows: list[EntryRow] = [
            (n, leaf_key(leaf), self.bodies[n], n.to_bytes(16, "big")) for n, leaf in enumerate(leaves)
        ]
        self.stored: list[TileRow] = []
        level, row = 0, leaves
        while len(row) >= 256:
            made = cut_tiles(h, level, 0, row)
            self.stored += [TileRow(t.level, t.n, t.data, t.root) for t in made]
            level, row = level + 1, [t.root for t in made]
        frontier = Frontier(h).extend(leaves)
        self.top = HeadRow(count, frontier.root(), frontier.encode())
        self.points = [
            CheckpointRow(s, Frontier(h).extend(leaves[:s]).root(), b"", None, None, None) for s in sorted(sizes)
        ]

    def head(self) -> HeadRow:
        return self.top

    def entries(self, start: int) -> Iterator[Sequence[EntryRow]]:
        found = [row for row in self.rows if row[0] >= start]
        for at in range(0, len(found), 1000):
            yield found[at : at + 1000]

    def tiles(self, level: int, start: int) -> Iterator[TileRow]:
        return iter(sorted((t for t in self.stored if t.level == level and t.n >= start), key=lambda t: t.n))

    def tile_levels(self) -> Sequence[int]:
        return sorted({t.level for t in self.stored})

    def checkpoints(self, size: int) -> Iterator[CheckpointRow]:
        return iter([row for row in self.points if row.size >= size])

    def walked(self, since: int = 0) -> tuple[Checks, LedgerPass]:
        checks = Checks(ALL)
        walk = LedgerPass(self.hash, self, checks, lambda *_: None, total=len(self.rows))  # type: ignore[arg-type]
        if since:
            assert walk.resume(next(row for row in self.points if row.size == since))
        walk.run(since)
        return checks, walk


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 511, 512, 1000])
def test_a_whole_log_is_clean_and_gives_its_root(count: int) -> None:
    rows = Rows(count, [size for size in (1, 200, 256, 300, 512, 999) if size <= count])
    checks, walk = rows.walked()
    assert {check.outcome for check in checks.all()} == {Outcome.CLEAN}
    assert (walk.size, walk.root) == (count, rows.top.root)
    assert checks["entries"].counted == count
    assert checks["tiles"].counted == len(rows.stored)
    assert checks["checkpoints"].counted == len(rows.points)


@pytest.fixture(scope="module")
def deep() -> Rows:
    """One full tile of level 1 and some more: 65,900 entries."""
    return Rows(65_900, [300, 65_536, 65_700])


def test_levels_above_the_first_are_derived_too(deep: Rows) -> None:
    checks, walk = deep.walked()
    assert {check.outcome for check in checks.all()} == {Outcome.CLEAN}
    assert checks["tiles"].counted == 257 + 1
    assert walk.root == deep.top.root


def test_a_walk_from_a_checkpoint_ends_at_the_same_root(deep: Rows) -> None:
    for since in (300, 65_536, 65_700):
        checks, walk = deep.walked(since)
        assert {check.outcome for check in checks.all()} == {Outcome.CLEAN}
        assert walk.root == deep.top.root
        assert checks["entries"].counted < len(deep.rows)


def test_faults_in_upper_tiles_are_named(deep: Rows) -> None:
    upper = deep.stored.pop()
    try:
        missing = deep.walked()[0]["tiles"].first[0]
        assert (missing.table, missing.position, missing.field) == ("tile", "1/0", "n")
        deep.stored.append(TileRow(1, 0, upper.data[:32] + bytes(32) + upper.data[64:], upper.root))
        wrong = deep.walked()[0]["tiles"].first[0]
        assert (wrong.position, wrong.field, wrong.detail) == ("1/0", "data", "hash 1 differs from the entries'")
        deep.stored[-1] = upper
        deep.stored.append(TileRow(2, 0, upper.data, upper.root))
        extra = deep.walked()[0]["tiles"].first[0]
        assert (extra.position, extra.field) == ("2/0", "n")
        deep.stored.pop()
    finally:
        if deep.stored[-1] is not upper:
            deep.stored.append(upper)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 599), st.integers(0, 37), st.integers(0, 7))
def test_any_flipped_bit_of_any_body_is_named(index: int, byte: int, bit: int) -> None:
    rows = Rows(600)
    n, key, body, idem = rows.rows[index]
    changed = body[:byte] + bytes([body[byte] ^ 1 << bit]) + body[byte + 1 :]
    rows.rows[index] = (n, key, changed, idem)
    checks, _ = rows.walked()
    first = checks["entries"].first[0]
    assert (first.position, first.field) == (str(index), "leaf_key")
    assert checks["head"].faults == 2


def test_a_gap_stops_the_walk_and_says_what_it_could_not_check() -> None:
    rows = Rows(600, [512])
    del rows.rows[300]
    checks, walk = rows.walked()
    assert str(checks["entries"].first[0]) == "entry 300 idx: expected, and index 301 follows"
    assert (walk.size, checks["head"].outcome) == (300, Outcome.INCOMPLETE)


def test_public_form_names_the_first_that_is_not() -> None:
    bodies = [entry_body(bytes(32))] * 5
    assert public_form(bodies) is None
    for bad in (b"", bodies[0] + b"\x00", b"\xa3" + bodies[0][1:], bodies[0][:5] + b"\x21" + bodies[0][6:]):
        assert public_form([*bodies[:3], bad, *bodies[:1]]) == 3
