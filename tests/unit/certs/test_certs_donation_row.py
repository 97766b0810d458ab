"""Rules of a donation row."""

from __future__ import annotations

import pytest

from certs.kinds import KINDS
from certs.kinds.base import Rejected, Stamp
from certs.kinds.donation.claims import NOTICE
from tests.simulators.office import TODAY, donation_row, draft

ANONYMOUS = {"anonymous": "1", "receipt_status": "ANONYMOUS_RECORDED", "receipt_code": "", "receipt_number": ""}
STAMP = Stamp("identifier", "示例慈善基金会", "53990000MJ9T00037A")


def errors(row: dict[str, str]) -> set[tuple[str, str]]:
    result = KINDS[3].parse_row(row, today=TODAY)
    return {(e.field, e.code) for e in result.errors} if isinstance(result, Rejected) else set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        (ANONYMOUS, set()),
        ({**ANONYMOUS, "donor_name": ""}, set()),
        ({"donor_name": ""}, {("donor_name", "MISSING")}),
        ({"amount_fen": "0"}, {("amount_fen", "AMOUNT")}),
        ({"amount_fen": "-5"}, {("amount_fen", "NUMBER")}),
        ({"amount_fen": "1.50"}, {("amount_fen", "NUMBER")}),
        ({"amount_fen": "１00"}, {("amount_fen", "NUMBER")}),
        ({"amount_fen": str(1 << 53)}, {("amount_fen", "AMOUNT")}),
        ({"amount_fen": "9" * 40}, {("amount_fen", "NUMBER")}),
        ({"received_on": "2026-11-22"}, {("received_on", "FUTURE_DATE")}),
        ({"plan_filing_no": "53330000501874064BA18023"}, {("plan_filing_no", "PLAN_OTHER_CHARITY")}),
        ({"donor_type": "3"}, {("donor_type", "CODE")}),
        ({"receipt_code": "9905012"}, {("receipt_code", "RECEIPT_CODE")}),
        ({"receipt_number": ""}, {("receipt_number", "MISSING")}),
        ({"receipt_status": "WAIVED"}, {("receipt_code", "MUST_BE_EMPTY"), ("receipt_number", "MUST_BE_EMPTY")}),
        ({**ANONYMOUS, "anonymous": "0"}, {("receipt_status", "ANONYMOUS_STATUS")}),
    ],
)
def test_rules(changes: dict[str, str], expected: set[tuple[str, str]]) -> None:
    assert errors(donation_row(**changes)) == expected


def test_an_anonymous_donors_name_is_not_taken_over() -> None:
    d = draft("donation", donation_row(**ANONYMOUS))
    assert d.donor_name is None
    assert "样例捐赠人" not in str(KINDS[3].content(d))
    assert "donor_name" not in {name for _, name, _ in KINDS[3].claims(d, "donor", STAMP)}


def test_every_certificate_says_that_it_is_not_the_receipt() -> None:
    for changes in ({}, ANONYMOUS):
        claims = KINDS[3].claims(draft("donation", donation_row(**changes)), "donor", STAMP)
        assert claims[-1] == (15, "notice", NOTICE)


def test_public_part_of_the_code() -> None:
    d = draft("donation", donation_row(5))
    assert KINDS[3].public(d) == ("53990000MJ9T00037AA26001", 1005, 20605)  # 2026-06-01


def test_a_published_receipt_code_is_one() -> None:
    """Region 32, class 05, kind 01, year 24: as on a real receipt; the other is the samples' own."""
    for code in ("32050124", "99050126"):
        assert draft("donation", donation_row(receipt_code=code)).receipt_code == code
