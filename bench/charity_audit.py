"""The public audit of a static export: a million donations, 15,000 payments, a hundred signed epochs, on one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final

from bench.measure import Figure
from tests.support import kit
from tests.support.fund_story import MADE, sealed
from verifier.assess import Verifier
from verifier.charity import events as e
from verifier.charity.audit import audit_export
from verifier.charity.book import Book
from verifier.charity.epoch import Epoch, EpochClaims, Head, settled_root
from verifier.charity.export import INDEX, Read, index_text, join_records
from verifier.charity.line import Inflow
from verifier.charity.state import Batch
from verifier.charity.sumtree import SumNode, levels_of, range_root, reader_of, root_of
from verifier.merkle import Frontier, TreeHash
from verifier.report import Outcome

DONATIONS: Final = 1_000_000
BATCH: Final = 2000
PAYMENTS: Final = 30  # of each batch
EPOCHS: Final = 100
BOOK: Final = bytes(16)
DAY: Final = 20_000
DIGEST: Final = bytes(32)
_H: Final = TreeHash.SM3


class _Fund:
    """A book as it grows, and what an epoch needs of each moment."""

    def __init__(self) -> None:
        self.book, self.bodies, self.leaves = Book(BOOK), list[bytes](), list[bytes]()
        self.moments: list[tuple[int, int, list[bytes], list[bytes], int]] = []
        self.add(e.Opened, BOOK, kit.CHARITY, ("基金", "Fund"), e.Restriction(), None, None)

    def add(self, kind: type[e.Event], *members: Any, batch: Batch | None = None) -> None:
        event = kind(self.book.size, DAY, *members)
        self.book.apply(event, batch)
        self.bodies.append(event.encode())

    def receive(self, number: int) -> None:
        """A batch of donations, and thirty payments of nine tenths of it, acknowledged."""
        first = number * BATCH
        leaves = [
            Inflow(1, DAY, sha256(b"%d" % n).digest(), 1 + n * 7919 % 100_000) for n in range(first, first + BATCH)
        ]
        self.leaves += [leaf.encode() for leaf in leaves]
        total = sum(leaf.amount for leaf in leaves)
        self.add(e.Received, first, BATCH, total, batch=Batch(BATCH, total, DAY))
        each = total * 9 // 10 // PAYMENTS
        self.add(e.Allocated, number + 1, "project", "purpose", each * PAYMENTS, DIGEST)
        for no in range(number * PAYMENTS + 1, (number + 1) * PAYMENTS + 1):
            self.add(e.Reserved, no, number + 1, each, 1, 1)
            self.add(e.Paid, no, DIGEST)
            self.add(e.Acknowledged, no, each, DIGEST, None, 1)

    def remember(self) -> None:
        book = self.book
        outs, settled = [x.encode() for x in book.outflows], [x.encode() for x in book.settlements]
        self.moments.append((book.in_count, len(self.bodies), outs, settled, book.acknowledged))

    def epochs(self) -> list[Epoch]:
        """One for each moment; the last is in a log."""
        node, made, events, done = reader_of(levels_of(_H, self.leaves)), list[Epoch](), Frontier(_H), 0
        for number, (size, count, outs, settled, acknowledged) in enumerate(self.moments, 1):
            events, done = events.extend([_H.leaf(body) for body in self.bodies[done:count]]), count
            claims = EpochClaims(
                iss=kit.CHARITY, iat=MADE + number, book=BOOK, epoch=number, tree=_H,
                inflows=Head(size, SumNode.decode(range_root(_H, 0, size, node))),
                outflows=Head(len(outs), root_of(_H, outs)), settled=settled_root(_H, outs, settled).hash,
                acknowledged=acknowledged, returned=0, events=count, events_root=events.root(),
                previous=made[-1].digest if made else None, day=DAY,
            )  # fmt: skip
            made.append(sealed(claims, logged=number == len(self.moments)))
        return made


def export(donations: int = DONATIONS) -> Read:
    """A fund of so many donations, exported."""
    fund, batches = _Fund(), donations // BATCH
    for number in range(batches):
        fund.receive(number)
        if number % max(1, batches // EPOCHS) == 0 or number == batches - 1:
            fund.remember()
    outs, settled = fund.moments[-1][2:4]
    files = {
        INDEX: index_text([BOOK]),
        "events.bin": join_records(fund.bodies),
        "in.bin": b"".join(fund.leaves),
        "out.bin": b"".join(outs),
        "settlement.bin": b"".join(settled),
        "epochs.bin": join_records([epoch.encode() for epoch in fund.epochs()]),
    }
    read: Callable[[str], bytes] = lambda name: files[name.rpartition("/")[2]]  # noqa: E731
    return read


def figures() -> Iterator[Figure]:
    """Seconds for the whole audit. Raises if it does not pass."""
    read, verifier = export(), Verifier(kit.bundle())
    started = time.process_time()
    report = audit_export(read, verifier, at=kit.AT)
    spent = time.process_time() - started
    if report.outcome is not Outcome.PASSED:
        raise SystemExit(f"bench: the export does not pass: {report.findings[:1]}")
    payments = report.funds[0].payments
    note = f"{report.donations} donations, {payments} payments, {report.funds[0].epochs} epochs, 1 core"
    yield Figure("public audit of a charity's export", spent, "s", target="<= 30", note=note)
