"""A fund's book from its opening to its closing, with every kind of event; and bodies and acts that are refused."""

from __future__ import annotations

from typing import Any

from tests.support import kit
from verifier import cbor
from verifier.charity import events as e
from verifier.charity.book import Book, wants
from verifier.charity.errors import LedgerRefused
from verifier.charity.eventform import kinds
from verifier.charity.line import Inflow, event_ref
from verifier.charity.state import At, Batch
from verifier.charity.wording import REFUSALS

BOOK = bytes(range(16))
OTHER = bytes(range(16, 32))
DAY = 20700
WHY = e.Because("agreed")
DIGEST = bytes(range(32))
LEAVES = (Inflow(1, DAY, b"\x01" * 32, 10_000), Inflow(1, DAY, b"\x02" * 32, 5_000), Inflow(1, DAY, b"\x03" * 32, 1))


def opened(**changes: Any) -> e.Opened:
    members = {
        "book": BOOK,
        "charity": kit.CHARITY,
        "title": ("乡村医疗基金", "Rural clinics"),
        "restriction": e.Restriction("clinics", None),
        "unit": None,
        "plan": kit.CHARITY + "A26001",
        "since": None,
    } | changes
    return e.Opened(0, DAY, **members)


MONEY: tuple[e.Event, ...] = (
    opened(since=DAY - 90),
    e.Received(1, DAY, 0, 3, 15_001),
    e.Grouped(2, DAY, DIGEST, 5, 2_000),
    e.Income(3, DAY, 99, e.Because("interest")),
    e.Pledged(4, DAY, 1, 5_000, DAY + 30),
    e.PledgeKept(5, DAY, 1, 1),
    e.Allocated(6, DAY + 1, 1, "clinics", "medicine", 12_000, DIGEST),
    e.DonationReturned(7, DAY + 1, 1, 11_000, 500, WHY),
    e.Reserved(8, DAY + 2, 1, 1, 11_200, 1, 3),
    e.Paid(9, DAY + 2, 1, b"\x0a" * 32, DAY - 1),
    e.Acknowledged(10, DAY + 3, 1, 11_100, b"\x0b" * 32, b"\x0c" * 32, 1, DAY),
    e.AcknowledgementWithdrawn(11, DAY + 3, 1, 100, e.Because("mistyped", "签收金额录入有误")),
    e.PaymentReturned(12, DAY + 4, 1, 200, e.Because("overpaid")),
    e.Reserved(13, DAY + 4, 2, 1, 100, 4, 4),
    e.Cancelled(14, DAY + 4, 2, WHY),
    e.Released(15, DAY + 5, 1, 1_000, e.Because("surplus")),
    e.DonationReversed(16, DAY + 5, 2, 15_000, 1, e.Because("duplicate")),
    e.Redirected(17, DAY + 5, 3, 15_001, 1_000, OTHER, DIGEST),
    e.RedirectedIn(18, DAY + 5, OTHER, event_ref(OTHER, b"theirs"), 30),
    e.TransferIn(19, DAY + 5, OTHER, event_ref(OTHER, b"as well"), 70),
    e.Transferred(20, DAY + 6, OTHER, e.Restriction("clinics", "medicine"), 1_099, DIGEST),
    e.Pledged(21, DAY + 6, 2, 7, DAY + 30),
    e.PledgeWithdrawn(22, DAY + 6, 2, WHY),
    e.SurplusDisposed(23, DAY + 7, 3_600, kit.CHARITY, DIGEST),
    e.Correction(24, DAY + 8, 9, e.Because("class"), ("类别更正说明", "A note on its class")),
    e.Closed(25, DAY + 9, e.Because("ended")),
)
GOODS: tuple[e.Event, ...] = (
    opened(unit=e.Unit("quilt", "piece"), restriction=e.Restriction(), plan=None),
    e.Received(1, DAY, 0, 2, 15_000),
    e.Valued(2, DAY, 0, 1_000_001, e.Because("invoice")),
)


