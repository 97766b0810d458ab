"""Donors' traces: good ones of every kind of fate, and everything that a charity or a thief might show instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tests.golden.world import b64
from tests.support import kit
from tests.support.fund_story import BOOK_A, BOOK_B, MADE, Story, sealed, secret, story, trace_of
from verifier import cbor
from verifier.assess import Verifier
from verifier.charity.epoch import Epoch, Head, settled_root
from verifier.charity.events import DonationReversed, parse_event
from verifier.charity.hop import Hop, ShownEvent
from verifier.charity.line import Outflow, Settlement, settled_leaf
from verifier.charity.sumtree import SumNode, levels_of, range_path, reader_of
from verifier.charity.trace import check_trace
from verifier.charity.tracefile import Trace
from verifier.charity.tracemaker import Snapshot
from verifier.merkle import inclusion_path
from verifier.policy import TrustBundle


@cache
def views() -> dict[bytes, Snapshot]:
    return story().views()


@cache
def good(number: int) -> Trace:
    return trace_of(story(), number, views=views())


def with_hop(trace: Trace, at: int = 0, **changes: Any) -> Trace:
    hops = list(trace.hops)
    hops[at] = replace(hops[at], **changes)
    return replace(trace, hops=tuple(hops))


def with_epoch(trace: Trace, epoch: Epoch, book: bytes = BOOK_A) -> Trace:
    return replace(trace, epochs={**trace.epochs, book: epoch})


def one_hop(number: int) -> Trace:
    """The donation's own hop and nothing that follows."""
    whole = good(number)
    return replace(whole, hops=whole.hops[:1], epochs={BOOK_A: whole.epochs[BOOK_A]})


def _resettled(rows: Sequence[tuple[Outflow, Settlement]], hop: Hop, **claims: Any) -> tuple[Hop, Epoch]:
    """A hop over other rows, and an epoch that the charity did sign over them: it may sign any nonsense."""
    a = story().a
    leaves = [settled_leaf(s.encode(), o.encode()) for o, s in rows]
    root = settled_root(a.tree, [o.encode() for o, _ in rows], [s.encode() for _, s in rows])
    changes = {"outflows": Head(len(rows), SumNode(root.hash, root.sum)), "settled": root.hash, "iat": MADE} | claims
    first, end = hop.first, hop.first + len(hop.outflows)
    around = range_path(a.tree, first, end, len(rows), reader_of(levels_of(a.tree, leaves)))
    shown = rows[first:end]
    made = replace(
        hop, outflows=tuple(o for o, _ in shown), settlements=tuple(s for _, s in shown), around=around, steps={}
    )
    return made, sealed(replace(a.claims(), **changes))


def _settled_above_amount() -> Trace:
    trace = one_hop(0)
    rows = list(views()[BOOK_A].outflows(0, story().a.claims().outflows.size))
    rows[0] = (rows[0][0], Settlement(rows[0][0].amount, 1, bytes(32)))
    hop, epoch = _resettled(rows, trace.hops[0])
    return with_epoch(replace(trace, hops=(hop,)), epoch)


def _unpaid_acknowledged() -> Trace:
    """An acknowledgement of what was no payment: the hole of donation 2."""
    trace = one_hop(2)
    size = story().a.claims().outflows.size
    rows = list(views()[BOOK_A].outflows(0, size))
    hole = next(j for j, (o, _) in enumerate(rows) if o.kind != 1)
    rows[hole] = (rows[hole][0], Settlement(1, 0, bytes(32)))
    hop, epoch = _resettled(rows, trace.hops[0])
    return with_epoch(replace(trace, hops=(hop,)), epoch)


def _less_settled() -> Trace:
    """The charity signs fewer outflows than there are; the proof is of all of them."""
    claims = story().a.claims(iat=MADE)
    older = replace(claims, outflows=Head(1, SumNode(claims.outflows.root.hash, 12_000)), acknowledged=0, returned=0)
    return with_epoch(good(0), sealed(older))


