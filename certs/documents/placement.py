"""Where the Minzheng code stands on the page, computed and checked before the page is set.

    place = placement(module_mm=0.55, modules=85, seal_mm=40.0, band_mm=0.0)

The panel with the code lies below the text's region on the last page, so nothing that flows can reach it; what stands
beside it has its own column. Boxes are millimetres from the page's upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from certs.documents.errors import CodeMisplaced
from certs.documents.view import MARGIN_MM, PAGE_MM

SIDE_MARGIN: Final = 24.0
TOP: Final = 20.0
BAND_TOP: Final = 13.5
PANEL_TOP: Final = 226.0
PANEL_HEIGHT: Final = 50.0
TEXT_END: Final = 224.0
CODE_MM: Final = 46.5
"""Edge of the code with its quiet zone. The largest symbol allowed, V22, still has modules of 0.41 mm."""
CODE_DROP: Final = 2.5  # below the panel's rule
GAP: Final = 5.5
MIN_MODULE_MM: Final = 0.4
MIN_QUIET: Final = 4  # modules, ISO/IEC 18004


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page, millimetres."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def inside(self, other: Box) -> bool:
        return (
            other.x <= self.x
            and other.y <= self.y
            and self.x + self.width <= other.x + other.width
            and self.y + self.height <= other.y + other.height
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """code: with its quiet zone of `quiet` modules. text: the region of everything that flows. words: what a scan
    proves. seal: None without one. foot: the line of identifiers."""

    code: Box
    module_mm: float
    quiet: int
    text: Box
    words: Box
    foot: Box
    seal: Box | None

    def check(self) -> None:
        """Raises CodeMisplaced: modules under 0.4 mm, quiet zone under 4, outside the printable margin, covered."""
        if self.module_mm < MIN_MODULE_MM:
            raise CodeMisplaced(f"modules of {self.module_mm:.2f} mm, at least {MIN_MODULE_MM}")
        if self.quiet < MIN_QUIET:
            raise CodeMisplaced(f"a quiet zone of {self.quiet} modules, at least {MIN_QUIET}")
        width, height = PAGE_MM
        printable = Box(MARGIN_MM, MARGIN_MM, width - 2 * MARGIN_MM, height - 2 * MARGIN_MM)
        if not self.code.inside(printable):
            raise CodeMisplaced(f"nearer than {MARGIN_MM:g} mm to the edge of the page")
        others = {"text": self.text, "words": self.words, "foot": self.foot, "seal": self.seal}
        for name, box in others.items():
            if box is not None and self.code.overlaps(box):
                raise CodeMisplaced(f"covered by the {name}")


def placement(*, module_mm: float, quiet: int, seal_mm: float | None, band_mm: float) -> Placement:
    """The page's boxes. band_mm: height of an annotated copy's marks above the text, else 0. Raises CodeMisplaced."""
    inner = PAGE_MM[0] - 2 * SIDE_MARGIN
    top = max(TOP, BAND_TOP + band_mm + 4)
    code = Box(SIDE_MARGIN, PANEL_TOP + CODE_DROP, CODE_MM, CODE_MM)
    words_x = code.x + code.width + GAP
    seal = None
    words_end = SIDE_MARGIN + inner
    if seal_mm is not None:
        seal = Box(words_end - seal_mm, PANEL_TOP + 3, seal_mm, PANEL_HEIGHT - 4)
        words_end = seal.x - GAP
    found = Placement(
        code=code,
        module_mm=module_mm,
        quiet=quiet,
        text=Box(SIDE_MARGIN, top, inner, TEXT_END - top),
        words=Box(words_x, PANEL_TOP + 3, words_end - words_x, PANEL_HEIGHT - 3),
        foot=Box(SIDE_MARGIN, 277.5, inner, 6.0),
        seal=seal,
    )
    found.check()
    return found
