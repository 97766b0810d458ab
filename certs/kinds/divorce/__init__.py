"""Divorce certificates (离婚证): one per former spouse and registration; IB first issue, ICB re-issue (补领).

A divorce ends both marriage certificates of the two, also re-issued ones, in the transaction that issues it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from certs.identifiers import Zihao
from certs.kinds.base import Claim, Rejected, Stamp
from certs.kinds.codes import OP_DIVORCE
from certs.kinds.couplekind import CoupleKind
from certs.kinds.couples import by_people
from certs.marriage.events import Registration
from verifier.labels import KIND_MARRIAGE

from .claims import INFO, divorce_claims
from .draft import DivorceDraft
from .row import parse_divorce_row

__all__ = ["KIND", "DivorceDraft", "DivorceKind"]


class DivorceKind(CoupleKind[DivorceDraft]):
    """See docs/formats/kinds.md."""

    def parse_row(self, row: Mapping[str, str], *, today: date) -> DivorceDraft | Rejected:
        return parse_divorce_row(row, today=today)

    def parse_archive(self, row: Mapping[str, str], *, today: date) -> DivorceDraft | Rejected:
        return parse_divorce_row(row, today=today, archive=True)

    def content(self, draft: DivorceDraft) -> Sequence[str | int | bool | None]:
        return draft.content()

    def claims(self, draft: DivorceDraft, role: str, stamp: Stamp) -> Sequence[Claim]:
        return divorce_claims(draft, role, stamp)

    def replaced(self, draft: DivorceDraft) -> Zihao | None:
        # the number that a first issue refers to is the marriage's: that certificate is ended, not replaced
        return draft.replaced

    def registration(self, draft: DivorceDraft) -> Registration:
        return draft.event(self.number)

    def ends(self, draft: DivorceDraft) -> tuple[tuple[tuple[int, str, str], ...], ...]:
        if draft.op_type != OP_DIVORCE:
            return ()
        return tuple(tuple((KIND_MARRIAGE, *term) for term in person) for person in by_people(draft))


KIND = DivorceKind(INFO)
