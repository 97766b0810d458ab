"""A marriage registration that kept every rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from certs.identifiers import Zihao
from certs.text import comparison_key
from verifier.labels import KIND_MARRIAGE

ROLES: Final = ("man", "woman")


@dataclass(frozen=True, slots=True)
class Party:
    """One spouse as registered. Everything here is personal; `repr` shows none of it."""

    name: str = field(repr=False)
    sex: str = field(repr=False)
    birth: date = field(repr=False)
    document_type: str = field(repr=False)
    document_number: str = field(repr=False)
    nation: str = field(repr=False)
    status: str = field(repr=False)

    @property
    def document_key(self) -> str:
        """Type and number together: two countries may use the same passport number."""
        return f"{self.document_type}:{self.nation}:{self.document_number}"

    @property
    def person_key(self) -> str:
        """Name and birth date: what stays when a document is renewed."""
        return f"{comparison_key(self.name)}:{self.birth.isoformat()}"

    def content(self) -> tuple[str, ...]:
        """Everything, in fixed order."""
        return (
            self.name,
            self.sex,
            self.birth.isoformat(),
            self.document_type,
            self.document_number,
            self.nation,
            self.status,
        )


@dataclass(frozen=True, slots=True)
class MarriageDraft:
    """`op_date` is the day of this operation; `effective_from` the day from which the marriage has effect."""

    record_no: str = field(repr=False)
    op_type: str
    zihao: Zihao = field(repr=False)
    old_zihao: Zihao | None = field(repr=False)
    reg_office_uscc: str
    registrar: str = field(repr=False)
    op_date: date = field(repr=False)
    effective_from: date = field(repr=False)
    remedy: bool
    renew: bool
    man: Party = field(repr=False)
    woman: Party = field(repr=False)
    remark: str = field(repr=False)

    @property
    def kind_number(self) -> int:
        return KIND_MARRIAGE

    @property
    def business_id(self) -> str:
        return self.record_no

    @property
    def issuer_uscc(self) -> str:
        return self.reg_office_uscc

    def party(self, role: str) -> Party:
        """The spouse in that role ("man" or "woman")."""
        return self.man if role == "man" else self.woman

    def spouse(self, role: str) -> Party:
        """The other one."""
        return self.woman if role == "man" else self.man

    def content(self) -> Sequence[str | int | bool | None]:
        """Everything the row said, in fixed order."""
        return (
            self.record_no,
            self.op_type,
            self.zihao.text,
            self.old_zihao.text if self.old_zihao else None,
            self.reg_office_uscc,
            self.registrar,
            self.op_date.isoformat(),
            self.effective_from.isoformat(),
            self.remedy,
            self.renew,
            self.remark,
            *self.man.content(),
            *self.woman.content(),
        )
