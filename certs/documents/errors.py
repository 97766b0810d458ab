"""Errors of printable documents and code pictures.

    CertsError > DocumentError
    ├── CodeError
    │   ├── CodeNotText        not a code text: empty or outside ASCII
    │   ├── CodeTooLong        no symbol that phones read reliably holds the text
    │   ├── CodeTooDense       the symbol fits, but its modules would be too small for the printed size
    │   └── CodeUnreadable     a finished picture does not read back as the text that went in
    ├── PhotoError             a photograph that cannot be printed
    │   ├── PhotoTooLarge      too many bytes or pixels
    │   ├── PhotoTooSmall      too few pixels for paper
    │   ├── PhotoFormat        neither JPEG nor PNG, or not one picture
    │   └── PhotoBroken        cut short or forged
    ├── AnnotationInvalid      marks of an annotated copy that break a rule
    ├── CodeMisplaced          the code on the set page is not where a scanner needs it
    ├── FaceInvalid            a face key is missing, unknown or of the wrong type
    ├── MissingGlyph           a character that none of the embedded fonts can draw
    └── RenderingFailed        the typesetter refused the document

Messages name fields, positions and sizes, never a value: values are personal.
"""

from __future__ import annotations

from typing import ClassVar

from certs.errors import CertsError


class DocumentError(CertsError):
    """Root of what this package raises on purpose."""


class CodeError(DocumentError):
    """A Minzheng code that cannot be released as a picture."""


class CodeNotText(CodeError):
    """Both forms of the Minzheng code are ASCII; anything else is a caller's mistake."""


class CodeTooLong(CodeError):
    """The text needs a symbol beyond V22-M, the largest that phones read reliably."""


class CodeTooDense(CodeError):
    """At the printed size a module would be smaller than 0.4 mm."""


class CodeUnreadable(CodeError):
    """The finished picture was read back and did not give the text that went in."""


class PhotoError(DocumentError):
    """A registry's photograph that cannot be printed. code: stable name; zh, en: for the person who sent it."""

    code: ClassVar[str] = "PHOTO"
    zh: ClassVar[str] = "照片不能使用。"
    en: ClassVar[str] = "The photograph cannot be used."


class PhotoTooLarge(PhotoError):
    """More bytes or pixels than a photograph for a certificate has."""

    code = "PHOTO_TOO_LARGE"
    zh = "照片超过 2 MiB，或边长超过 4096 像素，或总像素超过 1200 万。"
    en = "The photograph has more than 2 MiB, 4096 pixels a side or 12 million pixels."


class PhotoTooSmall(PhotoError):
    """Too few pixels: on paper nobody would be recognised."""

    code = "PHOTO_TOO_SMALL"
    zh = "照片边长不足 120 像素。"
    en = "The photograph has less than 120 pixels a side."


class PhotoFormat(PhotoError):
    """Neither JPEG nor PNG by its first bytes, or more than one picture."""

    code = "PHOTO_FORMAT"
    zh = "照片应为单幅 JPEG 或 PNG 文件。"
    en = "The photograph must be one picture, JPEG or PNG."


class PhotoBroken(PhotoError):
    """The file starts like a picture and does not hold a whole one."""

    code = "PHOTO_BROKEN"
    zh = "照片文件不完整或已损坏。"
    en = "The photograph's file is cut short or damaged."


class AnnotationInvalid(DocumentError):
    """Marks of an annotated copy that break a rule. `field` is the mark at fault, its text is not repeated."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class CodeMisplaced(DocumentError):
    """On the finished page the code is too small, too near to the edge, or covered."""


class FaceInvalid(DocumentError):
    """Face data that do not fit the document. `field` is the key at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class MissingGlyph(DocumentError):
    """No embedded font draws character `position` (from 0) of `field`; a box is never printed instead."""

    def __init__(self, field: str, position: int) -> None:
        super().__init__(f"{field}: no embedded font has a glyph for character {position + 1}")
        self.field = field
        self.position = position


class RenderingFailed(DocumentError):
    """The typesetter refused the document; its own message may hold face data and is not repeated."""
