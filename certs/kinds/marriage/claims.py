"""Slots and claims of a marriage certificate, version 1: 32 slots, of which 22 have a meaning."""

from __future__ import annotations

from typing import Final

from certs.kinds.base import Claim, KindInfo, Slot, Stamp
from verifier.labels import KIND_MARRIAGE

from .draft import MarriageDraft

COLUMNS: Final = (
    "record_no", "op_type", "zihao", "old_zihao", "reg_office_uscc", "registrar", "op_date", "effective_from",
    "remedy_flag", "renew_flag",
    "name_man", "birth_man", "cert_type_man", "cert_num_man", "nation_man", "id_type_man",
    "name_woman", "birth_woman", "cert_type_woman", "cert_num_woman", "nation_woman", "id_type_woman",
    "remark",
)  # fmt: skip

_PERSON: Final = (
    ("name", "姓名", "name"),
    ("sex", "性别", "sex"),
    ("nationality", "国籍", "nationality"),
    ("birth_date", "出生日期", "date of birth"),
    ("document_type", "证件类型", "document type"),
    ("document_number", "身份证件号", "document number"),
)
_FACE: Final = (
    ("cert_identifier", True, "电子证照标识", "certificate identifier"),
    ("zihao", True, "结婚证字号", "certificate serial"),
    ("original_zihao", True, "原字号", "original serial"),
    ("registration_date", True, "登记日期", "date of registration"),
    ("effective_from", True, "效力起算日", "in effect from"),
    ("remark", True, "备注", "remark"),
    ("issuer_name", False, "婚姻登记机关", "registration authority"),
    ("issuer_uscc", False, "登记机关代码", "authority code"),
    ("registrar", True, "婚姻登记员", "registrar"),
    ("holder_role", True, "持证人身份", "holder's role"),
)


def _slots() -> tuple[Slot, ...]:
    rows = list(_FACE)
    for who, zh, en in (("holder", "持证人", "holder"), ("spouse", "配偶", "spouse")):
        rows += [(f"{who}_{name}", True, f"{zh}{label}", f"{en}'s {text}") for name, label, text in _PERSON]
    return tuple(Slot(i, *row) for i, row in enumerate(rows))


INFO: Final = KindInfo(
    number=KIND_MARRIAGE,
    version=1,
    name="marriage",
    zh="结婚证",
    en="marriage certificate",
    depth=5,
    slots=_slots(),
    columns=COLUMNS,
)


def marriage_claims(draft: MarriageDraft, role: str, stamp: Stamp) -> list[Claim]:
    """Claims for the spouse in `role`. Dates are ISO, codes as in certs/kinds/codes.py."""
    holder, spouse = draft.party(role), draft.spouse(role)
    claims: list[Claim] = [(0, "cert_identifier", stamp.cert_identifier), (1, "zihao", draft.zihao.text)]
    if draft.old_zihao is not None:
        claims.append((2, "original_zihao", draft.old_zihao.text))
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
        (10, "holder_name", holder.name),
        (11, "holder_sex", holder.sex),
        (12, "holder_nationality", holder.nation),
        (13, "holder_birth_date", holder.birth.isoformat()),
        (14, "holder_document_type", holder.document_type),
        (15, "holder_document_number", holder.document_number),
        (16, "spouse_name", spouse.name),
        (17, "spouse_sex", spouse.sex),
        (18, "spouse_nationality", spouse.nation),
        (19, "spouse_birth_date", spouse.birth.isoformat()),
        (20, "spouse_document_type", spouse.document_type),
        (21, "spouse_document_number", spouse.document_number),
    ]
    return claims
