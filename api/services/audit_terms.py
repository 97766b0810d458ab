"""What follows from an opened record alone: roles of a kind, business id, look-up terms.

Written out here a second time, from docs/formats/kinds.md: an auditor that asked the issuing code what it ought to have
done would repeat its mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from certs.text import comparison_key
from verifier.credential import ClaimValue
from verifier.labels import KIND_DONATION, KIND_MARRIAGE

Values = Mapping[str, ClaimValue]


@dataclass(frozen=True, slots=True)
class Shape:
    """`role_claim`: the claim that says the role, None for a kind of one role; `business_claim`: that of the business
    id, None where no claim says it."""

    roles: tuple[str, ...]
    role_claim: str | None
    business_claim: str | None
    terms: Callable[[Values, str], list[tuple[str, str]]]


def _zihao(text: ClaimValue) -> str:
    """Both spellings of a number under one key: the serial padded to six digits."""
    head, _, serial = str(text).rpartition("-")
    return f"{head}-{int(serial):06d}"


def _marriage(v: Values, _issuer: str) -> list[tuple[str, str]]:
    old = [("zihao", _zihao(v["original_zihao"]))] if "original_zihao" in v else []
    document = f"{v['holder_document_type']}:{v['holder_nationality']}:{v['holder_document_number']}"
    person = f"{comparison_key(str(v['holder_name']))}:{v['holder_birth_date']}"
    return [("zihao", _zihao(v["zihao"])), *old, ("holder", document), ("person", person)]


def _donation(v: Values, issuer: str) -> list[tuple[str, str]]:
    receipt = [("receipt", f"{v['receipt_code']}:{v['receipt_number']}")] if "receipt_code" in v else []
    return [("donation_no", f"{issuer}:{v['donation_no']}"), *receipt]


SHAPES: Final[Mapping[int, Shape]] = {
    KIND_MARRIAGE: Shape(("man", "woman"), "holder_role", None, _marriage),
    KIND_DONATION: Shape(("donor",), None, "donation_no", _donation),
}
