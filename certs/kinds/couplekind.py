"""Rules that the two kinds of a couple share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from certs.identifiers import Zihao

from .base import Kind, RowError
from .codes import ID_NUMBER_DOCUMENTS
from .couples import ROLES, CoupleDraft, by_people
from .regions import region_notes

if TYPE_CHECKING:
    from certs.authority import Authority


D = TypeVar("D", bound=CoupleDraft)


class CoupleKind(Kind[D]):
    """Two roles, found by 字号 and by person."""

    def replaced(self, draft: D) -> Zihao | None:
        """Number of the booklet that this one replaces."""
        return draft.old_zihao

    def roles(self, draft: D) -> tuple[str, ...]:
        return ROLES

    def terms(self, draft: D, role: str) -> tuple[tuple[str, str], ...]:
        # a re-issue is found under the original number too: a second re-issue must end the first one
        old = self.replaced(draft)
        party = draft.party(role)
        numbers = [("zihao", draft.zihao.key)] + ([] if old is None else [("zihao", old.key)])
        return (*numbers, ("holder", party.document_key), ("person", party.person_key))

    def check_authority(self, draft: D, authority: Authority) -> tuple[RowError, ...]:
        if authority.regions and draft.zihao.region not in authority.regions:
            return (RowError("zihao", "REGION_FOR_OFFICE"),)
        return ()

    def notes(self, draft: D) -> tuple[RowError, ...]:
        codes: list[tuple[str, str | None]] = [("zihao", draft.zihao.region or None)]
        for role in ROLES:
            party = draft.party(role)
            citizen = party.document_type in ID_NUMBER_DOCUMENTS
            codes.append((f"cert_num_{role}", party.document_number[:6] if citizen else None))
        return region_notes(codes)

    def exclusive_terms(self, draft: D) -> tuple[tuple[str, str, str], ...]:
        return (("zihao", "zihao", draft.zihao.key),)

    def supersedes(self, draft: D) -> tuple[str, str, str] | None:
        old = self.replaced(draft)
        return None if old is None else ("old_zihao", "zihao", old.key)

    def witnesses(self, draft: D) -> tuple[tuple[tuple[str, str], ...], ...]:
        return by_people(draft)
