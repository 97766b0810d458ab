"""Nonces of signed requests: each is taken once. In memory, bounded, and closed when full.

Forgetting a nonce is only safe once its signature is too old to be taken, so nothing is ever thrown out early: a key
that uses up its share is told to wait.
"""

from __future__ import annotations

from typing import Final

from api.errors import RateLimited
from verifier.httpsig import SKEW

PER_KEY: Final = 100_000  # some 800 requests a second that live one minute each
ALL_KEYS: Final = 1_000_000  # a hundred megabytes
_STEP: Final = 16  # seconds that are forgotten together


class Nonces:
    """What every key has used and could use again. Not thread-safe: one event loop has it."""

    def __init__(self, per_key: int = PER_KEY, all_keys: int = ALL_KEYS) -> None:
        self._per_key, self._all_keys = per_key, all_keys
        self._used: dict[str, dict[int, set[str]]] = {}  # key -> end of life in steps -> nonces
        self._count: dict[str, int] = {}
        self._total = 0
        self._latest = 0

    def __len__(self) -> int:
        return self._total

    def use(self, keyid: str, nonce: str, expires: int, now: int) -> bool:
        """Whether the nonce was new. Raises RateLimited if no more can be remembered.

        A clock that was set back forgets nothing more: what was forgotten at the later time is past its life by that.
        """
        self._latest = max(self._latest, now)
        if expires + SKEW <= self._latest:
            return False
        self._forget(keyid)
        mine = self._used.get(keyid, {})
        if any(nonce in some for some in mine.values()):
            return False
        if self._total >= self._all_keys:
            for other in tuple(self._used):
                self._forget(other)
        if self._total >= self._all_keys or self._count.get(keyid, 0) >= self._per_key:
            raise RateLimited(SKEW)
        self._used.setdefault(keyid, {}).setdefault((expires + SKEW) // _STEP, set()).add(nonce)
        self._count[keyid] = self._count.get(keyid, 0) + 1
        self._total += 1
        return True

    def _forget(self, keyid: str) -> None:
        mine = self._used.get(keyid, {})
        for step in [step for step in mine if (step + 1) * _STEP <= self._latest]:
            gone = len(mine.pop(step))
            self._count[keyid] -= gone
            self._total -= gone
        if keyid in self._used and not mine:
            del self._used[keyid], self._count[keyid]
