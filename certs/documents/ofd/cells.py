"""A label and its value, measured for a width and drawn there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certs.documents.ofd.canvas import Canvas
from certs.documents.ofd.flow import Block
from certs.documents.ofd.typeface import ASCENT, LEADING, POINT, Style, sans, serif
from certs.documents.view import Lang, Row, Size, Words

INK: Final = "#1f1a17"
FAINT: Final = "#6b625b"
GOLD: Final = "#a9853f"
_SIZES: Final[dict[Size, float]] = {"small": 9.5, "normal": 11, "large": 13, "huge": 18}
_LABEL: Final = 8.5
_SECOND_LABEL: Final = 6.5
_LABEL_LINE: Final = 3.7
_BELOW_LABEL: Final = 1.1
_DESCENT: Final = 0.25  # of the type size, below the last baseline


@dataclass(frozen=True, slots=True)
class Cell:
    """A measured cell. label: lines of (offset, words, style). lines: of the value. width and height: millimetres."""

    row: Row
    label: tuple[tuple[tuple[float, str, Style], ...], ...]
    lines: tuple[str, ...]
    style: Style
    width: float

    @property
    def head(self) -> float:
        """From the upper edge to the first line of the value."""
        return len(self.label) * _LABEL_LINE + _BELOW_LABEL

    @property
    def height(self) -> float:
        size = self.style.size_mm
        return self.head + size * (ASCENT + _DESCENT) + (len(self.lines) - 1) * size * LEADING

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """With the upper left corner at (x, y)."""
        for number, line in enumerate(self.label):
            for offset, words, style in line:
                canvas.text(x + offset, y + number * _LABEL_LINE + _LABEL * POINT * ASCENT, words, style)
        size = self.style.size_mm
        top = y + self.head
        for number, words in enumerate(self.lines):
            canvas.text(x, top + size * (ASCENT + number * LEADING), words, self.style)
        widest = max(map(self.style.width, self.lines))
        canvas.places.append((self.row, (x, top, widest, self.height - self.head)))

    def pieces(self, x: float, gap: float) -> Iterator[Block]:
        """The cell as a block a line, for a value that is taller than a page."""
        step = self.style.size_mm * LEADING
        first = Cell(self.row, self.label, self.lines[:1], self.style, self.width)
        yield Block(first.height, lambda canvas, y: first.draw(canvas, x, y), gap)
        for line in self.lines[1:]:
            yield Cell(self.row, (), (line,), self.style, self.width)._line(x, step)

    def _line(self, x: float, step: float) -> Block:
        return Block(step, lambda canvas, y: self.draw(canvas, x, y - _BELOW_LABEL))


def cell(row: Row, width: float, lang: Lang, *, enlarge: float = 1.0) -> Cell:
    """The row set in `width` millimetres. enlarge: of the value's type."""
    style = Style(sans(), _SIZES[row.size] * enlarge, INK).fitted(row.value, width)
    return Cell(row, _label(row.label, width, lang), tuple(style.lines(row.value, width)), style, width)


@lru_cache(maxsize=1 << 12)  # labels are the program's words, hundreds at most; values are never kept
def _label(label: Words, width: float, lang: Lang) -> tuple[tuple[tuple[float, str, Style], ...], ...]:
    """Chinese and English in one line where both fit, English below otherwise."""
    first, *others = label.pick(lang)
    style, small = Style(serif(), _LABEL, FAINT), Style(serif(), _SECOND_LABEL, FAINT)
    second = others[0] if others else ""
    start = style.width(first) + 0.5 * style.size_mm
    if second and start + small.width(second) <= width:
        return (((0.0, first, style), (start, second, small)),)
    below = small.lines(second, width) if second else []
    return (*(((0.0, line, style),) for line in style.lines(first, width)), *(((0.0, line, small),) for line in below))
