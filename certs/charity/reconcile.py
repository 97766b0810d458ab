"""The bank's account of what moved held against the charity's own: every line and every booking in exactly one class.

A donation names the bank's reference of its credit, an outflow may have it as its own number; where they meet, day and
amount must agree. A payment without reference is met by amount and day, if only one line and one payment come into
question. What meets nothing is a gap. Nothing here posts or changes anything.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .layouts import CREDIT

MATCHED: Final = "matched"
MATCHED_BY_AMOUNT: Final = "matched-by-amount"
NOT_COVERED: Final = "not-covered"
PENDING: Final = "pending"
MATCHED_TWICE: Final = "matched-twice"
DUPLICATE_REFERENCE: Final = "duplicate-reference"
DIRECTION_DIFFERS: Final = "direction-differs"
AMOUNT_DIFFERS: Final = "amount-differs"
DAY_DIFFERS: Final = "day-differs"
MATCHES_SEVERAL: Final = "matches-several"
CREDIT_ALONE: Final = "credit-without-donation"
DEBIT_ALONE: Final = "debit-without-payment"
DONATION_ALONE: Final = "donation-without-credit"
PAYMENT_ALONE: Final = "payment-without-debit"

CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    MATCHED: ("相符", "the bank and the books agree"),
    MATCHED_BY_AMOUNT: ("按金额和日期相符（账内无流水号）", "agree by amount and day; the books name no reference"),
    NOT_COVERED: ("该日期尚无对账单", "no statement covers the day yet"),
    PENDING: ("在途，等待后续对账单", "the next statement may show it"),
    MATCHED_TWICE: ("一笔流水对应多笔账务", "one line of the statement is booked more than once"),
    DUPLICATE_REFERENCE: ("流水号重复", "two lines of statements have one reference"),
    DIRECTION_DIFFERS: ("收支方向不符", "one says that money came in, the other that it went out"),
    AMOUNT_DIFFERS: ("金额不符", "the amounts differ"),
    DAY_DIFFERS: ("日期不符", "the days lie too far apart"),
    MATCHES_SEVERAL: ("无流水号，且有多笔候选", "no reference, and more than one could be meant"),
    CREDIT_ALONE: ("银行有收款，账内无捐赠或收入", "the bank has a credit that the books do not have"),
    DEBIT_ALONE: ("银行有付款，账内无支出", "the bank has a debit that the books do not have"),
    DONATION_ALONE: ("账内有捐赠或收入，银行无收款", "the books have a credit that the bank does not have"),
    PAYMENT_ALONE: ("账内有支出，银行无付款", "the books have a debit that the bank does not have"),
}
"""Every class, (zh, en)."""
FINE: Final = frozenset({MATCHED, MATCHED_BY_AMOUNT, NOT_COVERED, PENDING})
"""What is no gap."""


@dataclass(frozen=True, slots=True)
class Row:
    """A movement on a statement. `tag`: its reference, keyed; `place`: (import, line); `day` since 1970-01-01."""

    tag: bytes
    place: tuple[bytes, int]
    day: int
    direction: int
    amount: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A booking that must have moved money at the bank. `tag`: keyed reference, None if the books have none; `source`:
    "donation", "settlement" (of a platform's file) or "event"; `place`: (book, leaf or event; of a settlement the
    import and 0)."""

    tag: bytes | None
    source: str
    place: tuple[bytes, int]
    day: int
    direction: int
    amount: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """A line, a booking, or both, and what is to be said of them. A key of CLASSES is the `code`."""

    code: str
    row: Row | None
    item: Item | None


