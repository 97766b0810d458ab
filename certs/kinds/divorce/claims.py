"""Slots and claims of a divorce certificate, version 1: 32 slots, of which 22 have a meaning."""

from __future__ import annotations

from typing import Final

from certs.kinds.base import Claim, KindInfo, Names, Stamp
from certs.kinds.couples import couple_claims, couple_slots, person_columns
from verifier.labels import KIND_DIVORCE

from .draft import DivorceDraft

COLUMNS: Final = (
    "record_no", "op_type", "zihao", "old_zihao", "reg_office_uscc", "registrar", "op_date", "effective_from",
    *person_columns("man"), *person_columns("woman"), "remark",
)  # fmt: skip

INFO: Final = KindInfo(
    number=KIND_DIVORCE,
    version=1,
    name="divorce",
    zh="离婚证",
    en="divorce certificate",
    depth=5,
    slots=couple_slots(
        ("离婚证字号", "certificate serial"),
        ("原字号", "original serial"),
        ("离婚日期", "divorced from"),
        ("former_spouse", "原配偶", "former spouse"),
    ),
    columns=COLUMNS,
    names=Names(number="zihao"),
    notice=(
        "本证证明离婚登记，不证明当事人当前的婚姻状况。",
        "It proves the divorce, not that its holder is unmarried today.",
    ),
)


def divorce_claims(draft: DivorceDraft, role: str, stamp: Stamp) -> list[Claim]:
    """Claims for the former spouse in `role`. Nothing says which marriage, or why it ended."""
    return couple_claims(draft, role, stamp, "former_spouse", draft.replaced)