def folded(history: tuple[e.Event, ...], leaves: list[Inflow]) -> Book:
    """The book after the history; `leaves` (those received) grows by those that events made."""
    book, line = Book(BOOK), []
    for event in history:
        batch = None
        if isinstance(event, e.Received):
            batch = Batch.of(leaves[event.start : event.start + event.count])
        idx = wants(event)
        change = book.apply(event, batch, None if idx is None else located(line, idx))
        line += leaves[: change.received] if change.received else []
        line += [change.inflow] if change.inflow else []
    leaves[:] = line
    return book


def located(line: list[Inflow], idx: int) -> At:
    return At(idx, line[idx].kind, sum(leaf.amount for leaf in line[:idx]), line[idx].amount)


def _state(history: tuple[e.Event, ...], received: tuple[Inflow, ...]) -> dict[str, Any]:
    line = list(received)
    book = folded(history, line)
    return {
        "events_hex": [event.encode().hex() for event in history],
        "in_hex": [leaf.encode().hex() for leaf in line],
        "out_hex": [leaf.encode().hex() for leaf in book.outflows],
        "settlement_hex": [settlement.encode().hex() for settlement in book.settlements],
        "balances": dict(sorted(book.accounts.balances.items())),
    }


def _bodies() -> dict[str, bytes]:
    """Bodies that are no event."""
    good = MONEY[6].encode()
    members = cbor.decode(good)
    return {
        "empty": b"",
        "truncated": good[:-1],
        "trailing-byte": good + b"\x00",
        "unknown-kind": cbor.encode(members | {1: 99}),
        "kind-of-the-general-book": cbor.encode(members | {1: 110}),
        "no-seq": cbor.encode({key: value for key, value in members.items() if key != 3}),
        "member-too-many": cbor.encode(members | {9: 0}),
        "member-missing": cbor.encode({key: value for key, value in members.items() if key != 8}),
        "amount-zero": cbor.encode(members | {7: 0}),
        "amount-negative": cbor.encode(members | {7: -1}),
        "amount-2-to-the-53": cbor.encode(members | {7: 1 << 53}),
        "amount-as-text": cbor.encode(members | {7: "12000"}),
        "number-zero": cbor.encode(members | {4: 0}),
        "digest-of-31-bytes": cbor.encode(members | {8: DIGEST[1:]}),
        "class-folded-into-none": cbor.encode(cbor.decode(MONEY[8].encode()) | {7: 0}),
        "reason-without-code": cbor.encode(cbor.decode(MONEY[15].encode()) | {6: ["", None]}),
        "title-in-one-language": cbor.encode(cbor.decode(MONEY[0].encode()) | {6: ["基金"]}),
        "key-order": bytes((good[0],)) + good[3:6] + good[1:3] + good[6:],
    }


