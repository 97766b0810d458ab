"""亮证: a presentation shows a subset of a holder's file. Needs no key, no database and no issuer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from verifier.credential import HolderFile

from .errors import InvalidField


def present(data: bytes, names: Iterable[str]) -> bytes:
    """The same file with only the named claims disclosed.

    Raises verifier.errors.Malformed for a broken file, InvalidField NOT_DISCLOSED for a name that it cannot show.
    """
    file = HolderFile.parse(data)
    wanted = frozenset(names)
    kept = tuple(d for d in file.disclosures if d.name in wanted)
    if len(kept) != len(wanted):
        raise InvalidField("disclosures", "NOT_DISCLOSED")
    return replace(file, disclosures=kept).encode()
