"""A marriage registration that kept every rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certs.kinds.couples import CoupleDraft
from verifier.labels import KIND_MARRIAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class MarriageDraft(CoupleDraft):
    """`remedy`: 补办, with an effect before the registration. `renew`: 复婚, of two who were married before."""

    remedy: bool
    renew: bool

    @property
    def kind_number(self) -> int:
        return KIND_MARRIAGE

    def content(self) -> Sequence[str | int | bool | None]:
        """Everything the row said, in fixed order."""
        return (*self.head(), self.remedy, self.renew, *self.tail())
