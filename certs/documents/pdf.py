"""Printable certificates: PDF/A-3a and PDF/UA-1, fonts embedded, the Minzheng code, the holder's file attached.

    pdf = render_certificate_pdf(1, face, code_text=code, holder_file=mzc, issued_at=1_790_000_000, specimen=True)

Bit-identical for identical input: fonts come from wheels, the time is a parameter, the typesetter's file identifier
is a hash of the content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
        inputs = {"data": json.dumps(data, ensure_ascii=False)}
        try:
            with self._lock:
                out = self._compiler.compile(
                    format="pdf", sys_inputs=inputs, timestamp=timestamp, pdf_standards=["a-3a", "ua-1"]
                )
        except typst.TypstError:
            # the typesetter's message may quote the text it failed on
            raise RenderingFailed("the typesetter refused the document") from None
        if not isinstance(out, bytes):
            raise RenderingFailed("expected one document")
        return out


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
    template = _TEMPLATES.get(kind)
    if template is None:
        raise FaceInvalid("kind", "no printable document for this kind")
    view = VIEWS[template](face)
    _check_glyphs(view)
    code = printed_code(code_text, side_mm=CODE_SIDE_MM)
    data: dict[str, object] = {
        **view,
        "specimen": specimen,
        "code_svg": code.svg,
        "code_mm": _with_quiet_zone(code),
        "holder_file": list(holder_file),
    }
    return _press(template).pdf(data, issued_at)


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
