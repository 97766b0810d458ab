"""Where a line may break: Chinese anywhere but before closing and after opening punctuation, words at spaces.

    wrap("申请人：《证》，", advance, 6)      lines no wider than 6, none beginning with ， or ending with 《

After the rules of GB/T 15834 for punctuation at line ends. A string that offers no break and is too wide is cut where
the line ends: text over the edge of the page would be lost.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

_CLOSING: Final = frozenset("、。，．：；？！·…—～‧•）〕］｝〉》」』】〗’”%‰℃°,.:;?!)]}»›·ー々")
_OPENING: Final = frozenset("（〔［｛〈《「『【〖‘“([{«‹￥¥$£€#№")
_ROOM: Final = 1e-6  # widths are sums of floats


def wrap(words: str, advance: Callable[[str], float], width: float) -> list[str]:
    """Lines of at most `width`; spaces at a break fall away. advance: width of one character. At least one line."""
    lines, line, used = [], "", 0.0
    for unit in _units(words):
        room = sum(map(advance, unit))
        if used + room - _hanging(unit, advance) <= width + _ROOM:
            line, used = line + unit, used + room
            continue
        if line.strip(" "):
            lines.append(line.rstrip(" "))
        line, used = unit, room
        while used - _hanging(line, advance) > width + _ROOM:
            head = _cut(line, advance, width)
            lines.append(line[:head])
            line = line[head:]
            used = sum(map(advance, line))
    lines.append(line.rstrip(" "))
    return [each for each in lines if each] or [""]


def widest_unit(words: str, advance: Callable[[str], float]) -> float:
    """Width of the widest part that has no break inside."""
    return max((sum(map(advance, unit.rstrip(" "))) for unit in _units(words)), default=0.0)


def _hanging(unit: str, advance: Callable[[str], float]) -> float:
    """Width of the spaces at the end, which a break swallows."""
    return (len(unit) - len(unit.rstrip(" "))) * advance(" ") if unit.endswith(" ") else 0.0


def _cut(line: str, advance: Callable[[str], float], width: float) -> int:
    """How many characters fit; one with its marks at least, and never a mark parted from its base."""
    used, end = 0.0, 0
    for index, character in enumerate(line):
        if index and not unicodedata.combining(character):
            if used > width + _ROOM:
                return end or index
            end = index
        used += advance(character)
    return len(line) if used <= width + _ROOM or not end else end


def _units(words: str) -> Iterator[str]:
    start = 0
    for index in range(1, len(words)):
        if _may_break(words[index - 1], words[index]):
            yield words[start:index]
            start = index
    if words:
        yield words[start:]


@lru_cache(maxsize=1 << 14)
def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _CLOSING or unicodedata.combining(after):
        return False
    if before == " ":
        return True
    if before in _OPENING:
        return False
    return _wide(before) or _wide(after)


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
