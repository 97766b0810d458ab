"""How long to wait before another transaction after some have failed. Pure.

Each failed transaction costs a nonce and a fee. Whatever makes one fail (a key that was removed, a contract that was
exchanged) mostly makes the next one fail, too, and a loop of five seconds would burn thousands in a night.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST_PAUSE: Final = 60
LONGEST_PAUSE: Final = 3600


@dataclass(frozen=True, slots=True)
class Failures:
    """Transactions that failed since the last anchor that was made: how many, when the newest was prepared, why."""

    count: int
    newest: int
    reason: str

    @property
    def resume_at(self) -> int:
        """UTC second of the next attempt. A single failure costs no pause: mostly another registry was faster."""
        if self.count <= 1:
            return self.newest
        return self.newest + min(FIRST_PAUSE << min(self.count - 2, 16), LONGEST_PAUSE)
