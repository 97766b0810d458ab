"""A page's words and pictures as the files of an OFD package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certs.documents.codes import PrintedCode
from certs.documents.fonts import require_glyphs
from certs.documents.ofd import furniture
from certs.documents.ofd.canvas import Canvas, Sheet
from certs.documents.ofd.codepicture import code_picture
from certs.documents.ofd.flow import Block, Placed, paginate
from certs.documents.ofd.glyphs import SANS, SANS_BOLD, SERIF, Source, outlines
from certs.documents.ofd.opentype import subset
from certs.documents.ofd.package import PAPER, Font, Info, Picture, assemble
from certs.documents.ofd.sections import section_blocks
from certs.documents.view import Page
from verifier.ofdfile import Stamp

BOTTOM: Final = 273.0
"""Lower edge of the content, millimetres; the footer stands below."""
_FONTS: Final[Mapping[Source, int]] = {SANS: 1, SANS_BOLD: 2, SERIF: 3}
_CODE: Final = 4
_PHOTO: Final = 5
_SEAL: Final = 6
_FIRST_PAGE: Final = 10
_FIRST_OBJECT: Final = 100
_IN_NUMBERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
"""Characters of serials and identifiers: always in the fonts of labels, so that these fonts recur."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """files: member name to bytes, in the order of the package. stamp: the place of the seal, if the page has one."""

    files: dict[str, bytes]
    stamp: Stamp | None


def render(
    page: Page,
    *,
    code: PrintedCode,
    holder_file: bytes,
    custom: Mapping[str, str],
    issued_at: int,
    sealed: bool = False,
) -> dict[str, bytes]:
    """The files of the document, ready for `verifier.package.write`; see `render_with_stamp`."""
    return render_with_stamp(
        page, code=code, holder_file=holder_file, custom=custom, issued_at=issued_at, sealed=sealed
    ).files


def render_with_stamp(
    page: Page,
    *,
    code: PrintedCode,
    holder_file: bytes,
    custom: Mapping[str, str],
    issued_at: int,
    sealed: bool = False,
) -> Rendered:
    """The files and the place of the seal.

    page: what to print. code: with its printed size. holder_file: the .mzc, attached. custom: the standard's pinyin
    keys for the file's metadata; those of an annotated copy are added. issued_at: UTC seconds. sealed: a GB/T 38540
    seal will be put on: OFD.xml names its list of signatures, and the reader draws the seal's picture, not the page.
    Equal input gives equal bytes. Raises MissingGlyph, CodeMisplaced, RenderingFailed.
    """
    for name, words in _printed(page):
        require_glyphs(name, words)
    sheet = Sheet(_FIRST_OBJECT, dict(_FONTS))
    canvases = _draw(page, code, sheet, sealed)
    stamp = _stamp(page, canvases)
    if stamp is not None and page.seal is not None and not sealed:
        canvases[stamp.page - _FIRST_PAGE].image(stamp.box, _SEAL)
    pages = [(canvas.page_id, canvas.content(PAPER)) for canvas in canvases]
    info = Info(
        title=page.title.text(page.lang),
        author=page.issuer,
        created_at=issued_at,
        custom={**custom, **(page.annotation.standard() if page.annotation else {})},
    )
    files = assemble(
        info,
        pages,
        list(_embedded(sheet)),
        list(_pictures(page, code, sealed)),
        holder_file=holder_file,
        last_id=sheet.next_id - 1,
        sealed=sealed,
    )
    return Rendered(files, stamp)


def _draw(page: Page, code: PrintedCode, sheet: Sheet, sealed: bool) -> list[Canvas]:
    band = furniture.band(page.annotation, page.lang) if page.annotation else None
    top = furniture.content_top(band)
    panel = furniture.code_panel(page, code, _CODE)
    placed = paginate(_blocks(page), panel, first_top=top, next_top=top + furniture.NEXT_HEAD, bottom=BOTTOM)
    return [
        _draw_page(page, Canvas(sheet, _FIRST_PAGE + index), blocks, band, top, index, len(placed))
        for index, blocks in enumerate(placed)
    ]


def _draw_page(
    page: Page, canvas: Canvas, blocks: list[Placed], band: furniture.Band | None, top: float, index: int, count: int
) -> Canvas:
    furniture.ground(canvas, page)
    if band:
        band.draw(canvas)
    if index:
        furniture.next_head(canvas, page, top)
    for placed in blocks:
        placed.block.draw(canvas, placed.top)
    furniture.footer(canvas, page, index + 1, count)
    return canvas


def _blocks(page: Page) -> Iterator[Block]:
    yield furniture.title(page)
    if page.banner is not None:
        yield furniture.banner(page.banner, page.lang)
    yield furniture.rule()
    yield from section_blocks(page, _PHOTO)


def _stamp(page: Page, canvases: list[Canvas]) -> Stamp | None:
    """Over the end of the authority's name, as seals are set; never outside the frame."""
    if page.seal is None:
        return None
    for canvas in reversed(canvases):
        for row, (x, y, width, height) in canvas.places:
            if row.value == page.issuer:
                wide, high = page.seal.width_mm, page.seal.height_mm
                left = min(max(x + width - wide / 2, 24.0), 186.0 - wide)
                upper = y + height / 2 - high / 2
                return Stamp(canvas.page_id, (left, upper, wide, high))
    return None


def _pictures(page: Page, code: PrintedCode, sealed: bool) -> Iterator[Picture]:
    yield Picture(_CODE, "code.png", "PNG", code_picture(code))
    if page.photo is not None and page.photo.picture is not None:
        yield Picture(_PHOTO, "photo.jpg", "JPEG", page.photo.picture.jpeg)
    if page.seal is not None and not sealed:
        yield Picture(_SEAL, "seal.png", "PNG", page.seal.png)


def _embedded(sheet: Sheet) -> Iterator[Font]:
    for source, number in _FONTS.items():
        used = sheet.used.get(source)
        if used:
            data = _subset(source, frozenset(used)) if source is SANS else _kept_subset(source, _IN_NUMBERS | used)
            yield Font(number, source, f"font_{number}.otf", data)


def _subset(source: Source, characters: AbstractSet[str]) -> bytes:
    face = outlines(source)
    glyphs = {character: face.glyph(character) for character in characters}
    return subset(source.name, source.family, glyphs, bold=source.bold)


@lru_cache(maxsize=128)
def _kept_subset(source: Source, characters: frozenset[str]) -> bytes:
    """Fonts of labels and titles: the same for almost every document of a kind. Those of values are never kept."""
    return _subset(source, characters)


def _printed(page: Page) -> Iterator[tuple[str, str]]:
    """Every word that comes from outside the program, with the name of its place. Labels are the kinds' own."""
    for section in page.sections:
        for row in section.rows:
            yield row.name or "value", row.value
    yield "serial", page.serial
    yield "footer", page.footer
    if page.annotation is not None:
        yield "purpose", page.annotation.purpose
        yield "recipient", page.annotation.recipient
        yield "made_by", page.annotation.made_by
