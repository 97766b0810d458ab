"""Money that comes in: no fen is made or lost by rounding, and no line of a statement by reconciling."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from certs.charity.bank import BadLine, Movement, read_statement
from certs.charity.layouts import shipped
from certs.charity.money import CURRENCIES, parse_rate, parse_yuan
from certs.charity.reconcile import CLASSES, Finding, Item, Row, counts, reconcile
from certs.errors import InvalidField

TODAY = date(2026, 11, 22)
FEN = st.integers(1, (1 << 53) - 1)
# few values, so that everything meets everything
TAGS = st.sampled_from([b"a", b"b", b"c", b"d"])
DAYS = st.integers(20_000, 20_012)
AMOUNTS = st.sampled_from([100, 100, 250])
ROWS = st.lists(st.builds(Row, TAGS, st.just((b"", 0)), DAYS, st.sampled_from([1, 2]), AMOUNTS), max_size=7)
ITEMS = st.lists(
    st.builds(Item, st.none() | TAGS, st.just("event"), st.just((b"", 0)), DAYS, st.sampled_from([1, 2]), AMOUNTS),
    max_size=7,
)
SPANS = st.lists(st.tuples(DAYS, st.integers(0, 6)).map(lambda s: (s[0], s[0] + s[1])), max_size=3)
CELLS = st.lists(st.text(max_size=12) | st.sampled_from(["2026-11-02", "100.00", "-5", "R1", "合计", ""]), max_size=6)


@given(FEN)
def test_yuan_are_read_as_written(fen: int) -> None:
    assert parse_yuan(f"{fen // 100}.{fen % 100:02d}", field="amount") == fen


@given(st.text(alphabet="0123456789.-+,eE１２ \t", max_size=12))
def test_what_is_read_as_yuan_is_that_amount_exactly(text: str) -> None:
    try:
        fen = parse_yuan(text, field="amount")
    except InvalidField:
        return
    assert Decimal(text) * 100 == fen > 0


@given(
    st.integers(1, 10**12),
    st.decimals("0.00000001", "9999", places=8),
    st.sampled_from(sorted(CURRENCIES)),
    st.sampled_from([1, 100]),
)
def test_foreign_money_is_rounded_once_and_half_up(units: int, rate: Decimal, currency: str, per: int) -> None:
    found = parse_rate(f"{rate:f}", currency, per, field="rate").fen(units)
    exact = Decimal(units).scaleb(-CURRENCIES[currency]) * rate / per * 100
    assert found == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@given(ROWS, ITEMS, SPANS, st.integers(0, 4))
def test_every_row_and_every_booking_is_in_one_class(
    rows: list[Row], items: list[Item], spans: list[tuple[int, int]], leeway: int
) -> None:
    found = reconcile(rows, items, spans, leeway=leeway)
    assert Counter(id(f.row) for f in found if f.row) == Counter(map(id, rows))
    assert Counter(id(f.item) for f in found if f.item) == Counter(map(id, items))
    assert all(f.row or f.item for f in found)
    assert counts(found).keys() == CLASSES.keys()
    assert sum(counts(found).values()) == len(found)


@given(ROWS, ITEMS, SPANS, st.integers(0, 4))
def test_what_is_called_matched_agrees(
    rows: list[Row], items: list[Item], spans: list[tuple[int, int]], leeway: int
) -> None:
    for f in reconcile(rows, items, spans, leeway=leeway):
        if f.code in ("matched", "matched-by-amount"):
            assert f.row is not None
            assert f.item is not None
            assert (f.row.direction, f.row.amount) == (f.item.direction, f.item.amount)
            assert abs(f.row.day - f.item.day) <= leeway
            assert f.item.tag == (f.row.tag if f.code == "matched" else None)


@given(ROWS, ITEMS, st.integers(0, 4))
def test_a_match_by_amount_leaves_nobody_else_who_could_be_meant(
    rows: list[Row], items: list[Item], leeway: int
) -> None:
    def met(f: Finding, row: Row | None, item: Item | None) -> bool:
        assert f.row is not None
        a, b = row or f.row, item or f.item
        assert b is not None
        return (a.direction, a.amount) == (b.direction, b.amount) and abs(a.day - b.day) <= leeway

    found = reconcile(rows, items, [], leeway=leeway)
    for f in [f for f in found if f.code == "matched-by-amount"]:
        others = [o for o in found if o is not f]
        assert not any(o.row and o.code.endswith("-without-payment") and met(f, o.row, None) for o in others)
        assert not any(o.item and o.item.tag is None and met(f, None, o.item) for o in others)


@given(st.lists(CELLS | st.just("csv-syntax"), max_size=12))
def test_every_line_below_the_headings_is_told_once(lines: list[list[str] | str]) -> None:
    heading = ["流水号", "交易日期", "收入", "支出"]
    numbered = list(enumerate([["账号 0001"], heading, *lines], start=1))
    told = list(read_statement(numbered, shipped(), today=TODAY))
    assert [t.line for t in told] == sorted({t.line for t in told})
    silent = {n for n, _ in numbered[2:]} - {t.line for t in told}
    for n, cells in numbered:
        if n in silent:
            assert not isinstance(cells, str)
            assert not any(c.strip(" \t\u3000\u00a0") for c in cells) or shipped().is_total(cells)
    assert all(t.amount > 0 if isinstance(t, Movement) else isinstance(t, BadLine) for t in told)
