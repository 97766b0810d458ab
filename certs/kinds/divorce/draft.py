"""A divorce registration that kept every rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certs.identifiers import Zihao
from certs.kinds.codes import OP_REISSUE_DIVORCE
from certs.kinds.couples import CoupleDraft
from verifier.labels import KIND_DIVORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class DivorceDraft(CoupleDraft):
    """`old_zihao`: of a divorce the marriage certificate's, if it was handed in; of a re-issue the divorce's own."""

    @property
    def kind_number(self) -> int:
        return KIND_DIVORCE

    @property
    def replaced(self) -> Zihao | None:
        """The divorce certificate that is replaced."""
        return self.old_zihao if self.op_type == OP_REISSUE_DIVORCE else None

    def content(self) -> Sequence[str | int | bool | None]:
        """Everything the row said, in fixed order."""
        return (*self.head(), *self.tail())
