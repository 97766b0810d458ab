"""From blocks of known height to pages: in order, none over the lower edge, the last at the foot of the last page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from certs.documents.errors import RenderingFailed
from certs.documents.ofd.canvas import Canvas

MAX_PAGES: Final = 20
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


@dataclass(frozen=True, slots=True)
class Heights:
    """Where content may stand. first_top, next_top: its upper edge on the first page and on the others; bottom: its
    lower edge. last_top: of the last block; last_bottom: of the content above that."""

    first_top: float
    next_top: float
    bottom: float
    last_top: float
    last_bottom: float


def paginate(blocks: Iterable[Block], last: Block, at: Heights) -> list[list[Placed]]:
    """Pages of placed blocks, `last` on the last of them.

    Raises RenderingFailed for a block taller than a page, or more than 20 pages.
    """
    pages: list[list[Placed]] = [[]]
    y = at.first_top
    for block in blocks:
        top = y + (block.gap if pages[-1] else 0.0)
        if top + block.height > at.bottom and pages[-1]:
            pages.append([])
            top = at.next_top
        if top + block.height > at.bottom or len(pages) > MAX_PAGES:
            raise RenderingFailed("the text does not fit on its pages")
        pages[-1].append(Placed(block, top))
        y = top + block.height
    if y > at.last_bottom:
        pages.append([])
    pages[-1].append(Placed(last, at.last_top))
    return pages
