"""The line of fen: a fund's sum tree, all overlaps of donations and payments, size and check of a donor's trace.

`python -m bench charity-tree` measures a million donations and 15,000 payments; `python -m bench.charity_tree [SIZE]`
grows a fund from 10^3 donations on, with as many payments in proportion, and draws docs/img/charity-growth.svg.
"""

from __future__ import annotations

import random
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.measure import Figure
from tests.support import kit
from tests.support.fund_story import MADE, sealed
from verifier.assess import Verifier
from verifier.charity.epoch import EpochClaims, Head
from verifier.charity.line import In, Inflow, Out, Outflow, Settlement, overlaps, settled_leaf
from verifier.charity.sumtree import SumNode, levels_of, range_root, reader_of, root_of
from verifier.charity.trace import check_trace
from verifier.charity.tracemaker import Snapshot, make_trace
from verifier.merkle import TreeHash

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
DONATIONS_A_PAYMENT = 1_000_000 / 15_000
SAMPLE = 400
SPENT = 0.9  # of what came in
PICTURE = Path("docs/img/charity-growth.svg")
BOOK = bytes(16)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Point:
    """One size. Seconds and milliseconds are of this process's CPU; bytes are of leaves and nodes."""

    donations: int
    payments: int
    tree: float  # seconds to build the tree of inflows
    overlaps: float  # seconds for all overlaps
    median: int  # bytes of a trace's proof
    most: int
    over: int  # bytes of the largest beyond 100 for each of its payments
    check: float  # milliseconds to check one, file to report, median
    make: float  # milliseconds to make one, median


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def _fund(size: int) -> tuple[list[Inflow], list[Outflow], list[Settlement]]:
    chance = random.Random(size)
    inflows = [Inflow(In.DONATION, 20_400, chance.randbytes(32), chance.randrange(1, 100_000)) for _ in range(size)]
    payments = max(1, round(size / DONATIONS_A_PAYMENT))
    each = int(SPENT * sum(leaf.amount for leaf in inflows)) // payments
    outflows = [Outflow(Out.PAYMENT, 20_401, 1, 1, chance.randbytes(32), each) for _ in range(payments)]
    return inflows, outflows, [Settlement(chance.randrange(each), 0, chance.randbytes(32)) for _ in outflows]


def measure(size: int, tree: TreeHash = TreeHash.SM3) -> Point:
    """Build one fund and look at `SAMPLE` of its donations, and at the one on the tree's highest boundary."""
    inflows, outflows, settlements = _fund(size)
    leaves = [leaf.encode() for leaf in inflows]
    levels, built = _timed(lambda: levels_of(tree, leaves))
    amounts, paid = [leaf.amount for leaf in inflows], [leaf.amount for leaf in outflows]
    _, shared = _timed(lambda: deque(overlaps(amounts, paid), maxlen=0))  # to the last one, keeping none
    root = SumNode.decode(range_root(tree, 0, size, reader_of(levels)))
    settled = [settled_leaf(s.encode(), o.encode()) for s, o in zip(settlements, outflows, strict=True)]
    outs = root_of(tree, [leaf.encode() for leaf in outflows])
    claims = EpochClaims(
        kit.CHARITY, MADE, BOOK, 1, tree, Head(size, root), Head(len(outflows), outs), root_of(tree, settled).hash,
        sum(s.acknowledged for s in settlements), 0, 0, tree.empty_root, None, 20_400,
    )  # fmt: skip
    view = Snapshot(sealed(claims), inflows, outflows, settlements, [])
    boundary = 1 << (max(2, len(outflows)) - 1).bit_length() - 1  # where two payments lie furthest apart in the tree
    worst = next((o.inflow for o in overlaps(amounts, paid) if o.outflow == boundary), 0)
    chance = random.Random(1)
    return _sampled(view, [worst, *(chance.randrange(size) for _ in range(SAMPLE))], built, shared, len(outflows), size)


def _sampled(view: Snapshot, chosen: list[int], built: float, shared: float, payments: int, size: int) -> Point:
    verifier = Verifier(kit.bundle())
    sizes, over, checks, makes = [], [], [], []
    for index in chosen:
        trace, made = _timed(lambda index=index: make_trace({BOOK: view}.get, BOOK, index))  # type: ignore[misc]
        data = trace.encode()
        report, checked = _timed(lambda data=data: check_trace(data, verifier, at=kit.AT))  # type: ignore[misc]
        if report.outcome != "PASSED":
            raise SystemExit("bench: a trace did not pass")
        sizes.append(report.merkle_bytes)
        over.append(report.merkle_bytes - 100 * len(trace.hops[0].outflows))
        checks.append(checked)
        makes.append(made)
    middle = len(sizes) // 2
    return Point(
        size, payments, built, shared, sorted(sizes)[middle], max(sizes), max(over),
        1000 * sorted(checks)[middle], 1000 * sorted(makes)[middle],
    )  # fmt: skip


def figures() -> Iterator[Figure]:
    """A million donations, 15,000 payments, CPU time."""
    point = measure(SIZES[-1])
    name = f"of {point.donations:,} donations"
    yield Figure(f"sum tree {name}, SM3", point.tree, "s", target="≤ 3")
    yield Figure(f"overlaps {name} and {point.payments:,} payments", point.overlaps, "s", target="≤ 2")
    yield Figure("proof in a trace, median", point.median, "bytes", note=f"most {point.most:,}")
    yield Figure("the same beyond 100 bytes a payment, most", point.over, "bytes", target="≤ 2,000")
    yield Figure("trace checked, file to report, median", point.check, "ms", target="≤ 5")
    yield Figure("trace made from a book in memory, median", point.make, "ms", target="≤ 10")


def draw(points: list[Point], path: Path) -> None:
    """Three panels over the number of donations, logarithmic."""
    import matplotlib as mpl  # a picture only; `python -m bench` does without

    mpl.use("agg")
    mpl.rcParams.update({"svg.hashsalt": "charity-growth", "svg.fonttype": "none"})
    from matplotlib import pyplot as plt

    figure, (work, proof, check) = plt.subplots(1, 3, figsize=(14, 3.8), layout="constrained")
    sizes = [p.donations for p in points]
    work.plot(sizes, [p.tree for p in points], "o-", label="sum tree of the donations, SM3")
    work.plot(sizes, [p.overlaps for p in points], "s-", label="all overlaps with payments")
    proof.plot(sizes, [p.median for p in points], "o-", label="median")
    proof.plot(sizes, [p.most for p in points], "s--", label="most")
    proof.axhline(2_000, color="grey", linewidth=0.8)
    check.plot(sizes, [p.check for p in points], "o-", label="checked, file to report")
    check.plot(sizes, [p.make for p in points], "s-", label="made from a book in memory")
    work.set(title="seconds (CPU)", yscale="log")
    proof.set(title="bytes of leaves and nodes in a trace", ylim=(0, None))
    check.set(title="milliseconds (CPU) a trace", ylim=(0, None))
    for axes in (work, proof, check):
        axes.set(xscale="log", xlabel="donations in the fund (15 payments a thousand)")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Grow, print, draw."""
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    points = []
    for size in SIZES:
        if size <= limit:
            points.append(measure(size))
            print(points[-1], flush=True)
    draw(points, PICTURE)
    print(f"drawn in {PICTURE}")


if __name__ == "__main__":
    main()
