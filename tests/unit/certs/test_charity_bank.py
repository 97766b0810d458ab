"""Bank statements as banks export them, and what reconciling says of each line."""

from __future__ import annotations

import json
from datetime import date

import pytest

from api.services.messages import reason_of
from certs.charity.bank import BadLine, Movement, read_statement
from certs.charity.intake import COLUMNS
from certs.charity.layouts import CREDIT, DEBIT, parse_layouts, shipped
from certs.charity.platform import HEADINGS
from certs.charity.reconcile import CLASSES, Item, Row, counts, merged, reconcile
from certs.errors import CatalogueInvalid, InvalidField

TODAY = date(2026, 11, 22)
DAY = 20_759  # 2026-11-02
BOOK, FILE = b"book", b"file"


def read(*lines: str) -> list[Movement | BadLine]:
    cells = [line.split("|") for line in lines]
    return list(read_statement(enumerate(cells, start=1), shipped(), today=TODAY))


@pytest.mark.parametrize(
    ("heading", "line", "direction", "amount"),
    [
        ("交易日期|流水号|借方发生额|贷方发生额|余额", "20261102|R1|0.00|1,234.56|9", CREDIT, 123_456),
        ("交易日期|流水号|支出|收入", "2026-11-02|R1|88.00|-", DEBIT, 8800),
        ("交易时间|交易流水号|借贷标志|交易金额", "2026/11/2 10:11:12|R1\t|贷|100", CREDIT, 10_000),
        ("交易时间|交易流水号|借贷标志|交易金额", "2026年11月2日|R1|借|100.5", DEBIT, 10_050),
        ("日期|凭证号|金额", "2026-11-02|R1|-12.34", DEBIT, 1234),
        ("Date|Reference|Amount|Dr/Cr|Currency", "2026-11-02|R1|1000.00|CR|RMB", CREDIT, 100_000),
        ("记 账 日 期|流水号*|Debit|Credit", "2026-11-02T08:00|R1||0.01", CREDIT, 1),
    ],
)
def test_a_line_is_read_in_each_layout(heading: str, line: str, direction: int, amount: int) -> None:
    assert read("户名|示例慈善基金会", "", heading, line, "合计|||1") == [Movement(4, "R1", DAY, direction, amount)]


HEADING = "交易日期|流水号|支出|收入|币种"


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("20261102|R1||12.345|", "credit", "AMOUNT_FRACTION"),
        ("20261102|R1||-5|", "credit", "AMOUNT_NEGATIVE"),
        ("20261102|R1|0.00|0.00|", "credit", "AMOUNT_ZERO"),
        ("20261102|R1|||", "credit", "MISSING"),
        ("20261102|R1|1|1|", "credit", "BOTH_WAYS"),
        ("20261102|R1||90071992547409.92|", "credit", "AMOUNT_OVERFLOW"),
        ("20261102|R1||１00|", "credit", "AMOUNT_FORMAT"),
        ("20261102|R1||12,34.00|", "credit", "AMOUNT_FORMAT"),
        ("20261102|R1||5|USD", "currency", "CURRENCY_MIXED"),
        ("20261102|||5|", "reference", "MISSING"),
        ("20261102|=R1||5|", "reference", "FORMULA"),
        ("|R1||5|", "day", "MISSING"),
        ("20261131|R1||5|", "day", "DATE"),
        ("20261123|R1||5|", "day", "FUTURE_DATE"),
        ("2.11.2026|R1||5|", "day", "DATE_FORMAT"),
        ("20261102|R1||5||6", "", "column-count"),
        ("20261102|R1", "", "column-count"),
    ],
)
def test_a_bad_line_is_named(line: str, field: str, code: str) -> None:
    assert read(HEADING, line) == [BadLine(2, field, code)]
    assert reason_of(code, "zh")


def test_an_unknown_direction_is_no_guess() -> None:
    assert read("日期|流水号|金额|借贷", "2026-11-02|R1|5|其他") == [BadLine(2, "direction", "DIRECTION")]


def test_a_file_without_headings_is_no_statement() -> None:
    for lines in (["a|b"], [], ["交易日期|流水号|交易时间|金额"], ["流水号|日期|余额"]):
        with pytest.raises(InvalidField) as refused:
            read(*lines)
        assert refused.value.rule == "no-header"


