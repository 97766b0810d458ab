"""Money in print: yuan with two decimals, and the Chinese capitals that cannot be altered with a pen stroke.

    yuan(123456)      "1,234.56"
    capitals(123456)  "人民币壹仟贰佰叁拾肆元伍角陆分"
    capitals(10005)   "人民币壹佰元零伍分"

Rules of the People's Bank on filling in notes (支付结算办法, annex 1): zeros between digits are written once,
整 closes an amount that ends in whole yuan or jiao, nothing follows 分.
"""

from __future__ import annotations

from typing import Final

MAX_FEN: Final = 2**53 - 1
_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_UNITS: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ((10**8, "亿"), (10**4, "万"))


def yuan(fen: int) -> str:
    """Whole fen as yuan, grouped by thousands: 1 → "0.01". Raises ValueError outside 1…2^53 - 1."""
    _check(fen)
    return f"{fen // 100:,}.{fen % 100:02d}"


def capitals(fen: int) -> str:
    """Whole fen in capitals with the currency's name. Raises ValueError outside 1…2^53 - 1."""
    _check(fen)
    whole, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    out = f"{_whole(whole)}元" if whole else ""
    if jiao:
        out += f"{_DIGITS[jiao]}角"
    elif cents and whole:
        out += "零"
    out += f"{_DIGITS[cents]}分" if cents else "整"
    return f"人民币{out}"


def _check(fen: int) -> None:
    if not 1 <= fen <= MAX_FEN:
        raise ValueError(f"an amount is 1 to {MAX_FEN} fen")


def _whole(number: int) -> str:
    """A positive integer; what stands above 亿 or 万 is itself read as a number: 90,0719 亿 is 玖拾万零柒佰壹拾玖亿."""
    for size, unit in _GROUPS:
        if number >= size:
            rest = number % size
            gap = "零" if rest * 10 < size else ""  # the next digit is a zero, written once however many follow
            return _whole(number // size) + unit + (gap + _whole(rest) if rest else "")
    return _group(number)


def _group(number: int) -> str:
    out = ""
    gap = False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if digit:
            out += ("零" if gap else "") + _DIGITS[digit] + _UNITS[power]
            gap = False
        else:
            gap = bool(out)
    return out
