"""What stands on every page around the sections: frame, watermark, annotation band, title, banner, code and footer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certs.documents import sayings
from certs.documents.annotation import Annotation
from certs.documents.ofd.canvas import Canvas
from certs.documents.ofd.cells import FAINT, GOLD, INK
from certs.documents.ofd.flow import Block
from certs.documents.ofd.sections import LEFT, WIDTH
from certs.documents.ofd.typeface import ASCENT, LEADING, POINT, Style, sans, serif
from certs.documents.placement import BAND_TOP, PANEL_HEIGHT, Placement
from certs.documents.placement import Box as PlacedBox
from certs.documents.view import Lang, Page, SealPicture, Words

WARNING: Final = "#9c1f1f"
_TITLE_ROOM: Final = 140.0
_PALE: Final = "#fbf3f0"
_WATERMARK: Final = "#f4eeea"
_MIDDLE: Final = LEFT + WIDTH / 2
_BAND_INSET: Final = 1.6
_BAND_ROOM: Final = WIDTH - 6
_FOOTER: Final = 278.5
_FOOTER_LINES: Final = 2  # a third would stand on the frame


def ground(canvas: Canvas, page: Page) -> None:
    """Frame and watermark, below everything else. No emblem: only the authority may use one."""
    if page.watermark is not None:
        words = sayings.across(page.watermark)
        style = Style(sans(), 44, _WATERMARK)
        style = Style(sans(), min(44.0, 44 * 170 / style.width(words)), _WATERMARK)
        for y in (90.0, 175.0):
            canvas.turned_text(105, y, 24, words, style)
    canvas.framed((9, 9, 192, 279), page.accent, 1.6, behind=True)
    canvas.framed((11, 11, 188, 275), GOLD, 0.5, behind=True)
    for x in (7.5, 199.5):
        for y in (7.5, 286.5):
            canvas.framed((x, y, 3, 3), page.accent, 0.9, fill="#ffffff", behind=True)


@dataclass(frozen=True, slots=True)
class Band:
    """The marks of an annotated copy, measured: lines of (words, style) and the band's height in millimetres."""

    lines: tuple[tuple[str, Style], ...]
    height: float

    def draw(self, canvas: Canvas) -> None:
        canvas.framed((LEFT, BAND_TOP, WIDTH, self.height), WARNING, 0.7, fill=_PALE)
        y = BAND_TOP + _BAND_INSET
        for words, style in self.lines:
            canvas.text(LEFT + 3, y + style.size_mm * ASCENT, words, style)
            y += style.size_mm * LEADING


def band(annotation: Annotation, lang: Lang) -> Band:
    """Title, then one mark after the other as far as the line reaches."""
    title, plain = Style(sans(), 9, WARNING), Style(sans(), 7.8, INK)
    lines: list[str] = []
    for label, value in sayings.marks(annotation, lang):
        words = f"{label}: {value}" if lang == "en" else f"{label}：{value}"
        together = f"{lines[-1]}    {words}" if lines else words
        if lines and plain.width(together) <= _BAND_ROOM:
            lines[-1] = together
        else:
            lines += plain.lines(words, _BAND_ROOM)
    set_lines = ((sayings.COPY.text(lang), title), *((line, plain) for line in lines))
    height = sum(style.size_mm * LEADING for _, style in set_lines) + 2 * _BAND_INSET
    return Band(set_lines, height)


def title(page: Page) -> Block:
    """The kind's name, large; in both languages on the bilingual page."""
    first, *others = page.title.pick(page.lang)
    chinese = page.lang != "en"
    style = Style(serif(), 32 if chinese else 24, page.accent, 0.32 if chinese else 0.0)
    if style.width(first) > _TITLE_ROOM:  # closer first, then smaller
        style = Style(serif(), style.size, page.accent, style.tracking / 3)
        style = Style(serif(), style.size * min(1, _TITLE_ROOM / style.width(first)), page.accent, style.tracking)
    second = Style(serif(), 11, GOLD, 0.18)
    size = style.size_mm

    def draw(canvas: Canvas, y: float) -> None:
        canvas.own_text(_MIDDLE - style.width(first) / 2, y + size * ASCENT, first, style)
        for words in map(str.upper, others):
            canvas.own_text(_MIDDLE - second.width(words) / 2, y + size * 1.25 + second.size_mm, words, second)

    return Block(size * 1.25 + (second.size_mm * 1.3 if others else 0), draw)


def banner(words: Words, lang: Lang) -> Block:
    """What must not be overlooked, in a red box."""
    first, *others = words.pick(lang)
    styles = (Style(sans(), 11, WARNING), Style(serif(), 7.5, FAINT))
    lines = [(line, styles[0]) for line in styles[0].lines(first, WIDTH - 12)]
    lines += [(line, styles[1]) for other in others for line in styles[1].lines(other, WIDTH - 12)]
    width = max(style.width(line) for line, style in lines) + 12
    height = sum(style.size_mm * LEADING for _, style in lines) + 3

    def draw(canvas: Canvas, y: float) -> None:
        canvas.framed((_MIDDLE - width / 2, y, width, height), WARNING, 1)
        top = y + 1.8
        for line, style in lines:
            canvas.own_text(_MIDDLE - style.width(line) / 2, top + style.size_mm * ASCENT, line, style)
            top += style.size_mm * LEADING

    return Block(height, draw, 3)


