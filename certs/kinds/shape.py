"""What follows from an opened record alone: roles of a kind, business id, look-up terms, last day.

Each kind's `audit.py` writes it out a second time, from docs/formats/kinds.md and not from the kind's rules: an auditor
that asked the issuing code what it ought to have done would repeat its mistakes. Hence nothing here or there imports
`declared`, `persons` or a kind's own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from certs.text import comparison_key
from verifier.credential import ClaimValue

Opened = Mapping[str, ClaimValue]
"""Claims of an opened record, by name."""
Terms = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """`role_claim`: the claim that says the role, None for a kind of one role; `business_claim`: that of the business
    id, None where no claim says it. `terms` of an opened record and its issuer's code. `last_day`: the last day that
    the code may say in clear, None for a kind without an end."""

    roles: tuple[str, ...]
    role_claim: str | None
    business_claim: str | None
    terms: Callable[[Opened, str], Terms]
    last_day: Callable[[Opened], date] | None = None


def zihao_key(text: ClaimValue) -> str:
    """Both spellings of a 字号 under one key: the serial padded to six digits."""
    head, _, serial = str(text).rpartition("-")
    return f"{head}-{int(serial):06d}"


def numbered(v: Opened, issuer: str) -> Terms:
    """The certificate's own number, and that of the one it replaces."""
    names = [name for name in ("certificate_no", "replaces_no") if name in v]
    return [("certificate_no", f"{issuer}:{v[name]}") for name in names]


def by_document(v: Opened, who: str) -> Terms:
    """A person by document type and number."""
    return [(who, f"{v[f'{who}_document_type']}:{v[f'{who}_document_number']}")]


def by_birth(v: Opened, who: str) -> Terms:
    """A person by name and birth date."""
    return [(f"{who}_person", f"{comparison_key(str(v[f'{who}_name']))}:{v[f'{who}_birth_date']}")]


def day_in(claim: str) -> Callable[[Opened], date]:
    """The day that a claim names."""
    return lambda v: date.fromisoformat(str(v[claim]))
