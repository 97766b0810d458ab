"""Typed access to a certificate's claims. Errors name the claim, never its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from certs.documents.errors import FaceInvalid

Value = str | int | bool
Face = Mapping[str, Value]
"""Claim name to value, exactly as signed (certs.kinds)."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The claims of one certificate."""

    face: Face

    def has(self, name: str) -> bool:
        return name in self.face

    def text(self, name: str) -> str:
        """Raises FaceInvalid: missing, or not text."""
        value = self.value(name)
        if not isinstance(value, str):
            raise FaceInvalid(name, "expected text")
        return value

    def optional(self, name: str) -> str | None:
        """Raises FaceInvalid: not text."""
        return self.text(name) if name in self.face else None

    def number(self, name: str) -> int:
        """Raises FaceInvalid: missing, or not a whole number."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise FaceInvalid(name, "expected a whole number")
        return value

    def flag(self, name: str) -> bool:
        """Raises FaceInvalid: missing, or neither true nor false."""
        value = self.value(name)
        if not isinstance(value, bool):
            raise FaceInvalid(name, "expected true or false")
        return value

    def day(self, name: str) -> date:
        """An ISO calendar date. Raises FaceInvalid."""
        text = self.text(name)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise FaceInvalid(name, "expected an ISO date") from None
        if day.isoformat() != text:  # the interpreter reads week dates and dates without hyphens too
            raise FaceInvalid(name, "expected an ISO date")
        return day

    def value(self, name: str) -> Value:
        """Raises FaceInvalid: missing."""
        if name not in self.face:
            raise FaceInvalid(name, "missing")
        return self.face[name]
