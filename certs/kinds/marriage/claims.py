"""Slots and claims of a marriage certificate, version 1: 32 slots, of which 22 have a meaning."""

from __future__ import annotations

from typing import Final

from certs.kinds.base import Claim, KindInfo, Names, Stamp
from certs.kinds.couples import couple_claims, couple_slots, person_columns
from verifier.labels import KIND_MARRIAGE

from .draft import MarriageDraft

COLUMNS: Final = (
    "record_no", "op_type", "zihao", "old_zihao", "reg_office_uscc", "registrar", "op_date", "effective_from",
    "remedy_flag", "renew_flag", *person_columns("man"), *person_columns("woman"), "remark",
)  # fmt: skip

INFO: Final = KindInfo(
    number=KIND_MARRIAGE,
    version=1,
    name="marriage",
    zh="结婚证",
    en="marriage certificate",
    depth=5,
    slots=couple_slots(
        ("结婚证字号", "certificate serial"),
        ("原字号", "original serial"),
        ("效力起算日", "in effect from"),
        ("spouse", "配偶", "spouse"),
    ),
    columns=COLUMNS,
    names=Names(number="zihao"),
    notice=(
        "本证证明婚姻登记，不证明当事人当前的婚姻状况。",
        "It proves the registration, not that the marriage exists today.",
    ),
)


def marriage_claims(draft: MarriageDraft, role: str, stamp: Stamp) -> list[Claim]:
    """Claims for the spouse in `role`."""
    return couple_claims(draft, role, stamp, "spouse", draft.old_zihao)
