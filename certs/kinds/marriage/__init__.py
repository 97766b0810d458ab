"""Marriage certificates (结婚证): one per spouse and registration; IA first issue, ICA re-issue (补领)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from certs.kinds.base import Claim, Rejected, Stamp
from certs.kinds.couplekind import CoupleKind
from certs.marriage.events import Registration
from certs.marriage.party import Party

from .claims import INFO, marriage_claims
from .draft import MarriageDraft
from .row import parse_marriage_row

__all__ = ["KIND", "MarriageDraft", "MarriageKind", "Party"]


class MarriageKind(CoupleKind[MarriageDraft]):
    """See docs/formats/kinds.md."""

    def parse_row(self, row: Mapping[str, str], *, today: date) -> MarriageDraft | Rejected:
        return parse_marriage_row(row, today=today)

    def parse_archive(self, row: Mapping[str, str], *, today: date) -> MarriageDraft | Rejected:
        return parse_marriage_row(row, today=today, archive=True)

    def content(self, draft: MarriageDraft) -> Sequence[str | int | bool | None]:
        return draft.content()

    def claims(self, draft: MarriageDraft, role: str, stamp: Stamp) -> Sequence[Claim]:
        return marriage_claims(draft, role, stamp)

    def registration(self, draft: MarriageDraft) -> Registration:
        return draft.event(self.number, renew=draft.renew)


KIND = MarriageKind(INFO)
