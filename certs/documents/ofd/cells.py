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

Label = tuple[tuple[tuple[float, str, Style], ...], ...]
"""Lines of (offset, words, style)."""
INK: Final = "#1f1a17"
FAINT: Final = "#6b625b"
GOLD: Final = "#a9853f"
_SIZES: Final[dict[Size, float]] = {"small": 9.5, "normal": 11, "large": 13, "huge": 18}
_LABEL: Final = 8.5
_SECOND_LABEL: Final = 6.5
_LABEL_LINE: Final = 3.4
_BELOW_LABEL: Final = 0.6
_DESCENT: Final = 0.12  # of the type size, below the last baseline


@dataclass(frozen=True, slots=True)
class Cell:
    """A measured cell. label: lines of (offset, words, style). lines: of the value. head: from the upper edge to the
    value. Millimetres."""

    row: Row
    label: Label
    lines: tuple[str, ...]
    style: Style
    head: float
    height: float

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """With the upper left corner at (x, y)."""
        for number, line in enumerate(self.label):
            for offset, words, style in line:
                canvas.own_text(x + offset, y + number * _LABEL_LINE + _LABEL * POINT * ASCENT, words, style)
        size = self.style.size_mm
        top = y + self.head
        for number, words in enumerate(self.lines):
            canvas.text(x, top + size * (ASCENT + number * LEADING), words, self.style)

    def pieces(self, x: float, gap: float) -> Iterator[Block]:
        """The cell as a block a line, for a value that is taller than a page."""
        first = _measured(self.row, self.label, self.lines[:1], self.style)
        yield Block(first.height, lambda canvas, y: first.draw(canvas, x, y), gap)
        for line in self.lines[1:]:
            yield self._next_line(line, x)

    def _next_line(self, line: str, x: float) -> Block:
        rest = Cell(self.row, (), (line,), self.style, 0.0, self.style.size_mm * LEADING)
        return Block(rest.height, lambda canvas, y: rest.draw(canvas, x, y))


def cell(row: Row, width: float, lang: Lang, *, enlarge: float = 1.0) -> Cell:
    """The row set in `width` millimetres. enlarge: of the value's type."""
    style = Style(sans(), _SIZES[row.size] * enlarge, INK)
    label = _label(row.label, width, lang)
    if style.width(row.value) <= width:
        return _measured(row, label, (row.value,), style)
    style = style.fitted(row.value, width)
    return _measured(row, label, tuple(style.lines(row.value, width)), style)


def _measured(row: Row, label: Label, lines: tuple[str, ...], style: Style) -> Cell:
    head = len(label) * _LABEL_LINE + _BELOW_LABEL
    size = style.size_mm
    return Cell(row, label, lines, style, head, head + size * (ASCENT + _DESCENT) + (len(lines) - 1) * size * LEADING)


@lru_cache(maxsize=1 << 12)  # labels are the program's words, hundreds at most; values are never kept
def _label(label: Words, width: float, lang: Lang) -> Label:
    """Chinese and English in one line where both fit, English below otherwise."""
    first, *others = label.pick(lang)
    style, small = Style(serif(), _LABEL, FAINT), Style(serif(), _SECOND_LABEL, FAINT)
    second = others[0] if others else ""
    start = style.width(first) + 0.5 * style.size_mm
    if second and start + small.width(second) <= width:
        return (((0.0, first, style), (start, second, small)),)
    below = small.lines(second, width) if second else []
    return (*(((0.0, line, style),) for line in style.lines(first, width)), *(((0.0, line, small),) for line in below))
