"""Names and free text: kept exactly as written, or refused. Nothing is repaired.

A name on a certificate is evidence. Silent repair (trimming, folding a dot, replacing a rare character) makes two
authorities print two spellings of one person, so a value is either stored code point for code point or refused with
the rule that it breaks.

* Text must already be in Normalization Form C. Normalising here would rewrite CJK compatibility ideographs,
  which some people's names are registered with, into other characters.
* The middle dot of Uyghur, Tibetan and foreign names is U+00B7. Files also bring look-alikes (U+2022, U+30FB …).
  They are stored as they came; only `comparison_key` folds them, so that a match is not lost on a dot.
* Control, zero-width, bidirectional and private-use characters are refused: they make two different names look
  the same on paper (U+200B), print in another order than they are stored (U+202E), or mean something
  only in the sender's font (U+E000).
* Planes 2 and 3 (CJK extensions B and later) are allowed as a whole: the interpreter's Unicode tables may be
  older than the character.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from .errors import InvalidField

MIDDLE_DOT: Final = "\u00b7"
DOT_LOOKALIKES: Final = "\u2022\u2027\u2219\u22c5\u2e31\u2e33\u30fb\uff65\u0387\u16eb\u00b7"
_FOLD_DOTS: Final = str.maketrans(dict.fromkeys(DOT_LOOKALIKES, MIDDLE_DOT))
_INVISIBLE: Final = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u2800")
_FORMULA_START: Final = "=+-@"  # a spreadsheet that opens an export would run it
_NOT_IN_NAMES: Final = frozenset('="@<>|\\`{}[]^$%*;')
# what nearly all values consist of: nothing in it is forbidden, a space, or changed by normalisation
_PLAIN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff0-9A-Za-z·，。；：、（）()-]+")
NAME_CHARS: Final = 60  # characters; the longest registered names of ethnic groups stay below 40
TEXT_CHARS: Final = 200


def _forbidden(char: str) -> bool:
    point = ord(char)
    if 0x20000 <= point <= 0x3FFFD:
        return False
    # Cc control, Cf format (zero width, bidi), Cs surrogate, Co private use, Cn unassigned, Zl/Zp line separators
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return True
    # variation selectors change the glyph, not the name; the rest of the set prints as nothing
    return char in _INVISIBLE or 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF


def check_text(value: str, *, field: str, maximum: int = TEXT_CHARS) -> str:
    """`value` itself, 1 to `maximum` characters of one line. Raises InvalidField with the rule."""
    if not value:
        raise InvalidField(field, "MISSING")
    if len(value) > maximum:
        raise InvalidField(field, "TOO_LONG")
    if value[0] in _FORMULA_START:
        raise InvalidField(field, "FORMULA")
    if _PLAIN.fullmatch(value):
        return value
    if value.isascii() and value.isprintable():
        if value[0] == " " or value[-1] == " ":
            raise InvalidField(field, "OUTER_SPACE")
        return value
    if any(map(_forbidden, value)):
        raise InvalidField(field, "FORBIDDEN_CHARACTER")
    if value[0].isspace() or value[-1].isspace():
        raise InvalidField(field, "OUTER_SPACE")
    if not unicodedata.is_normalized("NFC", value):
        raise InvalidField(field, "NOT_NFC")
    return value


def check_name(value: str, *, field: str) -> str:
    """A person's or body's name, kept exactly. Raises InvalidField.

    Samples: 买买提·艾力, 𠮷野家明 (first character of Extension B), Anna-Maria O'Example.
    """
    check_text(value, field=field, maximum=NAME_CHARS)
    if not _NOT_IN_NAMES.isdisjoint(value):
        raise InvalidField(field, "CHARACTERS")
    if value[0] in DOT_LOOKALIKES or value[-1] in DOT_LOOKALIKES:
        raise InvalidField(field, "DOT_AT_EDGE")
    if "  " in value or any(c.isspace() and c != " " for c in value):
        raise InvalidField(field, "SPACE")
    if not any(c.isalpha() for c in value) and not any(0x20000 <= ord(c) <= 0x3FFFD for c in value):
        raise InvalidField(field, "NO_LETTER")
    return value


def comparison_key(value: str) -> str:
    """Form in which two spellings of one name are compared, never stored or shown: NFC, one dot, upper case."""
    return unicodedata.normalize("NFC", value).translate(_FOLD_DOTS).upper()
