"""Errors of printable documents and code pictures.

    CertsError > DocumentError
    ├── CodeError
    │   ├── CodeNotText        not a code text: empty or outside ASCII
    │   ├── CodeTooLong        no symbol that phones read reliably holds the text
    │   ├── CodeTooDense       the symbol fits, but its modules would be too small for the printed size
    │   └── CodeUnreadable     a finished picture does not read back as the text that went in
    ├── FaceInvalid            a face key is missing, unknown or of the wrong type
    ├── MissingGlyph           a character that none of the embedded fonts can draw
    └── RenderingFailed        the typesetter refused the document

Messages name fields, positions and sizes, never a value: values are personal.
"""

from __future__ import annotations

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
