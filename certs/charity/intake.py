"""Rules of one donation as a charity brings it in: from its own system, from a platform's file, at the counter.

A row is a mapping of the columns below to text; JSON's whole numbers and booleans are taken as a file would spell them
(true is "1"), a JSON number with a fraction is refused. Absent optional columns count as empty.

    donation_no=2026-000017 amount_yuan=100.00 donor_type=1 donor_name=样例捐赠人 received_on=2026-11-02
    channel=银行转账 handler=样例经手人 receipt_status=WAIVED

Sources: Charity Law art. 36 (property), 38 (receipt or record), 39 (agreement), 82 (what is published); the receipt's
numbers by 财综〔2024〕1号. See docs/charity-import.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from certs.errors import InvalidField
from certs.kinds.base import Rejected
from certs.kinds.codes import DONOR_TYPE
from certs.kinds.donation.row import read_receipt
from certs.kinds.rows import RowReader, present
from certs.text import check_text

from .draft import GOODS, MONEY, Accepted, FundTerms
from .money import CURRENCIES, Rate, bounded, parse_rate, parse_units, parse_whole, parse_yuan

__all__ = ["COLUMNS", "Accepted", "FundTerms", "Rejected", "parse_donation"]

NEEDED: Final = ("donation_no", "donor_type", "received_on", "channel", "handler", "receipt_status")
COLUMNS: Final = (
    *NEEDED, "property", "amount_yuan", "amount_fen", "currency", "foreign_amount", "foreign_minor", "rate", "rate_per",
    "item", "unit", "quantity", "fair_value_yuan", "fair_value_fen", "fair_value_basis", "donor_name", "donor_contact",
    "donor_ref", "anonymous", "publish_name", "publish_amount", "publish_contact", "group", "directed", "pledge_no",
    "agreement_no", "bank_reference", "receipt_code", "receipt_number",
)  # fmt: skip
PROPERTY: Final = {"money": MONEY, "goods": GOODS}
BASIS: Final = {
    "1": ("捐赠方提供的凭据", "the donor's invoice or voucher"),
    "2": ("市场价格", "market price"),
    "3": ("评估价值", "an appraiser's report"),
}
"""Where a fair value is from."""
CNY: Final = "CNY"
_MONEY_ONLY: Final = (
    "amount_yuan", "amount_fen", "currency", "foreign_amount", "foreign_minor", "rate", "rate_per", "bank_reference",
)  # fmt: skip
_GOODS_ONLY: Final = ("item", "unit", "quantity", "fair_value_yuan", "fair_value_fen", "fair_value_basis")
_EMPTY: Final = dict.fromkeys(COLUMNS, "")
_MAX_PLEDGE: Final = (1 << 32) - 1


def parse_donation(row: Mapping[str, object], fund: FundTerms, *, today: date) -> Accepted | Rejected:
    """A draft, or every rule that the row breaks. `today` is the civil day in China. Never raises."""
    r = RowReader(_texts(row), _EMPTY, today=today)  # a dict: looked up by hash, 34 times a row
    kind = _kind(r, fund)
    donation_no = r.take("donation_no", lambda v: check_text(v, field="donation_no", maximum=64))
    received_on = r.day("received_on")
    if received_on is not None and received_on < fund.opened_on:
        r.note("received_on", "BEFORE_FUND")
    money, goods = _Money(r, kind), _Goods(r, kind, fund)
    anonymous = _flag(r, "anonymous")
    donor_type = r.code("donor_type", DONOR_TYPE)
    donor_name = r.name("donor_name", optional=anonymous)
    donor_contact, donor_ref = r.text("donor_contact", 100, optional=True), r.text("donor_ref", 64, optional=True)
    publish = _published(r, anonymous)
    group, directed = _flag(r, "group"), _flag(r, "directed")
    if group and publish[1]:
        r.note("publish_amount", "GROUP_PUBLISHED")
    if directed and not fund.restricted:
        r.note("directed", "FUND_UNRESTRICTED")
    pledge = r.uint("pledge_no", optional=True)
    if pledge is not None and not 0 < pledge <= _MAX_PLEDGE:
        r.note("pledge_no", "RANGE")
    channel, handler = r.text("channel", 60), r.name("handler")
    agreement, bank = r.text("agreement_no", 64, optional=True), r.text("bank_reference", 64, optional=True)
    status, code, number = read_receipt(r, anonymous)
    if r.errors:
        return r.rejected()
    return Accepted(
        donation_no=present(donation_no),
        kind=kind,
        amount=present(money.fen if kind == MONEY else goods.quantity),
        received_on=present(received_on),
        donor_type=present(donor_type),
        donor_name=None if anonymous else present(donor_name),
        donor_contact=None if anonymous else donor_contact,
        donor_ref=None if anonymous else donor_ref,
        anonymous=anonymous,
        publish_name=publish[0],
        publish_amount=publish[1],
        publish_contact=publish[2],
        group=group,
        directed=directed,
        pledge=pledge,
        currency=money.currency,
        foreign_minor=money.units,
        rate=None if money.rate is None else (money.rate.numerator, money.rate.denominator),
        item=goods.item,
        unit=goods.unit,
        fair_value_fen=goods.value,
        fair_value_basis=goods.basis,
        channel=present(channel),
        handler=present(handler),
        agreement_no=agreement,
        bank_reference=bank,
        receipt_status=present(status),
        receipt_code=code,
        receipt_number=number,
    )


def _texts(row: Mapping[str, object]) -> dict[str, str]:
    """As a file would spell it. What has no such spelling stays, and the reader notes NOT_TEXT."""
    cells: dict[str, object] = dict(_EMPTY)
    for name, value in row.items():
        if value is None:
            continue
        cells[name] = ("1" if value else "0") if value is True or value is False else value
        if type(value) is int:
            # a whole number of a thousand digits would take the interpreter quadratic time to spell, or an exception
            cells[name] = str(value) if abs(value) < 1 << 70 else "9" * 22
    return cells  # type: ignore[return-value]  # RowReader looks at each cell's type itself


def _flag(r: RowReader, name: str) -> bool:
    return r.code(name, ("0", "1"), optional=True) == "1"


def _kind(r: RowReader, fund: FundTerms) -> int:
    own = MONEY if fund.goods is None else GOODS
    stated = r.code("property", PROPERTY, optional=True)
    if stated is not None and PROPERTY[stated] != own:
        r.note("property", "PROPERTY_FOR_FUND")
    return own


def _published(r: RowReader, anonymous: bool) -> tuple[bool, bool, bool]:
    """Each consent on its own (art. 82): a donor may show the amount without the name, or the other way round."""
    name, amount, contact = _flag(r, "publish_name"), _flag(r, "publish_amount"), _flag(r, "publish_contact")
    for field, wanted in (("publish_name", name), ("publish_contact", contact)):
        if wanted and anonymous:
            r.note(field, "ANONYMOUS_PUBLISHED")
    if contact and not anonymous and not r.peek("donor_contact"):
        r.note("publish_contact", "PUBLISH_WITHOUT")
    return name, amount, contact


def _either(r: RowReader, yuan: str, fen: str, *, optional: bool) -> int | None:
    """An amount that stands in one of two columns, or equal in both."""
    a = r.take(yuan, lambda v: parse_yuan(v, field=yuan), optional=True)
    b = r.take(fen, lambda v: parse_whole(v, field=fen), optional=True)
    if a is not None and b is not None and a != b:
        r.note(fen, "AMOUNT_DIFFERS")
    if not (optional or r.peek(yuan) or r.peek(fen) or _noted(r, yuan, fen)):
        r.note(yuan, "MISSING")
    return b if a is None else a


def _noted(r: RowReader, *fields: str) -> bool:
    return any(error.field in fields for error in r.errors)


class _Money:
    """Amount in fen, and where it came from another currency: which, its smallest units and the rate."""

    def __init__(self, r: RowReader, kind: int) -> None:
        self.fen: int | None = None
        self.currency: str | None = None
        self.units: int | None = None
        self.rate: Rate | None = None
        if kind != MONEY:
            for name in _MONEY_ONLY:
                r.empty(name, "PROPERTY_FOR_FUND")
            return
        currency = r.code("currency", ("CNY", *CURRENCIES), optional=True) or CNY
        foreign = currency != CNY
        self.fen = _either(r, "amount_yuan", "amount_fen", optional=foreign or _noted(r, "currency"))
        if foreign:
            self._foreign(r, currency)
        else:
            for name in ("foreign_amount", "foreign_minor", "rate", "rate_per"):
                r.empty(name, "CURRENCY_MIXED")

    def _foreign(self, r: RowReader, currency: str) -> None:
        per = r.code("rate_per", ("1", "100"), optional=True) or "1"
        rate = r.take("rate", lambda v: parse_rate(v, currency, int(per), field="rate"))
        units = _units(r, CURRENCIES[currency])
        if rate is None or units is None:
            return
        fen = rate.fen(units)
        if self.fen is not None and self.fen != fen:
            r.note("amount_yuan" if r.peek("amount_yuan") else "amount_fen", "RATE_DIFFERS")
        self.currency, self.units, self.rate = currency, units, rate
        try:
            self.fen = bounded(fen, field="foreign_amount")
        except InvalidField as broken:  # less than half a fen, or more than can be exact
            r.note(broken.field, broken.rule)


def _units(r: RowReader, places: int) -> int | None:
    major = r.take("foreign_amount", lambda v: parse_units(v, places, field="foreign_amount"), optional=True)
    minor = r.take("foreign_minor", lambda v: parse_whole(v, field="foreign_minor"), optional=True)
    if major is not None and minor is not None and major != minor:
        r.note("foreign_minor", "AMOUNT_DIFFERS")
    if not (r.peek("foreign_amount") or r.peek("foreign_minor")):
        r.note("foreign_amount", "MISSING")
    return minor if major is None else major


class _Goods:
    """Things counted in the fund's unit, with what they are worth and who says so."""

    def __init__(self, r: RowReader, kind: int, fund: FundTerms) -> None:
        self.item: str | None = None
        self.unit: str | None = None
        self.basis: str | None = None
        self.quantity: int | None = None
        self.value: int | None = None
        if kind != GOODS or fund.goods is None:
            for name in _GOODS_ONLY:
                r.empty(name, "PROPERTY_FOR_FUND")
            return
        self.item, self.unit = r.text("item", 60), r.text("unit", 20)
        for name, given, own in zip(("item", "unit"), (self.item, self.unit), fund.goods, strict=True):
            if given is not None and given != own:
                r.note(name, "ITEM_FOR_FUND")
        self.quantity = r.take("quantity", lambda v: parse_whole(v, field="quantity"))
        self.value = _either(r, "fair_value_yuan", "fair_value_fen", optional=False)
        self.basis = r.code("fair_value_basis", BASIS)
