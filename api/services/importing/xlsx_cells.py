"""One cell of a spreadsheet as the text that the registrar saw, or the reason why nobody can know it.

A spreadsheet program keeps what looks like a number as a number: 00000035 becomes 35, an identity number becomes
1.10101E+17 and loses its last three digits, a date becomes a count of days. What was typed is gone by then, so such
cells are refused in every column but those where nothing can be lost: flags, amounts (in yuan with at most two places),
and codes of up to three digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from api.errors import BatchUnreadable

from .xlsx_package import Package

_BUILT_IN_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_MAX_FORMAT: Final = 255  # characters, as the programs have it; endless brackets take the square of their number
_QUOTED: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_DATE_LETTERS: Final = re.compile(r"[ymdhs年月日]", re.IGNORECASE)
_WHOLE: Final = re.compile(r"(0|[1-9][0-9]{0,14})(\.0+)?")
_ESCAPE: Final = re.compile(r"_x[0-9A-Fa-f]{4}_")
_FLAG: Final = re.compile(r".*_flag|anonymous|publish_.*|group|directed")
_AMOUNT: Final = re.compile(r".*_fen|quantity")
_YUAN: Final = re.compile(r".*_yuan")
_TWO_PLACES: Final = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{1,2}")  # a double holds fifteen digits exactly
_CODE: Final = re.compile(r"(?:.*_)?(?:cert_type|id_type|nation|donor_type|document_type|sex)(?:_.*)?")


class CellError(ValueError):
    """Why a cell is not taken: `args[0]` is the code."""


def date_styles(package: Package, part: str | None) -> frozenset[int]:
    """Style numbers whose cells show a number as a date or time. Raises BatchUnreadable."""
    if part is None:
        return frozenset()
    custom: dict[int, str] = {}
    styles: list[int] = []
    inside = False
    for tag, attributes in package.elements(part):
        if tag == "numFmt":
            custom[_number(attributes.get("numFmtId"))] = form = attributes.get("formatCode", "")
            if len(form) > _MAX_FORMAT:
                raise BatchUnreadable("xlsx-bomb")
        elif tag in ("cellXfs", "cellStyles", "dxfs"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            styles.append(_number(attributes.get("numFmtId")))
    return frozenset(n for n, fmt in enumerate(styles) if fmt in _BUILT_IN_DATES or _is_date(custom.get(fmt, "")))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


def _is_date(form: str) -> bool:
    return _DATE_LETTERS.search(_QUOTED.sub("", form)) is not None


def text_cell(value: str) -> str:
    """A text cell. Raises CellError for an escaped character (_x000D_): it is one that no screen showed."""
    if "_x" in value and _ESCAPE.search(value):
        raise CellError("xlsx-escape")
    return value


def other_cell(kind: str, value: str, *, column: str, is_date: bool) -> str:
    """A cell of type `kind` ("n", "b", "e", "d", as in ECMA-376 part 1 §18.18.11). Raises CellError."""
    if kind == "e":
        raise CellError("xlsx-error-value")
    if kind == "d" or is_date:
        raise CellError("xlsx-date")
    if kind == "b":
        if not _FLAG.fullmatch(column) or value not in ("0", "1"):
            raise CellError("xlsx-boolean")
        return value
    whole = _WHOLE.fullmatch(value)
    if whole is None and kind == "n" and _YUAN.fullmatch(column) and _TWO_PLACES.fullmatch(value):
        return value
    if whole is None or kind != "n":
        raise CellError("xlsx-number")
    digits = whole[1]
    harmless = (
        _AMOUNT.fullmatch(column)
        or _YUAN.fullmatch(column)
        or (_FLAG.fullmatch(column) and digits in ("0", "1"))
        or (_CODE.fullmatch(column) and len(digits) <= 3)
    )
    if not harmless:
        raise CellError("xlsx-number")
    return digits


def column_number(reference: str) -> int:
    """0 for "A1", 27 for "AB7". Raises ValueError."""
    number = 0
    letters = reference.rstrip("0123456789")
    if len(letters) > 3:
        raise ValueError("no cell reference")
    for char in letters:
        if not "A" <= char <= "Z":
            raise ValueError("no cell reference")
        number = 26 * number + ord(char) - 64
    if not 1 <= number <= 16_384:
        raise ValueError("no cell reference")
    return number - 1


def trimmed(cells: Sequence[str]) -> list[str]:
    """Without the empty cells at the end, which a form's borders leave."""
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    return found
