"""Marriage certificates (结婚证): one per spouse and registration; IA first issue, ICA re-issue (补领)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from certs.kinds.base import Claim, Kind, Rejected, RowError, Stamp

from .claims import INFO, marriage_claims
from .draft import ROLES, MarriageDraft, Party
from .row import parse_marriage_row

if TYPE_CHECKING:
    from certs.authority import Authority

__all__ = ["KIND", "MarriageDraft", "MarriageKind", "Party"]


class MarriageKind(Kind[MarriageDraft]):
    """See docs/formats/kinds.md."""

    def parse_row(self, row: Mapping[str, str], *, today: date) -> MarriageDraft | Rejected:
        return parse_marriage_row(row, today=today)

    def content(self, draft: MarriageDraft) -> Sequence[str | int | bool | None]:
        return draft.content()

    def roles(self, draft: MarriageDraft) -> tuple[str, ...]:
        return ROLES

    def claims(self, draft: MarriageDraft, role: str, stamp: Stamp) -> Sequence[Claim]:
        return marriage_claims(draft, role, stamp)

    def terms(self, draft: MarriageDraft, role: str) -> tuple[tuple[str, str], ...]:
        # a re-issue is found under the original number too: a second re-issue must end the first one
        old = (("zihao", draft.old_zihao.key),) if draft.old_zihao else ()
        party = draft.party(role)
        return (("zihao", draft.zihao.key), *old, ("holder", party.document_key), ("person", party.person_key))

    def check_authority(self, draft: MarriageDraft, authority: Authority) -> tuple[RowError, ...]:
        if authority.regions and draft.zihao.region not in authority.regions:
            return (RowError("zihao", "REGION_FOR_OFFICE"),)
        return ()

    def exclusive_terms(self, draft: MarriageDraft) -> tuple[tuple[str, str, str], ...]:
        return (("zihao", "zihao", draft.zihao.key),)

    def supersedes(self, draft: MarriageDraft) -> tuple[str, str, str] | None:
        return ("old_zihao", "zihao", draft.old_zihao.key) if draft.old_zihao else None

    def witnesses(self, draft: MarriageDraft) -> tuple[tuple[tuple[str, str], ...], ...]:
        # both spouses, each by document or, since passports are renewed, by name and birth date
        return tuple((("holder", p.document_key), ("person", p.person_key)) for p in (draft.man, draft.woman))


KIND = MarriageKind(INFO)
