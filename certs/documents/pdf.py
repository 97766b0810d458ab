"""Printable certificates: PDF/A-3a and PDF/UA-1, fonts embedded, the Minzheng code, the holder's file attached.

    pdf = render_pdf(page, code_text=code, holder_file=mzc, issued_at=1_790_000_000)
    pdf = render_certificate_pdf(1, face, code_text=code, holder_file=mzc, issued_at=1_790_000_000, specimen=True)

Bit-identical for identical input: fonts come from wheels, the time is a parameter, the typesetter's file identifier
is a hash of the content.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import typst

from certs.documents.codes import PrintedCode, boxed_code
from certs.documents.errors import FaceInvalid, RenderingFailed
from certs.documents.fonts import font_directories
from certs.documents.pages import page_for
from certs.documents.placement import CODE_MM
from certs.documents.reading import Face
from certs.documents.sheet import sheet_data, typst_source
from certs.documents.view import Lang, Page
from certs.errors import UnknownKind
from certs.kinds import kind_by_number

_PAGE_TREE: Final = re.compile(rb"/Type/Pages/Count ([0-9]{1,4})/")
TEMPLATES: Final = Path(__file__).parent / "templates"


class Press:
    """One typesetter, reused: parsing 44 MB of fonts costs more than a hundred documents."""

    def __init__(self) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[*font_directories()])
        self._compiler = typst.Compiler(root=TEMPLATES, font_paths=fonts, ignore_system_fonts=True)
        self._lock = Lock()  # the compiler refuses concurrent use

    def pdf(self, source: bytes, timestamp: int) -> bytes:
        """Raises RenderingFailed."""
        with self._lock:
            try:
                out = self._compiler.compile(
                    input=source, format="pdf", timestamp=timestamp, pdf_standards=["a-3a", "ua-1"]
                )
            except typst.TypstError:
                # the typesetter's message may quote the text it failed on
                raise RenderingFailed("the typesetter refused the document") from None
        if not isinstance(out, bytes):
            raise RenderingFailed("expected one document")
        return out

    def pages(self, source: bytes, form: str, dots_per_inch: float) -> list[bytes]:
        """A picture per page; form "png" or "svg". Raises RenderingFailed."""
        with self._lock:
            try:
                out = self._compiler.compile(input=source, format="svg" if form == "svg" else "png", ppi=dots_per_inch)
            except typst.TypstError:
                raise RenderingFailed("the typesetter refused the document") from None
        if out is None:
            raise RenderingFailed("expected at least one page")
        return [out] if isinstance(out, bytes) else out


@lru_cache(maxsize=1)
def press() -> Press:
    """The process's typesetter."""
    return Press()


def code_for_page(code_text: str) -> PrintedCode:
    """The code in the size in which it stands on the page. Raises CodeError and its kinds."""
    return boxed_code(code_text, box_mm=CODE_MM)


def render_pdf(page: Page, *, code_text: str, holder_file: bytes, issued_at: int) -> bytes:
    """A page as PDF.

    code_text: either form of the Minzheng code. holder_file: the .mzc, embedded as `certificate.mzc`. issued_at: UTC
    seconds, the document's creation time. Raises MissingGlyph, CodeError and its kinds, CodeMisplaced, RenderingFailed.
    """
    code = code_for_page(code_text)
    pdf = press().pdf(typst_source(sheet_data(page, code, holder_file=holder_file)), issued_at)
    sheets = _sheets(pdf)
    if sheets == 1:
        return pdf
    # how many sheets there are is known only now, and each of them must say so
    data = sheet_data(page, code, holder_file=holder_file, sheets=sheets)
    return press().pdf(typst_source(data), issued_at)


def _sheets(pdf: bytes) -> int:
    """From the page tree, the first of its kind in the file."""
    found = _PAGE_TREE.search(pdf)
    if found is None:
        raise RenderingFailed("expected a page tree")
    return int(found[1])


def render_pictures(page: Page, *, code_text: str, dots_per_inch: int = 150) -> list[bytes]:
    """The same pages as PNG, for a preview. Raises as `render_pdf`."""
    code, resolution = code_for_page(code_text), float(dots_per_inch)
    found = press().pages(typst_source(sheet_data(page, code, holder_file=b"")), "png", resolution)
    if len(found) == 1:
        return found
    data = sheet_data(page, code, holder_file=b"", sheets=len(found))
    return press().pages(typst_source(data), "png", resolution)


def render_certificate_pdf(
    kind: int, face: Face, *, code_text: str, holder_file: bytes, issued_at: int, specimen: bool, lang: Lang = "zh-en"
) -> bytes:
    """The printable certificate of one holder, without photo, seal or annotation.

    kind: number. face: claim name to value, exactly the certificate's claims (`certs.kinds`).
    specimen: print 示例 SPECIMEN across the page. Raises FaceInvalid and as `render_pdf`.
    """
    page = _page(kind, face, specimen, lang)
    return render_pdf(page, code_text=code_text, holder_file=holder_file, issued_at=issued_at)


def render_certificate_pictures(
    kind: int, face: Face, *, code_text: str, specimen: bool, dots_per_inch: int = 150, lang: Lang = "zh-en"
) -> list[bytes]:
    """The same pages as PNG, for a preview. Raises as `render_certificate_pdf`."""
    return render_pictures(_page(kind, face, specimen, lang), code_text=code_text, dots_per_inch=dots_per_inch)


def _page(kind: int, face: Face, specimen: bool, lang: Lang) -> Page:
    try:
        found = kind_by_number(kind)
    except UnknownKind:
        raise FaceInvalid("kind", "no printable document for this kind") from None
    return page_for(found, face, lang=lang, specimen=specimen)
