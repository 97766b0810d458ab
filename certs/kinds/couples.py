"""What the two kinds of a couple share: marriage and divorce certificates have the same face, one for each of the two.

Slots 0–9 are the face, 10–15 the holder, 16–21 the other person.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from certs.identifiers import Zihao
from certs.kinds.base import Claim, CodeList, Form, Slot, Stamp
from certs.kinds.codes import DOCUMENT_TYPE, SEX
from certs.marriage.events import Op, Registration
from certs.marriage.party import Party

ROLES: Final = ("man", "woman")
ROLE: Final = {"man": ("男方", "man"), "woman": ("女方", "woman")}
PERSON_COLUMNS: Final = ("name", "birth", "cert_type", "cert_num", "nation", "id_type")

_PERSON: Final[tuple[tuple[str, str, str, Form, CodeList | None], ...]] = (
    ("name", "姓名", "name", Form.NAME, None),
    ("sex", "性别", "sex", Form.CODE, SEX),
    ("nationality", "国籍", "nationality", Form.TEXT, None),
    ("birth_date", "出生日期", "date of birth", Form.DAY, None),
    ("document_type", "证件类型", "document type", Form.CODE, DOCUMENT_TYPE),
    ("document_number", "身份证件号", "document number", Form.TEXT, None),
)


def person_columns(who: str) -> tuple[str, ...]:
    """Columns of one of the two, e.g. `name_man`."""
    return tuple(f"{name}_{who}" for name in PERSON_COLUMNS)


def couple_slots(
    number: tuple[str, str], old: tuple[str, str], effect: tuple[str, str], other: tuple[str, str, str]
) -> tuple[Slot, ...]:
    """Slots of such a kind, from its own words: (zh, en) of its number, the number it replaces and its effect, and
    (prefix, zh, en) of the person who is not the holder."""
    face: list[tuple[str, bool, str, str, Form, CodeList | None]] = [
        ("cert_identifier", True, "电子证照标识", "certificate identifier", Form.TEXT, None),
        ("zihao", True, *number, Form.TEXT, None),
        ("original_zihao", True, *old, Form.TEXT, None),
        ("registration_date", True, "登记日期", "date of registration", Form.DAY, None),
        ("effective_from", True, *effect, Form.DAY, None),
        ("remark", True, "备注", "remark", Form.TEXT, None),
        ("issuer_name", False, "婚姻登记机关", "registration authority", Form.NAME, None),
        ("issuer_uscc", False, "登记机关代码", "authority code", Form.TEXT, None),
        ("registrar", True, "婚姻登记员", "registrar", Form.NAME, None),
        ("holder_role", True, "持证人身份", "holder's role", Form.CODE, ROLE),
    ]
    for who, zh, en in (("holder", "持证人", "holder"), other):
        for name, label, text, form, codes in _PERSON:
            face.append((f"{who}_{name}", True, f"{zh}{label}", f"{en}'s {text}", form, codes))
    return tuple(Slot(i, *row) for i, row in enumerate(face))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoupleDraft(ABC):
    """A row of two people that kept every rule. `op_date` is the day of this operation, `effective_from` the one from
    which marriage or divorce has effect. `flags`: what an archive's row did not have in today's form."""

    record_no: str = field(repr=False)
    op_type: str
    zihao: Zihao = field(repr=False)
    old_zihao: Zihao | None = field(repr=False)
    reg_office_uscc: str
    registrar: str = field(repr=False)
    op_date: date = field(repr=False)
    effective_from: date = field(repr=False)
    man: Party = field(repr=False)
    woman: Party = field(repr=False)
    remark: str = field(repr=False)
    flags: tuple[str, ...] = ()

    @property
    @abstractmethod
    def kind_number(self) -> int: ...

    @property
    def business_id(self) -> str:
        return self.record_no

    @property
    def issuer_uscc(self) -> str:
        return self.reg_office_uscc

    def party(self, role: str) -> Party:
        """The person in that role ("man" or "woman")."""
        return self.man if role == "man" else self.woman

    def other(self, role: str) -> Party:
        """The other one."""
        return self.woman if role == "man" else self.man

    def head(self) -> tuple[str | None, ...]:
        """The operation, for `content`."""
        return (
            self.record_no,
            self.op_type,
            self.zihao.text,
            self.old_zihao.text if self.old_zihao else None,
            self.reg_office_uscc,
            self.registrar,
            self.op_date.isoformat(),
            self.effective_from.isoformat(),
        )

    def tail(self) -> tuple[str, ...]:
        """Remark and people, for `content`."""
        return (self.remark, *self.man.content(), *self.woman.content())

    def event(self, kind: int, *, renew: bool = False) -> Registration:
        """The event of civil status that the row tells of."""
        details = {"registrar": self.registrar, "remark": self.remark}
        return Registration(
            op=Op(self.op_type),
            kind=kind,
            issuer=self.reg_office_uscc,
            business_id=self.record_no,
            number=self.zihao.text,
            refers=self.old_zihao.text if self.old_zihao else None,
            day=self.op_date,
            effective=self.effective_from,
            man=self.man,
            woman=self.woman,
            renew=renew,
            details={name: text for name, text in details.items() if text},
            flags=self.flags,
        )


def by_people(draft: CoupleDraft) -> tuple[tuple[tuple[str, str], ...], ...]:
    """For each of the two, the terms of a certificate of theirs: by document or, since passports are renewed, by name
    and birth date."""
    return tuple((("holder", p.document_key), ("person", p.person_key)) for p in (draft.man, draft.woman))


def couple_claims(draft: CoupleDraft, role: str, stamp: Stamp, other: str, replaced: Zihao | None) -> list[Claim]:
    """Claims for the one in `role`; `other`: prefix of the other one's. Dates are ISO, codes as in codes.py."""
    claims: list[Claim] = [(0, "cert_identifier", stamp.cert_identifier), (1, "zihao", draft.zihao.text)]
    if replaced is not None:
        claims.append((2, "original_zihao", replaced.text))
    claims += [
        (3, "registration_date", draft.op_date.isoformat()),
        (4, "effective_from", draft.effective_from.isoformat()),
    ]
    if draft.remark:
        claims.append((5, "remark", draft.remark))
    claims += [
        (6, "issuer_name", stamp.issuer_name),
        (7, "issuer_uscc", stamp.issuer_uscc),
        (8, "registrar", draft.registrar),
        (9, "holder_role", role),
        *_person_claims(10, "holder", draft.party(role)),
        *_person_claims(16, other, draft.other(role)),
    ]
    return claims


def _person_claims(first: int, prefix: str, party: Party) -> Sequence[Claim]:
    return (
        (first, f"{prefix}_name", party.name),
        (first + 1, f"{prefix}_sex", party.sex),
        (first + 2, f"{prefix}_nationality", party.nation),
        (first + 3, f"{prefix}_birth_date", party.birth.isoformat()),
        (first + 4, f"{prefix}_document_type", party.document_type),
        (first + 5, f"{prefix}_document_number", party.document_number),
    )