def _sums(path: bytes, changes: Mapping[int, int]) -> bytes:
    """The path with other sums in some of its nodes."""
    nodes = [path[i : i + 40] for i in range(0, len(path), 40)]
    for at, change in changes.items():
        total = int.from_bytes(nodes[at][32:], "big") + change
        nodes[at] = nodes[at][:32] + (total % (1 << 64)).to_bytes(8, "big")
    return b"".join(nodes)


def _swapped(path: bytes) -> bytes:
    return path[40:80] + path[:40] + path[80:]


def _leaf(trace: Trace, **changes: Any) -> Trace:
    return with_hop(trace, inflow=trace.hops[0].inflow._replace(**changes))


def _raw(trace: Trace, **changes: Any) -> bytes:
    """Members of the first hop that `Hop` cannot say."""
    m = cbor.decode(trace.encode(), max_bytes=1 << 22)
    m[4][0] |= {int(key[1:]): value for key, value in changes.items()}
    return cbor.encode(m)


def _event(number: int, at: int = 0) -> ShownEvent:
    return good(number).hops[0].events[at]


def accepted() -> dict[str, Trace | bytes]:
    named = {
        "paid-acknowledged-returned": good(0),
        "paid-twice-and-returned-twice": good(1),
        "foreign-money-reversed-and-transferred": good(2),
        "member-of-a-group": good(21),
        "waiting-and-returned-to-the-donor": good(4),
        "redirected-to-another-fund": good(5),
        "nobody-s-name-on-it": trace_of(story(), 1, opened=False, views=views()),
        "not-followed-any-further": one_hop(1),
        "redirected-and-not-followed": one_hop(5),
    }
    return dict(named)


