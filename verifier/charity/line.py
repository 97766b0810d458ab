"""The leaves of a fund's two lines: what came in, what went out, and how each outflow was settled.

Both lines share one coordinate, the *serial* of a fen: inflow k owns the serials [S(k-1), S(k)), outflow k owns the
next range in order. So an outflow's money is the overlap of its range with the inflows', and nobody chooses whose it
is. Integers are unsigned big endian, an amount is always the last 8 bytes: the sum tree adds those up.

    inflow      45 bytes  kind 1 ‖ day 4 ‖ ref 32 ‖ amount 8
    outflow     50 bytes  kind 1 ‖ day 4 ‖ allocation 4 ‖ cost class 1 ‖ ref 32 ‖ amount 8
    settlement  48 bytes  acknowledged 8 ‖ returned 8 ‖ digest 32
    settled     98 bytes  settlement ‖ outflow

Amounts are whole fen (in a fund of goods whole units), 1 … 2^53-1; days are counted from 1970-01-01 (UTC+8). `ref` of a
donation is its commitment (`opening`), of a payment the SM3 of the published voucher, of all else `event_ref`.

Sample, a donation of 10 000 fen on day 20700: `01 000050dc 5f…(32) 0000000000002710`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from ..errors import Malformed
from ..hazmat.sm3 import prefixed, sm3

FORMAT: Final = "fund-line"
BOOK_BYTES: Final = 16
REF_BYTES: Final = 32
MAX_AMOUNT: Final = (1 << 53) - 1
MAX_DAY: Final = 376_200  # the year 2999
INFLOW_BYTES: Final = 45
OUTFLOW_BYTES: Final = 50
SETTLEMENT_BYTES: Final = 48
SETTLED_BYTES: Final = SETTLEMENT_BYTES + OUTFLOW_BYTES
NO_DIGEST: Final = bytes(REF_BYTES)
_INFLOW: Final = struct.Struct(">BI32sQ")
_OUTFLOW: Final = struct.Struct(">BIIB32sQ")
_SETTLEMENT: Final = struct.Struct(">QQ32s")
_EVENT: Final = prefixed(b"mz-fund-event\x00")


class In(IntEnum):
    """Where an inflow comes from."""

    DONATION = 1
    GROUP = 2
    RETURNED_PAYMENT = 3
    TRANSFER_IN = 4
    REDIRECTED_IN = 5
    INCOME = 6


class Out(IntEnum):
    """Where an outflow goes."""

    PAYMENT = 1
    TRANSFER = 2
    DONATION_RETURNED = 3
    DONATION_REVERSED = 4
    REDIRECTED = 5
    SURPLUS = 6


class CostClass(IntEnum):
    """What a payment is for; NONE for what is no payment."""

    NONE = 0
    DIRECT_AID = 1
    SERVICE_COST = 2
    FUNDRAISING_COST = 3
    ADMIN = 4


class Inflow(NamedTuple):
    """An in-leaf. A tuple and no checked class, for a fund has a million: `encode` and the parsers check."""

    kind: int
    day: int
    ref: bytes
    amount: int

    def encode(self) -> bytes:
        """45 bytes. Raises Malformed for values that no leaf can have."""
        _check_inflow(self.kind, self.day, self.amount)
        return _INFLOW.pack(self.kind, self.day, _sized(self.ref), self.amount)

    @classmethod
    def parse(cls, data: bytes) -> Inflow:
        """Inverse of `encode`. Raises Malformed."""
        return parse_inflows(_whole(data, INFLOW_BYTES))[0]


class Outflow(NamedTuple):
    """An out-leaf: a payment or a segment of one, or money that left in another way."""

    kind: int
    day: int
    allocation: int
    cost_class: int
    ref: bytes
    amount: int

    def encode(self) -> bytes:
        """50 bytes. Raises Malformed for values that no leaf can have."""
        _check_outflow(self.kind, self.day, self.allocation, self.cost_class, self.amount)
        return _OUTFLOW.pack(self.kind, self.day, self.allocation, self.cost_class, _sized(self.ref), self.amount)

    @classmethod
    def parse(cls, data: bytes) -> Outflow:
        """Inverse of `encode`. Raises Malformed."""
        return parse_outflows(_whole(data, OUTFLOW_BYTES))[0]


class Operation(NamedTuple):
    """One step of an outflow's settlement. `op` 1 acknowledged (ref: SM3 of the evidence), 2 returned, 3 an
    acknowledgement withdrawn (ref of both: `event_ref` of the event that says so)."""

    op: int
    amount: int
    ref: bytes


class Settlement(NamedTuple):
    """How much of an outflow was acknowledged and returned, and the chain over the steps that led there."""

    acknowledged: int = 0
    returned: int = 0
    digest: bytes = NO_DIGEST

    def encode(self) -> bytes:
        """48 bytes. Raises Malformed for values out of range."""
        _check_settlement(self.acknowledged, self.returned)
        return _SETTLEMENT.pack(self.acknowledged, self.returned, _sized(self.digest))

    @classmethod
    def parse(cls, data: bytes) -> Settlement:
        """Inverse of `encode`. Raises Malformed."""
        return parse_settlements(_whole(data, SETTLEMENT_BYTES))[0]

    def after(self, step: Operation) -> Settlement:
        """The settlement with one more step: digest' = SM3(digest ‖ op ‖ amount ‖ ref). Raises Malformed for a step
        that no settlement can take; that both parts stay within the outflow is the book's rule."""
        if not 1 <= step.amount <= MAX_AMOUNT:
            raise Malformed(FORMAT, "amount")
        acknowledged, returned = self.acknowledged, self.returned
        if step.op == ACKNOWLEDGED:
            acknowledged += step.amount
        elif step.op == RETURNED:
            returned += step.amount
        elif step.op == WITHDRAWN and step.amount <= acknowledged:
            acknowledged -= step.amount
        else:
            raise Malformed(FORMAT, "settlement-step")
        digest = sm3(self.digest + struct.pack(">BQ", step.op, step.amount) + _sized(step.ref))
        return Settlement(acknowledged, returned, digest)


