"""The picture of an authority's round seal: name along the circle, star in the middle, drawn the same every time.

    picture = seal_picture("示例市甲区民政局")      # SealPicture(png, svg, 40.0, 40.0)

The picture goes on the page and into the seal object that is signed (docs/formats/e-seal.md). A specimen says 示例
SPECIMEN below the star: a picture cut out of a sample must not pass for the seal of an authority.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Final

from certs.documents.errors import FaceInvalid
from certs.documents.fonts import require_glyphs
from certs.documents.pdf import press
from certs.documents.view import SealPicture, Words
from certs.errors import InvalidField
from certs.text import check_text

SIZE_MM: Final = 40.0
MAX_NAME: Final = 60
"""Characters: what the circle still takes in letters of 1.1 mm."""
SPECIMEN: Final = Words("示例", "SPECIMEN")
_RADIUS: Final = 15.9  # millimetres from the middle to the middle of the letters
_LARGEST: Final = 4.6
_ARC: Final = 240.0  # degrees at most; the rest is open below
_STAR: Final = 6.0
_DOTS_PER_INCH: Final = 300.0


@lru_cache(maxsize=256)
def seal_picture(name: str, *, specimen: bool = True) -> SealPicture:
    """The seal of the authority of that name, 40 mm across.

    specimen: the marked form, for region 990000; the unmarked one must be asked for. Raises FaceInvalid for a name
    that is empty, longer than 60 characters or not one line, MissingGlyph.
    """
    try:
        check_text(name, field="issuer_name", maximum=MAX_NAME)
    except InvalidField as e:
        raise FaceInvalid(e.field, f"breaks the rule {e.rule}") from None
    require_glyphs("issuer_name", name)
    source = _source(name, specimen)
    png, svg = (press().pages(source, form, _DOTS_PER_INCH)[0] for form in ("png", "svg"))
    return SealPicture(png, svg.decode(), SIZE_MM, SIZE_MM)


def _source(name: str, specimen: bool) -> bytes:
    data = {
        "size": SIZE_MM,
        "letters": _letters(name),
        "star": _star(),
        "below": f"{SPECIMEN.zh} {SPECIMEN.en}" if specimen else None,
        "below-size": 2.5,
        "below-gap": 7.6,
    }
    literal = json.dumps(data, ensure_ascii=False).replace("\\", "\\\\").replace('"', '\\"')
    return f'#import "seal.typ": seal\n#seal(json(bytes("{literal}")))\n'.encode()


def _letters(name: str) -> list[dict[str, object]]:
    """Where each letter stands, clockwise: long names fill the circle with smaller letters, short ones its top."""
    step = min(26.0, _ARC / max(1, len(name) - 1))
    size = min(_LARGEST, 0.94 * math.radians(step) * _RADIUS)
    first = -step * (len(name) - 1) / 2
    radius = _RADIUS + (_LARGEST - size) / 3
    found: list[dict[str, object]] = []
    for index, letter in enumerate(name):
        angle = first + index * step
        turn = math.radians(angle)
        found.append(
            {
                "text": letter,
                "size": round(size, 3),
                "turn": round(angle, 3),
                "x": round(SIZE_MM / 2 + radius * math.sin(turn), 3),
                "y": round(SIZE_MM / 2 - radius * math.cos(turn), 3),
            }
        )
    return found


def _star() -> list[tuple[float, float]]:
    """Ten corners, millimetres, from the upper left of the star's own box; one point up."""
    inner = _STAR * math.sin(math.radians(18)) / math.sin(math.radians(126))
    corners = []
    for index in range(10):
        radius = inner if index % 2 else _STAR
        turn = math.radians(36 * index)
        corners.append((radius * math.sin(turn), -radius * math.cos(turn)))
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    return [(round(x - left, 3), round(y - top, 3)) for x, y in corners]