def acts() -> dict[str, tuple[int, e.Event]]:
    """By name: after how many events of the history, which act is refused."""
    return {
        "opened-twice": (1, e.Opened(1, DAY, *[getattr(opened(), n) for n in e.Opened.__slots__])),
        "before-opening": (0, e.Income(0, DAY, 1, WHY)),
        "out-of-order": (6, e.Income(7, DAY, 1, WHY)),
        "day-before": (9, e.Income(9, DAY + 1, 1, WHY)),
        "leaf-received-twice": (2, e.Received(2, DAY, 0, 3, 15_001)),
        "over-allocation": (6, e.Allocated(6, DAY, 1, "clinics", "medicine", 17_101, DIGEST)),
        "restricted": (6, e.Allocated(6, DAY, 1, "schools", "medicine", 1, DIGEST)),
        "number-twice": (7, e.Allocated(7, DAY + 1, 1, "clinics", "medicine", 1, DIGEST)),
        "no-allocation": (8, e.Reserved(8, DAY + 2, 1, 2, 1, 1, 3)),
        "more-than-allocated": (8, e.Reserved(8, DAY + 2, 1, 1, 12_001, 1, 3)),
        "paid-without-reservation": (8, e.Paid(8, DAY + 2, 1, DIGEST)),
        "paid-before-the-fund": (9, e.Paid(9, DAY + 2, 1, DIGEST, DAY - 91)),
        "paid-on-the-day-of-recording": (9, e.Paid(9, DAY + 2, 1, DIGEST, DAY + 2)),
        "acknowledged-before-the-payment": (10, e.Acknowledged(10, DAY + 3, 1, 1, DIGEST, None, 2, DAY - 2)),
        "since-the-day-of-opening": (0, opened(since=DAY)),
        "paid-twice": (10, e.Paid(10, DAY + 2, 1, DIGEST)),
        "acknowledged-before-paid": (9, e.Acknowledged(9, DAY + 2, 1, 1, DIGEST, None, 2)),
        "over-acknowledged": (10, e.Acknowledged(10, DAY + 3, 1, 11_201, DIGEST, None, 2)),
        "over-returned": (11, e.PaymentReturned(11, DAY + 3, 1, 101, WHY)),
        "withdrawn-above-acknowledged": (11, e.AcknowledgementWithdrawn(11, DAY + 3, 1, 11_101, WHY)),
        "spent-donation-returned": (10, e.DonationReturned(10, DAY + 2, 0, 0, 1, WHY)),
        "returned-twice": (8, e.DonationReversed(8, DAY + 1, 1, 11_499, 1, WHY)),
        "serials-of-another": (7, e.DonationReturned(7, DAY + 1, 1, 9_999, 1, WHY)),
        "interest-returned": (7, e.DonationReturned(7, DAY + 1, 4, 17_001, 1, WHY)),
        "leaf-that-is-not": (7, e.DonationReturned(7, DAY + 1, 5, 17_100, 1, WHY)),
        "transfer-to-a-wider-fund": (7, e.Transferred(7, DAY + 1, OTHER, e.Restriction(), 1, DIGEST)),
        "transfer-to-itself": (7, e.Transferred(7, DAY + 1, BOOK, e.Restriction("clinics"), 1, DIGEST)),
        "transfer-of-what-is-allocated": (7, e.Transferred(7, DAY + 1, OTHER, e.Restriction("clinics"), 5_101, DIGEST)),
        "transfer-in-twice": (20, e.TransferIn(20, DAY + 5, OTHER, event_ref(OTHER, b"as well"), 70)),
        "goods-valued-in-a-fund-of-money": (7, e.Valued(7, DAY + 1, 0, 1, WHY)),
        "pledge-kept-twice": (6, e.PledgeKept(6, DAY, 1, 1)),
        "correction-of-what-is-not-yet": (7, e.Correction(7, DAY + 1, 7, WHY, ("更正", "Note"))),
        "closed-with-a-surplus": (23, e.Closed(23, DAY + 7, WHY)),
        "received-after-closing": (26, e.Income(26, DAY + 9, 1, WHY)),
        "total-beyond-53-bits": (4, e.Income(4, DAY, (1 << 53) - 1, WHY)),
    }


def _refusal(after: int, event: e.Event) -> str:
    line = list(LEAVES)
    book = folded(MONEY[:after], line)
    idx = wants(event)
    at = located(line, idx) if idx is not None and idx < len(line) else None
    try:
        book.plan(event, Batch.of(LEAVES), at)
    except LedgerRefused as refused:
        return refused.code.value
    raise AssertionError("accepted")


def document() -> dict[str, Any]:
    money = {event.NAME: event for event in reversed(MONEY + GOODS)}
    assert {cls.NAME for cls in kinds()} == set(money)
    refused_acts = [
        {"name": name, "after": after, "body_hex": event.encode().hex(), "code": _refusal(after, event)}
        for name, (after, event) in acts().items()
    ]
    assert {r["code"] for r in refused_acts} >= {c.value for c in REFUSALS} - {
        "amount-out-of-range", "leaves-mismatch"
    }  # fmt: skip
    return {
        "description": "A fund's book. `accepted`: one body of every kind. `refused`: bodies that are no event, and "
        "with `code`: acts that the book refuses after so many events of `money`, changing nothing.",
        "book_hex": BOOK.hex(),
        "accepted": [{"name": name, "body_hex": event.encode().hex()} for name, event in sorted(money.items())],
        "refused": [{"name": name, "body_hex": body.hex()} for name, body in _bodies().items()] + refused_acts,
        "money": _state(MONEY, LEAVES),
        "goods": _state(GOODS, LEAVES[:2])
        | {"values": [[0, 1, 100], [1, 9_999, 999_800], [9_999, 12_000, 101]], "unvalued": [0, 0, 2_000]},
    }
