"""From blocks of known height to pages: in order, none over the lower edge, the last at the foot of the last page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from certs.documents.errors import RenderingFailed
from certs.documents.ofd.canvas import Canvas

MAX_PAGES: Final = 40
"""More is no certificate but an attack on memory."""


@dataclass(frozen=True, slots=True)
class Block:
    """height: millimetres. draw(canvas, y): with its upper edge at y. gap: room above it, none at the top of a page."""

    height: float
    draw: Callable[[Canvas, float], None]
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A block on its page."""

    block: Block
    top: float


def paginate(
    blocks: Iterable[Block], last: Block, *, first_top: float, next_top: float, bottom: float
) -> list[list[Placed]]:
    """Pages of placed blocks. first_top, next_top: where the content begins on the first page and on the others.

    No block may be taller than a page. Raises RenderingFailed for that and for more than 40 pages.
    """
    pages: list[list[Placed]] = [[]]
    y = first_top
    for block in blocks:
        top = y + (block.gap if pages[-1] else 0.0)
        if top + block.height > bottom and pages[-1]:
            pages.append([])
            top = next_top
        if top + block.height > bottom or len(pages) > MAX_PAGES:
            raise RenderingFailed("the text does not fit on its pages")
        pages[-1].append(Placed(block, top))
        y = top + block.height
    if y + last.gap + last.height > bottom:
        pages.append([])
    pages[-1].append(Placed(last, bottom - last.height))
    return pages
