"""A fund's book against a ledger with one list entry a fen: random histories, most acts of which are allowed.

After every step both have the same lines, settlements and balances, and I1 to I10 hold. A refused act changes nothing
at all, and is refused for a rule that the other ledger finds broken too.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from certs.charity.overview import IN, Overview
from tests.support import kit
from tests.support.charity_reference import Reference
from verifier.charity import events as e
from verifier.charity.book import Book, wants
from verifier.charity.errors import LedgerRefused
from verifier.charity.line import In, Inflow, Out
from verifier.charity.state import At, Batch

BOOK, OTHER, THIRD = b"b" * 16, b"o" * 16, b"t" * 16
DAY = 20700
WHY = e.Because("agreed")
UNBOUND, CLINICS = e.Restriction(), e.Restriction("clinics", None)
AMOUNT, SMALL, NO = st.integers(1, 60), st.integers(1, 12), st.integers(1, 4)
FATE = st.integers(0, 99)
DIGEST = st.sampled_from([bytes([i]) * 32 for i in range(4)])
PLACE = st.sampled_from([UNBOUND, CLINICS, e.Restriction("schools", None), e.Restriction("clinics", "medicine")])
MAX_FEN = 400  # of the whole fund: the other ledger walks over each of them


class Ledger(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.book = Book(BOOK)
        self.other = Reference(BOOK)
        self.shown = Overview()
        self.day = DAY

    # doing

    def act(self, make: Callable[[int, int], e.Event], leaves: tuple[Inflow, ...] = ()) -> None:
        event = make(self.book.size, self.day)
        event = e.parse_event(event.encode())
        idx = wants(event)
        broken = self.other.wrong(event)
        batch, at = Batch.of(leaves) if leaves else None, None if idx is None else self.at(idx)
        if broken:
            before = snapshot(self.book)
            with pytest.raises(LedgerRefused) as refused:
                self.book.apply(event, batch, at)
            assert refused.value.code.value in broken
            assert snapshot(self.book) == before
            return
        self.book.apply(event, batch, at)
        self.other.take(event, [tuple(leaf) for leaf in leaves])
        self.shown.add(event)

    def at(self, idx: int) -> At | None:
        if idx >= len(self.other.leaves):
            return None
        kind, _, _, amount = self.other.leaves[idx]
        return At(idx, kind, sum(leaf[3] for leaf in self.other.leaves[:idx]), amount)

    def pick(self, fate: int, among: int) -> int:
        return fate % (among + 1)  # now and then one that is not there

    def room(self, amount: int) -> bool:
        return len(self.other.fen) + amount <= MAX_FEN

    @initialize(bound=st.sampled_from([UNBOUND, CLINICS]), goods=st.booleans())
    def open(self, bound: e.Restriction, goods: bool) -> None:
        unit = e.Unit("quilt", "piece") if goods else None
        self.act(lambda s, d: e.Income(s, d, 1, WHY))
        self.act(lambda s, d: e.Opened(s, d, BOOK, kit.CHARITY, ("基金", "Fund"), bound, unit, None))
        self.receive([40, 30, 50])
        self.allocate(1, 1, 60, bytes(32))

    @rule(amounts=st.lists(AMOUNT, min_size=1, max_size=3))
    def receive(self, amounts: list[int]) -> None:
        if self.room(sum(amounts)):
            leaves = tuple(Inflow(1, self.day, bytes([i]) * 32, a) for i, a in enumerate(amounts))
            start = self.book.in_count
            self.act(lambda s, d: e.Received(s, d, start, len(leaves), sum(amounts)), leaves)

    @rule(amount=AMOUNT, fate=FATE, digest=DIGEST)
    def enter(self, amount: int, fate: int, digest: bytes) -> None:
        if self.room(amount):
            source = BOOK if fate > 95 else OTHER
            kinds: list[Callable[[int, int], e.Event]] = [
                lambda s, d: e.Income(s, d, amount, WHY),
                lambda s, d: e.Grouped(s, d, digest, 2 + fate % 7, amount),
                lambda s, d: e.TransferIn(s, d, source, digest, amount),
                lambda s, d: e.RedirectedIn(s, d, source, digest, amount),
            ]
            self.act(kinds[fate % 4])

    @rule(fate=FATE, value=st.integers(1, 10_000))
    def value(self, fate: int, value: int) -> None:
        self.act(lambda s, d: e.Valued(s, d, self.pick(fate, self.book.in_count), value, WHY))

    @rule(no=NO, fate=FATE, amount=AMOUNT, digest=DIGEST)
    def allocate(self, no: int, fate: int, amount: int, digest: bytes) -> None:
        if fate % 4:  # mostly what can be
            no, amount = 10 + len(self.other.decided), max(1, min(amount, self.other.unallocated()))
        project = "schools" if fate % 8 == 0 else "clinics"
        self.act(lambda s, d: e.Allocated(s, d, no, project, "medicine", amount, digest))

    @rule(no=NO, amount=SMALL)
    def release(self, no: int, amount: int) -> None:
        self.act(lambda s, d: e.Released(s, d, no, amount, WHY))

    @rule(fate=FATE, amount=AMOUNT, cost_class=st.integers(1, 4), at_once=st.booleans())
    def reserve(self, fate: int, amount: int, cost_class: int, at_once: bool) -> None:
        no, allocation = fate % 9 + 1, fate % 5
        if fate % 4 and self.other.decided:  # mostly what can be
            no, allocation = 10 + len(self.other.payments), sorted(self.other.decided)[fate % len(self.other.decided)]
            amount = max(1, min(amount, self.other.free(allocation)))
            if fate % 5 == 1 and self.book.holes:  # up to the next hole, to the fen
                amount = min(amount, self.book.holes[0].start - self.book.frontier)
        self.act(lambda s, d: e.Reserved(s, d, no, max(1, allocation), amount, cost_class, 1))
        if at_once and no in self.other.payments:
            self.act(lambda s, d: e.Paid(s, d, no, bytes([cost_class]) * 32))

    def waiting(self, fate: int, state: str) -> int:
        found = [no for no, p in self.other.payments.items() if p.state == state]
        return found[fate % len(found)] if found and fate % 8 else 1 + fate % 9

    @rule(fate=FATE, digest=DIGEST)
    def pay(self, fate: int, digest: bytes) -> None:
        self.act(lambda s, d: e.Paid(s, d, self.waiting(fate, "reserved"), digest))

    @rule(fate=FATE)
    def cancel(self, fate: int) -> None:
        if fate % 3 == 0:
            self.act(lambda s, d: e.Cancelled(s, d, self.waiting(fate, "reserved"), WHY))

    @rule(fate=FATE, amount=SMALL, digest=DIGEST)
    def settle(self, fate: int, amount: int, digest: bytes) -> None:
        no = self.waiting(fate, "paid")
        kinds: list[Callable[[int, int], e.Event]] = [
            lambda s, d: e.Acknowledged(s, d, no, amount, digest, None, 2),
            lambda s, d: e.PaymentReturned(s, d, no, amount, WHY),
            lambda s, d: e.AcknowledgementWithdrawn(s, d, no, amount, WHY),
        ]
        self.act(kinds[fate % 3])

    @rule(fate=FATE, offset=st.integers(0, 30), amount=SMALL, digest=DIGEST)
    def take_out(self, fate: int, offset: int, amount: int, digest: bytes) -> None:
        idx = self.pick(fate, self.book.in_count)
        found = self.at(idx)
        if fate % 4:  # mostly what can be: the donation of a fen that is still there, the later ones more often
            free = [serial for serial, paint in enumerate(self.other.paint) if paint is None]
            idx = self.other.fen[free[-1 - offset * len(free) // 60]] if free else idx
            found = self.at(idx)
        start = offset + (found.start if found else 0)
        target = BOOK if fate > 95 else OTHER
        kinds: list[Callable[[int, int], e.Event]] = [
            lambda s, d: e.DonationReturned(s, d, idx, start, amount, WHY),
            lambda s, d: e.DonationReversed(s, d, idx, start, amount, WHY),
            lambda s, d: e.Redirected(s, d, idx, start, amount, target, digest),
        ]
        self.act(kinds[offset % 3])

    @rule(fate=FATE, amount=SMALL, bound=PLACE, digest=DIGEST)
    def leave(self, fate: int, amount: int, bound: e.Restriction, digest: bytes) -> None:
        target = BOOK if fate > 95 else THIRD
        rest = self.other.unallocated()
        amount = rest if fate % 5 == 0 and rest else amount
        kinds: list[Callable[[int, int], e.Event]] = [
            lambda s, d: e.Transferred(s, d, target, bound, amount, digest),
            lambda s, d: e.SurplusDisposed(s, d, amount, kit.CHARITY, digest),
        ]
        self.act(kinds[fate % 2])

    @rule(no=NO, fate=FATE, amount=AMOUNT)
    def pledge(self, no: int, fate: int, amount: int) -> None:
        kinds: list[Callable[[int, int], e.Event]] = [
            lambda s, d: e.Pledged(s, d, no, amount, d + 30),
            lambda s, d: e.PledgeKept(s, d, no, self.pick(fate, self.book.in_count)),
            lambda s, d: e.PledgeWithdrawn(s, d, no, WHY),
        ]
        self.act(kinds[fate % 3])

    @rule(fate=FATE)
    def note(self, fate: int) -> None:
        self.act(lambda s, d: e.Correction(s, d, self.pick(fate, self.book.size), WHY, ("更正", "Note")))

    @rule(fate=FATE)
    def disturb(self, fate: int) -> None:
        """Out of its order, before its day, or the end of the fund."""
        if fate < 40:
            self.act(lambda s, d: e.Income(s + 1, d, 1, WHY))
        elif fate < 80:
            self.act(lambda s, d: e.Income(s, d - 1, 1, WHY))
        else:
            self.act(lambda s, d: e.Closed(s, d, WHY))

    @rule()
    def another_day(self) -> None:
        self.day += 1

    # holding

    @invariant()
    def same_lines(self) -> None:
        line = self.other.out_line()
        assert [tuple(leaf) for leaf in self.book.outflows] == [leaf for leaf, _ in line]
        assert [tuple(s) for s in self.book.settlements] == [self.other.settlement(serials) for _, serials in line]
        assert self.book.frontier == sum(len(serials) for _, serials in line)
        assert (self.book.in_count, self.book.in_total) == (len(self.other.leaves), len(self.other.fen))
        assert self.book.available == sum(paint is None for paint in self.other.paint)

    @invariant()
    def same_accounts(self) -> None:
        balances = self.book.accounts.balances
        assert {name: amount for name, amount in balances.items() if amount} == self.other.balances()
        assert min(balances.values(), default=0) >= 0  # I3
        assert self.book.accounts.conserve()  # I1
        total = self.book.accounts.total
        assert self.book.available == total("unallocated") + total("allocated:") + total("reserved:")  # I9

    @invariant()
    def same_payments(self) -> None:
        for no, allocation in self.book.allocations.items():  # I2
            assert allocation.amount - allocation.used == self.other.free(no) >= 0
        assert set(self.book.disbursements) == set(self.other.payments)
        for no, p in self.other.payments.items():  # I4
            mine = self.book.disbursements[no]
            assert (mine.acknowledged, mine.returned) == (p.mark.count("acknowledged"), p.mark.count("returned"))
            assert sum(amount for _, amount in mine.segments) == len(p.fen)
            assert mine.acknowledged + mine.returned <= mine.amount
        assert {no: [p.amount, p.kept, p.state.value] for no, p in self.book.pledges.items()} == self.other.pledges

    @invariant()
    def same_figures(self) -> None:
        """What the page, the badge and the open data show of the fund."""
        totals, accounts = self.shown.totals(), self.book.accounts
        assert (totals["balance"], totals["unallocated"]) == (self.book.available, accounts["unallocated"])
        assert totals["reserved"] == accounts.total("reserved:")
        assert totals["allocated"] == accounts.total("allocated:") + totals["reserved"] + totals["paid"]
        assert totals["paid"] == accounts.total("paid:") + accounts.total("acknowledged:") == sum(self.shown.costs)
        assert totals["acknowledged"] == accounts.total("acknowledged:")
        assert sum(totals[name] for name in IN) == accounts.total("received:")
        for no, payment in self.shown.payments.items():
            mine = self.book.disbursements[no]
            assert (payment.state, payment.acknowledged, payment.returned) == (
                mine.state.value,
                mine.acknowledged,
                mine.returned,
            )

    @invariant()
    def same_values(self) -> None:
        if self.other.values:
            end = len(self.other.fen)
            for cut in (0, 1, end // 3, end // 2, end):
                assert self.book.value_of(cut, end) == self.other.value(cut, end)


def snapshot(book: Book) -> Any:
    found = {name: copy.copy(value) for name, value in vars(book).items() if name != "_operations"}
    return found | {"accounts": dict(book.accounts.balances), "steps": [tuple(s) for s in book._operations]}


TestLedger = Ledger.TestCase
TestLedger.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def walk(seed: int, steps: int) -> Ledger:
    """A longer history than Hypothesis likes to make, with the same acts."""
    r = random.Random(seed)
    machine = Ledger()
    fate: Callable[[], int] = lambda: r.randrange(100)  # noqa: E731
    machine.open(bound=r.choice([UNBOUND, CLINICS]), goods=seed % 3 == 0)
    acts: list[Callable[[], None]] = [
        lambda: machine.receive([r.randint(1, 20) for _ in range(r.randint(1, 3))]),
        lambda: machine.enter(r.randint(1, 20), fate(), bytes([r.randrange(256)]) * 32),
        lambda: machine.value(fate(), r.randint(1, 10_000)),
        lambda: machine.allocate(r.randint(1, 4), fate(), r.randint(1, 60), bytes(32)),
        lambda: machine.release(r.randint(1, 4), r.randint(1, 6)),
        lambda: machine.reserve(fate(), r.randint(1, 30), r.randint(1, 4), r.random() < 0.6),
        lambda: machine.pay(fate(), bytes([r.randrange(4)]) * 32),
        lambda: machine.cancel(fate()),
        lambda: machine.settle(fate(), r.randint(1, 12), bytes(32)),
        lambda: machine.settle(fate(), r.randint(1, 12), bytes(32)),
        lambda: machine.take_out(fate(), r.randint(0, 30), r.randint(1, 8), bytes(32)),
        lambda: machine.take_out(fate(), r.randint(0, 30), r.randint(1, 8), bytes(32)),
        lambda: machine.leave(fate(), r.randint(1, 8), r.choice([UNBOUND, CLINICS]), bytes(32)),
        lambda: machine.pledge(r.randint(1, 9), fate(), r.randint(1, 60)),
        lambda: machine.disturb(fate()),
    ]
    for _ in range(steps):
        r.choice(acts)()
    figures = machine.same_figures
    for check in (machine.same_lines, machine.same_accounts, machine.same_payments, machine.same_values, figures):
        check()
    return machine


def test_long_histories_reach_what_they_should() -> None:
    """Payments around holes, holes that wait and holes that were reached, partly acknowledged and returned segments."""
    found = [walk(seed, 160) for seed in range(20)]
    books = [machine.book for machine in found]
    payments = [p for book in books for p in book.disbursements.values()]
    assert max(len(p.segments) for p in payments) >= 3
    assert any(p.acknowledged > 0 and p.returned > 0 for p in payments)
    assert any(book.holes for book in books)
    assert {leaf.kind for book in books for leaf in book.outflows} == set(Out)
    assert {leaf[0] for machine in found for leaf in machine.other.leaves} == set(In)
