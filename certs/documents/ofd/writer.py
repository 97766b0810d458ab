"""A page's words and pictures as the files of an OFD package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certs.documents import sayings
from certs.documents.codes import QUIET_ZONE, PrintedCode
from certs.documents.fonts import require_glyphs
from certs.documents.ofd import furniture
from certs.documents.ofd.canvas import Canvas, Sheet
from certs.documents.ofd.cells import FAINT
from certs.documents.ofd.flow import Block, Heights, Placed, paginate
from certs.documents.ofd.glyphs import RARE, SANS, SERIF, Source, outlines
from certs.documents.ofd.opentype import subset
from certs.documents.ofd.package import PAPER, Font, Info, Picture, assemble
from certs.documents.ofd.sections import Measured, section_blocks
from certs.documents.placement import PANEL_TOP, TEXT_END, Placement, placement
from certs.documents.view import Page, Words
from verifier.ofdfile import Stamp

BOTTOM: Final = 273.0
"""Lower edge of the content, millimetres; the footer stands below."""
MIN_DOTS_PER_INCH: Final = 300
_FONTS: Final[Mapping[Source, int]] = {SANS: 1, SERIF: 2, RARE: 3}
_CODE: Final = 4
_PHOTO: Final = 5
_SEAL: Final = 6
_SPREADS: Final = (1.6, 1.25, 0.95, 0.7)
"""Room between rows, tried in turn until all stands on one page; the last where two are needed."""
_FIRST_PAGE: Final = 10
_FIRST_OBJECT: Final = 100
_IN_NUMBERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
"""Characters of serials and identifiers: always in the font of labels, so that it recurs."""


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
    _check_glyphs(page)
    band = furniture.band(page.annotation, page.lang) if page.annotation else None
    place = placement(
        module_mm=code.module_mm,
        quiet=QUIET_ZONE,
        seal_mm=page.seal.width_mm if page.seal else None,
        band_mm=band.height if band else 0.0,
    )
    sheet = Sheet(_FIRST_OBJECT, dict(_FONTS))
    canvases = _draw(page, place, band, sheet)
    stamp = _stamp(page, place, canvases[-1].page_id)
    canvases[-1].image((place.code.x, place.code.y, place.code.width, place.code.height), _CODE)
    if stamp is not None and not sealed:
        canvases[-1].image(stamp.box, _SEAL)
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


def _draw(page: Page, place: Placement, band: furniture.Band | None, sheet: Sheet) -> list[Canvas]:
    top = place.text.y
    panel = furniture.code_panel(page, place)
    heights = Heights(top, top + furniture.NEXT_HEAD, BOTTOM, PANEL_TOP, TEXT_END)
    measured: Measured = {}
    for spread in _SPREADS:
        placed = paginate(_blocks(page, spread, measured), panel, heights)
        if len(placed) != 2:  # all on one page, or too much for any
            break
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


def _blocks(page: Page, spread: float, measured: Measured) -> Iterator[Block]:
    yield furniture.title(page)
    yield furniture.line(sayings.SUBTITLE, page.lang, FAINT, (9, 7.5), 1.5)
    if page.banner is not None:
        yield furniture.banner(page.banner, page.lang)
    if page.watermark is not None:
        yield furniture.line(sayings.specimen(page.watermark), page.lang, furniture.WARNING, (8.5, 8.5), 2)
    yield furniture.rule()
    yield from section_blocks(page, _PHOTO, spread, measured)


def _stamp(page: Page, place: Placement, last_page: int) -> Stamp | None:
    """At the head of its column, above the day."""
    if page.seal is None or place.seal is None:
        return None
    return Stamp(last_page, (place.seal.x, place.seal.y, page.seal.width_mm, page.seal.height_mm))


def _pictures(page: Page, code: PrintedCode, sealed: bool) -> Iterator[Picture]:
    yield Picture(_CODE, "code.png", "PNG", code.png_at(MIN_DOTS_PER_INCH))
    if page.photo is not None and page.photo.picture is not None:
        yield Picture(_PHOTO, "photo.jpg", "JPEG", page.photo.picture.jpeg)
    if page.seal is not None and not sealed:
        yield Picture(_SEAL, "seal.png", "PNG", page.seal.png)


def _embedded(sheet: Sheet) -> Iterator[Font]:
    for source, number in _FONTS.items():
        used = sheet.used.get(source)
        if used:
            data = _kept_subset(_IN_NUMBERS | used) if source is SERIF else _subset(source, used)
            yield Font(number, source, f"font_{number}.otf", data)


def _subset(source: Source, characters: AbstractSet[str]) -> bytes:
    face = outlines(source)
    glyphs = {character: face.glyph(character) for character in characters}
    return subset(source.name, source.family, glyphs)


@lru_cache(maxsize=128)
def _kept_subset(characters: frozenset[str]) -> bytes:
    """The font of labels and titles: the same for almost every document of a kind. Those of values are never kept."""
    return _subset(SERIF, characters)


def _check_glyphs(page: Page) -> None:
    """Raises MissingGlyph for anything printed: a box or another character never stands in for it."""
    for section in page.sections:
        _check_words(section.title)
        for row in section.rows:
            _check_words(row.label)
            require_glyphs(row.name or "value", row.value)
    photo = page.photo.label if page.photo else None
    for words in (page.title, page.banner, page.watermark, photo, *page.notes):
        _check_words(words)
    own = {"serial": page.serial, "issuer": page.issuer, "issued_on": page.issued_on, "footer": page.footer}
    for name, value in own.items():
        require_glyphs(name, value)
    if page.annotation is not None:
        for name in ("purpose", "recipient", "made_by"):
            require_glyphs(name, getattr(page.annotation, name))


@lru_cache(maxsize=1 << 12)  # the kinds' own words, never a certificate's
def _check_words(words: Words | None) -> None:
    if words is not None:
        require_glyphs("label", words.zh + words.en)
