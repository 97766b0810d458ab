"""Money in print."""

from __future__ import annotations

import pytest

from certs.documents.amounts import MAX_FEN, capitals, yuan


@pytest.mark.parametrize(
    ("fen", "digits", "words"),
    [
        (1, "0.01", "壹分"),
        (10, "0.10", "壹角整"),
        (101, "1.01", "壹元零壹分"),
        (110, "1.10", "壹元壹角整"),
        (10000, "100.00", "壹佰元整"),
        (32504, "325.04", "叁佰贰拾伍元零肆分"),  # sample of 支付结算办法 annex 1
        (1640902, "16,409.02", "壹万陆仟肆佰零玖元零贰分"),  # the same
        (10700053, "107,000.53", "壹拾万柒仟元伍角叁分"),  # the same, second spelling
        (1000010, "10,000.10", "壹万元壹角整"),
        (10_000_001_000, "100,000,010.00", "壹亿零壹拾元整"),
        (10_000_000_000, "100,000,000.00", "壹亿元整"),
        (MAX_FEN, "90,071,992,547,409.91", "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分"),
    ],
)
def test_digits_and_capitals(fen: int, digits: str, words: str) -> None:
    assert yuan(fen) == digits
    assert capitals(fen) == f"人民币{words}"


@pytest.mark.parametrize("fen", [0, -1, MAX_FEN + 1])
def test_amounts_out_of_range_are_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="an amount is 1 to 9007199254740991 fen"):
        capitals(fen)
    with pytest.raises(ValueError, match="an amount is 1 to"):
        yuan(fen)
