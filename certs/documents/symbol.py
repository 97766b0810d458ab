"""QR symbols (ISO/IEC 18004) as bit matrices, with the mask chosen by the standard's penalty score.

The package `qrcode` lays out the modules. Its own search for the best mask takes four times as long as everything
else: it lays out and scores eight matrices cell by cell, without the format information that the standard counts.
Masking is an XOR, so here the eight candidates come from one matrix and eight cached differences, scored whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
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
def _masks(version: int, ecc: Ecc) -> tuple[int, ...]:
    """What to XOR onto a symbol of mask 0 to get mask k (the format information changes with it)."""
    blocks = base.rs_blocks(version, _ECC_LEVEL[ecc])
    empty = [0] * sum(block.total_count for block in blocks)
    templates = [_to_int(_matrix(version, ecc, empty, mask)) for mask in range(8)]
    return tuple(template ^ templates[0] for template in templates)


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
    first = _to_int(_matrix(version, ecc, codewords(part, version, _ECC_LEVEL[ecc]), 0))
    size = 17 + 4 * version
    candidates = [first ^ difference for difference in _masks(version, ecc)]
    mask = min(range(8), key=lambda index: penalty(candidates[index], size))
    return Symbol(text, version, ecc, mask, _to_rows(candidates[mask], size))