def line(words: Words, lang: Lang, color: str, sizes: tuple[float, float], gap: float) -> Block:
    """One centred line of the program's own words, the second language in the second size."""
    styles = [Style(serif(), size, color) for size in sizes]
    parts = list(zip(words.pick(lang), styles, strict=False))
    between = 0.6 * styles[0].size_mm
    width = sum(style.width(part) for part, style in parts) + between * (len(parts) - 1)

    def draw(canvas: Canvas, y: float) -> None:
        x = _MIDDLE - width / 2
        for part, style in parts:
            canvas.own_text(x, y + styles[0].size_mm * ASCENT, part, style)
            x += style.width(part) + between

    return Block(styles[0].size_mm, draw, gap)


def rule() -> Block:
    return Block(0.2, lambda canvas, y: canvas.line(LEFT, y, WIDTH, GOLD, 0.5), 4)


def next_head(canvas: Canvas, page: Page, top: float) -> None:
    """On pages after the first: which document they belong to."""
    title = page.title.text(page.lang)
    style = Style(serif(), 9, FAINT)
    taken = style.width(title) + style.width(page.serial)
    style = Style(serif(), 9 * min(1, (WIDTH - 6) / taken), FAINT)
    canvas.own_text(LEFT, top + style.size_mm * ASCENT, title, style)
    canvas.text(LEFT + WIDTH - style.width(page.serial), top + style.size_mm * ASCENT, page.serial, style)
    canvas.line(LEFT, top + 5, WIDTH, GOLD, 0.5)


NEXT_HEAD: Final = 9.0
"""Height that `next_head` takes."""


def footer(canvas: Canvas, page: Page, number: int, count: int) -> None:
    """Authority code and identifier; the page's number if there are several."""
    counted = Words(f"第 {number} 页，共 {count} 页", f"page {number} of {count}").text(page.lang)
    words = f"{page.footer}    {counted}" if count > 1 else page.footer
    style = Style(serif(), 6.5, FAINT)
    while len(lines := style.lines(words, WIDTH)) > _FOOTER_LINES and style.size > 3:
        style = Style(serif(), style.size * 0.95, FAINT)
    for index, line in enumerate(lines):
        canvas.text(_MIDDLE - style.width(line) / 2, _FOOTER + index * style.size_mm * LEADING, line, style)


def code_panel(page: Page, place: Placement) -> Block:
    """The code on white, what a scan of it proves, and the day below the seal. The places are the PDF's; the
    pictures come later, since their numbers in the document are not the panel's business."""
    lines = _beside_code(page.notes, page.lang, page.accent, place.words.width, place.words.height)

    def draw(canvas: Canvas, y: float) -> None:
        canvas.line(LEFT, y, WIDTH, GOLD, 0.5)
        code = place.code
        canvas.filled((code.x, code.y, code.width, code.height), "#ffffff")
        top = place.words.y
        for line, style, step in lines:
            canvas.own_text(place.words.x, top + style.size_mm * ASCENT, line, style)
            top += step
        if page.seal is not None and place.seal is not None:
            _day(canvas, page, page.seal, place.seal)

    return Block(PANEL_HEIGHT, draw)


def _day(canvas: Canvas, page: Page, seal: SealPicture, column: PlacedBox) -> None:
    """The day below the seal."""
    style = Style(sans(), 8.5, INK)
    for line in style.lines(page.issued_on, column.width):
        x = column.x + (column.width - style.width(line)) / 2
        canvas.text(x, column.y + seal.height_mm + 1.6 + style.size_mm * ASCENT, line, style)


@lru_cache(maxsize=256)  # the kinds' own words, never a certificate's
def _beside_code(
    notes: tuple[Words, ...], lang: Lang, accent: str, width: float, height: float
) -> tuple[tuple[str, Style, float], ...]:
    """Lines with their styles and the distance to the next; smaller type if they would not fit otherwise."""
    scale = 1.0
    while True:
        lines = _noted(notes, lang, accent, width, scale)
        if sum(step for _, _, step in lines) <= height or scale < 0.6:
            return tuple(lines)
        scale -= 0.05


def _noted(
    notes: tuple[Words, ...], lang: Lang, accent: str, width: float, scale: float
) -> list[tuple[str, Style, float]]:
    lines = [(sayings.CODE.text(lang, "  "), Style(serif(), 12, accent), 12 * POINT * 1.7)]
    for note in notes:
        for number, words in enumerate(note.pick(lang)):
            second = lang == "zh-en" and number > 0
            style = Style(serif(), 6.8 * scale, FAINT) if second else Style(sans(), 8.2 * scale, INK)
            wrapped = _balanced(style, words, width)
            step = style.size_mm * 1.4
            lines += [(line, style, step) for line in wrapped[:-1]]
            lines.append((wrapped[-1], style, step + 1.2 * scale))
    return lines


def _balanced(style: Style, words: str, width: float) -> list[str]:
    """The same number of lines, but no last line of a word or two."""
    lines = style.lines(words, width)
    narrow = width
    while len(lines) > 1 and style.width(lines[-1]) < width / 5 and narrow > width / 2:
        narrow *= 0.95
        again = style.lines(words, narrow)
        if len(again) > len(lines):
            break
        lines = again
    return lines
