"""A bank's signed daily totals: whose key counts, how an account is named, and what the books say of the days."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.golden.formats_bank_day import BANK_KEY, OVER, TOTALS
from tests.support.kit import DAY as SECONDS
from tests.support.kit import STRANGER_KEY
from verifier.charity import conduct as c
from verifier.charity import events as e
from verifier.charity.bankbooks import add_event, add_gifts, bank_table
from verifier.charity.bankday import (
    TYP_BANK_DAY,
    DayRow,
    SignedBankDay,
    account_commitment,
    against_books,
    judge_bank_day,
)
from verifier.cose import CoseKey
from verifier.errors import Malformed
from verifier.report import Reason


@dataclass(frozen=True)
class Key:
    key: CoseKey
    not_before: int = OVER - SECONDS
    not_after: int = OVER + SECONDS
    revoked_from: int | None = None


def test_what_is_written_is_read() -> None:
    data = BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode())
    signed = SignedBankDay.parse(data)
    assert signed.totals == TOTALS
    assert judge_bank_day(signed, Key(BANK_KEY.key), OVER, bank_known=True) is Reason.OK
    assert len(data) < 256


def test_only_the_banks_key_at_its_time_counts() -> None:
    signed = SignedBankDay.parse(BANK_KEY.sign1(TYP_BANK_DAY, TOTALS.encode()))
    forged = SignedBankDay.parse(STRANGER_KEY.sign1(TYP_BANK_DAY, TOTALS.encode()))
    key = Key(BANK_KEY.key)
    cases = [
        (signed, None, OVER, False, Reason.ISSUER_UNKNOWN),
        (signed, None, OVER, True, Reason.KEY_UNKNOWN),
        (forged, key, OVER, True, Reason.SIGNATURE_INVALID),
        (signed, replace(key, not_before=OVER + 1), OVER, True, Reason.KEY_NOT_VALID_AT_ISSUE),
        (signed, replace(key, not_after=OVER), OVER, True, Reason.KEY_NOT_VALID_AT_ISSUE),
        (signed, replace(key, revoked_from=OVER), OVER, True, Reason.KEY_NOT_VALID_AT_ISSUE),
        (signed, key, OVER - SECONDS, True, Reason.NOT_YET_VALID),
    ]
    for statement, bank_key, at, known, reason in cases:
        assert judge_bank_day(statement, bank_key, at, bank_known=known) is reason


def test_an_account_is_named_to_those_who_know_it() -> None:
    salt = bytes(range(16))
    assert account_commitment(salt, "9900 0000 0001") != account_commitment(salt, "9900 0000 0002")
    assert account_commitment(salt, "9900 0000 0001") != account_commitment(bytes(16), "9900 0000 0001")
    for wrong in ((b"", "1"), (salt, "")):
        with pytest.raises(Malformed):
            account_commitment(*wrong)


def test_money_that_never_got_into_a_book_keeps_the_difference_up() -> None:
    bank = {1: (500, 0), 2: (0, 200), 4: (700, 0)}
    late = {1: (400, 0), 2: (100, 200), 3: (9, 9), 4: (0, 0)}
    assert [row.running for row in against_books(bank, late)] == [100, 0, 700]
    assert against_books({1: (5, 0)}, {}, known=[1, 2])[1] == DayRow(2, 0, 0, 0, 0, 5)


def test_all_funds_of_a_charity_stand_beside_its_bank() -> None:
    moved: dict[int, tuple[int, int]] = {}
    add_gifts(moved, bytes([1, 2, 3, 1]), [5, 5, 5, 6], [100, 20, 9999, 7])
    why = e.Because("interest")
    for event in (
        e.Income(0, 5, 3, why), e.PaymentReturned(1, 6, 1, 4, why), e.DonationReturned(2, 6, 0, 0, 50, why),
        e.Paid(3, 6, 1, bytes(32)), e.SurplusDisposed(4, 9, 1, "", bytes(32)), e.Released(5, 6, 1, 8888, why),
    ):  # fmt: skip
        add_event(moved, event, amount_paid=30)
    assert moved == {5: (123, 0), 6: (11, 80), 9: (0, 1)}
    days = [c.BankDay(9, n, on, bytes(32), came, 1, went, 1, None) for n, (on, came, went) in enumerate(
        [(5, 120, 0), (5, 5, 0), (6, 11, 80)]
    )]  # fmt: skip
    table = bank_table("53990000MJ9T00037A", days, [moved, {5: (1000, 0)}])
    assert (table.days, table.first, table.last) == (2, 5, 6)
    assert (table.credits, table.debits, table.received, table.paid) == (136, 80, 1134, 80)
    assert table.to_json()["difference"] == 136 - 1134
