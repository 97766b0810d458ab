"""Keys that sign answers to relying parties: member 12 of the trust bundle.

    {1: "11990000MB9T00011H", 2: COSE_Key, 3: not_before, 4: not_after, 5: revoked_from}

Member 5 is absent while the key is not revoked. They are of the organisation that runs the service, and may sign
nothing but answers (`verifier.answer`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from . import fields
from .cose import CoseKey
from .errors import Malformed

FORMAT: Final = "trust-bundle"
MAX_ANSWER_KEYS: Final = 256


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A key and whose it is. Valid for answers given in [not_before, not_after), seconds UTC; those from
    `revoked_from` on are not believed, nor earlier ones whose time nothing but the key itself attests."""

    uscc: str
    key: CoseKey
    not_before: int
    not_after: int
    revoked_from: int | None = None

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        m: dict[int, Any] = {1: self.uscc, 2: self.key.to_map(), 3: self.not_before, 4: self.not_after}
        if self.revoked_from is not None:
            m[5] = self.revoked_from
        return m

    @classmethod
    def from_map(cls, value: object) -> AnswerKey:
        """Parse the wire form. Raises Malformed or Unsupported."""
        m = fields.mapping(FORMAT, value, (1, 2, 3, 4), (5,))
        start, end = fields.time(FORMAT, m, 3), fields.time(FORMAT, m, 4)
        if end <= start:
            raise Malformed(FORMAT, "validity", "ends before it begins")
        revoked = fields.time(FORMAT, m, 5) if 5 in m else None
        return cls(fields.uscc(FORMAT, m, 1), CoseKey.from_map(m[2]), start, end, revoked)
