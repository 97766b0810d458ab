"""A donation that kept every rule of its row, and the fund's terms that it was judged by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Final

MONEY: Final = 1
GOODS: Final = 2
"""Kinds of property, as the donation's commitment has them (docs/formats/donor-trace.md)."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
_SEP: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class FundTerms:
    """What a fund takes: since when, whether for one purpose only, and of goods which (item, unit)."""

    opened_on: date
    restricted: bool
    goods: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`amount` is whole fen, of goods whole units; `kind` is MONEY or GOODS. Name, contact and reference are None for
    an anonymous gift even if the row had them: what is not taken over cannot leak."""

    donation_no: str = field(repr=False)
    kind: int
    amount: int = field(repr=False)
    received_on: date = field(repr=False)
    donor_type: str
    donor_name: str | None = field(repr=False)
    donor_contact: str | None = field(repr=False)
    donor_ref: str | None = field(repr=False)
    anonymous: bool
    publish_name: bool
    publish_amount: bool
    publish_contact: bool
    group: bool
    directed: bool
    pledge: int | None
    currency: str | None
    foreign_minor: int | None = field(repr=False)
    rate: tuple[int, int] | None
    item: str | None
    unit: str | None
    fair_value_fen: int | None = field(repr=False)
    fair_value_basis: str | None
    channel: str
    handler: str = field(repr=False)
    agreement_no: str | None = field(repr=False)
    bank_reference: str | None = field(repr=False)
    receipt_status: str
    receipt_code: str | None = field(repr=False)
    receipt_number: str | None = field(repr=False)

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return self.received_on.toordinal() - _EPOCH

    @property
    def donor_identity(self) -> str | None:
        """See `identity_of`."""
        return identity_of(self.donor_ref, self.donor_name, self.donor_contact)

    def content(self) -> tuple[str | int | bool | None, ...]:
        """Everything the row said, in fixed order: equal content under one donation number is the same request."""
        values = list(_EVERY(self))  # one call for all: a file has a million rows
        values[_DAY] = self.received_on.isoformat()
        if self.rate is not None:
            values[_RATE] = f"{self.rate[0]}/{self.rate[1]}"
        return tuple(values)


def identity_of(reference: str | None, name: str | None, contact: str | None) -> str | None:
    """What makes two gifts one donor's: the charity's own number of the donor, or a name with its contact. A name alone
    is none: namesakes would share a pseudonym, and be told of each other's gifts."""
    if reference is not None:
        return f"ref{_SEP}{reference}"
    if name is not None and contact is not None:
        return f"who{_SEP}{name}{_SEP}{contact}"
    return None


_EVERY: Final = attrgetter(*Accepted.__slots__)
_DAY: Final = Accepted.__slots__.index("received_on")
_RATE: Final = Accepted.__slots__.index("rate")
