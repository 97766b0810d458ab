"""One page's objects: text, lines, boxes and pictures at their places, in millimetres from the upper left corner.

Objects are numbered in the order in which they are drawn, since some readers stack by number. Every hole in the
markup below is a number, a colour of the program or escaped text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from certs.documents.ofd.glyphs import Source
from certs.documents.ofd.typeface import POINT, Style
from certs.documents.ofd.xml import Markup, document, element, number, numbers, text

_ROOM_ABOVE: Final = 1.2  # of the type size: what a glyph may reach above and below its line before a reader clips it
_ROOM_BELOW: Final = 0.4
Box = tuple[float, float, float, float]
"""x, y, width, height."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of one font, set. start: from the beginning of the text. rest: of the element, from the size on."""

    source: Source
    words: str
    start: float
    width: float
    rest: Markup


@dataclass(slots=True)
class Sheet:
    """What the pages of one document share: the counter of object numbers, font numbers, and the characters used."""

    next_id: int
    fonts: dict[Source, int]
    used: dict[Source, set[str]] = field(default_factory=dict)

    def take_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1


@dataclass(slots=True)
class Canvas:
    """A page being drawn. background: below everything else."""

    sheet: Sheet
    page_id: int
    background: list[Markup] = field(default_factory=list)
    body: list[Markup] = field(default_factory=list)

    def text(self, x: float, baseline: float, words: str, style: Style) -> None:
        """Words that begin at x and stand on the baseline. Raises KeyError for a character without a glyph."""
        self._place(x, baseline, _set(words, style), style)

    def own_text(self, x: float, baseline: float, words: str, style: Style) -> None:
        """The same for words of the program and the kinds, which recur: their markup is kept. Never for values."""
        self._place(x, baseline, _kept(words, style), style)

    def _place(self, x: float, baseline: float, runs: tuple[_Run, ...], style: Style) -> None:
        size = style.size * POINT
        top, height = baseline - _ROOM_ABOVE * size, (_ROOM_ABOVE + _ROOM_BELOW) * size
        for run in runs:
            self.sheet.used.setdefault(run.source, set()).update(run.words)
            self.body.append(
                Markup(
                    f'<ofd:TextObject ID="{self.sheet.take_id()}" Font="{self.sheet.fonts[run.source]}"'
                    f' Boundary="{numbers(x + run.start, top, run.width, height)}"{run.rest}'
                )
            )

    def turned_text(self, x: float, y: float, degrees: float, words: str, style: Style) -> None:
        """Words centred on (x, y), turned to the left by `degrees`, in the background."""
        size = style.size * POINT
        start = -style.width(words) / 2
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        reach = style.width(words) / 2 + size
        turn = numbers(cos, -sin, sin, cos, reach, reach)
        for run in _kept(words, style):
            self.sheet.used.setdefault(run.source, set()).update(run.words)
            code = _code(run.words, style, start + run.start, 0.35 * size)
            self.background.append(
                Markup(
                    f'<ofd:TextObject ID="{self.sheet.take_id()}" Font="{self.sheet.fonts[run.source]}"'
                    f' Boundary="{numbers(x - reach, y - reach, 2 * reach, 2 * reach)}" Size="{number(size)}"'
                    f' CTM="{turn}">{_fill(style.color)}{code}</ofd:TextObject>'
                )
            )

    def line(self, x: float, y: float, length: float, color: str, width: float) -> None:
        """A horizontal line; `width` in points."""
        thick = width * POINT
        self.body.append(self._filled((x, y - thick / 2, length, thick), color))

    def filled(self, box: Box, color: str) -> None:
        self.body.append(self._filled(box, color))

    def _filled(self, box: Box, color: str) -> Markup:
        return self._path(box, _fill(color), ("M", 0, 0), ("L", box[2], 0), ("L", box[2], box[3]), ("L", 0, box[3]))

    def framed(
        self, box: Box, color: str, width: float, *, fill: str = "", dash: str = "", behind: bool = False
    ) -> None:
        """A box drawn with a line of `width` points along its edge, filled if `fill` is a colour."""
        thick = width * POINT
        half = thick / 2
        x, y, wide, high = box
        right, bottom = wide + half, high + half
        inner = Markup(f'<ofd:StrokeColor Value="{rgb(color)}"/>') + (_fill(fill) if fill else "")
        corners = (("M", half, half), ("L", right, half), ("L", right, bottom), ("L", half, bottom))
        extra = f' LineWidth="{number(thick)}" Stroke="true" Fill="{"true" if fill else "false"}"'
        extra += f' DashPattern="{dash}"' if dash else ""
        outer = (x - half, y - half, wide + thick, high + thick)
        (self.background if behind else self.body).append(self._path(outer, Markup(inner), *corners, extra=extra))

    def _path(self, box: Box, inner: Markup, *steps: tuple[str, float, float], extra: str = "") -> Markup:
        data = " ".join(f"{step} {number(x)} {number(y)}" for step, x, y in steps)
        paint = extra or ' Stroke="false" Fill="true"'
        return Markup(
            f'<ofd:PathObject ID="{self.sheet.take_id()}" Boundary="{numbers(*box)}"{paint}>{inner}'
            f"<ofd:AbbreviatedData>{data} C</ofd:AbbreviatedData></ofd:PathObject>"
        )

    def image(self, box: Box, resource: int) -> None:
        """A picture of the document's resources, stretched to the box."""
        x, y, width, height = box
        self.body.append(
            element(
                "ImageObject",
                ID=self.sheet.take_id(),
                Boundary=numbers(x, y, width, height),
                CTM=numbers(width, 0, 0, height, 0, 0),
                ResourceID=resource,
            )
        )

    def content(self, box: Box) -> bytes:
        """The page's file. box: the paper."""
        return document(
            "Page",
            element("Area", element("PhysicalBox", numbers(*box))),
            element("Content", *self._layers()),
        )

    def _layers(self) -> Iterator[Markup]:
        for kind, objects in (("Background", self.background), ("Body", self.body)):
            if objects:
                yield element("Layer", *objects, ID=self.sheet.take_id(), Type=kind)


