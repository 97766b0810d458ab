"""Donation certificates: what a charity received, for which plan. Not the fiscal receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from certs.kinds.base import Claim, Kind, Rejected, Stamp

from .claims import INFO, donation_claims
from .draft import DonationDraft
from .row import parse_donation_row

__all__ = ["KIND", "DonationDraft", "DonationKind"]

_EPOCH = date(1970, 1, 1).toordinal()


class DonationKind(Kind[DonationDraft]):
    """See docs/formats/kinds.md."""

    def parse_row(self, row: Mapping[str, str], *, today: date) -> DonationDraft | Rejected:
        return parse_donation_row(row, today=today)

    def content(self, draft: DonationDraft) -> Sequence[str | int | bool | None]:
        return draft.content()

    def roles(self, draft: DonationDraft) -> tuple[str, ...]:
        return ("donor",)

    def claims(self, draft: DonationDraft, role: str, stamp: Stamp) -> Sequence[Claim]:
        return donation_claims(draft, stamp)

    def terms(self, draft: DonationDraft, role: str) -> tuple[tuple[str, str], ...]:
        receipt = (("receipt", f"{draft.receipt_code}:{draft.receipt_number}"),) if draft.receipt_code else ()
        return (("donation_no", f"{draft.charity_uscc}:{draft.donation_no}"), *receipt)

    def own_terms(self) -> frozenset[str]:
        return frozenset({"donation_no"})

    def exclusive_terms(self, draft: DonationDraft) -> tuple[tuple[str, str, str], ...]:
        # one fiscal receipt covers one donation: used twice it would be deducted twice (domain rule C4)
        if not draft.receipt_code:
            return ()
        return (("receipt_number", "receipt", f"{draft.receipt_code}:{draft.receipt_number}"),)

    def public(self, draft: DonationDraft) -> tuple[str, int, int] | None:
        return (draft.plan_filing_no, draft.amount_fen, draft.received_on.toordinal() - _EPOCH)


KIND = DonationKind(INFO)
