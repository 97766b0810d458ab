"""Traces against funds in which every fen is moved by hand: whatever happens, both know the same of each donation."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import kit
from tests.support.fen_world import Fund, Token, Where
from verifier.charity import events as ev
from verifier.charity.follow import Portion
from verifier.charity.line import In, overlaps
from verifier.charity.trace import trail
from verifier.charity.tracefile import MAX_HOPS, Trace
from verifier.charity.tracemaker import make_trace
from verifier.errors import ProofInvalid
from verifier.merkle import TreeHash

ACTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99), st.integers(1, 40)), max_size=24)


def funds() -> tuple[Fund, Fund]:
    return Fund(bytes(16), kit.CHARITY), Fund(bytes(range(16)), kit.CHARITY, TreeHash.SHA256)


def act(fund: Fund, other: Fund, what: int, which: int, size: int) -> None:
    """One act, cut down to what the fund can do at that moment."""
    free = fund.available()
    payment = fund.payments[which % len(fund.payments)] if fund.payments else None
    if what == 0 or free == 0:
        fund.give(len(fund.inflows) + 1000 * fund.book[1], size)
    elif what in (1, 2):
        fund.pay(min(size, free))
    elif what == 3 and payment:
        left = len(payment.tokens) - payment.returned - payment.acknowledged
        if left:
            fund.acknowledge(payment, min(size, left))
    elif what in (4, 5) and payment:
        left = len(payment.tokens) - payment.returned - payment.acknowledged
        if left:
            fund.come_back(payment, min(size, left))
    elif what == 6 and payment and payment.acknowledged:
        fund.withdraw(payment, min(size, payment.acknowledged))
    elif what == 7:
        _take_out(fund, other, which, size)
    elif what == 8:
        fund.transfer(min(size, free), other)
    elif what == 9 and which < 20:
        fund.dispose(min(size, free))


def _take_out(fund: Fund, other: Fund, which: int, size: int) -> None:
    """A part of one in-leaf that is still whole: from the first serial that nobody has spent or taken."""
    idx = which % len(fund.inflows)
    low, high = fund.starts[idx], fund.starts[idx] + fund.inflows[idx].amount
    start = next((s for s in range(max(low, fund.spent) + which % 3, high) if s not in fund.taken), None)
    if start is None:
        return
    end = start
    while end < min(high, start + size) and end not in fund.taken:
        end += 1
    kind = (ev.DonationReturned, ev.DonationReversed, ev.Redirected)[which % 3]
    fund.take_out(idx, start, end - start, kind, other if kind is ev.Redirected else None)


def known(portions: tuple[Portion, ...]) -> Counter[Where]:
    return Counter({w: n for w, n in _amounts(portions).items() if n})


def _amounts(portions: tuple[Portion, ...]) -> Counter[Where]:
    found: Counter[Where] = Counter()
    for p in portions:
        found[p.state, p.book, p.outflow] += p.amount
    return found


def traced(fund: Fund, other: Fund, idx: int) -> tuple[Trace, tuple[Portion, ...]]:
    views = {f.book: f.view() for f in (fund, other) if f.inflows}
    trace = make_trace(views.get, fund.book, idx)
    start = fund.starts[idx]
    return trace, trail(trace, (start, start + fund.inflows[idx].amount))


@settings(max_examples=25, deadline=None)
@given(acts=ACTS, more=ACTS)
def test_a_trace_knows_what_became_of_every_fen(
    acts: list[tuple[int, int, int]], more: list[tuple[int, int, int]]
) -> None:
    fund, other = funds()
    fund.give(0, 30)
    for i, step in enumerate((*acts, *more)):
        act(*((fund, other) if i % 4 else (other, fund)), *step)
    given_by: dict[int, list[Token]] = {}
    for token in dict.fromkeys(fund.line):
        given_by.setdefault(token.donor, []).append(token)
    for idx, leaf in enumerate(fund.inflows):
        if leaf.kind != In.DONATION:
            continue
        trace, portions = traced(fund, other, idx)
        tokens = fund.line[fund.starts[idx] : fund.starts[idx] + leaf.amount]
        if len(trace.hops) < MAX_HOPS:
            assert known(portions) == Counter(t.where for t in tokens)
        assert Trace.parse(trace.encode()).hops == trace.hops


@settings(max_examples=20, deadline=None)
@given(acts=ACTS)
def test_overlaps_are_the_serials_that_two_leaves_share(acts: list[tuple[int, int, int]]) -> None:
    fund, other = funds()
    fund.give(0, 30)
    for step in acts:
        act(fund, other, *step)
    ins, outs = [leaf.amount for leaf in fund.inflows], [leaf.amount for leaf in fund.outflows]
    owner_in = [i for i, n in enumerate(ins) for _ in range(n)]
    owner_out = [j for j, n in enumerate(outs) for _ in range(n)]
    expected = Counter(zip(owner_in, owner_out, strict=False))
    found = list(overlaps(ins, outs))
    assert Counter({(o.inflow, o.outflow): o.amount for o in found}) == expected
    assert [o.start for o in found] == sorted({o.start for o in found})


def test_a_hop_before_the_one_that_leads_to_it_is_refused() -> None:
    fund, other = funds()
    fund.give(0, 10)
    back = fund.come_back(fund.pay(10), 4)
    fund.come_back(fund.pay(4), 2)
    trace, portions = traced(fund, other, 0)
    assert [h.index for h in trace.hops] == [0, back, back + 1]
    assert sum(p.amount for p in portions) == 10
    swapped = Trace((trace.hops[0], trace.hops[2], trace.hops[1]), trace.epochs)
    with pytest.raises(ProofInvalid, match="hop"):
        trail(swapped, (0, 10))
