"""Sums of donations are exact or refused."""

from __future__ import annotations

import pytest

from certs.charity import PlanTotal, add_fen, plan_totals, subtract_fen
from certs.charity.totals import MAX_TOTAL_FEN
from certs.errors import AmountOverflow
from tests.simulators.office import FOUNDATION, donation_row, draft


def test_totals_by_plan() -> None:
    other = f"{FOUNDATION}A26002"
    donations = [draft("donation", donation_row(n)) for n in (1, 2, 3)]
    donations.append(draft("donation", donation_row(4, plan_filing_no=other)))
    totals = plan_totals(donations)
    assert totals[f"{FOUNDATION}A26001"] == PlanTotal(f"{FOUNDATION}A26001", 3, 3006)
    assert totals[other] == PlanTotal(other, 1, 1004)


def test_overflow_is_refused_not_wrapped() -> None:
    full = PlanTotal("plan", 1, MAX_TOTAL_FEN)
    with pytest.raises(AmountOverflow, match="exact range"):
        full.with_donation(1)
    assert add_fen(MAX_TOTAL_FEN - 1, 1) == MAX_TOTAL_FEN


@pytest.mark.parametrize("amount", [0, -1])
def test_a_donation_is_positive(amount: int) -> None:
    with pytest.raises(AmountOverflow, match="one fen"):
        PlanTotal("plan").with_donation(amount)


def test_negative_totals_do_not_exist() -> None:
    with pytest.raises(AmountOverflow, match="outside"):
        PlanTotal("plan", 0, -1)
    with pytest.raises(AmountOverflow, match="never negative"):
        PlanTotal("plan", -1, 0)
    with pytest.raises(AmountOverflow, match="than there is"):
        subtract_fen(1, 2)
    with pytest.raises(AmountOverflow, match="outside"):
        add_fen(True, 1)
    assert subtract_fen(2, 2) == 0