def _tree_faults() -> dict[str, Trace | bytes]:
    zero, three = good(0), good(1)
    first, path = zero.hops[0], zero.hops[0].path
    back = three.hops[0]
    half = back.outflows[:1] + back.outflows[2:], back.settlements[:1] + back.settlements[2:]
    return {
        "payment-omitted-at-the-end": _cut_rows(good(2), 0, len(good(2).hops[0].outflows) - 1),
        "payment-omitted-that-the-next-hop-needs": _cut_rows(three, 0, len(back.outflows) - 1),
        "payment-omitted-at-the-start": _cut_rows(three, 1, len(back.outflows)),
        "payment-omitted-in-the-middle": with_hop(good(2), **_without_middle(good(2).hops[0])),
        "all-payments-omitted": with_hop(zero, outflows=(), settlements=(), around=b"", steps={}),
        "payment-duplicated": with_hop(
            three, outflows=back.outflows[:1] * 2 + half[0], settlements=back.settlements[:1] * 2 + half[1]
        ),
        "outflow-smaller": with_hop(zero, outflows=(first.outflows[0]._replace(amount=11_999),)),
        "outflow-of-another-class": with_hop(zero, outflows=(first.outflows[0]._replace(cost_class=3),)),
        "settlement-altered": with_hop(
            zero, settlements=(first.settlements[0]._replace(acknowledged=9_000),), steps={}
        ),
        "inflow-larger": _leaf(zero, amount=20_000),
        "inflow-overflowing": _raw(zero, m3=zero.hops[0].inflow.encode()[:37] + b"\xff" * 8),
        "inflow-negative": _raw(zero, m3=zero.hops[0].inflow.encode()[:37] + (1 << 63).to_bytes(8, "big")),
        "inflow-of-nothing": _raw(zero, m3=zero.hops[0].inflow.encode()[:37] + bytes(8)),
        "inflow-of-another-day": _leaf(zero, day=zero.hops[0].inflow.day + 1),
        "children-swapped": with_hop(zero, path=_swapped(path)),
        "sibling-sum-forged": with_hop(zero, path=_sums(path, {0: 1})),
        "sums-moved-between-siblings": with_hop(good(2), path=_sums(good(2).hops[0].path, {0: 1, 1: -1})),
        "sibling-sum-overflowing": with_hop(zero, path=_sums(path, {0: 1 << 63})),
        "sums-overflowing-together": with_hop(zero, path=_sums(path, {0: (1 << 63) - 6_000})),
        "path-cut": with_hop(zero, path=path[:-40]),
        "path-longer": with_hop(zero, path=path + path[:40]),
        "another-index": with_hop(zero, index=1),
        "index-beyond-the-tree": with_hop(zero, index=99),
        "outflows-one-further": with_hop(zero, first=1, steps={}),
        "range-sums-forged": with_hop(three, around=_sums(back.around, {len(back.around) // 40 - 1: 5})),
        "range-cut": with_hop(zero, around=first.around[40:]),
        "settled-above-the-amount": _settled_above_amount(),
        "acknowledged-though-no-payment": _unpaid_acknowledged(),
        "fewer-outflows-signed": _less_settled(),
    }


def _cut_rows(trace: Trace, start: int, end: int) -> Trace:
    """A good range proof of fewer leaves than the donation's serials reach."""
    view, hop = views()[BOOK_A], trace.hops[0]
    first, last = hop.first + start, hop.first + end
    rows = view.outflows(first, last)
    claims = view.epoch.claims
    around = range_path(claims.tree, first, last, claims.outflows.size, view.settled_node)
    steps = {j: hop.steps[j] for j in hop.steps if first <= j < last}
    outs, settled = tuple(o for o, _ in rows), tuple(s for _, s in rows)
    return with_hop(trace, first=first, outflows=outs, settlements=settled, around=around, steps=steps)


def _without_middle(hop: Hop) -> dict[str, Any]:
    assert len(hop.outflows) >= 3
    return {
        "outflows": hop.outflows[:1] + hop.outflows[2:],
        "settlements": hop.settlements[:1] + hop.settlements[2:],
        "steps": {},
    }


def _hop_faults() -> dict[str, Trace | bytes]:
    zero, three, five = good(0), good(1), good(5)
    step = next(iter(three.hops[0].steps.items()))
    twice = (*five.hops[0].events, *five.hops[0].events)
    one_of_two = {j: s for j, s in good(1).hops[0].steps.items() if j == max(good(1).hops[0].steps)}
    return {
        "hop-elsewhere": replace(zero, hops=(zero.hops[0], three.hops[-1])),
        "hop-into-another-donation": replace(zero, hops=(zero.hops[0], replace(three.hops[0]))),
        "hop-twice": replace(zero, hops=(*zero.hops, zero.hops[1])),
        "hop-that-nothing-led-to": replace(one_hop(4), hops=(one_hop(4).hops[0], zero.hops[1])),
        "steps-altered": with_hop(three, steps={**three.hops[0].steps, step[0]: step[1][:-1] or step[1] * 2}),
        "steps-in-another-order": with_hop(three, steps={j: s[::-1] for j, s in three.hops[0].steps.items()}),
        "not-all-of-what-returned": with_hop(three, steps=one_of_two),
        "hole-of-another-donation": with_hop(good(4), events=(_event(5),)),
        "hole-twice": with_hop(five, events=twice),
        "hole-that-spending-has-reached": with_hop(good(2), events=(*good(2).hops[0].events, _reached())),
        "hole-without-a-path": with_hop(five, events=(ShownEvent(_event(5).body),)),
        "hole-on-a-path-of-another": with_hop(five, events=(ShownEvent(_event(5).body, _event(4).path),)),
        "hole-larger": with_hop(good(4), events=(ShownEvent(_larger(_event(4).body), _event(4).path),)),
        "event-of-nothing-shown": with_hop(zero, events=(ShownEvent(story().a.events[0]),)),
        "group-s-other-member": with_hop(good(21), member=replace(good(21).hops[0].member, index=2)),
        "member-larger": with_hop(good(21), member=_member(amount=601)),
        "member-of-another-day": with_hop(good(21), member=_member(day=1)),
        "member-of-a-group-that-is-none": with_hop(zero, member=good(21).hops[0].member),
        "group-shown-as-a-donation": with_hop(one_hop(21), member=None),
        "income-shown-as-a-donation": replace(good(0), hops=(zero.hops[1],)),
    }


def _reached() -> ShownEvent:
    """The event that reversed a part of donation 2: its out-leaf says so already."""
    view = views()[BOOK_A]
    body = next(b for b in story().a.events if isinstance(parse_event(b), DonationReversed))
    claims = view.epoch.claims
    path = inclusion_path(claims.tree, parse_event(body).seq, claims.events, view.event_node)
    return ShownEvent(body, tuple(path))


def _member(**changes: Any) -> Any:
    member = good(21).hops[0].member
    assert member is not None
    return replace(member, leaf=member.leaf._replace(**changes))


def _larger(body: bytes) -> bytes:
    m = cbor.decode(body)
    return cbor.encode(m | {6: m[6] + 1})


def _epoch_faults() -> dict[str, tuple[Trace | bytes, str]]:
    zero, claims = good(0), story().a.claims(iat=MADE)
    older = sealed(replace(_older().a.claims(), iat=MADE - 3600))
    bare = sealed(claims, logged=False)
    later = replace(claims, iat=kit.AT + kit.DAY)
    foreign = replace(claims, iss=kit.REGISTRY)
    details = story().given[0]
    return {
        "epoch-older-than-the-proof": (with_epoch(zero, older), "TRACE_INVALID"),
        "epoch-of-another-book": (with_epoch(zero, sealed(replace(claims, book=BOOK_B))), "TRACE_INVALID"),
        "epoch-by-a-key-of-another-kind": (
            with_epoch(zero, sealed(foreign, kit.REGISTRY_KEY)),
            "KEY_NOT_ALLOWED_FOR_KIND",
        ),
        "epoch-by-another-charity": (
            with_epoch(zero, sealed(replace(claims, iss=OTHER), OTHER_KEY)),
            "DISCLOSURE_INVALID",
        ),
        "one-of-two-epochs-by-another-charity": (
            with_epoch(good(5), sealed(replace(story().b.claims(iat=MADE), iss=OTHER), OTHER_KEY), BOOK_B),
            "TRACE_INVALID",
        ),
        "epoch-by-a-stranger": (with_epoch(zero, sealed(claims, kit.STRANGER_KEY)), "KEY_UNKNOWN"),
        "epoch-of-an-unknown-charity": (
            with_epoch(zero, sealed(replace(claims, iss="53990000MJ9T00088X"), kit.STRANGER_KEY)),
            "ISSUER_UNKNOWN",
        ),
        "epoch-signature-flipped": (
            with_epoch(zero, replace(bare, sign1=replace(bare.sign1, signature=bytes(64)))),
            "SIGNATURE_INVALID",
        ),
        "epoch-of-tomorrow": (with_epoch(zero, sealed(later, logged=False)), "NOT_YET_VALID"),
        "epoch-that-no-log-has-seen": (with_epoch(zero, bare), "RECEIPT_MISSING"),
        "epoch-with-another-s-receipt": (
            with_epoch(zero, replace(zero.epochs[BOOK_A], receipts=good(5).epochs[BOOK_B].receipts)),
            "RECEIPT_INVALID",
        ),
        "details-of-another-amount": (replace(zero, details=replace(details, amount=10_001)), "DISCLOSURE_INVALID"),
        "details-of-another-fund": (replace(zero, details=replace(details, book=BOOK_B)), "DISCLOSURE_INVALID"),
        "details-of-another-charity": (
            replace(zero, details=replace(details, charity=kit.REGISTRY)),
            "DISCLOSURE_INVALID",
        ),
        "another-s-secret": (replace(zero, secret=secret(1)), "DISCLOSURE_INVALID"),
        "another-s-donation": (replace(zero, details=story().given[1], secret=secret(1)), "DISCLOSURE_INVALID"),
    }


OTHER = "53990000MJ9T00045R"
OTHER_KEY = kit.TestSigner(b"other charity")


@cache
def trust() -> bytes:
    """The world's bundle and another charity, which may sign donations as well."""
    base = kit.bundle()
    key = replace(base.issuers[1].keys[0], key=OTHER_KEY.key)
    other = replace(
        base.issuers[1], uscc=OTHER, name_zh="另一慈善会（虚构）", name_en="Another Charity (fictitious)", keys=(key,)
    )
    return kit.signed_bundle(replace(base, issuers=(*base.issuers, other)))


@cache
def _older() -> Story:
    s = Story()
    s.donate(0, 10_000)
    s.donate(1, 4_000)
    return s


def _malformed() -> dict[str, bytes]:
    data = good(0).encode()
    m = cbor.decode(data, max_bytes=1 << 22)
    hop = m[4][0]
    return {
        "empty": b"",
        "truncated": data[:-1],
        "trailing-byte": data + b"\x00",
        "version-2": cbor.encode(m | {1: 2}),
        "no-hops": cbor.encode(m | {4: []}),
        "seventeen-hops": cbor.encode(m | {4: [hop] * 17}),
        "no-epoch": cbor.encode(m | {5: {}}),
        "an-epoch-too-many": cbor.encode(m | {5: {**m[5], BOOK_B: good(5).epochs[BOOK_B].encode()}}),
        "secret-without-details": cbor.encode(m | {2: None}),
        "details-without-secret": cbor.encode(m | {3: None}),
        "secret-of-15-bytes": cbor.encode(m | {3: m[3][1:]}),
        "foreign-money-at-another-rate": cbor.encode(m | {2: m[2] | {7: "USD", 8: 1400, 9: [713, 100]}}),
        "inflow-of-44-bytes": _raw(good(0), m3=hop[3][1:]),
        "inflow-of-an-unknown-kind": _raw(good(0), m3=b"\x07" + hop[3][1:]),
        "path-of-39-bytes": _raw(good(0), m4=hop[4][:39]),
        "outflow-without-a-settlement": _raw(good(0), m8=b""),
        "payment-without-a-class": _raw(good(0), m7=hop[7][:9] + b"\x00" + hop[7][10:]),
        "steps-of-a-leaf-not-shown": _raw(good(0), m10=[[99, hop[10][0][1]]]),
        "step-of-two-members": _raw(good(0), m10=[[0, [[1, 2]]]]),
        "proof-of-no-leaves": _raw(good(4), m9=bytes(40)),
        "event-path-of-31-bytes": _raw(good(4), m11=[[_event(4).body, bytes(31)]]),
        "member-too-many": _raw(good(0), m12=0),
    }


def _bytes(trace: Trace | bytes) -> bytes:
    return trace if isinstance(trace, bytes) else trace.encode()


def document() -> dict[str, Any]:
    verifier = Verifier(TrustBundle.parse(trust()))
    wrong = {name: (t, "TRACE_INVALID") for name, t in (_tree_faults() | _hop_faults()).items()}
    for name in ("inflow-overflowing", "inflow-negative", "inflow-of-nothing"):
        wrong[name] = (wrong[name][0], "MALFORMED_FILE")
    wrong |= _epoch_faults() | {name: (data, "MALFORMED_FILE") for name, data in _malformed().items()}
    return {
        "description": "Donors' traces. `accepted`: with the report. `refused`: the reason of what is not believed.",
        "trust_b64": b64(trust()),
        "at": kit.AT,
        "accepted": [
            {"name": name, "trace_b64": b64(_bytes(t)), "report": check_trace(_bytes(t), verifier, at=kit.AT).to_json()}
            for name, t in accepted().items()
        ],
        "refused": [{"name": n, "trace_b64": b64(_bytes(t)), "reason": reason} for n, (t, reason) in wrong.items()],
    }
