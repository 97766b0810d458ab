"""A donation that kept every rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from verifier.labels import KIND_DONATION


@dataclass(frozen=True, slots=True)
class DonationDraft:
    """`donor_name` is None for an anonymous gift even if the row had one: what is not taken over cannot leak."""

    donation_no: str = field(repr=False)
    charity_uscc: str
    plan_filing_no: str
    project: str
    donor_type: str
    donor_name: str | None = field(repr=False)
    anonymous: bool
    amount_fen: int = field(repr=False)
    received_on: date = field(repr=False)
    purpose: str
    channel: str
    handler: str = field(repr=False)
    receipt_status: str
    receipt_code: str | None = field(repr=False)
    receipt_number: str | None = field(repr=False)

    @property
    def kind_number(self) -> int:
        return KIND_DONATION

    @property
    def business_id(self) -> str:
        return self.donation_no

    @property
    def issuer_uscc(self) -> str:
        return self.charity_uscc

    def content(self) -> Sequence[str | int | bool | None]:
        """Everything the row said, in fixed order."""
        return (
            self.donation_no,
            self.charity_uscc,
            self.plan_filing_no,
            self.project,
            self.donor_type,
            self.donor_name,
            self.anonymous,
            self.amount_fen,
            self.received_on.isoformat(),
            self.purpose,
            self.channel,
            self.handler,
            self.receipt_status,
            self.receipt_code,
            self.receipt_number,
        )
