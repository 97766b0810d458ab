"""The sections of a page as blocks: the leading rows beside the photograph, grids, persons side by side, amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from certs.documents.ofd.canvas import Canvas
from certs.documents.ofd.cells import FAINT, GOLD, Cell, cell
from certs.documents.ofd.flow import Block
from certs.documents.ofd.typeface import ASCENT, POINT, Style, serif
from certs.documents.view import Lang, Page, PhotoFrame, Row, Section

LEFT: Final = 24.0
WIDTH: Final = 162.0
TALLEST: Final = 150.0
"""A taller block is taken apart, so that it can go over a page's end."""
_GUTTER: Final = 8.0
_ROW_GAP: Final = 2.8
_SECTION_GAP: Final = 4.2
_PERSON_GUTTER: Final = 6.0
_INSET: Final = (4.0, 3.0)
_PAIR_GUTTER: Final = 3.0
_HEADING: Final = 12.0
_HEADING_ROOM: Final = 7.0


_Line = tuple[tuple[float, Cell], ...]
"""Cells beside each other, with their distance from the left."""


Measured = dict[tuple[int, float, float], Cell]
"""Cells by row, width and enlargement; kept while one page is tried with more and less room."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all sections need. spread: factor of the room between rows."""

    lang: Lang
    accent: str
    spread: float
    measured: Measured

    def cell(self, row: Row, width: float, enlarge: float = 1.0) -> Cell:
        """Measured once, however often the page is tried."""
        key = id(row), width, enlarge
        found = self.measured.get(key)
        if found is None:
            found = self.measured[key] = cell(row, width, self.lang, enlarge=enlarge)
        return found

    @property
    def row_gap(self) -> float:
        return _ROW_GAP * self.spread

    @property
    def section_gap(self) -> float:
        return _SECTION_GAP * self.spread


def section_blocks(page: Page, photo_resource: int, spread: float, measured: Measured) -> Iterator[Block]:
    """All sections in order.

    photo_resource: number of the photograph in the document's resources. spread: factor of the room between rows.
    """
    setting = _Setting(page.lang, page.accent, spread, measured)
    photo = page.photo
    if all(section.form != "lead" for section in page.sections):
        yield from _lead(setting, Section(()), photo, photo_resource) if photo else ()
    rest = list(page.sections)
    while rest:
        section = rest.pop(0)
        if section.form == "person":
            other = rest.pop(0) if rest and rest[0].form == "person" else None
            yield from _persons(setting, [section, other] if other else [section])
        elif section.form == "amount":
            yield from _amount(setting, section)
        elif section.form == "lead":
            yield from _lead(setting, section, photo, photo_resource)
            photo = None
        else:
            yield from _grid(setting, section)


def _lead(setting: _Setting, section: Section, photo: PhotoFrame | None, resource: int) -> Iterator[Block]:
    room = WIDTH - (photo.width_mm + _GUTTER if photo else 0)
    yield from _headed(setting, section, LEFT)
    stack = _stack(section.rows, room, setting)
    height = _stack_height(stack, setting.row_gap)
    if height > TALLEST:
        yield from _taken_apart(stack, LEFT)
        stack, height = [], 0.0

    def draw(canvas: Canvas, y: float) -> None:
        _draw_stack(canvas, stack, LEFT, y, setting.row_gap)
        if photo:
            _photo(canvas, photo, setting, y, resource)

    yield Block(max(height, photo.height_mm if photo else 0.0), draw, setting.section_gap)


def _photo(canvas: Canvas, photo: PhotoFrame, setting: _Setting, y: float, resource: int) -> None:
    """The picture, whole and undistorted in its frame; or the frame with its label."""
    box = (LEFT + WIDTH - photo.width_mm, y, photo.width_mm, photo.height_mm)
    if photo.picture is not None:
        scale = min(box[2] / photo.picture.width, box[3] / photo.picture.height)
        width, height = photo.picture.width * scale, photo.picture.height * scale
        canvas.image((box[0] + (box[2] - width) / 2, y + (box[3] - height) / 2, width, height), resource)
        canvas.framed(box, GOLD, 0.5)
        return
    canvas.framed(box, GOLD, 0.5, dash="1.2 1")
    lines = [
        (line, style)
        for words, size in zip(photo.label.pick(setting.lang), (9, 7), strict=False)
        for style in (Style(serif(), size, FAINT),)
        for line in style.lines(words, box[2] - 4)
    ]
    baseline = y + box[3] / 2 - 2.4 * (len(lines) - 1) + 1
    for line, style in lines:
        canvas.own_text(box[0] + (box[2] - style.width(line)) / 2, baseline, line, style)
        baseline += 4.8


def _grid(setting: _Setting, section: Section) -> Iterator[Block]:
    yield from _headed(setting, section, LEFT)
    gap = setting.section_gap if section.title is None else setting.row_gap
    half = (WIDTH - _GUTTER) / 2
    for rows in _paired(section.rows):
        cells = [setting.cell(row, WIDTH if row.wide else half) for row in rows]
        if max(each.height for each in cells) > TALLEST:
            yield from _taken_apart(_stack(rows, WIDTH, setting), LEFT)
        else:
            yield _beside(cells, LEFT, half + _GUTTER, gap)
        gap = setting.row_gap


