"""Rules of a donation row (Charity Law art. 38, 39, 82; receipts by 财综〔2024〕1号)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from certs.errors import InvalidField
from certs.identifiers import parse_plan_filing_no, parse_uscc
from certs.kinds.base import Rejected
from certs.kinds.codes import DONOR_TYPE, RECEIPT_ANONYMOUS, RECEIPT_ISSUED, RECEIPT_STATUS
from certs.kinds.rows import RowReader, present
from certs.text import check_text

from .claims import COLUMNS
from .draft import DonationDraft

MAX_FEN: Final = (1 << 53) - 1
"""Largest amount of one donation in fen: above it readers in JavaScript are no longer exact."""
_RECEIPT_CODE: Final = re.compile(r"[0-9]{8}")
_RECEIPT_NUMBER: Final = re.compile(r"[0-9]{10}")


def parse_donation_row(row: Mapping[str, str], *, today: date) -> DonationDraft | Rejected:
    """A draft, or every broken rule."""
    r = RowReader(row, COLUMNS, today=today)
    donation_no = r.take("donation_no", lambda v: check_text(v, field="donation_no", maximum=64))
    charity = r.take("charity_uscc", lambda v: parse_uscc(v, field="charity_uscc"))
    plan = r.take("plan_filing_no", lambda v: parse_plan_filing_no(v, field="plan_filing_no"))
    if charity is not None and plan is not None and not plan.startswith(charity):
        r.note("plan_filing_no", "PLAN_OTHER_CHARITY")
    project, purpose, channel = r.text("project", 100), r.text("purpose", 200), r.text("channel", 60)
    donor_type = r.code("donor_type", DONOR_TYPE)
    anonymous = r.flag("anonymous")
    donor_name = r.name("donor_name", optional=anonymous is not False)
    amount = r.uint("amount_fen")
    if amount is not None and not 0 < amount <= MAX_FEN:
        r.note("amount_fen", "AMOUNT")
    received_on = r.day("received_on")
    handler = r.name("handler")
    status, code, number = read_receipt(r, anonymous)
    if r.errors:
        return r.rejected()
    return DonationDraft(
        donation_no=present(donation_no),
        charity_uscc=present(charity),
        plan_filing_no=present(plan),
        project=present(project),
        donor_type=present(donor_type),
        donor_name=None if anonymous else present(donor_name),
        anonymous=present(anonymous),
        amount_fen=present(amount),
        received_on=present(received_on),
        purpose=present(purpose),
        channel=present(channel),
        handler=present(handler),
        receipt_status=present(status),
        receipt_code=code,
        receipt_number=number,
    )


def _digits(pattern: re.Pattern[str], field: str, rule: str, value: str) -> str:
    if not pattern.fullmatch(value):
        raise InvalidField(field, rule)
    return value


def read_receipt(r: RowReader, anonymous: bool | None) -> tuple[str | None, str | None, str | None]:
    """Status, code and number of the fiscal receipt; without a receipt the last two are None."""
    status = r.code("receipt_status", RECEIPT_STATUS)
    if status is None:
        return None, None, None
    if status == RECEIPT_ANONYMOUS and anonymous is False:
        r.note("receipt_status", "ANONYMOUS_STATUS")
    if status != RECEIPT_ISSUED:  # waived or anonymous: the record is kept, there is no receipt (art. 38)
        r.empty("receipt_code")
        r.empty("receipt_number")
        return status, None, None
    code = r.take("receipt_code", lambda v: _digits(_RECEIPT_CODE, "receipt_code", "RECEIPT_CODE", v))
    number = r.take("receipt_number", lambda v: _digits(_RECEIPT_NUMBER, "receipt_number", "RECEIPT_NUMBER", v))
    return status, code, number
