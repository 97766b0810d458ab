"""One pass over the log: entries, tiles, head, and the root of every checkpoint (checks 3, 4, 5 and part of 7).

After a fault in the entries the walk goes on with what the *bodies* give, so that everything which hangs on the fault
shows as well; after a gap in the indices it stops, since nothing behind a gap has a place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from struct import iter_unpack
from typing import Final

from chain.audit.model import Checks
from chain.audit.ports import CheckpointRow, EntryRow, LedgerReader, Progress, TileRow
from chain.audit.tree import WIDTH, Block, Tree
from verifier.merkle import TreeHash
from verifier.receipt import ENTRY_BYTES

_PREFIX: Final = b"\xa2\x01\x01\x02\x58\x20"  # docs/formats/log.md: the constant start of every public entry
_GAP: Final = "the entries before are not whole, or not those of the checkpoint to start at"


def public_form(bodies: Sequence[bytes]) -> int | None:
    """Offset of the first body that is not a public entry (38 bytes, fixed start), None if all are."""
    if set(map(len, bodies)) <= {ENTRY_BYTES}:
        joined = b"".join(bodies)
        if all(joined[i::ENTRY_BYTES] == _PREFIX[i : i + 1] * len(bodies) for i in range(len(_PREFIX))):
            return None
    return next(i for i, body in enumerate(bodies) if len(body) != ENTRY_BYTES or not body.startswith(_PREFIX))


def leaf_keys(leaves: Sequence[bytes]) -> tuple[int, ...]:
    """The index column beside each body: the leaf hash's first four bytes as a signed number."""
    return tuple(chain.from_iterable(iter_unpack(">i28x", b"".join(leaves))))