def _paired(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows of the two columns; a wide one alone."""
    waiting: list[Row] = []
    for row in rows:
        if row.wide:
            if waiting:
                yield waiting
                waiting = []
            yield [row]
            continue
        waiting.append(row)
        if len(waiting) == 2:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _beside(cells: Sequence[Cell], x: float, step: float, gap: float) -> Block:
    def draw(canvas: Canvas, y: float) -> None:
        for number, each in enumerate(cells):
            each.draw(canvas, x + number * step, y)

    return Block(max(each.height for each in cells), draw, gap)


def _amount(setting: _Setting, section: Section) -> Iterator[Block]:
    yield from _headed(setting, section, LEFT)
    stack = [((0.0, setting.cell(row, WIDTH, enlarge=1.2)),) for row in section.rows]
    height = _stack_height(stack, setting.row_gap) + 2 * _INSET[1]
    if height > TALLEST:
        yield from _taken_apart(stack, LEFT)
        return

    def draw(canvas: Canvas, y: float) -> None:
        canvas.line(LEFT, y, WIDTH, setting.accent, 1)
        _draw_stack(canvas, stack, LEFT, y + _INSET[1], setting.row_gap)
        canvas.line(LEFT, y + height, WIDTH, setting.accent, 1)

    yield Block(height, draw, setting.section_gap)


def _persons(setting: _Setting, sections: Sequence[Section]) -> Iterator[Block]:
    """One or two boxes of equal height."""
    width = (WIDTH - _PERSON_GUTTER * (len(sections) - 1)) / len(sections)
    inner = width - 2 * _INSET[0]
    stacks = [_stack(section.rows, inner, setting) for section in sections]
    headed = any(section.title for section in sections)
    height = (
        max(_stack_height(stack, setting.row_gap) for stack in stacks)
        + 2 * _INSET[1]
        + (_HEADING_ROOM if headed else 0)
    )
    if height > TALLEST:
        for section in sections:
            yield from _headed(setting, section, LEFT)
            yield from _taken_apart(_stack(section.rows, WIDTH, setting), LEFT)
        return

    def draw(canvas: Canvas, y: float) -> None:
        for number, (section, stack) in enumerate(zip(sections, stacks, strict=True)):
            x = LEFT + number * (width + _PERSON_GUTTER)
            canvas.framed((x, y, width, height), GOLD, 0.4)
            canvas.line(x, y, width, setting.accent, 1)
            top = y + _INSET[1]
            if headed:
                _heading(canvas, setting, section, x + _INSET[0], top)
                top += _HEADING_ROOM
            _draw_stack(canvas, stack, x + _INSET[0], top, setting.row_gap)

    yield Block(height, draw, setting.section_gap)


def _headed(setting: _Setting, section: Section, x: float) -> Iterator[Block]:
    if section.title is not None:
        yield Block(_HEADING_ROOM - 2, lambda canvas, y: _heading(canvas, setting, section, x, y), setting.section_gap)


def _heading(canvas: Canvas, setting: _Setting, section: Section, x: float, y: float) -> None:
    if section.title is None:
        return
    first, *others = section.title.pick(setting.lang)
    style, small = Style(serif(), _HEADING, setting.accent), Style(serif(), 7.5, FAINT)
    baseline = y + _HEADING * POINT * ASCENT
    canvas.own_text(x, baseline, first, style)
    for words in others:
        canvas.own_text(x + style.width(first) + 0.5 * style.size_mm, baseline, words, small)


def _stack(rows: Sequence[Row], width: float, setting: _Setting) -> list[_Line]:
    """Rows below each other; where room is scarce, two short ones side by side."""
    lines: list[_Line] = []
    waiting = list(rows)
    while waiting:
        first = waiting.pop(0)
        pair = _short_pair(first, waiting[0], width, setting) if waiting and setting.spread < 1 else None
        if pair is not None:
            waiting.pop(0)
        lines.append(pair or ((0.0, setting.cell(first, width)),))
    return lines


def _short_pair(first: Row, second: Row, width: float, setting: _Setting) -> _Line | None:
    """Two rows in half the width each, if each has a line for its label and one for its value."""
    if first.wide or second.wide or {first.size, second.size} & {"large", "huge"}:
        return None
    half = (width - _PAIR_GUTTER) / 2
    cells = setting.cell(first, half), setting.cell(second, half)
    if any(len(each.label) > 1 or len(each.lines) > 1 for each in cells):
        return None
    return ((0.0, cells[0]), (half + _PAIR_GUTTER, cells[1]))


def _line_height(line: _Line) -> float:
    return max(each.height for _, each in line)


def _stack_height(stack: Sequence[_Line], gap: float) -> float:
    return sum(map(_line_height, stack)) + gap * max(0, len(stack) - 1)


def _draw_stack(canvas: Canvas, stack: Iterable[_Line], x: float, y: float, gap: float) -> None:
    for line in stack:
        for offset, each in line:
            each.draw(canvas, x + offset, y)
        y += _line_height(line) + gap


def _taken_apart(stack: Iterable[_Line], x: float) -> Iterator[Block]:
    for line in stack:
        for _, each in line:
            yield from each.pieces(x, _ROW_GAP)
