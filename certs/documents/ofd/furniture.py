"""What stands on every page around the sections: frame, watermark, annotation band, title, banner, code and footer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certs.documents.annotation import Annotation, china_minute
from certs.documents.codes import QUIET_ZONE, PrintedCode
from certs.documents.ofd.canvas import Box, Canvas
from certs.documents.ofd.cells import FAINT, GOLD, INK
from certs.documents.ofd.flow import Block
from certs.documents.ofd.sections import LEFT, WIDTH
from certs.documents.ofd.typeface import ASCENT, LEADING, POINT, Style, bold, sans, serif
from certs.documents.view import Lang, Page, Words

WARNING: Final = "#9c1f1f"
_PALE: Final = "#fbf3f0"
_WATERMARK: Final = "#f4eeea"
_MIDDLE: Final = LEFT + WIDTH / 2
_BAND_TOP: Final = 14.0
_BAND_INSET: Final = 2.0
_FOOTER: Final = 278.5
_CODE_INSET: Final = 0.8
_CODE_GAP: Final = 2.5
_CODE_GUTTER: Final = 7.0
_CODE_NAME: Final = Words("民政码", "Minzheng code")
_COPY: Final = Words("加注件", "Annotated copy")
_MARKS: Final = (
    Words("用途", "Purpose"),
    Words("接收方", "For"),
    Words("加注者", "Made by"),
    Words("加注时间", "Made at"),
    Words("有效至", "Valid until"),
)


def ground(canvas: Canvas, page: Page) -> None:
    """Frame and watermark, below everything else. No emblem: only the authority may use one."""
    if page.watermark is not None:
        words = page.watermark.text(page.lang)
        style = Style(bold(), 44, _WATERMARK)
        style = Style(bold(), min(44.0, 44 * 170 / style.width(words)), _WATERMARK)
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
        canvas.framed((LEFT, _BAND_TOP, WIDTH, self.height), WARNING, 0.7, fill=_PALE)
        y = _BAND_TOP + _BAND_INSET
        for words, style in self.lines:
            canvas.text(LEFT + 3, y + style.size_mm * ASCENT, words, style)
            y += style.size_mm * LEADING


def band(annotation: Annotation, lang: Lang) -> Band:
    """Title, then one mark after the other as far as the line reaches."""
    title, plain = Style(bold(), 10, WARNING), Style(sans(), 8, INK)
    moments = (china_minute(annotation.made_at), china_minute(annotation.expires))
    values = (annotation.purpose, annotation.recipient, annotation.made_by, *(f"{each} (UTC+8)" for each in moments))
    lines = [(_COPY.text(lang), title)]
    for mark, value in zip(_MARKS, values, strict=True):
        words = f"{mark.text(lang)}{': ' if lang == 'en' else '：'}{value}"
        lines += [(line, plain) for line in plain.lines(words, WIDTH - 6)]
    joined = _joined(lines[1:], plain)
    lines = [lines[0], *joined]
    height = sum(style.size_mm * LEADING for _, style in lines) + 2 * _BAND_INSET
    return Band(tuple(lines), height)


def _joined(lines: list[tuple[str, Style]], style: Style) -> list[tuple[str, Style]]:
    """Short lines put together, three spaces apart."""
    out: list[tuple[str, Style]] = []
    for words, _ in lines:
        together = f"{out[-1][0]}   {words}" if out else words
        if out and style.width(together) <= WIDTH - 6:
            out[-1] = (together, style)
        else:
            out.append((words, style))
    return out


def content_top(page_band: Band | None) -> float:
    return 20.0 if page_band is None else _BAND_TOP + page_band.height + 4


def title(page: Page) -> Block:
    """The kind's name, large; in both languages on the bilingual page."""
    first, *others = page.title.pick(page.lang)
    chinese = page.lang != "en"
    style = Style(serif(), 32 if chinese else 24, page.accent, 0.32 if chinese else 0.0)
    style = Style(serif(), min(style.size, style.size * WIDTH / style.width(first)), page.accent, style.tracking)
    second = Style(serif(), 11, GOLD, 0.18)
    size = style.size_mm

    def draw(canvas: Canvas, y: float) -> None:
        canvas.text(_MIDDLE - style.width(first) / 2, y + size * ASCENT, first, style)
        for words in map(str.upper, others):
            canvas.text(_MIDDLE - second.width(words) / 2, y + size * 1.25 + second.size_mm, words, second)

    return Block(size * 1.25 + (second.size_mm * 1.3 if others else 0), draw)