def reconcile(
    rows: Iterable[Row], items: Iterable[Item], covered: Sequence[tuple[int, int]], *, leeway: int
) -> list[Finding]:
    """Each row and each item in exactly one finding. `covered`: spans of days that statements are there for, both ends
    included; `leeway`: days that a booking and its movement may lie apart."""
    found, loose_rows, loose_items = _by_reference(rows, items, leeway)
    more, loose_rows, loose_items = _by_amount(loose_rows, loose_items, leeway)
    found += more
    found += [Finding(CREDIT_ALONE if row.direction == CREDIT else DEBIT_ALONE, row, None) for row in loose_rows]
    spans = merged(covered)
    found += [Finding(_alone(item, spans, leeway), None, item) for item in loose_items]
    return found


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings of each class, all classes named."""
    seen = Counter(finding.code for finding in findings)
    return {code: seen.get(code, 0) for code in CLASSES}


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same days in as few spans as possible: the statements of two months are one of two months."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


_Parts = tuple[list[Finding], list[Row], list[Item]]


def _by_reference(rows: Iterable[Row], items: Iterable[Item], leeway: int) -> _Parts:
    found: list[Finding] = []
    alone: list[Row] = []
    booked: dict[bytes, list[Item]] = {}
    loose: list[Item] = []
    for item in items:
        if item.tag is None:
            loose.append(item)
        else:
            booked.setdefault(item.tag, []).append(item)
    seen: set[bytes] = set()
    for row in rows:
        if row.tag in seen:
            found.append(Finding(DUPLICATE_REFERENCE, row, None))
            continue
        seen.add(row.tag)
        match booked.pop(row.tag, []):
            case []:
                alone.append(row)
            case [item]:
                found.append(Finding(_agreement(row, item, leeway), row, item))
            case [item, *others]:
                found.append(Finding(MATCHED_TWICE, row, item))
                found += [Finding(MATCHED_TWICE, None, other) for other in others]
    return found, alone, [*loose, *(item for group in booked.values() for item in group)]


def _agreement(row: Row, item: Item, leeway: int) -> str:
    if row.direction != item.direction:
        return DIRECTION_DIFFERS
    if row.amount != item.amount:
        return AMOUNT_DIFFERS
    return MATCHED if abs(row.day - item.day) <= leeway else DAY_DIFFERS


def _by_amount(rows: Sequence[Row], items: Sequence[Item], leeway: int) -> _Parts:
    """Bookings without reference only: one with a reference that the bank does not know is a gap, and stays one."""
    open_items: dict[tuple[int, int], list[Item]] = {}
    rest: list[Item] = []
    for item in items:
        if item.tag is None:
            open_items.setdefault((item.direction, item.amount), []).append(item)
        else:
            rest.append(item)
    open_rows: dict[tuple[int, int], list[Row]] = {}
    alone: list[Row] = []
    for row in rows:
        key = row.direction, row.amount
        if key in open_items:
            open_rows.setdefault(key, []).append(row)
        else:
            alone.append(row)
    found: list[Finding] = []
    for key, group in open_items.items():
        for near_rows, near_items in _neighbours(open_rows.get(key, []), group, leeway):
            if len(near_rows) == len(near_items) == 1:
                found.append(Finding(MATCHED_BY_AMOUNT, near_rows[0], near_items[0]))
            elif near_rows and near_items:
                found += [Finding(MATCHES_SEVERAL, row, None) for row in near_rows]
                found += [Finding(MATCHES_SEVERAL, None, item) for item in near_items]
            else:
                alone += near_rows
                rest += near_items
    return found, alone, rest


def _neighbours(rows: Sequence[Row], items: Sequence[Item], leeway: int) -> Iterator[tuple[list[Row], list[Item]]]:
    """Rows and items of one amount in groups: whoever lies within `leeway` days of one of the other sort shares its
    group, directly or through others. Two payments of a hundred yuan in one week are one group, and a question."""
    rows, items = sorted(rows, key=_day), sorted(items, key=_day)
    group: list[Row] = []
    first = last = 0  # items [first, last) are near the group's rows; rows in order of day have them in order, too
    for row in rows:
        low = bisect_left(items, row.day - leeway, key=_day)
        high = bisect_right(items, row.day + leeway, key=_day)
        if low == high:
            yield [row], []
            continue
        if low >= last:
            yield group, list(items[first:last])
            yield [], list(items[last:low])
            group, first = [], low
        group.append(row)
        last = high
    yield group, list(items[first:last])
    yield [], list(items[last:])


def _day(moved: Row | Item) -> int:
    return moved.day


def _alone(item: Item, spans: Sequence[tuple[int, int]], leeway: int) -> str:
    span = next((s for s in spans if s[0] <= item.day <= s[1]), None)
    if span is None:
        return NOT_COVERED
    if item.day + leeway > span[1]:
        return PENDING
    return DONATION_ALONE if item.direction == CREDIT else PAYMENT_ALONE
