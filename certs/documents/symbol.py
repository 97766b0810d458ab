"""QR symbols (ISO/IEC 18004) as bit matrices, with the mask chosen by the standard's penalty score.

The package `qrcode` lays out one empty symbol per version; its own way for each text lays out and scores eight matrices
cell by cell, without the format information that the standard counts. Here the data bits of a text are put in place by
one cached permutation, and since masking is an XOR the eight candidates are eight cached differences, scored whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Final, Literal

from qrcode import base, constants  # type: ignore[import-untyped]
from qrcode.main import QRCode  # type: ignore[import-untyped]

from certs.documents.codewords import codewords, segment, smallest_version
from certs.documents.errors import CodeNotText, CodeTooLong
from certs.documents.penalty import penalty

Ecc = Literal["M", "Q"]

MAX_VERSION: Final = 22  # 105 modules: beyond it cheap phone cameras fail on screens and on paper
_ECC_LEVEL: Final[dict[Ecc, int]] = {"M": constants.ERROR_CORRECT_M, "Q": constants.ERROR_CORRECT_Q}
_DIGIT_TO_BIT: Final = bytes(digit & 1 for digit in range(256))


@dataclass(frozen=True, slots=True)
class Symbol:
    """A finished QR symbol without its quiet zone.

    text: what it holds. version: 1…22. ecc: "M" or "Q". mask: 0…7. rows: one bytes per row, 0 light, 1 dark.
    """

    text: str
    version: int
    ecc: Ecc
    mask: int
    rows: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Modules per side."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class _Form:
    """What all symbols of a version and level share. A matrix is an integer with the bits of `penalty.py`.

    places: for each cell of the matrix, the last one first, its index in (data bits + fixed cells). fixed: function
    patterns and format information under mask 0, and the mask itself on data cells, as "0" and "1". masks: what to
    XOR onto a symbol of mask 0 to get mask k, format information included.
    """

    places: Callable[[str], tuple[str, ...]]
    fixed: int
    masks: tuple[int, ...]


def _matrix(version: int, ecc: Ecc, words: list[int], mask: int) -> list[list[bool]]:
    code = QRCode(version=version, error_correction=_ECC_LEVEL[ecc])
    code.data_cache = words
    code.makeImpl(False, mask)
    return [[bool(module) for module in row] for row in code.modules]


def _to_int(matrix: list[list[bool]]) -> int:
    digits = "".join("0" + "".join("1" if module else "0" for module in reversed(row)) for row in reversed(matrix))
    return int(digits, 2)


def _to_rows(bits: int, size: int) -> tuple[bytes, ...]:
    stride = size + 1
    cells = f"{bits:0{size * stride}b}"[::-1].encode().translate(_DIGIT_TO_BIT)
    return tuple(cells[start : start + size] for start in range(0, size * stride, stride))


@lru_cache(maxsize=2 * MAX_VERSION)
def _form(version: int, ecc: Ecc) -> _Form:
    count = sum(block.total_count for block in base.rs_blocks(version, _ECC_LEVEL[ecc]))
    empty = [_matrix(version, ecc, [0] * count, mask) for mask in range(8)]
    full = _to_int(_matrix(version, ecc, [255] * count, 0))
    fixed = [_to_int(matrix) for matrix in empty]
    size = 17 + 4 * version
    order = _order(fixed[0] ^ full, size)
    index_of = {cell: index for index, cell in enumerate(order)}
    blank = len(order)  # the digit after the data: a cell that no data bit reaches
    cells = reversed(range(size * (size + 1)))
    return _Form(
        itemgetter(*(index_of.get(cell, blank) for cell in cells)),
        fixed[0],
        tuple(template ^ fixed[0] for template in fixed),
    )


def _order(data: int, size: int) -> list[int]:
    """Cells in which bits are placed, first to last (ISO/IEC 18004, 7.7.3): columns in pairs from the right, upwards
    and downwards in turn, past the column of the timing pattern. data: the cells that are not fixed."""
    stride = size + 1
    order = []
    upwards = True
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        rows = range(size - 1, -1, -1) if upwards else range(size)
        cells = (row * stride + column for row in rows for column in (right, right - 1))
        order += [cell for cell in cells if data >> cell & 1]
        upwards = not upwards
    return order


def make_symbol(text: str, ecc: Ecc = "M") -> Symbol:
    """The symbol of a code text (ASCII). Raises CodeTooLong, CodeNotText.

    The same text always gives the same symbol: smallest version, lowest penalty, first mask of equals.
    """
    if not text or not text.isascii():
        raise CodeNotText("expected ASCII, at least one character")
    part = segment(text)
    version = smallest_version(part, _ECC_LEVEL[ecc], MAX_VERSION)
    if version is None:
        raise CodeTooLong(f"{part.count} characters need a symbol above version {MAX_VERSION} at level {ecc}")
    form = _form(version, ecc)
    words = bytes(codewords(part, version, _ECC_LEVEL[ecc]))
    digits = f"{int.from_bytes(words, 'big'):0{8 * len(words)}b}0"
    first = form.fixed ^ int("".join(form.places(digits)), 2)
    size = 17 + 4 * version
    candidates = [first ^ difference for difference in form.masks]
    mask = min(range(8), key=lambda index: penalty(candidates[index], size))
    return Symbol(text, version, ecc, mask, _to_rows(candidates[mask], size))
