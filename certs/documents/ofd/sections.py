"""The sections of a page as blocks: the leading rows beside the photograph, grids, persons side by side, amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from certs.documents.ofd.canvas import Canvas
from certs.documents.ofd.cells import FAINT, GOLD, Cell, cell
from certs.documents.ofd.flow import Block
from certs.documents.ofd.typeface import ASCENT, POINT, Style, serif
from certs.documents.view import Page, PhotoFrame, Row, Section

LEFT: Final = 24.0
WIDTH: Final = 162.0
TALLEST: Final = 150.0
"""A taller block is taken apart, so that it can go over a page's end."""
_GUTTER: Final = 8.0
_ROW_GAP: Final = 3.6
_SECTION_GAP: Final = 5.0
_PERSON_GUTTER: Final = 6.0
_INSET: Final = (4.5, 3.6)
_HEADING: Final = 12.0
_HEADING_ROOM: Final = 7.0
PHOTO_RESOURCE: Final = "photo"


def section_blocks(page: Page, photo_resource: int) -> Iterator[Block]:
    """All sections in order. photo_resource: number of the photograph in the document's resources."""
    photo = page.photo
    rest = list(page.sections)
    while rest:
        section = rest.pop(0)
        if section.form == "person":
            other = rest.pop(0) if rest and rest[0].form == "person" else None
            yield from _persons(page, [section, other] if other else [section])
        elif section.form == "amount":
            yield from _amount(page, section)
        elif section.form == "lead":
            yield from _lead(page, section, photo, photo_resource)
            photo = None
        else:
            yield from _grid(page, section)


def _lead(page: Page, section: Section, photo: PhotoFrame | None, resource: int) -> Iterator[Block]:
    room = WIDTH - (photo.width_mm + _GUTTER if photo else 0)
    yield from _headed(page, section, LEFT)
    cells = [cell(row, room, page.lang) for row in section.rows]
    height = _stack_height(cells)
    if height > TALLEST:
        yield from _taken_apart(cells, LEFT)
        cells, height = [], 0.0

    def draw(canvas: Canvas, y: float) -> None:
        _draw_stack(canvas, cells, LEFT, y)
        if photo:
            _photo(canvas, photo, page, y, resource)

    yield Block(max(height, photo.height_mm if photo else 0.0), draw, _SECTION_GAP)


def _photo(canvas: Canvas, photo: PhotoFrame, page: Page, y: float, resource: int) -> None:
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
        for words, size in zip(photo.label.pick(page.lang), (9, 7), strict=False)
        for style in (Style(serif(), size, FAINT),)
        for line in style.lines(words, box[2] - 4)
    ]
    baseline = y + box[3] / 2 - 2.4 * (len(lines) - 1) + 1
    for line, style in lines:
        canvas.text(box[0] + (box[2] - style.width(line)) / 2, baseline, line, style)
        baseline += 4.8


def _grid(page: Page, section: Section) -> Iterator[Block]:
    yield from _headed(page, section, LEFT)
    gap = _SECTION_GAP if section.title is None else _ROW_GAP
    half = (WIDTH - _GUTTER) / 2
    for rows in _paired(section.rows):
        cells = [cell(row, WIDTH if row.wide else half, page.lang) for row in rows]
        if max(each.height for each in cells) > TALLEST:
            yield from _taken_apart([cell(row, WIDTH, page.lang) for row in rows], LEFT)
        else:
            yield _beside(cells, LEFT, half + _GUTTER, gap)
        gap = _ROW_GAP


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


def _amount(page: Page, section: Section) -> Iterator[Block]:
    yield from _headed(page, section, LEFT)
    cells = [cell(row, WIDTH, page.lang, enlarge=1.2) for row in section.rows]
    height = _stack_height(cells) + 2 * _INSET[1]
    if height > TALLEST:
        yield from _taken_apart(cells, LEFT)
        return

    def draw(canvas: Canvas, y: float) -> None:
        canvas.line(LEFT, y, WIDTH, page.accent, 1)
        _draw_stack(canvas, cells, LEFT, y + _INSET[1])
        canvas.line(LEFT, y + height, WIDTH, page.accent, 1)

    yield Block(height, draw, _SECTION_GAP)


def _persons(page: Page, sections: Sequence[Section]) -> Iterator[Block]:
    """One or two boxes of equal height."""
    width = (WIDTH - _PERSON_GUTTER * (len(sections) - 1)) / len(sections)
    inner = width - 2 * _INSET[0]
    stacks = [[cell(row, inner, page.lang) for row in section.rows] for section in sections]
    headed = any(section.title for section in sections)
    height = max(map(_stack_height, stacks)) + 2 * _INSET[1] + (_HEADING_ROOM if headed else 0)
    if height > TALLEST:
        for section in sections:
            yield from _headed(page, section, LEFT)
            yield from _taken_apart([cell(row, WIDTH, page.lang) for row in section.rows], LEFT)
        return

    def draw(canvas: Canvas, y: float) -> None:
        for number, (section, stack) in enumerate(zip(sections, stacks, strict=True)):
            x = LEFT + number * (width + _PERSON_GUTTER)
            canvas.framed((x, y, width, height), GOLD, 0.4)
            canvas.line(x, y, width, page.accent, 1)
            top = y + _INSET[1]
            if headed:
                _heading(canvas, page, section, x + _INSET[0], top)
                top += _HEADING_ROOM
            _draw_stack(canvas, stack, x + _INSET[0], top)

    yield Block(height, draw, _SECTION_GAP)


def _headed(page: Page, section: Section, x: float) -> Iterator[Block]:
    if section.title is not None:
        yield Block(_HEADING_ROOM - 2, lambda canvas, y: _heading(canvas, page, section, x, y), _SECTION_GAP)


def _heading(canvas: Canvas, page: Page, section: Section, x: float, y: float) -> None:
    if section.title is None:
        return
    first, *others = section.title.pick(page.lang)
    style, small = Style(serif(), _HEADING, page.accent), Style(serif(), 7.5, FAINT)
    baseline = y + _HEADING * POINT * ASCENT
    canvas.text(x, baseline, first, style)
    for words in others:
        canvas.text(x + style.width(first) + 0.5 * style.size_mm, baseline, words, small)


def _stack_height(cells: Sequence[Cell]) -> float:
    return sum(each.height for each in cells) + _ROW_GAP * max(0, len(cells) - 1)


def _draw_stack(canvas: Canvas, cells: Iterable[Cell], x: float, y: float) -> None:
    for each in cells:
        each.draw(canvas, x, y)
        y += each.height + _ROW_GAP


def _taken_apart(cells: Iterable[Cell], x: float) -> Iterator[Block]:
    for each in cells:
        yield from each.pieces(x, _ROW_GAP)
