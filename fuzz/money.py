"""Targets of what a charity brings in: donation rows, statements, platforms' files, signed days, hidden lists."""

from __future__ import annotations

import json
from datetime import date

from api.errors import ServiceError
from api.services.charity.imports import platform_rows, statement_lines
from api.services.importing.reading import CSV
from api.services.importing.rows import RawRow
from certs.charity.bank import Movement
from certs.charity.draft import Accepted, FundTerms
from certs.charity.hidden import HiddenDay, available, total_holds
from certs.charity.intake import parse_donation
from certs.charity.layouts import shipped
from fuzz.model import Target, same
from fuzz.seeds import golden
from verifier.charity.bankday import SignedBankDay

_TODAY = date(2026, 11, 22)
_FUNDS = (
    FundTerms(date(2026, 1, 5), restricted=False),
    FundTerms(date(2026, 1, 5), restricted=True, goods=("大米", "袋")),
)
_ROW = {
    "donation_no": "2026-000017", "currency": "USD", "foreign_amount": "100.00", "rate": "7.10325", "donor_type": "1",
    "donor_name": "样例捐赠人", "received_on": "2026-11-02", "channel": "银行转账", "handler": "样例经手人",
    "receipt_status": "WAIVED", "bank_reference": "R1", "publish_amount": True, "pledge_no": 7,
}  # fmt: skip
_GOODS = {
    **{k: v for k, v in _ROW.items() if k not in ("currency", "foreign_amount", "rate", "bank_reference")},
    "property": "goods", "item": "大米", "unit": "袋", "quantity": 40, "fair_value_yuan": "3200",
    "fair_value_basis": "1",
}  # fmt: skip
_STATEMENT = """账号,9900
交易日期,流水号,支出,收入,币种
20261102,R1,,"1,234.56",RMB
2026-11-03,R2,88.00,,
合计,,88,1234
"""
_PLATFORM = """订单号,捐赠金额,捐赠人类型,捐赠人,收到日期,渠道,经手人,票据状态
P-1,100.00,1,样例,2026-11-02,平台,样例,WAIVED
"""


def _row(data: bytes) -> None:
    """Whatever JSON holds: taken, or refused with reasons, and an amount that every reader can hold."""
    try:
        row = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(row, dict):
        return
    for fund in _FUNDS:
        found = parse_donation(row, fund, today=_TODAY)
        if isinstance(found, Accepted):
            assert 0 < found.amount < 1 << 53
            assert found.content()
        else:
            assert found.errors


def _statement(data: bytes) -> None:
    lines = [0]
    for line in statement_lines(data, "auto", shipped(), _TODAY):
        assert line.line > lines[-1]  # each line once
        lines.append(line.line)
        if isinstance(line, Movement):
            assert 0 < line.amount < 1 << 53


def _platform(data: bytes) -> None:
    for row in platform_rows(data, CSV, "auto"):
        if isinstance(row, RawRow):
            parse_donation(row.values, _FUNDS[0], today=_TODAY)


def _bank_day(data: bytes) -> None:
    signed = SignedBankDay.parse(data)
    same(data, signed.sign1.encode())
    same(signed.sign1.payload or b"", signed.totals.encode())


def _hidden(data: bytes) -> None:
    found = HiddenDay.parse(data)
    same(data, found.encode())
    if available():
        total_holds(found)


def _hidden_seeds() -> list[bytes]:
    from certs.charity.hidden import make
    from verifier.charity.opening import ReceiptCode

    codes = [ReceiptCode(bytes([n]) * 16, bytes([n]) * 16) for n in range(5)]
    return [make(bytes(16), 20778, [(code, 100) for code in codes]).encode()]


TARGETS = (
    Target("donation-row", _row, lambda: [json.dumps(row).encode() for row in (_ROW, _GOODS)]),
    Target("bank-statement", _statement, lambda: [_STATEMENT.encode(), _STATEMENT.encode("gb18030")], (ServiceError,)),
    Target("platform-file", _platform, lambda: [_PLATFORM.encode()], (ServiceError,)),
    Target("bank-day", _bank_day, lambda: golden("formats/bank-day.json", "hex"), shape="cbor"),
    Target("hidden-amounts", _hidden, _hidden_seeds, shape="cbor"),
)