ACKNOWLEDGED: Final = 1
RETURNED: Final = 2
WITHDRAWN: Final = 3


def settle(steps: Iterable[Operation]) -> Settlement:
    """The settlement that the steps lead to, from nothing. Raises Malformed."""
    settlement = Settlement()
    for step in steps:
        settlement = settlement.after(step)
    return settlement


def event_ref(book: bytes, body: bytes) -> bytes:
    """How a leaf names the event that made it: SM3("mz-fund-event" ‖ 0 ‖ book 16 ‖ body), 32 bytes.

    With the book, for two funds may hold equal bodies: a charity could make equal transfers out of both, and show the
    donors of both the same good spending.
    """
    if len(book) != BOOK_BYTES:
        raise Malformed(FORMAT, "book")
    return _EVENT(book + body)


def settled_leaf(settlement: bytes, outflow: bytes) -> bytes:
    """Leaf of the settled tree, 98 bytes: settlement 48 ‖ outflow 50, so that it ends in the amount."""
    return _whole(settlement, SETTLEMENT_BYTES) + _whole(outflow, OUTFLOW_BYTES)


def parse_inflows(data: bytes) -> list[Inflow]:
    """All in-leaves of a file of 45 bytes each. Raises Malformed."""
    _multiple(data, INFLOW_BYTES)
    leaves = list(map(Inflow._make, _INFLOW.iter_unpack(data)))
    for kind, day, _, amount in leaves:
        # One comparison chain a leaf: a call for each of a million leaves would take as long as reading them.
        if not (0 < amount <= MAX_AMOUNT and 0 < kind <= In.INCOME and day <= MAX_DAY):
            _check_inflow(kind, day, amount)
    return leaves


def parse_outflows(data: bytes) -> list[Outflow]:
    """All out-leaves of a file of 50 bytes each. Raises Malformed."""
    _multiple(data, OUTFLOW_BYTES)
    leaves = list(map(Outflow._make, _OUTFLOW.iter_unpack(data)))
    for leaf in leaves:
        _check_outflow(leaf.kind, leaf.day, leaf.allocation, leaf.cost_class, leaf.amount)
    return leaves


def parse_settlements(data: bytes) -> list[Settlement]:
    """All settlements of a file of 48 bytes each. Raises Malformed."""
    _multiple(data, SETTLEMENT_BYTES)
    leaves = list(map(Settlement._make, _SETTLEMENT.iter_unpack(data)))
    for leaf in leaves:
        _check_settlement(leaf.acknowledged, leaf.returned)
    return leaves


class Overlap(NamedTuple):
    """Serials [start, start + amount) of inflow `inflow` that outflow `outflow` took."""

    inflow: int
    outflow: int
    start: int
    amount: int


def overlaps(inflows: Sequence[int], outflows: Sequence[int]) -> Iterator[Overlap]:
    """Every pair of an in-leaf and an out-leaf that share serials, in order of serials, from their amounts alone.

    Two pointers: one step for each end of a range. It stops at the end of the shorter line; what is then left of the
    inflows waits.
    """
    make = Overlap._make
    i = j = position = 0
    count_in, count_out = len(inflows), len(outflows)
    if not count_in or not count_out:
        return
    end_in, end_out = inflows[0], outflows[0]
    while True:
        end = end_in if end_in < end_out else end_out
        if end > position:
            yield make((i, j, position, end - position))
        position = end
        if end_in == end:
            i += 1
            if i == count_in:
                return
            end_in += inflows[i]
        if end_out == end:
            j += 1
            if j == count_out:
                return
            end_out += outflows[j]


def _check_inflow(kind: int, day: int, amount: int) -> None:
    if not In.DONATION <= kind <= In.INCOME:
        raise Malformed(FORMAT, "kind")
    _check_day_and_amount(day, amount)


def _check_outflow(kind: int, day: int, allocation: int, cost_class: int, amount: int) -> None:
    if not Out.PAYMENT <= kind <= Out.SURPLUS:
        raise Malformed(FORMAT, "kind")
    _check_day_and_amount(day, amount)
    if kind == Out.PAYMENT:
        if not 0 < allocation < 1 << 32 or not CostClass.DIRECT_AID <= cost_class <= CostClass.ADMIN:
            raise Malformed(FORMAT, "payment")  # every payment is of an allocation and has a class of cost
    elif allocation or cost_class:
        raise Malformed(FORMAT, "not-a-payment")


def _check_day_and_amount(day: int, amount: int) -> None:
    if not 0 <= day <= MAX_DAY:
        raise Malformed(FORMAT, "day")
    if not 1 <= amount <= MAX_AMOUNT:
        raise Malformed(FORMAT, "amount")


def _check_settlement(acknowledged: int, returned: int) -> None:
    if not (0 <= acknowledged <= MAX_AMOUNT and 0 <= returned <= MAX_AMOUNT):
        raise Malformed(FORMAT, "amount")


def _sized(ref: bytes) -> bytes:
    if len(ref) != REF_BYTES:
        raise Malformed(FORMAT, "ref", "expected 32 bytes")
    return ref


def _whole(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise Malformed(FORMAT, "length", f"expected {size} bytes")
    return data


def _multiple(data: bytes, size: int) -> None:
    if len(data) % size:
        raise Malformed(FORMAT, "length", f"expected a multiple of {size} bytes")