def test_an_operators_words_are_added() -> None:
    own = parse_layouts(json.dumps({"format": "mz-bank-layouts/1", "headings": {"reference": ["柜员流水"]}}), shipped())
    assert own.columns(["柜员流水", "日期", "金额"]) == {"reference": 0, "day": 1, "amount": 2}
    assert own.columns(["流水号", "日期", "金额"])


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": "mz-bank-layouts/2"}',
        '{"format": "mz-bank-layouts/1", "headings": {"balance": ["余额"]}}',
        '{"format": "mz-bank-layouts/1", "headings": {"credit": ["支出"]}}',  # means debit already
        '{"format": "mz-bank-layouts/1", "totals": [" "]}',
        '{"format": "mz-bank-layouts/1", "more": 1}',
    ],
)
def test_a_bad_catalogue_of_layouts_is_refused(text: str) -> None:
    with pytest.raises(CatalogueInvalid):
        parse_layouts(text, shipped())


def row(tag: bytes, day: int = DAY, amount: int = 100, direction: int = CREDIT, line: int = 2) -> Row:
    return Row(tag, (FILE, line), day, direction, amount)


def item(tag: bytes | None, day: int = DAY, amount: int = 100, direction: int = CREDIT, at: int = 0) -> Item:
    return Item(tag, "event", (BOOK, at), day, direction, amount)


def codes(rows: list[Row], items: list[Item], covered: list[tuple[int, int]] | None = None) -> list[str]:
    return [f.code for f in reconcile(rows, items, covered or [], leeway=3)]


def test_what_the_reference_joins_must_agree() -> None:
    assert codes([row(b"a")], [item(b"a", DAY - 3)]) == ["matched"]
    assert codes([row(b"a")], [item(b"a", DAY - 4)]) == ["day-differs"]
    assert codes([row(b"a")], [item(b"a", amount=99)]) == ["amount-differs"]
    assert codes([row(b"a")], [item(b"a", direction=DEBIT)]) == ["direction-differs"]
    assert codes([row(b"a"), row(b"a", line=3)], [item(b"a")]) == ["matched", "duplicate-reference"]
    assert codes([row(b"a")], [item(b"a"), item(b"a", at=1)]) == ["matched-twice", "matched-twice"]


def test_what_the_books_do_not_have_is_a_gap_at_once() -> None:
    assert codes([row(b"a"), row(b"b", direction=DEBIT)], []) == ["credit-without-donation", "debit-without-payment"]


def test_what_the_bank_does_not_have_is_a_gap_once_a_statement_would_show_it() -> None:
    for booked, gap in (
        (item(b"a"), "donation-without-credit"),
        (item(None, direction=DEBIT), "payment-without-debit"),
    ):
        assert codes([], [booked]) == ["not-covered"]
        assert codes([], [booked], [(DAY, DAY + 2)]) == ["pending"]
        assert codes([], [booked], [(DAY, DAY + 2), (DAY + 3, DAY + 30)]) == [gap]


def test_a_payment_without_reference_is_met_only_if_no_other_could_be_meant() -> None:
    def debits(*days: int) -> list[Row]:
        return [row(bytes([n]), DAY + d, direction=DEBIT) for n, d in enumerate(days)]

    def payments(*days: int) -> list[Item]:
        return [item(None, DAY + d, direction=DEBIT, at=n) for n, d in enumerate(days)]

    assert codes(debits(0), payments(3)) == ["matched-by-amount"]
    assert codes(debits(0), payments(4)) == ["debit-without-payment", "not-covered"]
    assert codes(debits(0, 1), payments(3)) == ["matches-several"] * 3
    assert codes(debits(0, 6), payments(3)) == ["matches-several"] * 3  # both are three days off
    assert codes(debits(0), payments(-3, 3)) == ["matches-several"] * 3
    assert codes(debits(0, 10), payments(1, 11)) == ["matched-by-amount"] * 2
    assert codes(debits(0), [item(b"x", direction=DEBIT)]) == ["debit-without-payment", "not-covered"]


def test_statements_that_touch_are_one() -> None:
    assert merged([(5, 9), (1, 4), (8, 8), (11, 12)]) == [(1, 9), (11, 12)]


def test_every_class_has_words() -> None:
    assert all(zh and en for zh, en in CLASSES.values())
    assert counts([]) == dict.fromkeys(CLASSES, 0)


def test_headings_of_platforms_are_of_columns() -> None:
    assert set(HEADINGS) == set(COLUMNS)
