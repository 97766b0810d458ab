"""The embedded fonts and which characters they can draw.

Fonts come from two wheels, never from the machine: the same input gives the same bytes everywhere, and a
server without fonts prints the same certificate as a desktop. Noto Sans CJK covers 44,810 characters, among them
6,582 of CJK Extension A, 2,108 of Extension B and 257 of the later ones.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from certs.documents.errors import MissingGlyph

SANS: Final = "Noto Sans CJK SC"
SERIF: Final = "Noto Serif SC"
_SANS_PACKAGE: Final = "manimgx_fonts_cjk"
_SERIF_PACKAGE: Final = "pylopdf_fonts_zh_cn"
_SANS_FILE: Final = "NotoSansCJK-VF.otf.ttc"


def font_directories() -> list[Path]:
    """Where the typesetter finds the fonts."""
    return [Path(str(files(package))) for package in (_SANS_PACKAGE, _SERIF_PACKAGE)]


def require_glyphs(field: str, text: str) -> None:
    """Raise MissingGlyph(field, position) at the first character that the text font cannot draw as itself.

    Control and format characters are refused even where a font maps them: they print nothing, or print the
    rest in another order than it is stored.
    """
    if _drawn().issuperset(text):
        return
    covered = sans_coverage()
    for position, character in enumerate(text):
        if ord(character) not in covered or unicodedata.category(character) in ("Cc", "Cf"):
            raise MissingGlyph(field, position)


@lru_cache(maxsize=1)
def _drawn() -> frozenset[str]:
    """All characters that pass, for the common case of a text without any other."""
    characters = map(chr, sans_coverage())
    return frozenset(c for c in characters if unicodedata.category(c) not in ("Cc", "Cf"))


@lru_cache(maxsize=1)
def sans_coverage() -> frozenset[int]:
    """Code points with a glyph in the first face of the font collection (all five cover the same set)."""
    data = Path(str(files(_SANS_PACKAGE) / _SANS_FILE)).read_bytes()
    return character_map(data)


def character_map(data: bytes) -> frozenset[int]:
    """Code points of an OpenType file's format 12 character map (OpenType 1.9, cmap). Raises ValueError."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    tables = struct.unpack_from(">H", data, start + 4)[0]
    records = (struct.unpack_from(">4sIII", data, start + 12 + 16 * index) for index in range(tables))
    cmap = next((offset for tag, _, offset, _ in records if tag == b"cmap"), None)
    if cmap is None:
        raise ValueError("font without a character map")
    for index in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * index)
        if (platform, encoding) == (3, 10):
            return _segmented_coverage(data, cmap + offset)
    raise ValueError("font without a full-range character map")


def _segmented_coverage(data: bytes, start: int) -> frozenset[int]:
    """Format 12: groups of (first, last, glyph of the first); glyph 0 is the missing-character box."""
    points: set[int] = set()
    for index in range(struct.unpack_from(">I", data, start + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", data, start + 16 + 12 * index)
        points.update(range(first + (glyph == 0), last + 1))
    return frozenset(points)
