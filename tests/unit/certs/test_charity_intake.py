"""One donation row: what is taken, and the name of everything that is not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from api.services.messages import reason_of
from certs.charity.draft import GOODS, Accepted, FundTerms
from certs.charity.intake import COLUMNS, parse_donation
from certs.kinds.base import Rejected

TODAY = date(2026, 11, 22)
MONEY_FUND = FundTerms(date(2026, 1, 5), restricted=True)
FREE_FUND = FundTerms(date(2026, 1, 5), restricted=False)
RICE_FUND = FundTerms(date(2026, 1, 5), restricted=True, goods=("大米", "袋"))
ROW = {
    "donation_no": "2026-000017",
    "amount_yuan": "100.00",
    "donor_type": "1",
    "donor_name": "样例捐赠人",
    "received_on": "2026-11-02",
    "channel": "银行转账",
    "handler": "样例经手人",
    "receipt_status": "WAIVED",
}
GOODS_ROW = {name: value for name, value in ROW.items() if name != "amount_yuan"} | {
    "property": "goods",
    "item": "大米",
    "unit": "袋",
    "quantity": "40",
    "fair_value_yuan": "3200",
    "fair_value_basis": "1",
}
DOLLARS = {"amount_yuan": "", "currency": "USD", "foreign_amount": "100.00", "rate": "7.10325"}
ANONYMOUS = {"anonymous": True, "donor_name": "", "receipt_status": "ANONYMOUS_RECORDED"}


def parsed(row: dict[str, Any], fund: FundTerms = MONEY_FUND) -> Accepted:
    draft = parse_donation(row, fund, today=TODAY)
    assert isinstance(draft, Accepted), draft
    return draft


def errors(row: dict[str, Any], fund: FundTerms = MONEY_FUND) -> set[tuple[str, str]]:
    result = parse_donation(row, fund, today=TODAY)
    return {(e.field, e.code) for e in result.errors} if isinstance(result, Rejected) else set()


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"amount_yuan": "12.345"}, "amount_yuan", "AMOUNT_FRACTION"),
        ({"amount_yuan": "-5"}, "amount_yuan", "AMOUNT_NEGATIVE"),
        ({"amount_yuan": "−5"}, "amount_yuan", "AMOUNT_NEGATIVE"),
        ({"amount_yuan": "0.00"}, "amount_yuan", "AMOUNT_ZERO"),
        ({"amount_yuan": "90071992547409.92"}, "amount_yuan", "AMOUNT_OVERFLOW"),
        ({"amount_yuan": "9" * 40}, "amount_yuan", "AMOUNT_OVERFLOW"),
        ({"amount_yuan": "１00"}, "amount_yuan", "AMOUNT_FORMAT"),
        ({"amount_yuan": "1,000.00"}, "amount_yuan", "AMOUNT_FORMAT"),
        ({"amount_yuan": "1e3"}, "amount_yuan", "AMOUNT_FORMAT"),
        ({"amount_yuan": "+1"}, "amount_yuan", "AMOUNT_FORMAT"),
        ({"amount_yuan": "01"}, "amount_yuan", "AMOUNT_FORMAT"),
        ({"amount_yuan": 12.34}, "amount_yuan", "NOT_TEXT"),
        ({"amount_yuan": ""}, "amount_yuan", "MISSING"),
        ({"amount_fen": 10001}, "amount_fen", "AMOUNT_DIFFERS"),
        ({"amount_yuan": "", "amount_fen": "1.5"}, "amount_fen", "AMOUNT_FRACTION"),
        ({"amount_yuan": "", "amount_fen": 10**5000}, "amount_fen", "AMOUNT_OVERFLOW"),
        ({"amount_yuan": "", "amount_fen": -1}, "amount_fen", "AMOUNT_NEGATIVE"),
        ({"currency": "XXX"}, "currency", "CODE"),
        ({"rate": "7.1"}, "rate", "CURRENCY_MIXED"),
        ({"currency": "CNY", "foreign_amount": "5"}, "foreign_amount", "CURRENCY_MIXED"),
        ({**DOLLARS, "amount_yuan": "710.32"}, "amount_yuan", "RATE_DIFFERS"),
        ({**DOLLARS, "rate": ""}, "rate", "MISSING"),
        ({**DOLLARS, "rate": "7.1e0"}, "rate", "RATE"),
        ({**DOLLARS, "rate": "0"}, "rate", "RATE"),
        ({**DOLLARS, "rate_per": "10"}, "rate_per", "CODE"),
        ({**DOLLARS, "foreign_amount": ""}, "foreign_amount", "MISSING"),
        ({**DOLLARS, "foreign_amount": "0.001"}, "foreign_amount", "AMOUNT_FRACTION"),
        ({**DOLLARS, "currency": "JPY", "foreign_amount": "100.5"}, "foreign_amount", "AMOUNT_FRACTION"),
        ({**DOLLARS, "foreign_minor": 10001}, "foreign_minor", "AMOUNT_DIFFERS"),
        ({**DOLLARS, "foreign_amount": "0.01", "rate": "0.1"}, "foreign_amount", "AMOUNT_ZERO"),
        ({**DOLLARS, "foreign_amount": "90071992547409.91"}, "foreign_amount", "AMOUNT_OVERFLOW"),
        ({"property": "goods"}, "property", "PROPERTY_FOR_FUND"),
        ({"quantity": "4"}, "quantity", "PROPERTY_FOR_FUND"),
        ({"received_on": "2026-11-23"}, "received_on", "FUTURE_DATE"),
        ({"received_on": "2026-01-04"}, "received_on", "BEFORE_FUND"),
        ({"received_on": "2026/11/02"}, "received_on", "DATE_FORMAT"),
        ({"donor_name": ""}, "donor_name", "MISSING"),
        ({"donor_type": "3"}, "donor_type", "CODE"),
        ({"anonymous": "yes"}, "anonymous", "CODE"),
        ({**ANONYMOUS, "publish_name": True}, "publish_name", "ANONYMOUS_PUBLISHED"),
        ({**ANONYMOUS, "publish_contact": True}, "publish_contact", "ANONYMOUS_PUBLISHED"),
        ({"publish_contact": True}, "publish_contact", "PUBLISH_WITHOUT"),
        ({"group": True, "publish_amount": True}, "publish_amount", "GROUP_PUBLISHED"),
        ({"pledge_no": "0"}, "pledge_no", "RANGE"),
        ({"donation_no": "=1+1"}, "donation_no", "FORMULA"),
        ({"receipt_status": "ISSUED"}, "receipt_code", "MISSING"),
        ({"receipt_status": "ISSUED", "receipt_code": "9905012"}, "receipt_code", "RECEIPT_CODE"),
        ({"receipt_status": "ANONYMOUS_RECORDED"}, "receipt_status", "ANONYMOUS_STATUS"),
        ({"receipt_number": "0000000001"}, "receipt_number", "MUST_BE_EMPTY"),
        ({"donor_nane": "样例"}, "*", "UNKNOWN_COLUMN"),
    ],
)
def test_a_broken_rule_is_named(changes: dict[str, Any], field: str, code: str) -> None:
    assert (field, code) in errors({**ROW, **changes})
    assert reason_of(code, "zh")
    assert reason_of(code, "en")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"item": "小麦"}, "item", "ITEM_FOR_FUND"),
        ({"unit": "公斤"}, "unit", "ITEM_FOR_FUND"),
        ({"quantity": "2.5"}, "quantity", "AMOUNT_FRACTION"),
        ({"quantity": "0"}, "quantity", "AMOUNT_ZERO"),
        ({"fair_value_yuan": ""}, "fair_value_yuan", "MISSING"),
        ({"fair_value_basis": "4"}, "fair_value_basis", "CODE"),
        ({"amount_fen": "100"}, "amount_fen", "PROPERTY_FOR_FUND"),
        ({"bank_reference": "R1"}, "bank_reference", "PROPERTY_FOR_FUND"),
    ],
)
def test_a_broken_rule_of_goods_is_named(changes: dict[str, Any], field: str, code: str) -> None:
    assert errors({**GOODS_ROW, **changes}, RICE_FUND) == {(field, code)}


def test_a_directed_gift_needs_a_fund_that_binds_it() -> None:
    assert errors({**ROW, "directed": True}, FREE_FUND) == {("directed", "FUND_UNRESTRICTED")}
    assert parsed({**ROW, "directed": True}).directed


def test_every_broken_rule_of_a_row_is_said_at_once() -> None:
    changes = {"amount_yuan": "0", "received_on": "", "handler": "", "receipt_status": "?"}
    assert errors({**ROW, **changes}) == {
        ("amount_yuan", "AMOUNT_ZERO"),
        ("received_on", "MISSING"),
        ("handler", "MISSING"),
        ("receipt_status", "CODE"),
    }
    assert len(errors({})) >= len(("donation_no", "donor_type", "received_on", "channel", "handler", "receipt_status"))


@pytest.mark.parametrize("amount", [{"amount_yuan": "100"}, {"amount_fen": 10000}, {"amount_fen": "10000"}])
def test_one_amount_has_several_spellings_and_one_content(amount: dict[str, Any]) -> None:
    assert parsed({**ROW, "amount_yuan": "", **amount}).content() == parsed(ROW).content()
    assert parsed({**ROW, "amount_yuan": "100.01"}).content() != parsed(ROW).content()


def test_half_a_fen_of_foreign_money_is_rounded_up() -> None:
    d = parsed({**ROW, **DOLLARS, "amount_yuan": "710.33"})
    assert (d.amount, d.currency, d.foreign_minor, d.rate) == (71033, "USD", 10000, (28413, 4000))
    yen = parsed({**ROW, **DOLLARS, "currency": "JPY", "foreign_amount": "10000", "rate": "4.5678", "rate_per": "100"})
    assert (yen.amount, yen.foreign_minor) == (45678, 10000)


def test_goods_have_a_quantity_and_a_fair_value() -> None:
    d = parsed(GOODS_ROW, RICE_FUND)
    assert (d.kind, d.amount, d.item, d.unit, d.fair_value_fen, d.fair_value_basis) == (
        GOODS,
        40,
        "大米",
        "袋",
        320000,
        "1",
    )


def test_an_anonymous_donor_leaves_nothing_behind() -> None:
    told = {**ANONYMOUS, "donor_name": "样例捐赠人", "donor_contact": "13800000000", "donor_ref": "D-7"}
    d = parsed({**ROW, **told})
    assert (d.donor_name, d.donor_contact, d.donor_ref, d.donor_identity) == (None, None, None, None)


def test_namesakes_are_not_one_donor() -> None:
    assert parsed(ROW).donor_identity is None
    assert parsed({**ROW, "donor_contact": "a@example.org"}).donor_identity == "who\x1f样例捐赠人\x1fa@example.org"
    assert parsed({**ROW, "donor_ref": "D-7"}).donor_identity == "ref\x1fD-7"


def test_nothing_personal_is_printed() -> None:
    d = parsed({**ROW, "donor_contact": "13800000000", "bank_reference": "REF1", "publish_contact": True})
    assert all(secret not in repr(d) for secret in ("样例捐赠人", "13800000000", "REF1", "10000", "样例经手人"))


def test_every_column_may_be_given() -> None:
    assert errors(dict.fromkeys(COLUMNS)) == errors({})
