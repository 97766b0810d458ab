"""Outlines and advance widths of the embedded fonts, one glyph at a time, kept once drawn.

A subset of a 33 MB font made by the usual tools takes seconds a document. Here each character is read from the font
once in a process's life (about half a millisecond), as a Type 2 charstring without subroutines and hints, and every
later document copies those bytes (docs/adr/0018-ofd-writer.md).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from mmap import ACCESS_READ, mmap
from pathlib import Path
from threading import Lock
from typing import Any, Final

from fontTools.pens.boundsPen import ControlBoundsPen  # type: ignore[import-untyped]
from fontTools.pens.recordingPen import DecomposingRecordingPen  # type: ignore[import-untyped]
from fontTools.pens.t2CharStringPen import T2CharStringPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

UNITS_PER_EM: Final = 1000
"""Of every source; checked on opening."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """advance: thousandths of the type size. metrics: its entry in "hmtx", advance and smallest x of the outline.
    outline: Type 2 charstring that begins with the advance, complete in itself."""

    advance: int
    metrics: bytes
    outline: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a typeface comes from; one object each, told apart by identity.

    package and file: inside a wheel. face: its number in a collection, -1 for a single font. weight: of a variable
    font, 0 for one that has a single weight.
    """

    name: str
    family: str
    package: str
    file: str
    face: int = -1
    weight: int = 0
    serif: bool = False


_STATIC: Final = "pylopdf_fonts_zh_cn"
SANS: Final = Source("NotoSansSC-Regular", "Noto Sans SC", _STATIC, "NotoSansSC-Regular.otf")
SERIF: Final = Source("NotoSerifSC-Regular", "Noto Serif SC", _STATIC, "NotoSerifSC-Regular.otf", serif=True)
RARE: Final = Source(
    "NotoSansCJKsc-Regular", "Noto Sans CJK SC", "manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", face=2, weight=400
)
"""The same design as SANS with 44,810 characters; 33 MB, so it is opened when the first rare character comes."""


class Outlines:
    """The glyphs of one source by character. Safe to share between threads.

    What was drawn is kept: half a kilobyte a character, so 15 MB if somebody prints every character there is.
    """

    def __init__(self, source: Source) -> None:
        with Path(str(files(source.package) / source.file)).open("rb") as file:
            data = mmap(file.fileno(), 0, access=ACCESS_READ)  # read where it lies: 33 MB of which few are needed
        font = TTFont(data, fontNumber=source.face, lazy=True)
        if font["head"].unitsPerEm != UNITS_PER_EM:
            raise ValueError(f"{source.name}: expected {UNITS_PER_EM} units per em")
        self._names: Mapping[int, str] = font.getBestCmap()
        self._outlines: Any = font.getGlyphSet(location={"wght": source.weight} if source.weight else None)
        self._drawn: dict[str, Glyph] = {}
        self._lock = Lock()  # the font is read in pieces on first use, and its reader keeps a position

    def __contains__(self, character: str) -> bool:
        return ord(character) in self._names

    def glyph(self, character: str) -> Glyph:
        """Raises KeyError for a character that the font has not."""
        drawn = self._drawn.get(character)
        if drawn is None:
            with self._lock:
                drawn = self._drawn[character] = self._draw(self._names[ord(character)])
        return drawn

    def _draw(self, name: str) -> Glyph:
        source = self._outlines[name]
        advance = round(source.width)
        record = DecomposingRecordingPen(self._outlines)
        source.draw(record)
        pen = T2CharStringPen(advance, self._outlines)
        record.replay(pen)
        bounds = ControlBoundsPen(None)
        record.replay(bounds)
        charstring = pen.getCharString()
        charstring.compile()
        left = round(bounds.bounds[0]) if bounds.bounds else 0
        return Glyph(advance, struct.pack(">Hh", advance, left), bytes(charstring.bytecode))


@lru_cache(maxsize=4)
def outlines(source: Source) -> Outlines:
    """Opening one costs a quarter of a second; there are three."""
    return Outlines(source)