@lru_cache(maxsize=64)
def rgb(color: str) -> str:
    """ "#8c1d22" as OFD writes it: "140 29 34". Raises ValueError for anything else."""
    if len(color) != 7 or color[0] != "#":
        raise ValueError("expected a colour as #rrggbb")
    return " ".join(str(value) for value in bytes.fromhex(color[1:]))


@lru_cache(maxsize=64)
def _fill(color: str) -> Markup:
    return Markup(f'<ofd:FillColor Value="{rgb(color)}"/>')


def _code(run: str, style: Style, x: float, y: float) -> Markup:
    """The characters with the distance from each to the next: any reader sets them where this writer measured."""
    distances = f' DeltaX="{style.distances(run)}"' if len(run) > 1 else ""
    return Markup(f'<ofd:TextCode X="{number(x)}" Y="{number(y)}"{distances}>{text(run)}</ofd:TextCode>')


def _set(words: str, style: Style) -> tuple[_Run, ...]:
    size = style.size * POINT
    found, x = [], 0.0
    for source, run in style.face.runs(words):
        width = style.width(run)
        printed = run.strip(" ")  # readers drop spaces at the ends of an element, and with them the distances
        if printed:
            spaces = run[: run.index(printed[0])]
            start = x + style.width(spaces) + style.tracking * size if spaces else x
            code = _code(printed, style, 0.0, _ROOM_ABOVE * size)
            rest = Markup(f' Size="{number(size)}">{_fill(style.color)}{code}</ofd:TextObject>')
            found.append(_Run(source, printed, start, width, rest))
        x += width + style.tracking * size
    return tuple(found)


_kept = lru_cache(maxsize=1 << 12)(_set)
