"""A small fund's whole story as events: what came in, was decided, paid, acknowledged, came back, was corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from certs.charity.overview import Overview
from verifier.charity import events as ev
from verifier.charity.book import Book
from verifier.charity.epoch import EpochClaims, Head, settled_root
from verifier.charity.line import In, Inflow
from verifier.charity.state import At, Batch
from verifier.charity.sumtree import root_of
from verifier.merkle import TreeHash

BOOK: Final = bytes(range(16))
CHARITY: Final = "53990000MJ9T00037A"
DAY: Final = 20_700
GIFT: Final = 90_000  # fen; 98 donors gave as much, one the double
LEAVES: Final = [At(i, In.DONATION, i * GIFT, GIFT if i < 98 else 2 * GIFT) for i in range(99)]
MISTAKE: Final = ev.Because("entered-wrongly", "数额录入有误")


def story() -> Iterator[ev.Event]:
    """100,000.00 came in; 400.00 of it went back, 300.00 was never there; 9,000.00 paid, of which 500.00 came back."""
    yield ev.Opened(0, DAY, BOOK, CHARITY, ("校园午餐", "School meals"), ev.Restriction("meals", None), None, None)
    yield ev.Received(1, DAY, 0, 99, 9_000_000)
    yield ev.Grouped(2, DAY + 1, bytes(32), 5, 1_000_000)
    yield ev.Income(3, DAY + 2, 1_234, ev.Because("interest"))
    yield ev.Allocated(4, DAY + 3, 1, "meals", "food", 2_000_000, b"\x11" * 32)
    yield ev.Reserved(5, DAY + 3, 1, 1, 600_000, 1, 1)
    yield ev.Reserved(6, DAY + 3, 2, 1, 200_000, 2, 3)
    yield ev.Reserved(7, DAY + 4, 3, 1, 60_000, 3, 3)
    yield ev.Reserved(8, DAY + 4, 4, 1, 40_000, 4, 4)
    yield ev.Reserved(9, DAY + 4, 5, 1, 10_000, 1, 2)
    for seq, no in enumerate((1, 2, 3, 4), 10):
        yield ev.Paid(seq, DAY + 10 + no, no, bytes([no]) * 32)
    yield ev.Acknowledged(14, DAY + 20, 1, 550_000, b"\x21" * 32, b"\x22" * 32, 1)
    yield ev.PaymentReturned(15, DAY + 21, 1, 50_000, ev.Because("payee-returned"))
    yield ev.Cancelled(16, DAY + 22, 5, ev.Because("not-needed"))
    yield ev.DonationReturned(17, DAY + 23, 20, LEAVES[20].start + 50_000, 40_000, ev.Because("donor-asked"))
    yield ev.DonationReversed(18, DAY + 24, 30, LEAVES[30].start, 30_000, MISTAKE)
    yield ev.Released(19, DAY + 25, 1, 100_000, ev.Because("not-needed"))
    yield ev.Acknowledged(20, DAY + 25, 2, 90_000, b"\x23" * 32, None, 2)
    yield ev.Correction(21, DAY + 26, 18, MISTAKE, ("金额更正：录入重复。", "Corrected: entered twice."))
    yield ev.Pledged(22, DAY + 27, 1, 70_000, DAY + 90)


def overview() -> Overview:
    folded = Overview()
    for event in story():
        folded.add(ev.parse_event(event.encode()))
    return folded


def book() -> Book:
    """The same in the book that decides what may happen."""
    return _booked()[0]


def _booked() -> tuple[Book, list[Inflow]]:
    made, leaves = Book(BOOK), [Inflow(at.kind, DAY, bytes([at.idx]) * 32, at.amount) for at in LEAVES]
    batch = Batch.of(leaves)
    for event in story():
        idx = getattr(event, "idx", None)
        at = None if idx is None else LEAVES[idx]
        effects = made.apply(event, batch if isinstance(event, ev.Received) else None, at)
        leaves += [effects.inflow] if effects.inflow else []
    return made, leaves


def lines() -> tuple[list[bytes], list[bytes]]:
    """Leaves of both lines, of 45 and 50 bytes."""
    made, leaves = _booked()
    return [leaf.encode() for leaf in leaves], [leaf.encode() for leaf in made.outflows]


def claims(**changes: Any) -> EpochClaims:
    """What an epoch says of it."""
    (ins, outs), made, h = lines(), book(), TreeHash.SM3
    settled = settled_root(h, outs, [s.encode() for s in made.settlements])
    values: dict[str, Any] = {
        "iss": CHARITY, "iat": 0, "book": BOOK, "epoch": 1, "tree": h, "inflows": Head(len(ins), root_of(h, ins)),
        "outflows": Head(len(outs), root_of(h, outs)), "settled": settled.hash, "acknowledged": made.acknowledged,
        "returned": made.returned, "events": made.size, "events_root": bytes(32), "previous": None, "day": DAY,
    }  # fmt: skip
    return EpochClaims(**{**values, **changes})
