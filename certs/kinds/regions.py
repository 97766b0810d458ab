"""Regions that no list has: worth a second look, and never a reason to refuse.

Counties are founded and abolished every year; an identity number keeps the code of the place and day of its making.
"""

from __future__ import annotations

from collections.abc import Iterable

from certs.codelists import region_known

from .base import RowError


def region_notes(codes: Iterable[tuple[str, str | None]]) -> tuple[RowError, ...]:
    """REGION_UNKNOWN for each (field, six-digit code) that neither the list in force nor an older one has."""
    return tuple(
        RowError(field, "REGION_UNKNOWN") for field, code in codes if code is not None and not region_known(code)
    )
