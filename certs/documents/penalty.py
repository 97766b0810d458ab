"""The penalty score by which ISO/IEC 18004 chooses the mask of a QR symbol.

A symbol is one integer: bit `row * (size + 1) + column` is 1 for dark. The extra column is always 0, so that
rows never run into each other when the whole matrix is shifted by one column or one row at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class _Grid:
    """Bit masks of one symbol size: which cells exist, which have neighbours (or ten) right and below."""

    stride: int
    cells: int
    has_right: int
    has_below: int
    eleven_right: int
    eleven_below: int


@lru_cache(maxsize=40)
def _grid(size: int) -> _Grid:
    stride = size + 1

    def area(rows: int, columns: int) -> int:
        row = (1 << columns) - 1
        return sum(row << (index * stride) for index in range(rows))

    return _Grid(
        stride,
        area(size, size),
        area(size, size - 1),
        area(size - 1, size),
        area(size, size - 10),
        area(size - 10, size),
    )


# 1:1:3:1:1 with four light modules before or after it (ISO/IEC 18004, 7.8.3.1), as offsets of dark modules.
_FINDER: Final = 0b00001011101, 0b10111010000


def _runs(same: int, step: int) -> int:
    """Penalty N1: a run of 5 + n equal modules costs 3 + n. `same` marks modules equal to the next one."""
    fours = same & (same >> step)
    fours &= fours >> (2 * step)
    return fours.bit_count() + 2 * (fours & ~(fours << step)).bit_count()


def _finders(dark: int, light: int, step: int, starts: int) -> int:
    """Penalty N3: 40 for each look-alike of a finder pattern."""
    count = 0
    for pattern in _FINDER:
        hits = starts
        for offset in range(11):
            hits &= (dark if pattern >> offset & 1 else light) >> (offset * step)
        count += hits.bit_count()
    return 40 * count


def penalty(bits: int, size: int) -> int:
    """Score of ISO/IEC 18004, 7.8.3: the lower, the easier for a reader to find and sample the symbol."""
    grid = _grid(size)
    light = bits ^ grid.cells
    right = ~(bits ^ (bits >> 1)) & grid.has_right
    below = ~(bits ^ (bits >> grid.stride)) & grid.has_below
    blocks = (right & (right >> grid.stride) & below).bit_count()
    balance = abs(bits.bit_count() * 20 - size * size * 10) // (size * size)
    return (
        _runs(right, 1)
        + _runs(below, grid.stride)
        + 3 * blocks
        + _finders(bits, light, 1, grid.eleven_right)
        + _finders(bits, light, grid.stride, grid.eleven_below)
        + 10 * balance
    )
