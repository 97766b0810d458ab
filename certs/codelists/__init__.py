"""Code lists too long for a table in code: countries (GB/T 2659) and administrative divisions (GB/T 2260).

Frozen files with their sources and dates in their first lines. Short lists are in certs/kinds/codes.py.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

REGIONS_AS_OF: Final = "2023-06-30"
SYNTHETIC: Final = "99"
"""First two digits of the regions that no list has: samples and demonstrations live there."""


@dataclass(frozen=True, slots=True)
class Division:
    """`last_year`: year of the last list that has the code, None if it is in force."""

    name: str
    last_year: int | None


def _rows(name: str) -> Iterator[list[str]]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return csv.reader(line for line in text.splitlines() if not line.startswith("#"))


COUNTRIES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {code: (zh, en) for code, zh, en in _rows("countries.csv")}
)
"""Three-digit number to Chinese and English name. Sample: "156" is ("中国", "China")."""


@lru_cache(maxsize=1)
def divisions() -> Mapping[str, Division]:
    """Six-digit code to division, those in force and those of the lists since 1980."""
    found = {code: Division(name, int(year) if year else None) for code, name, year in _rows("regions-20230630.csv")}
    return MappingProxyType(found)


def region_name(code: str) -> str | None:
    """Province, city and county of a code, e.g. "浙江省杭州市西湖区"; None for a code that the list does not have."""
    known = divisions()
    if code not in known:
        return None
    above = (code[:2] + "0000", code[:4] + "00")
    names = [known[c].name for c in above if c in known and c != code]
    return "".join([*names, known[code].name])


def region_known(code: str) -> bool:
    """Whether a list has the code, or it is a sample's. Advice only: a newer county is not in an older list."""
    return code[:2] == SYNTHETIC or code in divisions()