class LedgerPass:
    """Runs once. `start`: a checkpoint to begin at, which `resume` verifies first; else the whole log."""

    def __init__(self, h: TreeHash, reader: LedgerReader, checks: Checks, progress: Progress, *, total: int) -> None:
        self._reader, self._checks, self._progress = reader, checks, progress
        self.tree = Tree(h)
        self.size = 0
        self.root = self.tree.empty
        self.whole = True
        self._total = total
        self._tiles: list[Iterator[TileRow]] = []
        self._stored: list[TileRow | None] = []
        self._first: list[int] = []
        self._checkpoints: Iterator[CheckpointRow] = iter(())
        self._next: CheckpointRow | None = None

    def resume(self, start: CheckpointRow) -> bool:
        """Stand at the beginning of the checkpoint's last block; False (and a fault) if the stored tiles and entries
        do not lead to its root."""
        uppers: list[list[bytes]] = []
        blocks = count = start.size // WIDTH
        while count:
            level, first = len(uppers), count - count % WIDTH
            row = [tile.root or b"" for tile in islice(self._reader.tiles(level, first), count - first)]
            uppers.append(row)
            if len(row) != count - first or any(len(root) != 32 for root in row):
                self._checks["tiles"].fault(
                    "tile", f"{level}/{first}", "n", "missing before the checkpoint to start at"
                )
                return False
            count //= WIDTH
        self.tree.resume(uppers, blocks)
        self.size = blocks * WIDTH
        return True

    def run(self, since: int) -> None:
        """Walk to the end. `since`: size of the checkpoint that `resume` stands before, 0 for everything."""
        self._since = since
        self._checkpoints = self._reader.checkpoints(since)
        self._next = next(self._checkpoints, None)
        base, pending = self.size, list[bytes]()
        self._open_tiles(base)
        for page in self._reader.entries(base):
            leaves = self._page(page, base + len(pending))
            pending += leaves
            at = 0
            while len(pending) - at >= WIDTH:
                self._block(pending[at : at + WIDTH])
                at += WIDTH
            base, pending = base + at, pending[at:]
            self._progress("log", base + len(pending), self._total)
            if not self.whole:
                break
        if pending:
            self._block(pending)
        self._end()

    # -- entries

    def _page(self, page: Sequence[EntryRow], at: int) -> list[bytes]:
        """Leaf hashes of a page, as its bodies give them."""
        check = self._checks["entries"]
        indices, stored, bodies, idems = zip(*page, strict=True)
        if indices != tuple(range(at, at + len(page))):
            good = next(i for i, index in enumerate(indices) if index != at + i)
            self.whole = False
            check.fault("entry", at + good, "idx", f"expected, and index {indices[good]} follows")
            if good == 0:
                return []
            return self._page(page[:good], at)
        check.counted += len(page)
        leaves = list(map(self.tree.leaf, bodies))
        if stored[0] is not None and (keys := leaf_keys(leaves)) != stored:
            for i, (mine, theirs) in enumerate(zip(keys, stored, strict=True)):
                check.expect(mine == theirs, "entry", at + i, "leaf_key", "is not that of the body's hash")
        wrong = public_form(bodies)
        if wrong is not None:
            check.fault("entry", at + wrong, "body", "not of the public form (38 bytes)")
        if idems[0] is not None and set(map(len, idems)) != {16}:
            check.fault("entry", at + next(i for i, k in enumerate(idems) if len(k) != 16), "idem", "not 16 bytes")
        return leaves

    # -- blocks, tiles, checkpoints

    def _block(self, leaves: list[bytes]) -> None:
        block, width = self.tree.block(leaves), len(leaves)
        while self._next is not None and self._next.size <= self.size + width:
            if width == WIDTH and self._next.size == self.size + width:
                break  # at the edge: after the block was added
            self._compare(self._next, self.tree.root(block, self._next.size - self.size))
        if width < WIDTH:
            self.size += width
            self.root = self.tree.root(block, width)
            self._last = (block, width)
            return
        for level, n, hashes, root in self.tree.add(block):
            self._tile(level, n, hashes, root)
        self.size += width
        if self._next is not None and self._next.size == self.size:
            self._compare(self._next, self.tree.root())

    _last: tuple[Block | None, int] = (None, 0)
    _since = 0

    def _compare(self, row: CheckpointRow, root: bytes) -> None:
        check = self._checks["checkpoints"]
        check.counted += 1
        good = check.expect(row.root == root, "checkpoint", row.size, "root", "differs from the entries'")
        if not good and row.size == self._since:  # what was to be stood on does not hold: nothing after it would either
            self.whole = False
        self._next = next(self._checkpoints, None)

    def _open_tiles(self, base: int) -> None:
        level, first = 0, base // WIDTH
        for level in range(max([*self._reader.tile_levels(), -1]) + 1):
            self._first.append(first)
            self._tiles.append(self._reader.tiles(level, first))
            self._stored.append(next(self._tiles[level], None))
            first //= WIDTH

    def _tile(self, level: int, n: int, hashes: list[bytes], root: bytes) -> None:
        check = self._checks["tiles"]
        check.counted += 1
        while level < len(self._stored):
            stored = self._stored[level]
            if stored is None or stored.n > n:
                break
            self._stored[level] = next(self._tiles[level], None)
            if stored.n < n:
                check.fault("tile", f"{level}/{stored.n}", "n", "stored, and not of this tree")
                continue
            self._same(stored, hashes, root)
            return
        check.fault("tile", f"{level}/{n}", "n", "full, and not stored")

    def _same(self, stored: TileRow, hashes: list[bytes], root: bytes) -> None:
        check, place = self._checks["tiles"], f"{stored.level}/{stored.n}"
        if stored.data != b"".join(hashes):
            theirs = [stored.data[i : i + 32] for i in range(0, len(stored.data), 32)]
            wrong = next((i for i, (a, b) in enumerate(zip(hashes, theirs, strict=False)) if a != b), len(theirs))
            check.fault("tile", place, "data", f"hash {wrong} differs from the entries'")
        check.expect(stored.root in (None, root), "tile", place, "root", "differs from the tile's")

    # -- the end

    def _end(self) -> None:
        block, width = self._last
        if not width:
            self.root = self.tree.root()
        if not self.whole:
            for name in ("tiles", "head", "checkpoints"):
                self._checks[name].cannot(_GAP)
            return
        tiles = self._checks["tiles"]
        for level, stored in enumerate(self._stored):
            while stored is not None:
                tiles.fault("tile", f"{level}/{stored.n}", "n", "stored, and the log does not reach it")
                stored = next(self._tiles[level], None)
        self._head(b"".join(self.tree.peaks(block, width)))
        while self._next is not None:
            self._checks["checkpoints"].fault("checkpoint", self._next.size, "size", "beyond the end of the log")
            self._next = next(self._checkpoints, None)

    def _head(self, frontier: bytes) -> None:
        head, check = self._reader.head(), self._checks["head"]
        if head is None:
            check.note("this source keeps no head row; the last checkpoint stands for it")
            return
        check.counted += 1
        check.expect(head.size == self.size, "head", "", "size", f"is {head.size}, the entries are {self.size}")
        check.expect(head.root == self.root, "head", "", "root", "differs from the entries'")
        check.expect(head.frontier == frontier, "head", "", "frontier", "differs from the entries'")
