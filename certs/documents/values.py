"""How a claim's value is printed, by kind of value and language of the page.

    day(reader, "registration_date", "en")     "18 June 2025"        zh and zh-en: "2025年6月18日"
    money(reader, "amount_fen", "zh")          "¥ 200.50"
    coded(SEX)(reader, "holder_sex", "zh-en")  "男 male"

Names, numbers and free text are never translated or changed: they are what the registry signed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from certs.codelists import region_name
from certs.documents.amounts import capitals, yuan
from certs.documents.errors import FaceInvalid
from certs.documents.labels import country
from certs.documents.reading import Reader
from certs.documents.view import Lang, Words
from certs.kinds.codes import DOCUMENT_TYPE, SEX

Show = Callable[[Reader, str, Lang], str]
"""(claims, claim name, language) to the printed value. Raises FaceInvalid."""

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONG_TERM: Final = date(9999, 12, 31)  # how the metadata standard writes "without end"
_DAY_NAMES: Final = re.compile(r"(^|_)(date|on|from|to|until|day|since|birth)$")


def text(read: Reader, name: str, lang: Lang) -> str:
    """Text as it is signed."""
    return read.text(name)


def plain(read: Reader, name: str, lang: Lang) -> str:
    """Text or a whole number as it is signed; true and false as words."""
    value = read.value(name)
    if isinstance(value, bool):
        return flag(read, name, lang)
    return str(value)


def flag(read: Reader, name: str, lang: Lang) -> str:
    return (Words("是", "yes") if read.flag(name) else Words("否", "no")).text(lang)


def day_words(day: date, lang: Lang) -> str:
    """A civil day; the last day of the calendar is how registries write "without end"."""
    if day == _LONG_TERM:
        return Words("长期", "long-term").text(lang)
    if lang == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def day(read: Reader, name: str, lang: Lang) -> str:
    """An ISO date, e.g. "2025年5月20日"."""
    return day_words(read.day(name), lang)


def month(read: Reader, name: str, lang: Lang) -> str:
    """An ISO month, e.g. 2025-05 as "2025年5月"."""
    match = _MONTH.fullmatch(read.text(name))
    if match is None:
        raise FaceInvalid(name, "expected an ISO month")
    year, number = int(match[1]), int(match[2])
    return f"{_MONTHS[number - 1]} {year}" if lang == "en" else f"{year}年{number}月"


def money(read: Reader, name: str, lang: Lang) -> str:
    """Whole fen as "¥ 1,234.56"."""
    fen = read.number(name)
    if fen == 0:
        return "¥ 0.00"
    try:
        return f"¥ {yuan(fen)}"
    except ValueError:
        raise FaceInvalid(name, "amount out of range") from None


def money_in_capitals(read: Reader, name: str, lang: Lang) -> str:
    """Whole fen in capitals. Chinese in every language: it is the form that cannot be altered with a pen stroke."""
    try:
        return capitals(read.number(name))
    except ValueError:
        raise FaceInvalid(name, "amount out of range") from None


def coded(table: Mapping[str, tuple[str, str]]) -> Show:
    """Label of a code of a list (code to Chinese and English)."""

    def show(read: Reader, name: str, lang: Lang) -> str:
        pair = table.get(read.text(name))
        if pair is None:
            raise FaceInvalid(name, "code outside its list")
        return Words(*pair).text(lang)

    return show


def region(read: Reader, name: str, lang: Lang) -> str:
    """A division of GB/T 2260, e.g. "浙江省杭州市西湖区（330106）"; one that the list does not have as its code. In
    Chinese in every language: the list has no other names."""
    code = read.text(name)
    known = region_name(code)
    return code if known is None else f"{known}（{code}）"


def nationality(read: Reader, name: str, lang: Lang) -> str:
    """A country of GB/T 2659."""
    return country(read.text(name)).text(lang)


@lru_cache(maxsize=512)
def by_name(name: str) -> Show:
    """The form that a claim's name asks for, where a kind's own page does not say: `…_fen`, `…_date`, `…_sex` …"""
    if name.endswith("_fen"):
        return money
    if name.endswith("sex"):
        return coded(SEX)
    if name.endswith("nationality"):
        return nationality
    if name.endswith("document_type"):
        return coded(DOCUMENT_TYPE)
    return _dated if _DAY_NAMES.search(name) else plain


def _dated(read: Reader, name: str, lang: Lang) -> str:
    value = read.value(name)
    return day(read, name, lang) if isinstance(value, str) and _DAY.fullmatch(value) else plain(read, name, lang)
