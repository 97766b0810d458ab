"""Printable certificates: PDF/A-3a and PDF/UA-1, fonts embedded, the Minzheng code, the holder's file attached.

    pdf = render_certificate_pdf(1, face, code_text=code, holder_file=mzc, issued_at=1_790_000_000, specimen=True)

Bit-identical for identical input: fonts come from wheels, the time is a parameter, the typesetter's file identifier
is a hash of the content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import typst

from certs.documents.codes import QUIET_ZONE, PrintedCode, printed_code
from certs.documents.errors import FaceInvalid, RenderingFailed
from certs.documents.face import VIEWS, Face, View
from certs.documents.fonts import font_directories, require_glyphs
from verifier.labels import KIND_DONATION, KIND_MARRIAGE

CODE_SIDE_MM: Final = 42.0
"""Edge of the printed symbol without quiet zone: V22-M, the largest symbol allowed, still has modules of 0.4 mm."""

_TEMPLATES: Final[Mapping[int, str]] = {KIND_MARRIAGE: "marriage", KIND_DONATION: "donation"}
_DIRECTORY: Final = Path(__file__).parent / "templates"


class _Press:
    """One typesetter per template, reused: parsing 44 MB of fonts costs more than a hundred documents."""

    def __init__(self, template: str) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[*font_directories()])
        self._compiler = typst.Compiler(
            _DIRECTORY / f"{template}.typ", root=_DIRECTORY, font_paths=fonts, ignore_system_fonts=True
        )
        self._lock = Lock()  # the compiler refuses concurrent use

    def pdf(self, data: Mapping[str, object], timestamp: int) -> bytes:
        """Raises RenderingFailed."""
        with self._typesetting(data) as inputs:
            out = self._compiler.compile(
                format="pdf", sys_inputs=inputs, timestamp=timestamp, pdf_standards=["a-3a", "ua-1"]
            )
        if not isinstance(out, bytes):
            raise RenderingFailed("expected one document")
        return out

    def pictures(self, data: Mapping[str, object], dots_per_inch: int) -> list[bytes]:
        """PNG per page. Raises RenderingFailed."""
        with self._typesetting(data) as inputs:
            out = self._compiler.compile(format="png", sys_inputs=inputs, ppi=float(dots_per_inch))
        if out is None:
            raise RenderingFailed("expected at least one page")
        return [out] if isinstance(out, bytes) else out

    @contextmanager
    def _typesetting(self, data: Mapping[str, object]) -> Iterator[dict[str, str]]:
        try:
            with self._lock:
                yield {"data": json.dumps(data, ensure_ascii=False)}
        except typst.TypstError:
            # the typesetter's message may quote the text it failed on
            raise RenderingFailed("the typesetter refused the document") from None


@lru_cache(maxsize=len(_TEMPLATES))
def _press(template: str) -> _Press:
    return _Press(template)


def render_certificate_pdf(
    kind: int, face: Face, *, code_text: str, holder_file: bytes, issued_at: int, specimen: bool
) -> bytes:
    """The printable certificate of one holder.

    kind: 1 marriage, 3 donation. face: claim name to value, exactly the certificate's claims (`certs.kinds`).
    code_text: either form of the Minzheng code. holder_file: the .mzc, embedded as `certificate.mzc`.
    issued_at: UTC seconds, also the document's creation time. specimen: print 示例 SPECIMEN across the page.
    Raises FaceInvalid, MissingGlyph, CodeError and its kinds, RenderingFailed.
    """
    template = _template(kind)
    return _press(template).pdf(_page_data(template, face, code_text, holder_file, specimen), issued_at)


def render_certificate_pictures(
    kind: int, face: Face, *, code_text: str, specimen: bool, dots_per_inch: int = 150
) -> list[bytes]:
    """The same pages as PNG, for a preview. Raises as `render_certificate_pdf`."""
    template = _template(kind)
    return _press(template).pictures(_page_data(template, face, code_text, b"", specimen), dots_per_inch)


def _template(kind: int) -> str:
    template = _TEMPLATES.get(kind)
    if template is None:
        raise FaceInvalid("kind", "no printable document for this kind")
    return template


def _page_data(template: str, face: Face, code_text: str, holder_file: bytes, specimen: bool) -> dict[str, object]:
    view = VIEWS[template](face)
    _check_glyphs(view)
    code = printed_code(code_text, side_mm=CODE_SIDE_MM)
    return {
        **view,
        "specimen": specimen,
        "code_svg": code.svg,
        "code_mm": _with_quiet_zone(code),
        "holder_file": list(holder_file),
    }


def _with_quiet_zone(code: PrintedCode) -> float:
    return code.side_mm + 2 * QUIET_ZONE * code.module_mm


def _check_glyphs(view: View) -> None:
    for field, text in _strings(view):
        require_glyphs(field, text)


def _strings(view: View) -> Iterator[tuple[str, str]]:
    for key, value in view.items():
        if isinstance(value, str):
            yield key, value
        else:
            yield from ((f"{key}_{name}", text) for name, text in value.items())
