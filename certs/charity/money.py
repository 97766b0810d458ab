"""Amounts as people write them, made whole fen: exactly, or refused. No floats anywhere, one rounding and only one.

Yuan are written `1234.5` or `1234.56`: ASCII digits, a full stop, at most two places. A sign, a separator of thousands,
an exponent or a full-width digit is refused and not repaired: `1,234` is 1.234 elsewhere, and a statement that was
pasted twice through a spreadsheet is better asked about than guessed at. `12.345` is refused too: who rounded it, and
in which direction, is not ours to decide.

Foreign money comes in its own smallest units with the bank's rate; fen = units * rate, half up (away from zero), which
is how a bank in China books the credit. Sample: 10 000 US cents at 7.10325 yuan a dollar are 71 033 fen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import Final

from certs.errors import InvalidField

from .totals import MAX_TOTAL_FEN

_PLAIN: Final = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,9}))?", re.ASCII)
_NEGATIVE: Final = re.compile(r"[-\u2212\uff0d][0-9\uff10-\uff19]")
_MAX_RATE: Final = 1_000_000  # yuan for the quoted number of units; the dearest currency is below ten for one
_RATE_PLACES: Final = 8
_DIGITS: Final = 20

CURRENCIES: Final[Mapping[str, int]] = {
    "AED": 2, "AUD": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2, "HUF": 2,
    "IDR": 2, "ILS": 2, "INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MOP": 2, "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2,
    "PHP": 2, "PLN": 2, "RUB": 2, "SAR": 2, "SEK": 2, "SGD": 2, "THB": 2, "TRY": 2, "TWD": 2, "USD": 2, "ZAR": 2,
}  # fmt: skip
"""Digits behind the point of the currencies that banks in China quote (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Fen for one smallest unit of a foreign currency, in lowest terms: 7.10325 yuan a dollar is 28413 / 4000."""

    numerator: int
    denominator: int

    def fen(self, units: int) -> int:
        """Half up. Sample: Rate(28413, 4000).fen(10_000) is 71_033 (of 71 032.5)."""
        return (2 * units * self.numerator + self.denominator) // (2 * self.denominator)


def _decimal(text: str, field: str, places: int, fraction: str) -> tuple[int, int]:
    """(digits without the point, how many of them stand behind it). Raises InvalidField."""
    if len(text) > _DIGITS:
        raise InvalidField(field, "AMOUNT_OVERFLOW" if text.isascii() and text.isdigit() else "AMOUNT_FORMAT")
    if _NEGATIVE.match(text):
        raise InvalidField(field, "AMOUNT_NEGATIVE")
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise InvalidField(field, "AMOUNT_FORMAT")
    behind = match[2] or ""
    if len(behind) > places:
        raise InvalidField(field, fraction)
    return int(match[1] + behind), len(behind)


def bounded(amount: int, *, field: str) -> int:
    """An amount that can be given: at least one, exact in every reader. Raises InvalidField."""
    if amount < 0:
        raise InvalidField(field, "AMOUNT_NEGATIVE")
    if amount == 0:
        raise InvalidField(field, "AMOUNT_ZERO")
    if amount > MAX_TOTAL_FEN:
        raise InvalidField(field, "AMOUNT_OVERFLOW")
    return amount


def parse_yuan(text: str, *, field: str) -> int:
    """Fen of `12.34`. Raises InvalidField: AMOUNT_FORMAT, _NEGATIVE, _FRACTION, _ZERO, _OVERFLOW."""
    return parse_units(text, 2, field=field)


def parse_units(text: str, places: int, *, field: str) -> int:
    """Smallest units of an amount in a currency with so many places. Raises InvalidField as `parse_yuan`."""
    digits, behind = _decimal(text, field, places, "AMOUNT_FRACTION")
    return bounded(digits * 10 ** (places - behind), field=field)


def parse_whole(text: str, *, field: str) -> int:
    """A whole number of fen, units or things. Raises InvalidField as `parse_yuan`."""
    digits, _ = _decimal(text, field, 0, "AMOUNT_FRACTION")
    return bounded(digits, field=field)


def parse_rate(text: str, currency: str, per: int, *, field: str) -> Rate:
    """Yuan for `per` (1 or 100) whole units of a currency. Raises InvalidField RATE or CURRENCY."""
    if currency not in CURRENCIES:
        raise InvalidField(field, "CURRENCY")
    match = _PLAIN.fullmatch(text) if len(text) <= _DIGITS else None
    behind = (match[2] or "") if match else ""
    if match is None or len(behind) > _RATE_PLACES or int(match[1]) >= _MAX_RATE or not int(match[1] + behind):
        raise InvalidField(field, "RATE")
    above = int(match[1] + behind) * 100
    below = 10 ** (len(behind) + CURRENCIES[currency]) * per
    common = gcd(above, below)
    return Rate(above // common, below // common)
