"""Which of an organisation's keys signs now. Pure: rows and the time in, rows out.

Several rows for one purpose are normal: those that were followed by another (`retired_at`), that are not believed any
more (`revoked_from`), that begin later. Of the rest the newest signs. Keys of two algorithms stand side by side: the
log of the SHA-256 profile signs with SM2 and with Ed25519.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.db.repositories.trust import KeyRow

DAY = 86400
WARN_DAYS = (90, 30, 7)
"""How long before a key's end it is spoken of: a note, a warning, an alarm."""

Slot = tuple[str, str, int]
"""Organisation, purpose, length of the public key: where one key signs at a time."""


def slot(row: KeyRow) -> Slot:
    return row.uscc, row.purpose, len(row.public_key)


def signs(row: KeyRow, now: int) -> bool:
    """Whether nothing forbids this key to sign at `now` (seconds UTC)."""
    retired = row.retired_at is not None and row.retired_at <= now
    return row.not_before <= now < row.not_after and row.revoked_from is None and not retired


def current(rows: Iterable[KeyRow], now: int) -> dict[Slot, KeyRow]:
    """The key that signs in each slot. A slot whose keys are all out of time, retired or revoked is left out."""
    chosen: dict[Slot, KeyRow] = {}
    for row in rows:
        before = chosen.get(slot(row))
        if signs(row, now) and (before is None or _age(row) > _age(before)):
            chosen[slot(row)] = row
    return chosen


def latest(rows: Iterable[KeyRow], now: int) -> dict[Slot, KeyRow]:
    """As `current`, and where no key may sign the newest that was never revoked: it is opened, and refuses by itself.

    A service whose issuer's key ran out last night must still serve what was issued before. So must one whose clock
    was set back: a key that has not begun is taken where there is no other.
    """
    believed = [row for row in rows if row.revoked_from is None]
    chosen: dict[Slot, KeyRow] = {}
    for row in sorted(believed, key=lambda r: (r.not_before <= now, _age(r) if r.not_before <= now else _sooner(r))):
        chosen[slot(row)] = row
    return chosen | current(believed, now)


def _sooner(row: KeyRow) -> tuple[bool, int, bytes]:
    """Of keys that have not begun the first to begin comes last."""
    return row.retired_at is None, -row.not_before, row.kid


def _age(row: KeyRow) -> tuple[bool, int, bytes]:
    """Two keys may begin on one day: then the one that was not retired is the newer."""
    return row.retired_at is None, row.not_before, row.kid


def ending(rows: Sequence[KeyRow], now: int) -> list[tuple[KeyRow, int]]:
    """Keys that sign now and their days left, those that end first in front; none of more than 90 days."""
    soon = [(row, max(0, (row.not_after - now) // DAY)) for row in latest(rows, now).values()]
    return sorted((pair for pair in soon if pair[1] < WARN_DAYS[0]), key=lambda pair: (pair[1], pair[0].kid))
