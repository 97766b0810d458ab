"""Typefaces as the page uses them: a font, what it falls back to, and how wide a text is.

Both faces lack the rare characters of names; those come from a third font, which has 44,810. What none has was refused
before (`certs.documents.fonts.require_glyphs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

from certs.documents.ofd.glyphs import RARE, SANS, SERIF, UNITS_PER_EM, Source, outlines
from certs.documents.ofd.wrap import widest_unit, wrap
from certs.documents.ofd.xml import Markup, number

POINT: Final = 25.4 / 72
"""Millimetres."""
ASCENT: Final = 0.88
"""From the top of a line's type to its baseline, of the type size: where Chinese characters stand."""
LEADING: Final = 1.42
"""Baseline to baseline, of the type size."""
_LAST_OF_FIRST_PLANE: Final = "\uffff"


class _Advances(dict[str, int]):
    """Filled on first use."""

    def __init__(self, face: Typeface) -> None:
        super().__init__()
        self._face = face

    def __missing__(self, character: str) -> int:
        advance = self[character] = outlines(self._face.source_of(character)).glyph(character).advance
        return advance


class _Steps(dict[str, Markup]):
    """Distance to the next character as written in DeltaX, for one face, size and tracking; filled on first use."""

    def __init__(self, face: Typeface, size: float, tracking: float) -> None:
        super().__init__()
        self._advances, self._size, self._tracking = face.advances, size * POINT, tracking

    def __missing__(self, character: str) -> Markup:
        units = self._advances[character] / UNITS_PER_EM + self._tracking
        step = self[character] = number(units * self._size)
        return step


class Typeface:
    """A source and those that help out, in order."""

    def __init__(self, *sources: Source) -> None:
        self.source, self._sources = sources[0], sources
        self._plain: set[str] = set()
        self.advances: dict[str, int] = _Advances(self)
        """Character to advance, thousandths of the size."""

    def source_of(self, character: str) -> Source:
        """Raises KeyError if no source has the character."""
        for source in self._sources:
            if character in outlines(source):
                return source
        raise KeyError("no source has the character")

    def runs(self, words: str) -> Iterator[tuple[Source, str]]:
        """Stretches of one source. A character beyond the first plane stands alone: some readers count it twice when
        they hand out the distances between characters."""
        if self._plain.issuperset(words):
            yield self.source, words
            return
        for (source, alone), run in groupby(enumerate(words), key=self._kind):
            stretch = "".join(character for _, character in run)
            if source is self.source and alone < 0:
                self._plain.update(stretch)
            yield source, stretch

    def _kind(self, numbered: tuple[int, str]) -> tuple[Source, int]:
        position, character = numbered
        return self.source_of(character), position if character > _LAST_OF_FIRST_PLANE else -1


@lru_cache(maxsize=1)
def sans() -> Typeface:
    """Values: the certificate's own words."""
    return Typeface(SANS, RARE)


@lru_cache(maxsize=1)
def serif() -> Typeface:
    """Titles and labels."""
    return Typeface(SERIF, SANS, RARE)


_steps = lru_cache(maxsize=64)(_Steps)


@dataclass(frozen=True, slots=True)
class Style:
    """How words are set. size: points. color: "#rrggbb". tracking: between characters, of the size."""

    face: Typeface
    size: float
    color: str
    tracking: float = 0.0

    @property
    def size_mm(self) -> float:
        return self.size * POINT

    def advance(self, character: str) -> float:
        """Millimetres from this character to the next."""
        return (self.face.advances[character] / UNITS_PER_EM + self.tracking) * self.size * POINT

    def width(self, words: str) -> float:
        """Millimetres, without tracking after the last character."""
        if not words:
            return 0.0
        units = sum(map(self.face.advances.__getitem__, words)) / UNITS_PER_EM + self.tracking * (len(words) - 1)
        return units * self.size * POINT

    def distances(self, words: str) -> str:
        """DeltaX of the words: one distance fewer than characters, "g 5 3.8806" for five equal ones."""
        steps = list(map(_steps(self.face, self.size, self.tracking).__getitem__, words[:-1]))
        if len(steps) > 2 and steps.count(steps[0]) == len(steps):
            return f"g {len(steps)} {steps[0]}"
        return " ".join(steps)

    def lines(self, words: str, width: float) -> list[str]:
        """Lines of at most `width` millimetres."""
        return [words] if self.width(words) <= width else wrap(words, self.advance, width)

    def fitted(self, words: str, width: float, least: float = 0.6) -> Style:
        """The same, smaller if a part without a break is wider than the line (a long Latin name: a hyphen is not
        part of a name), but not below `least` of the size: beyond that the line is cut."""
        widest = widest_unit(words, self.advance) if self.width(words) > width else 0.0
        if widest <= width:
            return self
        return Style(self.face, self.size * max(least, width / widest), self.color, self.tracking)