def banner(words: Words, lang: Lang) -> Block:
    """What must not be overlooked, in a red box."""
    first, *others = words.pick(lang)
    styles = (Style(bold(), 11, WARNING), Style(serif(), 7.5, FAINT))
    lines = [(line, styles[0]) for line in styles[0].lines(first, WIDTH - 12)]
    lines += [(line, styles[1]) for other in others for line in styles[1].lines(other, WIDTH - 12)]
    width = max(style.width(line) for line, style in lines) + 12
    height = sum(style.size_mm * LEADING for _, style in lines) + 3

    def draw(canvas: Canvas, y: float) -> None:
        canvas.framed((_MIDDLE - width / 2, y, width, height), WARNING, 1)
        top = y + 1.8
        for line, style in lines:
            canvas.text(_MIDDLE - style.width(line) / 2, top + style.size_mm * ASCENT, line, style)
            top += style.size_mm * LEADING

    return Block(height, draw, 3)


def rule() -> Block:
    return Block(0.2, lambda canvas, y: canvas.line(LEFT, y, WIDTH, GOLD, 0.5), 4)


def next_head(canvas: Canvas, page: Page, top: float) -> None:
    """On pages after the first: which document they belong to."""
    style = Style(serif(), 9, FAINT)
    canvas.text(LEFT, top + style.size_mm * ASCENT, page.title.text(page.lang), style)
    canvas.text(LEFT + WIDTH - style.width(page.serial), top + style.size_mm * ASCENT, page.serial, style)
    canvas.line(LEFT, top + 5, WIDTH, GOLD, 0.5)


NEXT_HEAD: Final = 9.0
"""Height that `next_head` takes."""


def footer(canvas: Canvas, page: Page, number: int, count: int) -> None:
    """Authority code and identifier; the page's number if there are several."""
    style = Style(serif(), 6.5, FAINT)
    counted = Words(f"第 {number} 页，共 {count} 页", f"page {number} of {count}").text(page.lang)
    words = f"{page.footer}    {counted}" if count > 1 else page.footer
    for index, line in enumerate(style.lines(words, WIDTH)):
        canvas.text(_MIDDLE - style.width(line) / 2, _FOOTER + index * style.size_mm * LEADING, line, style)


def code_side(code: PrintedCode) -> float:
    """Edge of the printed code with its quiet zone, millimetres."""
    return code.side_mm + 2 * QUIET_ZONE * code.module_mm


def code_box(code: PrintedCode, top: float) -> Box:
    """Where the picture with its quiet zone stands in a panel that begins at `top`."""
    side = code_side(code)
    return (LEFT + _CODE_INSET, top + _CODE_GAP + _CODE_INSET, side, side)


def code_panel(page: Page, code: PrintedCode, resource: int) -> Block:
    """The code on white, well inside the page, and what a scan of it proves. resource: number of its picture."""
    outer = code_side(code) + 2 * _CODE_INSET
    x = LEFT + outer + _CODE_GUTTER
    lines = _beside_code(page.notes, page.lang, page.accent, LEFT + WIDTH - x)
    words_height = sum(step for _, _, step in lines)
    height = _CODE_GAP + max(outer, words_height)

    def draw(canvas: Canvas, y: float) -> None:
        canvas.line(LEFT, y, WIDTH, GOLD, 0.5)
        canvas.framed((LEFT, y + _CODE_GAP, outer, outer), GOLD, 0.4, fill="#ffffff")
        canvas.image(code_box(code, y), resource)
        top = y + _CODE_GAP + (height - _CODE_GAP - words_height) / 2
        for line, style, step in lines:
            canvas.text(x, top + style.size_mm * ASCENT, line, style)
            top += step

    return Block(height, draw, 4)


@lru_cache(maxsize=256)  # the kinds' own words, never a certificate's
def _beside_code(
    notes: tuple[Words, ...], lang: Lang, accent: str, width: float
) -> tuple[tuple[str, Style, float], ...]:
    """Lines with their styles and the distance to the next."""
    first = Style(serif(), 12, accent)
    lines = [(_CODE_NAME.text(lang, "  "), first, 12 * POINT * 1.7)]
    for note in notes:
        for number, words in enumerate(note.pick(lang)):
            second = lang == "zh-en" and number > 0
            style = Style(serif(), 7.2, FAINT) if second else Style(sans(), 9, INK)
            wrapped = style.lines(words, width)
            step = style.size_mm * 1.45
            lines += [(line, style, step) for line in wrapped[:-1]]
            lines.append((wrapped[-1], style, step + 1.2))
    return tuple(lines)
